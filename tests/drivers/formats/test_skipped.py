"""Times annotated ``BAD_ACQ_SKIP``: the file has samples there that were not acquired."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceRefused
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp, tal
from tests.drivers.playing import write

SKIP = b"+%b\x15%b\x14BAD_ACQ_SKIP\x14\0"


def recording(
    folder: Path, *skips: tuple[bytes, bytes], onsets: tuple[str, ...] = ("+0", "+1", "+2", "+3")
) -> Recording:
    """Write four records of a second and 100 samples each; ``skips`` (onset, duration) were not acquired."""
    tals = [tal(onset) for onset in onsets]
    tals[0] += b"".join(SKIP % skip for skip in skips)
    return Recording(write(folder / "a.edf", edf_bytes([Wave(ramp())], tals, kind="EDF+D")))


def runs(played: Recording) -> list[tuple[int, int, int]]:
    """Return first sample, end and missing samples before, of each block."""
    blocks = iter(lambda: played.take(1000), None)
    return [(block.first_sample, block.end_sample, block.lost_before) for block in blocks if block]


@pytest.mark.parametrize(
    ("skips", "expected"),
    [
        ([], [(0, 400, 0)]),
        ([(b"0.5", b"1")], [(0, 50, 0), (150, 400, 100)]),
        ([(b"0", b"0.1"), (b"3.9", b"5")], [(10, 390, 10)]),
        ([(b"1", b"1"), (b"1.5", b"1")], [(0, 100, 0), (250, 400, 150)]),
        ([(b"2", b"0")], [(0, 400, 0)]),
        ([(b"2", b"")], [(0, 400, 0)]),
    ],
)
def test_skipped_samples_are_lost_samples(
    tmp_path: Path, skips: list[tuple[bytes, bytes]], expected: list[tuple[int, int, int]]
) -> None:
    assert runs(recording(tmp_path, *skips)) == expected


def test_what_is_left_is_read_from_its_own_place(tmp_path: Path) -> None:
    whole, played = recording(tmp_path).take(400), recording(tmp_path, (b"0.5", b"1"))
    played.take(50)
    block = played.take(1000)
    assert whole is not None
    assert block is not None
    np.testing.assert_array_equal(block.samples, whole.samples[150:])


def test_a_skip_beside_a_gap_of_the_file_leaves_both(tmp_path: Path) -> None:
    played = recording(tmp_path, (b"0.5", b"0.1"), onsets=("+0", "+1", "+5", "+6"))
    assert runs(played) == [(0, 50, 0), (60, 200, 10), (500, 700, 300)]


def test_a_file_in_which_nothing_was_acquired_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceRefused, match="all of its signal as not acquired"):
        recording(tmp_path, (b"0", b"9"))
