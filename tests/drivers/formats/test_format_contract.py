"""Every format of the registry keeps one contract: unit, sign, rate, gaps, pulses, a cut and a foreign file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceError, DeviceRefused
from drivers.formats.registry import FORMATS, FileFormat, guess_format
from drivers.recording import Recording
from tests.drivers.formats.file_rigs import RIGS, FileRig
from tests.drivers.formats.specimen import GAP, MARKS, RATE_HZ, SAMPLES, specimen

FILE_FORMATS = {each.name: each for each in FORMATS}


def format_of(name: str) -> FileFormat:
    """Return the format of the rig ``name``."""
    return FILE_FORMATS[RIGS[name].format_name or name]


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> FileRig:
    found = RIGS[request.param]
    if found.is_missing:
        pytest.skip(f"{request.param} needs the extra {format_of(request.param).extra}, which is not installed here")
    return found


@pytest.fixture
def file_format(request: pytest.FixtureRequest, rig: FileRig) -> FileFormat:
    assert rig.step_uv
    return format_of(request.node.callspec.params["rig"])


def played(path: Path, rig: FileRig) -> Recording:
    return Recording(path, **rig.options)


def blocks_of(recording: Recording) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], list[int]]:
    """Return all samples, and the number of each in the recording's time."""
    parts, numbers = [], list[int]()
    while block := recording.take(1 << 16):
        parts.append(block.samples)
        numbers.extend(range(block.first_sample, block.first_sample + len(block.samples)))
    return np.concatenate(parts), numbers


def test_every_format_has_a_rig() -> None:
    assert sorted(FILE_FORMATS) == sorted({format_of(name).name for name in RIGS})


def test_a_file_is_recognised_by_its_beginning(file_format: FileFormat, rig: FileRig, tmp_path: Path) -> None:
    path = rig.write(tmp_path, specimen())
    assert guess_format(path.read_bytes()[:4096]) is file_format
    assert played(path, rig).info.model.startswith(file_format.name.split()[0])


def test_samples_are_microvolts_with_their_sign(rig: FileRig, tmp_path: Path) -> None:
    uv, _ = blocks_of(played(rig.write(tmp_path, specimen()), rig))
    np.testing.assert_allclose(uv[:SAMPLES], specimen().uv, atol=rig.step_uv)


def test_the_rate_is_the_file_s(rig: FileRig, tmp_path: Path) -> None:
    assert played(rig.write(tmp_path, specimen()), rig).info.sample_rate_hz == pytest.approx(RATE_HZ, rel=1e-9)


def test_a_gap_stays_where_it_was(rig: FileRig, tmp_path: Path) -> None:
    if not rig.has_gaps:
        pytest.skip("the format has no gaps, or a test of its own")
    what = specimen(gap_at=2000)
    recording = played(rig.write(tmp_path, what), rig)
    uv, numbers = blocks_of(recording)
    assert numbers[:SAMPLES] == what.numbers.tolist()
    np.testing.assert_allclose(uv[:SAMPLES], what.uv, atol=rig.step_uv)
    assert [pulse.sample for pulse in recording.pulses] == what.pulse_samples
    assert what.pulse_samples[-1] == MARKS[-1] + GAP


def test_pulses_lie_on_their_samples(rig: FileRig, tmp_path: Path) -> None:
    recording = played(rig.write(tmp_path, specimen()), rig)
    assert [pulse.sample for pulse in recording.pulses] == (list(MARKS) if rig.has_pulses else [])


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_plays_its_beginning_or_is_refused_in_a_sentence(rig: FileRig, tmp_path: Path, share: float) -> None:
    path = rig.write(tmp_path, specimen())
    for file in [each for each in tmp_path.rglob("*") if each.is_file()]:
        raw = file.read_bytes()
        file.write_bytes(raw[: int(len(raw) * share)])
        _plays_a_part_or_is_refused(path, rig)
        file.write_bytes(raw)


def test_a_missing_part_of_a_recording_is_named(rig: FileRig, tmp_path: Path) -> None:
    path = rig.write(tmp_path, specimen())
    for file in [each for each in tmp_path.rglob("*") if each.is_file() and each != path]:
        kept = shutil.move(file, file.with_suffix(".kept"))
        _plays_a_part_or_is_refused(path, rig)
        shutil.move(kept, file)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_plays_or_is_refused_in_a_sentence(rig: FileRig, tmp_path: Path, seed: int) -> None:
    path = rig.write(tmp_path, specimen())
    rng = np.random.default_rng(seed)
    for file in [each for each in tmp_path.rglob("*") if each.is_file()]:
        raw = bytearray(file.read_bytes())
        original = bytes(raw)
        for _ in range(4):
            at = int(rng.integers(0, min(len(raw), 1500)))
            raw[at : at + 4] = rng.bytes(4)[: len(raw) - at]
        file.write_bytes(raw)
        _never_ends_in_a_traceback(path, rig)
        file.write_bytes(original)


def _plays_a_part_or_is_refused(path: Path, rig: FileRig) -> None:
    try:
        recording = played(path, rig)
        uv, _ = blocks_of(recording)
    except DeviceError as error:
        _check_sentence(error)
        return
    known = min(len(uv), SAMPLES)
    np.testing.assert_allclose(uv[:known], specimen().uv[:known], atol=rig.step_uv)
    if known < SAMPLES - 200:  # less than a block or a record may be filled up
        assert recording.warnings


def _never_ends_in_a_traceback(path: Path, rig: FileRig) -> None:
    try:
        blocks_of(played(path, rig))
    except DeviceError as error:
        _check_sentence(error)


def _check_sentence(error: DeviceError) -> None:
    assert "\n" not in str(error)


@pytest.mark.parametrize("file_format", [each for each in FORMATS if each.extra], ids=lambda each: each.name)
def test_without_its_library_the_extra_is_named(
    file_format: FileFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = RIGS[file_format.name]
    if rig.is_missing:
        pytest.skip("the library is needed to write the file")
    path = rig.write(tmp_path, specimen())
    for name in [each for each in sys.modules if each.split(".")[0] == rig.module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, str(rig.module), None)
    with pytest.raises(DeviceRefused, match=rf"install needle-guidance\[{file_format.extra}\]"):
        Recording(path)
