"""The signal just before a pulse: baseline, noise, mains; and null windows, in which nothing was stimulated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from guidance.signal.sweep.arrays import medians, second_difference
from guidance.signal.sweep.basis import Array, SweepGrid
from guidance.signal.sweep.mains import MainsFit, fit_mains
from guidance.signal.sweep.ring_buffer import RingBuffer

_GUARD_MS = 1.0
"""Nothing later than this before the pulse is used: its time may be rounded (a judgement, unsourced)."""

_NOISE_MS = 100.0
"""The noise is estimated over so many ms before the pulse (a judgement, unsourced)."""

_BASELINE_MS = 20.0
"""The baseline is the mean of so many ms before the pulse: one period of 50 Hz."""

_MAINS_MS = 300.0
"""The mains is fitted over so many ms: 15 periods of 50 Hz and 18 of 60 Hz."""

_REACH_MS = 2000.0
"""Null windows are taken from so many ms before the pulse at the most (a judgement, unsourced)."""

_SHORTEST_MS = 5.0
"""With less signal before the pulse nothing is known of it (a judgement, unsourced)."""

_LEAST_NOISE_UV = 0.1
"""Least noise in uV: no amplifier has less, and a flat signal must not divide by zero."""

_MAD_TO_SD = 1.4826
"""Standard deviation over the median absolute deviation, of a normal distribution."""

_HOPS = 2
"""Null windows begin so many times in the length of one: they overlap by half."""

_MOST = 24
"""At most so many null windows a pulse, as the time grows with them (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True, eq=False)
class PreStimulus:
    """Baseline and noise (standard deviation) in uV, ``bend_uv`` the standard deviation of the second difference,
    and the mains as fitted.
    """

    baseline_uv: float
    noise_uv: float
    bend_uv: float
    mains: MainsFit | None

    def clean(self, raw: Array, first: int) -> Array:
        """Return ``raw`` (n,), which begins at sample ``first``, without baseline and mains, in uV."""
        mains = self.mains(first, len(raw)) if self.mains else 0.0
        return np.asarray(raw - self.baseline_uv - mains)


@dataclass(frozen=True, slots=True, eq=False)
class NullWindows:
    """Windows (m, n) of a sweep's length without a stimulus, in uV without baseline and mains; the noise before each
    (m,) in uV; and ``next_sample``, where the next window may begin.
    """

    sweeps: Array
    noise_uv: Array
    next_sample: int


class BaselineTracker:
    """The stimulus-free stretch of one channel before a pulse."""

    def __init__(self, history: RingBuffer, channel: int, free_from: int, pulse: int, sample_rate_hz: float) -> None:
        """Take the stretch from ``free_from`` to just before sample ``pulse``, without what lies before a gap."""
        self._per_ms = sample_rate_hz / 1e3
        self._sample_rate_hz = sample_rate_hz
        self._stop = pulse - round(_GUARD_MS * self._per_ms)
        self._span = round(_NOISE_MS * self._per_ms)
        reach = pulse - round(_REACH_MS * self._per_ms)
        signal = history.window(max(free_from, reach, 0), self._stop)[:, channel].astype(float)
        holes = np.flatnonzero(np.isnan(signal))
        self._signal = signal[holes[-1] + 1 :] if len(holes) else signal
        self._first = self._stop - len(self._signal)

    @property
    def signal(self) -> Array:
        """The stretch (n,) in uV, as recorded."""
        return self._signal

    def state(self) -> PreStimulus | None:
        """Measure baseline, noise and mains at the end of the stretch; None if it is shorter than 5 ms."""
        if len(self._signal) < _SHORTEST_MS * self._per_ms:
            return None
        recent = self._signal[-round(_MAINS_MS * self._per_ms) :]
        fit = fit_mains(recent, self._stop - len(recent), self._sample_rate_hz)
        near = recent[-self._span :]
        near = near - fit(self._stop - len(near), len(near)) if fit else near
        baseline = float(near[-round(_BASELINE_MS * self._per_ms) :].mean())
        bend = second_difference(near)
        bend_uv = float(_noise(bend[None, :: _spacing(len(bend))])[0])
        return PreStimulus(baseline, self._noise_of(near), bend_uv, fit)

    def null_windows(self, grid: SweepGrid, not_before: int, mains: MainsFit | None) -> NullWindows | None:
        """Return the newest 24 windows at most after ``not_before``, half overlapping; None if there are none.

        Each has the noise of the stretch before it, as a sweep has. Where that stretch is too short, the noise is
        that of the begin of the whole stretch.
        """
        hop = max(grid.stop // _HOPS, 1)
        ahead = round(_BASELINE_MS * self._per_ms)
        last = len(self._signal) - grid.stop
        first = max(ahead, not_before - self._first, last - (_MOST - 1) * hop)
        at = np.arange(first, last + 1, hop)
        if not len(at):
            return None
        start = max(first - self._span, 0)
        signal = self._signal[start:] - (mains(self._first + start, len(self._signal) - start) if mains else 0.0)
        at = at - start
        span = min(self._span, len(signal))
        before = signal[np.maximum(at - span, 0)[:, None] + np.arange(span)[:: _spacing(span)]]
        recent = signal[np.maximum(at - span, 0)[:, None] + np.arange(max(span - ahead, 0), span)]
        baseline = signal[at[:, None] + np.arange(-ahead, 0)].mean(axis=1)
        sweeps = grid.means(signal[at[:, None] + np.arange(grid.first, grid.stop)]) - baseline[:, None]
        noise_uv = np.maximum(np.maximum(_noise(before), _noise(recent)), _LEAST_NOISE_UV)
        return NullWindows(sweeps, noise_uv, self._first + start + int(at[-1]) + hop)

    def _noise_of(self, before: Array) -> float:
        """Return the noise of the signal ``before`` (n,) a pulse: the larger of that of all samples and of the last
        20 ms, as a burst may have begun there.
        """
        recent = before[-round(_BASELINE_MS * self._per_ms) :]
        both = (float(_noise(part[None, :: _spacing(len(part))])[0]) for part in (before, recent))
        return max(*both, _LEAST_NOISE_UV)


def _spacing(count: int) -> int:
    """Return every which sample of ``count`` is enough to estimate a noise."""
    return max(1, count // 250)


@lru_cache(maxsize=16)
def _line(count: int) -> Array:
    """Return a straight line (count,) from -1 to 1 and the same over its power (2, count)."""
    line = np.linspace(-1.0, 1.0, count)
    return np.stack([line, line / max(float(line @ line), 1e-9)])


def _noise(signals: Array) -> Array:
    """Return the standard deviation (m,) of each of ``signals`` (m, n) about a straight line.

    It uses the median deviation, so that one stray potential does not raise it.
    """
    line, weighed = _line(signals.shape[1])
    centred = signals - signals.mean(axis=1, keepdims=True)
    centred -= (centred @ weighed)[:, None] * line
    return np.asarray(_MAD_TO_SD * medians(np.abs(centred)))
