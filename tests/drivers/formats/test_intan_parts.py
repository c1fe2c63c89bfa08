"""An Intan recording saved in a new file every few minutes plays as one; what does not go on is not joined."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from drivers.recording import Recording
from tests.drivers.formats import binary_writers
from tests.drivers.formats.specimen import MARKS, Specimen, specimen
from tests.drivers.playing import samples
from tests.support.command_line import command

WHOLE = 128 * 32
NAMES = ("run one_260131_235930.rhs", "run one_260201_000030.rhs", "run one_260201_000130.rhs")


def parts(folder: Path, *, second_from: int = WHOLE // 2) -> tuple[Path, Specimen]:
    """Write a recording of 32 blocks as three files of 16, 8 and 8; the second begins at ``second_from``."""
    wave = np.arange(WHOLE) % 300 - 150.0
    what = Specimen(np.stack([wave, -wave], axis=1))
    raw = binary_writers.rhs(folder, what).read_bytes()
    head = len(binary_writers.rhs_header(what))
    block = (len(raw) - head) // 32
    (folder / "a.rhs").unlink()
    for name, (begin, end) in zip(NAMES, ((0, 16), (16, 24), (24, 32)), strict=True):
        (folder / name).write_bytes(raw[:head] + raw[head + begin * block : head + end * block])
    if second_from != WHOLE // 2:
        numbers = np.arange(WHOLE // 4) + second_from
        again = bytearray((folder / NAMES[1]).read_bytes())
        for i in range(8):
            at = head + i * block
            again[at : at + 512] = numbers[i * 128 : (i + 1) * 128].astype("<i4").tobytes()
        (folder / NAMES[1]).write_bytes(again)
    return folder / NAMES[0], what


def test_the_files_of_a_recording_play_as_one(tmp_path: Path) -> None:
    path, what = parts(tmp_path)
    recording = Recording(path)
    assert recording.total_samples == WHOLE
    np.testing.assert_allclose(samples(recording), what.uv, atol=0.2)
    assert [pulse.sample for pulse in recording.pulses] == list(MARKS)
    assert any("joined with 2 files" in note and NAMES[2] in note for note in recording.warnings)
    assert "joined with 2 files that go on where it ends" in command("info", path).out


def test_a_later_file_plays_from_there_on(tmp_path: Path) -> None:
    path, what = parts(tmp_path)
    recording = Recording(path.with_name(NAMES[2]))
    assert recording.total_samples == WHOLE // 4
    np.testing.assert_allclose(samples(recording), what.uv[-WHOLE // 4 :], atol=0.2)
    assert not recording.warnings


@pytest.mark.parametrize("second_from", [0, WHOLE // 2 + 1, WHOLE // 2 - 1])
def test_a_file_that_does_not_go_on_where_one_ends_is_another_recording(tmp_path: Path, second_from: int) -> None:
    path, _ = parts(tmp_path, second_from=second_from)
    recording = Recording(path)
    assert recording.total_samples == WHOLE // 2
    assert not recording.warnings


@pytest.mark.parametrize("name", ["run two_260201_000030.rhs", "run one_260101_000030.rhs", "run one_later.rhs"])
def test_a_file_of_another_name_or_an_earlier_time_is_not_joined(tmp_path: Path, name: str) -> None:
    path, _ = parts(tmp_path)
    shutil.move(path.with_name(NAMES[1]), path.with_name(name))
    assert Recording(path).total_samples == WHOLE // 2


def test_files_of_other_channels_are_not_joined(tmp_path: Path) -> None:
    path, what = parts(tmp_path)
    raw = path.with_name(NAMES[1]).read_bytes()
    changed = raw.replace("EMG R".encode("utf-16-le"), "EMG X".encode("utf-16-le"), 1)
    assert changed != raw
    path.with_name(NAMES[1]).write_bytes(changed)
    assert Recording(path).total_samples == len(what.uv) // 2


def test_a_damaged_file_is_named_and_ends_the_recording(tmp_path: Path) -> None:
    path, _ = parts(tmp_path)
    path.with_name(NAMES[1]).write_bytes(b"\xac\x27\x91\xd6\x03")
    recording = Recording(path)
    assert recording.total_samples == WHOLE // 2
    assert any(f"{NAMES[1]} follows" in note and "damaged" in note for note in recording.warnings)


def test_a_file_that_ends_in_a_block_is_named(tmp_path: Path) -> None:
    path, _ = parts(tmp_path)
    last = path.with_name(NAMES[2])
    last.write_bytes(last.read_bytes()[:-10])
    recording = Recording(path)
    assert recording.total_samples == WHOLE - 128
    assert any(f"{NAMES[2]} ends in the middle of a data block" in note for note in recording.warnings)


def test_the_specimen_alone_has_no_parts(tmp_path: Path) -> None:
    assert not Recording(binary_writers.rhs(tmp_path, specimen())).warnings
