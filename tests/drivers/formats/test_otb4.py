"""OTB4: each track lies where the maker's reader takes it, at its own scale; what contradicts itself is named."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.base import DeviceRefused
from drivers.recording import Recording
from tests.drivers.formats.otb_writers import STEP_UV, Track, otb4, track, write_otb4
from tests.drivers.formats.specimen import specimen
from tests.drivers.playing import samples
from tests.support.command_line import command

CODES = np.array([[1, -2], [30, -40], [500, -600]])


def only(tmp_path: Path, **facts: object) -> Recording:
    return Recording(write_otb4(tmp_path, track("a.sig", CODES, **facts)))


@pytest.mark.parametrize("size", [2, 3, 4])
def test_samples_of_every_size_are_microvolts(tmp_path: Path, size: int) -> None:
    recording = only(tmp_path, SampleSize=size)
    np.testing.assert_allclose(samples(recording), CODES * STEP_UV, rtol=1e-6)
    assert [channel.name for channel in recording.info.channels] == ["IN1 Tibialis 1", "IN1 Tibialis 2"]


def test_floats_are_in_the_unit_of_their_track(tmp_path: Path) -> None:
    recording = only(tmp_path, SampleSize=8, ADC_Nbits=0)
    np.testing.assert_allclose(samples(recording), CODES * 1e3, rtol=1e-6)


@pytest.mark.parametrize(("code", "clips"), [(2**23 - 1, True), (-(2**23), True), (2**23 - 2, False)])
def test_a_value_at_the_end_of_the_converter_s_range_is_clipped(tmp_path: Path, code: int, clips: bool) -> None:
    block = Recording(write_otb4(tmp_path, track("a.sig", np.array([[0], [code]])))).take(9)
    assert block is not None
    assert block.clipped == (clips,)


def test_a_device_that_counts_over_all_inputs_has_its_tracks_at_their_offset(tmp_path: Path) -> None:
    path = write_otb4(
        tmp_path,
        track("a.sig", CODES),
        track("b.sig", CODES * 2, NumberOfChannels=1, AcquisitionChannel=65, ChannelOffsetInSubPacket=1, Title="IN2"),
    )
    recording = Recording(path)
    np.testing.assert_allclose(samples(recording), np.column_stack([CODES, CODES[:, 1] * 2]) * STEP_UV, rtol=1e-6)
    assert recording.info.channels[2].name == "IN2 Tibialis 1"


def test_tracks_of_one_stream_lie_beside_each_other(tmp_path: Path) -> None:
    path = write_otb4(
        tmp_path,
        track("a.sig", CODES, NumberOfChannels=1, AcquisitionChannel=1, Title="IN2"),
        track("a.sig", CODES, NumberOfChannels=1, AcquisitionChannel=0),
    )
    np.testing.assert_allclose(samples(Recording(path)), CODES[:, ::-1] * STEP_UV, rtol=1e-6)


def test_auxiliary_inputs_and_control_signals_are_named_and_not_played(tmp_path: Path) -> None:
    recording = Recording(otb4(tmp_path, specimen()))
    assert len(recording.info.channels) == 2
    assert any("AUX 1" in note and "Ramp Control" in note for note in recording.warnings)


def test_a_unit_that_its_factor_contradicts_has_no_scale(tmp_path: Path) -> None:
    path = write_otb4(tmp_path, track("a.sig", CODES), track("b.sig", CODES, Title="IN2", UnitOfMeasurementFactor=1))
    recording = Recording(path)
    assert len(recording.info.channels) == 2
    assert any("the scale of track 'IN2'" in note for note in recording.warnings)


def doubled(tmp_path: Path) -> Path:
    return write_otb4(tmp_path, track("a.sig", CODES), track("a.sig", CODES, SamplingFrequency=1000))


def without_samples(tmp_path: Path) -> Path:
    path = write_otb4(tmp_path, track("a.sig", CODES))
    with tarfile.open(path) as archive:
        members = {each.name: archive.extractfile(each) for each in archive}
        described = members["Tracks_000.xml"]
        assert described is not None
        raw = described.read().replace(b"a.sig", b"gone.sig")
    return write_otb4(tmp_path, Track("a.sig", CODES, track("a.sig", CODES).facts), extra={"Tracks_000.xml": raw})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"Gain": 0}, "no channel in volts"),
        ({"UnitOfMeasurement": "A.U."}, "no channel in volts"),
        ({"UnitOfMeasurement": "uV"}, "no channel in volts"),
        ({"SamplingFrequency": ""}, "states no valid SamplingFrequency"),
        ({"SamplingFrequency": 0}, "no rate above 0"),
        ({"SampleSize": 5}, "have 5 bytes"),
        ({"NumberOfChannels": 3}, "impossible numbers of channels"),
        ({"TotalChannelsInFile": "9e99"}, "impossible numbers of channels"),
        ({"ADC_Nbits": 5000}, "impossible numbers of channels or bits"),
        ({"AcquisitionChannel": 7, "ChannelOffsetInSubPacket": 9}, "outside of their file"),
        ({"AcquisitionChannel": -1, "ChannelOffsetInSubPacket": ""}, "outside of their file"),
        ({"NumberOfChannels": "x"}, "no valid NumberOfChannels"),
    ],
)
def test_what_is_impossible_is_refused_in_a_sentence(tmp_path: Path, facts: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeviceRefused, match=expected):
        only(tmp_path, **facts)


@pytest.mark.parametrize(
    ("write", "expected"), [(doubled, "is described in two ways"), (without_samples, "'gone.sig' is missing")]
)
def test_streams_that_do_not_fit_their_description_are_refused(tmp_path: Path, write: Any, expected: str) -> None:
    with pytest.raises(DeviceRefused, match=expected):
        Recording(write(tmp_path))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.smrx", "export it as .smr"), ("a.hpf", "Delsys File Utility"), ("A.ADICHT", "export it as text")],
)
def test_a_format_that_only_its_maker_reads_is_refused_with_the_way_out(
    tmp_path: Path, name: str, expected: str
) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01\x02\x03" * 999)
    done = command("info", tmp_path / name)
    assert (done.status, done.is_one_sentence) == (1, True)
    assert expected in done.err
