"""The sweeps at the end of the search, cut from the signal as recorded, with the stimulus artefact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

from guidance.journal.signal import SIGNAL_NAME
from guidance.note.pulses import RecordedPulse

BEFORE_MS, AFTER_MS = 2.0, 30.0
"""Shown part of a sweep: the baseline before the pulse, and the protocols' response window (to 25 ms) after it."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSweep:
    """The main channel around ``pulse``: ``uv`` (samples,), less the baseline, at ``times_ms`` after the pulse."""

    pulse: RecordedPulse
    times_ms: NDArray[np.floating]
    uv: NDArray[np.floating]


def sweeps_of(folder: Path, pulses: Sequence[RecordedPulse]) -> list[RecordedSweep]:
    """Return the sweeps of ``pulses`` from the signal in ``folder``.

    Empty if the signal was not recorded or is damaged; ``verify`` reports damage.
    """
    path = folder / SIGNAL_NAME
    if path.is_symlink() or not path.is_file():
        return []
    try:
        file = edfio.read_bdf(path)
        signal = file.signals[0]
    except (OSError, ValueError, IndexError):
        return []
    return [cut for pulse in pulses if (cut := _cut(signal, file.duration, pulse))]


def _cut(signal: edfio.BdfSignal, duration_s: float, pulse: RecordedPulse) -> RecordedSweep | None:
    sample_rate_hz = signal.sampling_frequency
    before, after = round(BEFORE_MS * sample_rate_hz / 1e3), round(AFTER_MS * sample_rate_hz / 1e3)
    first_s, last_s = (pulse.sample - before) / sample_rate_hz, (pulse.sample + after) / sample_rate_hz
    if first_s < 0 or last_s > duration_s:
        return None
    uv = np.array(signal.get_data_slice(first_s, last_s), dtype=np.float64)
    times_ms = (np.arange(len(uv)) - before) * 1e3 / sample_rate_hz
    return RecordedSweep(pulse, times_ms, uv - float(np.median(uv[:before])))
