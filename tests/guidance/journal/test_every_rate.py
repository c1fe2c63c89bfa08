"""``signal.bdf`` at 44 odd rates in three other readers: every annotated pulse on its sample. All are slow.

Five minutes and a whole hour at every rate; some twenty minutes in all. Where an hour does not fit into the memory of
readers that load whole files, they read the samples around each pulse only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest
from numpy.typing import NDArray

from drivers.base import Block, Channel, DeviceInfo
from drivers.recording import Recording
from guidance.journal.signal import SIGNAL_NAME, Note, SignalFile

pytestmark = pytest.mark.slow
Found = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Samples at which the signal has a pulse, and the positions of the annotations in samples."""

RATES_HZ = (
    125.0, 199.9, 250.0, 256.1, 333.3333, 499.97, 500.5, 512.0, 666.6667, 750.003, 999.9, 1000.1, 1024.7, 1111.1111,
    1259.259, 34000 / 27, 1481.4815, 1500.0006, 1777.7778, 1925.925926, 1999.97, 2000.003, 2010.05, 2048.0, 2148.1481,
    2370.37037, 2441.40625, 3000.1, 3703.7037, 4000.004, 4096.3, 4882.8125, 5025.125, 5120.0, 48000 / 7, 7999.93,
    9765.625, 9999.87, 10000.31, 16e6 / 8 / 199, 12207.03125, 19999.7, 24414.0625, 30000.77,
)  # fmt: skip
WHOLE_BELOW_HZ = 5200.0
"""Rate below which an hour fits into the memory of the readers that load whole files."""
AROUND = 40
"""So many samples on both sides of a pulse are read where the file is long."""
EVERY_S = 7.3


def written(folder: Path, rate_hz: float, seconds: float) -> tuple[Path, NDArray[np.int64]]:
    """Write a procedure of so many ``seconds`` with a pulse each 7.3 s and at its end; return it and the pulses."""
    file = SignalFile(
        folder, DeviceInfo("M", "", "x", rate_hz, (Channel("EMG", 5000.0),)), datetime(2026, 1, 2, tzinfo=UTC)
    )
    file.start()
    total, step = round(seconds * rate_hz), round(5 * rate_hz)
    pulses = np.unique(np.r_[np.rint(np.arange(1.0, seconds, EVERY_S) * rate_hz), total - 1]).astype(np.int64)
    for at in range(0, total, step):
        samples = np.zeros((min(step, total - at), 1), np.float32)
        inside = pulses[(pulses >= at) & (pulses < at + len(samples))]
        samples[inside - at] = 1000.0
        file.put(Block(at, samples))
        for pulse in inside:
            file.put(Note(pulse / rate_hz, "stim"))
    file.close()
    assert file.fault is None
    return folder / SIGNAL_NAME, pulses


def by_edfio(path: Path) -> Found:
    read = edfio.read_bdf(path)
    onsets = [note.onset for note in read.annotations if note.text == "stim"]
    return np.flatnonzero(read.signals[0].digital > 1_000_000), np.array(onsets) * read.signals[0].sampling_frequency


def by_pyedflib(path: Path) -> Found:
    with pyedflib.EdfReader(str(path)) as reader:
        onsets, _, texts = reader.readAnnotations()
        times = onsets[np.asarray(texts) == "stim"]
        return np.flatnonzero(reader.readSignal(0, digital=True) > 1_000_000), times * reader.getSampleFrequency(0)


