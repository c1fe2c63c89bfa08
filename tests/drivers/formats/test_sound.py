"""WAV and FLAC files play at the scale that the operator gives, to their actual end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.base import Channel, DeviceLost, DeviceRefused
from drivers.recording import Recording
from tests.drivers.playing import samples, why_refused, write

WAVE = np.random.default_rng(3).uniform(-0.9, 0.9, (70_000, 2))


def sound(path: Path, values: NDArray[np.float64] = WAVE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, values, 4000, subtype=subtype)
    return path


@pytest.mark.parametrize(("name", "model"), [("a.wav", "WAV recording"), ("a.flac", "FLAC recording")])
def test_full_scale_becomes_the_microvolts_given(tmp_path: Path, name: str, model: str) -> None:
    recording = Recording(sound(tmp_path / name), full_scale_uv=5000.0)
    np.testing.assert_allclose(samples(recording), WAVE * 5000, atol=5000 / 2**15)
    assert recording.info.model == model
    assert recording.info.sample_rate_hz == 4000.0
    assert recording.info.channels == (Channel("channel 1", 5000.0), Channel("channel 2", 5000.0))
    assert (recording.total_samples, recording.pulses, recording.warnings) == (70_000, (), ())


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_blocks_do_not_depend_on_their_size(tmp_path: Path, name: str) -> None:
    recording = Recording(sound(tmp_path / name), full_scale_uv=100.0)
    whole = samples(recording, 10**6)
    for size in (777, 32_768, 40_000):
        recording.start()
        assert np.array_equal(samples(recording, size), whole)


def test_one_channel_is_played_by_its_name(tmp_path: Path) -> None:
    recording = Recording(sound(tmp_path / "a.wav"), full_scale_uv=1.0, channel="Channel 2")
    np.testing.assert_allclose(samples(recording)[:, 0], WAVE[:, 1], atol=2**-15)
    with pytest.raises(DeviceRefused, match="no channel 'left'; it has 'channel 1', 'channel 2'"):
        Recording(tmp_path / "a.wav", full_scale_uv=1.0, channel="left")


def test_without_a_scale_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeviceRefused, match="give --full-scale-uv UV"):
        Recording(sound(tmp_path / "a.wav"))


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_cannot_be_true_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(DeviceRefused, match="cannot be true"):
        Recording(sound(tmp_path / "a.wav"), full_scale_uv=scale)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("extreme", [-1.0, 1.0])
def test_full_scale_is_clipped_in_every_width(tmp_path: Path, subtype: str, extreme: float) -> None:
    values = np.full((10, 2), 0.5)
    values[3, 1] = extreme
    block = Recording(sound(tmp_path / "a.wav", values, subtype), full_scale_uv=1.0).take(10)
    assert block is not None
    assert block.clipped == (False, True)


def test_a_cut_wav_is_played_as_far_as_it_goes_with_a_warning(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:-1001])
    recording = Recording(path, full_scale_uv=1.0)
    assert recording.total_samples == len(samples(recording)) == 69_749
    assert "ends early" in recording.warnings[0]


@pytest.mark.parametrize(("name", "kept"), [("a.flac", 100_000), ("a.flac", 60), ("a.wav", 20), ("a.wav", 44)])
def test_a_file_that_cannot_be_decoded_is_refused(tmp_path: Path, name: str, kept: int) -> None:
    path = sound(tmp_path / name)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DeviceRefused, match=r"cannot be decoded to its end|has no samples"):
        Recording(path, full_scale_uv=1.0)


def test_a_sound_file_that_vanishes_is_lost(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    recording = Recording(path, full_scale_uv=1.0)
    path.unlink()
    with pytest.raises(DeviceLost, match="cannot be decoded"):
        recording.read()


def test_a_sound_file_that_shrinks_is_lost(tmp_path: Path) -> None:
    recording = Recording(sound(tmp_path / "a.wav"), full_scale_uv=1.0)
    sound(tmp_path / "a.wav", WAVE[:5])
    with pytest.raises(DeviceLost, match="become shorter"):
        recording.read()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_a_float_that_is_no_sample_is_not_played(tmp_path: Path, wrong: float) -> None:
    values = np.zeros((10, 1))
    values[5] = wrong
    recording = Recording(sound(tmp_path / "a.wav", values, "FLOAT"), full_scale_uv=1000.0)
    with pytest.raises(DeviceLost, match="something other than samples"):
        recording.read()


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@settings(max_examples=100, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_sound_file_plays_or_is_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    raw = bytearray(sound(tmp_path / name, WAVE[:200]).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, min(80, len(raw) - 1)))] = data.draw(st.integers(0, 255))
    write(tmp_path / name, bytes(raw))
    assert "\n" not in why_refused(tmp_path / name, full_scale_uv=1000.0)
