"""``signal.bdf`` at odd rates and with what it cannot hold: one clock, each pulse on its sample, no silent cut."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest

from drivers.base import Block, Channel, DeviceInfo
from drivers.recording import Recording
from guidance.journal.bdf import layout_of
from guidance.journal.edf_labels import edf_labels
from guidance.journal.signal import SIGNAL_NAME, Note, SignalFile

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ODD_RATES_HZ = [
    16e6 / 8 / 199, 16e6 / 8 / 199 / 5, 4882.8125, 24414.0625, 1259.259, 34000 / 27, 1925.925926, 2148.1481, 48000 / 7,
    9999.87, 10000.31, 2000.003, 30000.77, 999.9, 500.5, 512.0, 2048.0, 30000.0, 44100.0, 250.0,
]  # fmt: skip


def device(rate_hz: float, *channels: Channel) -> DeviceInfo:
    return DeviceInfo("Model", "1", "x", rate_hz, channels or (Channel("EMG", 5000.0),))


def written(folder: Path, info: DeviceInfo, samples: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> SignalFile:
    file = SignalFile(folder, info, NOW)
    file.start()
    for at in range(0, len(samples), 500):
        file.put(Block(at, samples[at : at + 500]))
    file.close()
    assert file.fault is None
    return file


@pytest.mark.parametrize("rate_hz", ODD_RATES_HZ)
def test_the_header_states_the_rate_so_exactly_that_an_hour_is_off_by_less_than_a_sample(rate_hz: float) -> None:
    layout = layout_of(device(rate_hz), NOW)
    stated_hz = layout.samples * 1e6 / layout.duration_us
    assert abs(stated_hz / rate_hz - 1) * 3600 * rate_hz < 0.2
    assert float(layout.header[244:252]) == layout.duration_us / 1e6
    assert 0.07 <= layout.duration_s <= 1.01


@pytest.mark.parametrize("rate_hz", ODD_RATES_HZ)
def test_pulses_of_a_whole_hour_lie_on_their_samples(rate_hz: float) -> None:
    layout = layout_of(device(rate_hz), NOW)
    for sample in (0, 1, 12_345, round(1800 * rate_hz), round(3600 * rate_hz) - 1):
        position = float(f"{layout.file_s(sample / rate_hz):.9f}") * layout.samples * 1e6 / layout.duration_us
        assert position == pytest.approx(sample, abs=0.005)


@pytest.mark.parametrize("rate_hz", [16e6 / 8 / 199 / 5, 4882.8125, 1259.259])
def test_other_libraries_open_odd_rates_and_find_each_pulse(tmp_path: Path, rate_hz: float) -> None:
    file = SignalFile(tmp_path, device(rate_hz), NOW)
    file.start()
    samples = np.zeros((round(12 * rate_hz), 1), np.float32)
    pulses = [round(rate_hz * (0.5 + 1.1 * k)) for k in range(10)]
    samples[pulses] = 1000.0
    file.put(Block(0, samples))
    for pulse in pulses:
        file.put(Note(pulse / rate_hz, "stim"))
    file.close()
    path = tmp_path / SIGNAL_NAME
    assert [pulse.sample for pulse in Recording(path).pulses] == pulses
    read = edfio.read_bdf(path)
    onsets = [note.onset for note in read.annotations if note.text == "stim"]
    found = np.flatnonzero(read.signals[0].data > 500)
    assert found.tolist() == pulses
    assert np.rint(np.array(onsets) * read.signals[0].sampling_frequency).tolist() == pulses
    with pyedflib.EdfReader(str(path)) as reader:
        assert np.flatnonzero(reader.readSignal(0) > 500).tolist() == pulses
        assert "stim" in reader.readAnnotations()[2]


@pytest.mark.parametrize("offset_uv", [150_000.0, 900_000.0, 3_000_000.0, -8_000_000.0])
def test_a_large_offset_of_a_channel_without_a_stated_range_is_recorded(tmp_path: Path, offset_uv: float) -> None:
    wave = offset_uv + 100 * np.sin(np.arange(4000) / 3)
    written(tmp_path, device(2000.0, Channel("EMG")), wave[:, None].astype(np.float32))
    read = edfio.read_bdf(tmp_path / SIGNAL_NAME).signals[0].data
    step = abs(offset_uv) * 4 / 2**23
    assert np.abs(read[:4000] - wave.astype(np.float32)).max() < max(0.13, step)


def test_values_beyond_the_range_are_annotated_and_the_channel_is_named(tmp_path: Path) -> None:
    wave = np.zeros((4000, 2), np.float32)
    wave[3000:3010, 1] = 20_000.0
    file = written(tmp_path, device(2000.0, Channel("A", 5000.0), Channel("B", 5000.0)), wave)
    assert file.beyond_range == ("B",)
    assert ("BAD_BEYOND_RANGE@@EMG B", 1.5, 0.005) in [
        (note.text, note.onset, note.duration) for note in edfio.read_bdf(tmp_path / SIGNAL_NAME).annotations
    ]


def test_values_that_are_no_numbers_are_holes_when_they_are_read_again(tmp_path: Path) -> None:
    wave = np.ones((4000, 2), np.float32)
    wave[100:200, 1], wave[700:1300, 1] = np.nan, np.inf
    wave[2000:2100] = np.nan
    written(tmp_path, device(2000.0, Channel("A"), Channel("B")), wave)
    recording = Recording(tmp_path / SIGNAL_NAME)
    found, lost = np.full((4000, 2), np.nan), 0
    while block := recording.take(1000):
        found[block.first_sample : block.end_sample] = block.samples[: 4000 - block.first_sample]
        lost += block.lost_before
    assert np.isnan(found[:, 1]).nonzero()[0].tolist() == [*range(100, 200), *range(700, 1300), *range(2000, 2100)]
    assert np.isnan(found[:, 0]).nonzero()[0].tolist() == [*range(2000, 2100)]
    assert lost == 100


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Tibialis anterior left", "Tibialis anterior right"], ["EMG TibiaAnter L", "EMG TibiaAnter R"]),
        (["EMG1", "needle", "EMG VastMed L"], ["EMG 1", "EMG needle", "EMG VastMed L"]),
        (["a" * 30, "a" * 31], ["EMG Aaaaaaaaaaaa", "EMG Aaaaaaaaaa 2"]),
        (["", "EMG", "\u00b5 2"], ["EMG 1", "EMG 2", "EMG 2 3"]),
        (["Trigger", "ECG", "EEG Fp1"], ["Trigger", "ECG", "EEG Fp1"]),
        (["Right extensor digitorum", "Left extensor digitorum"], ["EMG ExtenDigit R", "EMG ExtenDigit L"]),
    ],
)
def test_labels_have_a_type_stay_distinct_and_keep_the_side(names: list[str], labels: list[str]) -> None:
    assert edf_labels(names) == labels
    assert max(map(len, labels)) <= 16
