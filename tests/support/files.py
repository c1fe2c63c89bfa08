"""Recordings written to disk from synthetic streams, as another program would export them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from edfio import Edf, EdfAnnotation, EdfSignal

from drivers.base import Pulse
from tests.support.streams import Stream


def write_edf(path: Path, stream: Stream) -> Path:
    """Write the whole seconds of ``stream`` as an EDF+ file, its pulses as annotations."""
    sample_rate_hz = round(stream.sample_rate_hz)
    count = len(stream.channels[0]) // sample_rate_hz * sample_rate_hz
    signals = [
        EdfSignal(wave[:count].clip(-9999, 9999), sample_rate_hz, label=channel.name, physical_dimension="uV",
                  physical_range=(-10_000, 10_000))
        for wave, channel in zip(stream.channels, stream.info.channels, strict=True)
    ]  # fmt: skip
    annotations = [EdfAnnotation(p.sample / sample_rate_hz, None, _text(p)) for p in stream.pulses if p.sample < count]
    Edf(signals, annotations=annotations, data_record_duration=1).write(path)
    return path


def write_csv(path: Path, stream: Stream) -> Path:
    """Write a table with times in seconds, the first channel in microvolts, and a mark at each pulse."""
    marks = np.zeros(len(stream.channels[0]), int)
    marks[[pulse.sample for pulse in stream.pulses]] = 1
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time_s", "EMG_uv", "stim"])
        for sample, (uv, mark) in enumerate(zip(stream.channels[0], marks, strict=True)):
            rows.writerow([f"{sample / stream.sample_rate_hz:.7f}", f"{uv:.3f}", mark])
    return path


def _text(pulse: Pulse) -> str:
    current = "" if pulse.current_ma is None else f" current_ma={pulse.current_ma:.2f}"
    width = "" if pulse.width_ms is None else f" width_ms={pulse.width_ms:.2f}"
    return f"stim{current}{width}"
