"""The sweeps at the end of the search, cut from the recorded signal as it was recorded: the artefact is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

from guidance.journal.note.pulses import Told
from guidance.journal.note.signing import SIGNAL_NAME

BEFORE_MS, AFTER_MS = 2.0, 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The main channel around ``pulse``: ``uv`` (samples,) at ``times_ms`` after it, less the baseline before it."""

    pulse: Told
    times_ms: NDArray[np.float64]
    uv: NDArray[np.float64]


def sweeps_of(folder: Path, pulses: Sequence[Told]) -> list[Sweep]:
    """The sweeps of ``pulses`` from the signal in ``folder``; none where it was not recorded or does not open."""
    path = folder / SIGNAL_NAME
    if path.is_symlink() or not path.is_file():
        return []
    try:
        file = edfio.read_bdf(path)
        return [cut for pulse in pulses if (cut := _cut(file.signals[0], file.duration, pulse))]
    except (OSError, ValueError, IndexError):
        return []


def _cut(signal: edfio.BdfSignal, duration_s: float, pulse: Told) -> Sweep | None:
    rate_hz = signal.sampling_frequency
    before, after = round(BEFORE_MS * rate_hz / 1e3), round(AFTER_MS * rate_hz / 1e3)
    first, last = pulse.sample - before, pulse.sample + after
    if first < 0 or last > signal.sampling_frequency * duration_s:
        return None
    uv = np.float64(signal.get_data_slice(first / rate_hz, (last - first) / rate_hz))
    times_ms = (np.arange(len(uv)) - before) * 1e3 / rate_hz
    return Sweep(pulse, times_ms, uv - float(np.median(uv[:before])))