def by_mne(path: Path) -> Found:
    mne = pytest.importorskip("mne", reason="mne is not installed; it is in the group peers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_bdf(path, preload=True, verbose="error")
    onsets = raw.annotations.onset[raw.annotations.description == "stim"]
    return np.flatnonzero(raw.get_data(picks=[0])[0] > 500e-6), onsets * raw.info["sfreq"]


READERS: dict[str, Callable[[Path], Found]] = {"edfio": by_edfio, "pyedflib": by_pyedflib, "MNE": by_mne}


def check(path: Path, pulses: NDArray[np.int64]) -> None:
    """Assert that this program and each reader find all pulses and annotations, and every one on its sample."""
    assert [pulse.sample for pulse in Recording(path).pulses] == pulses.tolist()
    for name, read in READERS.items():
        in_signal, in_annotations = read(path)
        assert in_signal.tolist() == pulses.tolist(), name
        assert len(in_annotations) == len(pulses), name
        off = np.abs(in_annotations - pulses).max()
        assert off < 0.05, f"{name}: an annotation is {off:.2f} samples off"
        print(f"{name}: {len(pulses)} annotations, at most {off:.4f} samples off")


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_five_minutes_at_an_odd_rate_have_every_annotation_on_its_sample(tmp_path: Path, rate_hz: float) -> None:
    check(*written(tmp_path, rate_hz, 300.0))


@pytest.mark.parametrize("rate_hz", [rate_hz for rate_hz in RATES_HZ if rate_hz < WHOLE_BELOW_HZ])
def test_an_hour_at_an_odd_rate_has_every_annotation_on_its_sample(tmp_path: Path, rate_hz: float) -> None:
    check(*written(tmp_path, rate_hz, 3600.0))


def around_by_edfio(path: Path, pulses: NDArray[np.int64]) -> Found:
    read = edfio.read_bdf(path)
    signal = read.signals[0]
    rate_hz = signal.sampling_frequency
    found = [
        first + np.flatnonzero(signal.get_digital_slice(first / rate_hz, last / rate_hz) > 1_000_000)
        for first, last in spans(pulses)
    ]
    onsets = [note.onset for note in read.annotations if note.text == "stim"]
    return np.concatenate(found), np.array(onsets) * rate_hz


def around_by_pyedflib(path: Path, pulses: NDArray[np.int64]) -> Found:
    with pyedflib.EdfReader(str(path)) as reader:
        found = [
            first + np.flatnonzero(reader.readSignal(0, first, last - first, digital=True) > 1_000_000)
            for first, last in spans(pulses)
        ]
        onsets, _, texts = reader.readAnnotations()
        return np.concatenate(found), onsets[np.asarray(texts) == "stim"] * reader.getSampleFrequency(0)


def around_by_mne(path: Path, pulses: NDArray[np.int64]) -> Found:
    mne = pytest.importorskip("mne", reason="mne is not installed; it is in the group peers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_bdf(path, preload=False, verbose="error")
        found = [
            first + np.flatnonzero(raw.get_data(picks=[0], start=first, stop=last)[0] > 500e-6)
            for first, last in spans(pulses)
        ]
    return np.concatenate(found), raw.annotations.onset[raw.annotations.description == "stim"] * raw.info["sfreq"]


def spans(pulses: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the samples around each pulse; the last pulse is the last sample."""
    return [(int(at) - AROUND, min(int(at) + AROUND, int(pulses[-1]) + 1)) for at in pulses]


AROUND_READERS: dict[str, Callable[[Path, NDArray[np.int64]], Found]] = {
    "edfio": around_by_edfio, "pyedflib": around_by_pyedflib, "MNE": around_by_mne,
}  # fmt: skip


@pytest.mark.parametrize("rate_hz", [rate_hz for rate_hz in RATES_HZ if rate_hz >= WHOLE_BELOW_HZ])
def test_an_hour_at_a_high_rate_has_every_annotation_on_its_sample(tmp_path: Path, rate_hz: float) -> None:
    path, pulses = written(tmp_path, rate_hz, 3600.0)
    assert [pulse.sample for pulse in Recording(path).pulses] == pulses.tolist()
    for name, read in AROUND_READERS.items():
        in_signal, in_annotations = read(path, pulses)
        assert in_signal.tolist() == pulses.tolist(), name
        assert len(in_annotations) == len(pulses), name
        assert np.abs(in_annotations - pulses).max() < 0.05, name
