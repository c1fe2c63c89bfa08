"""The RMS envelope of a muscle: causal, streaming, independent of the block size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.biofeedback.mains_tracker import MainsTracker
from guidance.needle_emg.bandpass import Bandpass
from guidance.signal.sweep.basis import Array

STEP_S = 0.01
"""Interval of the envelope's values."""

LEAST_RATE_HZ = 250.0
"""Least sample rate, which leaves a band of 20 to 112 Hz."""

WIDE_HZ = (20.0, 450.0)
"""The usual band of surface EMG (unsourced)."""

ABOVE_HEART_HZ = 150.0
"""Nearly all of a heart artefact lies below this (one recording, ``bench_ecg_mix``): from 100 Hz on and with the usual
slope, one of 300 uV raises a rest of 1.4 uV by half.
"""

_BELOW_NYQUIST = 0.45
"""Highest upper corner as a share of the sample rate."""

_ORDER, _ORDER_ABOVE_HEART = 4, 8
"""Order of the usual filter, and of the steeper one that keeps the heart out."""

_LEAST_OCTAVE = 1.5
"""Least ratio of the corners of the band above the heart."""


@dataclass(frozen=True, slots=True)
class EnvelopeBand:
    """The band of an envelope, in Hz, and the order of its filter."""

    low_hz: float
    high_hz: float
    order: int = _ORDER

    @property
    def words(self) -> str:
        """The band as text, such as ``20 to 450 Hz``."""
        return f"{self.low_hz:g} to {self.high_hz:g} Hz"


def wide_band(sample_rate_hz: float) -> EnvelopeBand:
    """Return the usual band, limited to 0.45 of ``sample_rate_hz``."""
    return EnvelopeBand(WIDE_HZ[0], min(WIDE_HZ[1], _BELOW_NYQUIST * sample_rate_hz))


def band_above_heart(sample_rate_hz: float) -> EnvelopeBand | None:
    """Return the band above most of the heart artefact; None where ``sample_rate_hz`` is too low for it."""
    high_hz = min(WIDE_HZ[1], _BELOW_NYQUIST * sample_rate_hz)
    is_wide = high_hz >= _LEAST_OCTAVE * ABOVE_HEART_HZ
    return EnvelopeBand(ABOVE_HEART_HZ, high_hz, _ORDER_ABOVE_HEART) if is_wide else None


class Envelope:
    """The RMS in one band of one channel over the last ``window_s``, every STEP_S, without mains.

    It is NaN while a sample is missing in the window, and until the window is full.
    """

    def __init__(self, sample_rate_hz: float, band: EnvelopeBand, window_s: float) -> None:
        """Compute for a channel sampled at ``sample_rate_hz``. Raises ValueError below 250 Hz."""
        if sample_rate_hz < LEAST_RATE_HZ:
            raise ValueError(f"an envelope needs at least {LEAST_RATE_HZ:g} Hz, not {sample_rate_hz:g}")
        self._band = Bandpass(band.low_hz, band.high_hz, sample_rate_hz, band.order // 2)
        self._mains = MainsTracker(sample_rate_hz, band.high_hz)
        self._per_step = sample_rate_hz * STEP_S
        self._cells = max(1, round(window_s / STEP_S))
        self._end = self._steps_done = 0
        self._waiting = np.zeros(0)
        self._powers = np.full(self._cells - 1, math.nan)
        self.mean_squares = np.zeros(0)
        """The mean squares in uV2 of the steps that the last call completed; NaN where a sample is missing."""

    @property
    def mains_uv(self) -> float | None:
        """Peak amplitude of the mains, 50 or 60 Hz, in uV; None until it is known."""
        return self._mains.mains_uv

    def __call__(self, samples: Array) -> Array:
        """Return the envelope in uV at each step that ``samples`` (n,) in uV complete; NaN is a missing sample."""
        if not len(samples):
            return np.zeros(0)
        known = np.isfinite(samples)
        clean = np.where(known, self._mains(self._band(samples), known), math.nan)
        self._waiting = np.concatenate([self._waiting, clean])
        self._end += len(samples)
        self.mean_squares = self._new_powers()
        powers = np.concatenate([self._powers, self.mean_squares])
        if len(powers) < self._cells:
            self._powers = powers
            return np.zeros(0)
        self._powers = powers[len(powers) - self._cells + 1 :]
        windows = np.lib.stride_tricks.sliding_window_view(powers, self._cells)
        return np.asarray(np.sqrt(windows.mean(axis=1)))

    def _new_powers(self) -> Array:
        """Return the mean square of each complete step."""
        powers, begin = [], self._edge(self._steps_done)
        first = begin
        while (stop := self._edge(self._steps_done + 1)) <= self._end:
            cell = self._waiting[begin - first : stop - first]
            powers.append(float(cell @ cell) / len(cell))
            self._steps_done, begin = self._steps_done + 1, stop
        self._waiting = self._waiting[begin - first :]
        return np.array(powers)

    def _edge(self, step: int) -> int:
        """Return the sample at which ``step`` begins."""
        return math.ceil(step * self._per_step - 1e-9)
