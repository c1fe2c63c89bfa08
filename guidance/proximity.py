"""Where the motor threshold is now, and so how near the nerve: a distribution carried from pulse to pulse.

A grid over ln(threshold at the pulse width in use). Between pulses the needle may have moved, so the distribution
spreads; each answered pulse weighs it by how likely its response was, were the threshold at each point. Distance
follows from I = I0 + k r^2 with I0 and k as wide as needle data leave them; it is the secondary result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from guidance.events import Interval, Proximity
from guidance.signal.basis import Array

ZONES = ("none", "far", "approach", "target", "close")

_LOW_MA, _HIGH_MA, _POINTS = 0.02, 20.0, 240
_STILL_SD, _MOVED_SD, _MOVED_SHARE = 0.02, 0.30, 0.35
_PER_S = 0.5
_SLOPE = 5.0
_AMPLITUDE_SD = 0.8
_MAXIMUM_LN = 3.7
_DETECTION_SD = 0.10
_STRAY = 0.02
_CHRONAXIE_MS = 0.2
_APPROACH_MA = 1.0
_I0_MA = (0.05, 0.15, 0.3)
_K_LN_MEDIAN, _K_LN_SD = float(np.log(0.3)), 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """One answered pulse, as the estimate takes it: current and width, whether a response was detected, its amplitude,
    and whether the sweep was fit to tell.
    """

    sample: int
    t: float
    current_ma: float | None
    width_ms: float | None
    detected: bool
    amplitude_uv: float | None
    contaminated: bool


class ThresholdGrid:
    """The estimate that every answered pulse moves."""

    def __init__(self, criterion_uv: float, lower_bound_ma: float, target_ma: float) -> None:
        """Threshold is where the response reaches ``criterion_uv``; zones end at ``target_ma`` and ``lower_bound_ma``,
        both for a pulse of 0.1 ms.
        """
        self._criterion_uv = criterion_uv
        self._edges_ma = (_APPROACH_MA, target_ma, lower_bound_ma)
        self._ln = np.linspace(np.log(_LOW_MA), np.log(_HIGH_MA), _POINTS)
        self._p = np.full(_POINTS, 1.0 / _POINTS)
        self._last_t: float | None = None
        self._heard_any = False
        self._highest_ma = 0.0

    def hear(self, pulse: Heard) -> Proximity:
        """Take in one answered pulse and say where the threshold is now."""
        if pulse.current_ma is None:
            return self._unknown(pulse.sample, "current-unknown")
        self._drift(pulse.t)
        if not pulse.contaminated and pulse.current_ma > 0:
            self._weigh(pulse, float(np.log(pulse.current_ma)))
            self._heard_any |= pulse.detected
            self._highest_ma = max(self._highest_ma, pulse.current_ma)
        return self._told(pulse)

    def threshold_ma(self) -> Interval:
        """The threshold's 5 %, 50 % and 95 % points in mA, at the width in use."""
        at = np.interp([0.05, 0.5, 0.95], np.cumsum(self._p), self._ln)
        return _interval(np.exp(at))

    def _drift(self, t: float) -> None:
        elapsed = _PER_S if self._last_t is None else max(t - self._last_t, 0.0)
        self._last_t = t
        step = self._ln[1] - self._ln[0]
        spread = np.zeros(_POINTS)
        for share, sd in ((1 - _MOVED_SHARE, _STILL_SD), (_MOVED_SHARE, _MOVED_SD)):
            width = max(sd * np.sqrt(elapsed / _PER_S), 1e-3) / step
            reach = int(4 * width) + 1
            kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
            spread += share * np.convolve(self._p, kernel / kernel.sum())[reach : reach + _POINTS]
        self._p = spread / spread.sum()

    def _weigh(self, pulse: Heard, ln_current: float) -> None:
        above = ln_current - self._ln
        answers = ndtr(above / _DETECTION_SD)
        if pulse.detected and pulse.amplitude_uv:
            expected = np.minimum(_SLOPE * above, _MAXIMUM_LN)
            miss = (np.log(pulse.amplitude_uv / self._criterion_uv) - expected) / _AMPLITUDE_SD
            likelihood = _STRAY + 1.0 / (1.0 + miss**2 / 4) ** 2.5
        else:
            likelihood = 1.0 - (1.0 - 2 * _STRAY) * answers
        self._p *= likelihood
        self._p /= self._p.sum()

    def _told(self, pulse: Heard) -> Proximity:
        if not self._heard_any:
            return self._unknown(pulse.sample, "no-response-yet")
        to_short = _to_0p1ms(pulse.width_ms)
        threshold = self.threshold_ma()
        short = None if to_short is None else _interval(np.array(threshold) * to_short)
        zones = None if to_short is None else self._zones(to_short)
        return Proximity(
            sample=pulse.sample,
            threshold_ma=threshold,
            threshold_0p1ms_ma=short,
            distance_mm=None if to_short is None else self._distance(to_short),
            zone=None if zones is None else max(zones, key=lambda zone: zones[zone]),
            zone_probability=zones,
            valid=True,
            why=None,
        )

    def _unknown(self, sample: int, why: str) -> Proximity:
        searched = why == "no-response-yet" and self._highest_ma > 0
        return Proximity(sample, None, None, None, "none" if searched else None, None, valid=False, why=why)

    def _zones(self, to_short: float) -> dict[str, float]:
        short = np.exp(self._ln) * to_short
        approach, target, close = self._edges_ma
        beyond = np.exp(self._ln) > 1.1 * self._highest_ma
        parts = {
            "none": beyond,
            "far": (short > approach) & ~beyond,
            "approach": (short <= approach) & (short > target) & ~beyond,
            "target": (short <= target) & (short > close) & ~beyond,
            "close": (short <= close) & ~beyond,
        }
        return {zone: round(float(self._p[part].sum()), 4) for zone, part in parts.items()}

    def _distance(self, to_short: float) -> Interval:
        short = np.exp(self._ln) * to_short
        k = np.exp(ndtri((np.arange(9) + 0.5) / 9) * _K_LN_SD + _K_LN_MEDIAN)
        i0 = np.array(_I0_MA)
        distance = np.sqrt(np.maximum(short[:, None, None] - i0[None, :, None], 0.0) / k[None, None, :])
        weight = np.broadcast_to(self._p[:, None, None] / (len(k) * len(i0)), distance.shape)
        order = np.argsort(distance, axis=None)
        total = np.cumsum(weight.reshape(-1)[order])
        return _interval(np.interp([0.05, 0.5, 0.95], total, distance.reshape(-1)[order]))


def _to_0p1ms(width_ms: float | None) -> float | None:
    """Factor from the threshold at ``width_ms`` to that at 0.1 ms (Weiss: I = rheobase (1 + chronaxie / width))."""
    if not width_ms:
        return None
    return (1 + _CHRONAXIE_MS / 0.1) / (1 + _CHRONAXIE_MS / width_ms)


def _interval(values: Array) -> Interval:
    low, middle, high = (float(v) for v in values)
    return low, middle, high
