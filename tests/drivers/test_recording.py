"""A recording behaves as an amplifier: every sample once, in order, with its pulses, whatever the block size."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import DRIVERS, open_device
from drivers.base import Block, Channel, DeviceLost, DeviceRefused, OptionRefused, Pulse
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp, tal
from tests.drivers.playing import write
from tests.support.shared import shared

STREAMS = {
    "mep_human_recruitment_7intensities": 70,
    "mep_human_repetition_TA_raw": 80,
    "mep_human_sicf1p4_TA_raw": 20,
    "mep_human_suprathreshold_FDI": 152,
    "artifact_tscs_cervical_4k": 3922,
    "voluntary_emg_4k": 0,
}


def with_gap(path: Path) -> Path:
    """Write four records of 100 samples at 100 Hz, with 2.5 s missing after the second, and five pulses."""
    tals = [
        tal("+0") + tal("+0.5", "stim current_ma=0.50 width_ms=0.10"),
        tal("+1") + tal("+1.985", "stim current_ma=0.60"),
        tal("+4.5") + tal("+3", "stim in_gap=1"),
        tal("+5.5") + tal("+5.5", "stim") + tal("+9", "stim"),
    ]
    waves = [Wave(ramp()), Wave(ramp(step=3), label="deltoid")]
    return write(path, edf_bytes(waves, tals, kind="EDF+D"))


def play(recording: Recording, samples: int | None = None) -> list[Block]:
    blocks: list[Block] = []
    while block := recording.take(samples) if samples else next(iter(recording.read()), None):
        blocks.append(block)
    return blocks


def joined(blocks: list[Block]) -> tuple[bytes, list[int], list[Pulse], int, list[bool]]:
    indices = [i for block in blocks for i in range(block.first_sample, block.end_sample)]
    uv = np.concatenate([block.samples for block in blocks])
    lost = sum(block.lost_before for block in blocks)
    clipped = [any(flags) for flags in zip(*(block.clipped for block in blocks), strict=True)]
    return uv.tobytes(), indices, [pulse for block in blocks for pulse in block.pulses], lost, clipped


@pytest.mark.parametrize(("name", "pulses"), STREAMS.items())
def test_published_streams_play_as_edfio_reads_them(name: str, pulses: int) -> None:
    path = shared(f"data/streams/{name}.edf")
    recording = Recording(path)
    uv = np.concatenate([block.samples for block in play(recording)])
    reference = edfio.read_edf(path)
    assert np.array_equal(uv[:, 0], reference.signals[0].data.astype(np.float32))
    assert recording.total_samples == len(uv) == len(reference.signals[0].data)
    assert recording.info.sample_rate_hz == reference.signals[0].sampling_frequency
    assert len(recording.pulses) == pulses
    assert recording.has_pulse_annotations == (pulses > 0)
    assert (recording.warnings, recording.pulses_outside) == ((), 0)


@pytest.mark.parametrize("name", [name for name in STREAMS if name.startswith("mep")])
def test_pulses_of_published_streams_lie_at_their_labelled_samples(name: str) -> None:
    with shared(f"data/streams/{name}.labels.csv").open() as file:
        labelled = [int(row["sample"]) for row in csv.DictReader(file)]
    recording = Recording(shared(f"data/streams/{name}.edf"))
    assert [(pulse.sample, pulse.offset_ns) for pulse in recording.pulses] == [(sample, 0) for sample in labelled]


def test_an_onset_written_in_decimals_falls_on_its_very_sample() -> None:
    first = Recording(shared("data/streams/artifact_tscs_cervical_4k.edf")).pulses[0]
    assert first == Pulse(sample=7792, offset_ns=0, source="device")


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_nothing_depends_on_the_size_of_blocks(tmp_path: Path, size: int) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"), block_samples=size)
    whole = joined(play(recording, 10_000))
    recording.start()
    assert joined(play(recording, size)) == whole
    recording.start()
    assert joined(play(recording)) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=30))
def test_nothing_depends_on_how_sizes_are_mixed(tmp_path: Path, sizes: list[int]) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    taken = [recording.take(size) for size in sizes]
    blocks = [block for block in taken if block is not None]
    recording_rest = play(recording, 333)
    recording.start()
    assert joined(blocks + recording_rest) == joined(play(recording, 10_000))


def test_blocks_are_the_same_at_any_size_in_a_published_stream() -> None:
    recording = Recording(shared("data/streams/mep_human_sicf1p4_TA_raw.edf"))
    whole = joined(play(recording, 10**6))
    for size in (7, 50, 1000):
        recording.start()
        assert joined(play(recording, size)) == whole


def test_a_gap_is_a_jump_of_the_sample_index_and_counted_as_lost(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    blocks = play(recording, 1000)
    assert [(block.first_sample, len(block.samples), block.lost_before) for block in blocks] == [
        (0, 200, 0),
        (450, 200, 250),
    ]
    assert recording.total_samples == 650


def test_a_pulse_in_a_gap_comes_with_the_block_after_it(tmp_path: Path) -> None:
    before, after = play(Recording(with_gap(tmp_path / "gap.edf")), 1000)
    assert [pulse.sample for pulse in before.pulses] == [50, 198]
    assert [pulse.sample for pulse in after.pulses] == [300, 550]
    assert before.pulses[1].offset_ns == 5_000_000


def test_a_pulse_after_the_end_is_counted_and_not_returned(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    assert (len(recording.pulses), recording.pulses_outside) == (4, 1)


def test_a_pulse_carries_the_values_of_its_annotation(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    assert recording.pulses[0] == Pulse(sample=50, current_ma=0.5, width_ms=0.1, source="device")
    assert recording.pulses[2].current_ma is None


def test_listening_leaves_pulses_aside_but_still_reports_that_they_are_annotated(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"), listen=True)
    assert recording.has_pulse_annotations
    assert recording.pulses == ()
    assert not any(block.pulses for block in play(recording))
    assert len(recording.annotations) == 5


def test_listening_plays_a_file_whose_pulses_are_malformed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp(1))], [tal("+0") + tal("+0.5", "stim current_ma=x")]))
    with pytest.raises(DeviceRefused, match=r"'stim current_ma=x' at 0.5 s of .*listen"):
        Recording(path)
    assert Recording(path, listen=True).has_pulse_annotations


def test_info_names_the_file_and_its_channels(tmp_path: Path) -> None:
    path = with_gap(tmp_path / "gap.edf")
    info = Recording(path).info
    assert (info.model, info.serial, info.address) == ("EDF+ recording", "", str(path))
    assert info.sample_rate_hz == 100.0
    assert info.channels == (Channel("EMG", 1000.0), Channel("deltoid", 1000.0))


def test_start_begins_again(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    first = play(recording)
    recording.start()
    again = play(recording)
    assert [block.first_sample for block in first] == [block.first_sample for block in again]
    assert joined(first) == joined(again)


def test_the_end_is_no_block_however_often_it_is_read(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    play(recording)
    assert (recording.read(0.5), recording.take(10), recording.take(0)) == ([], None, None)


def test_a_take_of_nothing_moves_nothing(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    assert recording.take(0) is None
    block = recording.take(1)
    assert block is not None
    assert block.first_sample == 0


def test_blocks_carry_rising_host_times(tmp_path: Path) -> None:
    times = [block.arrived_ns for block in play(Recording(with_gap(tmp_path / "gap.edf")))]
    assert times == sorted(times)
    assert times[0] > 0


def test_a_block_may_be_written_to_without_changing_the_recording(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    block = recording.take(10)
    assert block is not None
    expected = block.samples.copy()
    block.samples[:] = 0
    recording.start()
    again = recording.take(10)
    assert again is not None
    assert np.array_equal(again.samples, expected)


def test_only_blocks_that_reach_the_converters_range_are_clipped(tmp_path: Path) -> None:
    low, high = ramp(1), ramp(1)
    low[0, 55], high[0, 99] = -2048, 2047
    path = write(tmp_path / "a.edf", edf_bytes([Wave(low), Wave(high, label="b")]))
    blocks = play(Recording(path, block_samples=25))
    assert [block.clipped for block in blocks] == [(False, False), (False, False), (True, False), (False, True)]


def test_a_closed_recording_returns_nothing(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    recording.close()
    recording.close()
    with pytest.raises(DeviceLost, match="is closed"):
        recording.read()


def test_a_file_that_vanishes_while_it_is_played_is_lost(tmp_path: Path) -> None:
    path = with_gap(tmp_path / "gap.edf")
    recording = Recording(path)
    path.unlink()
    with pytest.raises(DeviceLost, match="cannot be read any more"):
        recording.read()


def test_a_file_that_shrinks_while_it_is_played_is_lost(tmp_path: Path) -> None:
    path = with_gap(tmp_path / "gap.edf")
    recording = Recording(path)
    os.truncate(path, 1200)
    with pytest.raises(DeviceLost, match="become shorter"):
        recording.read()


def test_sizes_that_make_no_sense_are_program_errors(tmp_path: Path) -> None:
    path = with_gap(tmp_path / "gap.edf")
    with pytest.raises(ValueError, match="block of 0 samples"):
        Recording(path, block_samples=0)
    with pytest.raises(ValueError, match="-1 samples"):
        Recording(path).take(-1)


def test_the_registry_opens_a_recording_by_its_address(tmp_path: Path) -> None:
    device = open_device(f"file:{with_gap(tmp_path / 'gap.edf')}", channel="deltoid")
    assert isinstance(device, Recording)
    assert [channel.name for channel in device.info.channels] == ["deltoid"]


@pytest.mark.parametrize("address", ["nothing:here", "gap.edf", ""])
def test_an_unknown_scheme_lists_the_known_ones(address: str) -> None:
    with pytest.raises(OptionRefused, match=f"no driver for '{address}'.*file:") as caught:
        open_device(address)
    assert all(scheme in str(caught.value) for scheme in DRIVERS)


def test_opening_and_playing_gives_no_warning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.edf", edf_bytes([Wave(ramp())], stated_records=9)[:-7])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        play(Recording(path))
    assert caught == []


def test_pulses_returned_are_the_pulses_of_the_recording(tmp_path: Path) -> None:
    recording = Recording(with_gap(tmp_path / "gap.edf"))
    returned = [pulse for block in play(recording) for pulse in block.pulses]
    assert returned == list(recording.pulses)
