"""Which currents are given, and when: a controller's way of searching, tracking, jumping and trying again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEP, _HIGHEST_MA, _START_MA = 1.3, 5.0, 1.0
_TOP_PULSES = 6
_LN_FAR, _LN_NEAR = (np.log(7.0), np.log(40.0)), (np.log(0.25), np.log(2.0))


@dataclass(frozen=True, slots=True)
class ScheduledPulse:
    """A pulse of the schedule: when, its current, and the nerve's threshold at that time."""

    t_s: float
    current_ma: float
    threshold_ma: float


def thresholds(rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw times in s and thresholds in mA of a needle that comes near the nerve, rests, and is drawn back."""
    times, values = [0.0], [rng.uniform(*_LN_NEAR) if rng.random() < 0.15 else rng.uniform(*_LN_FAR)]
    near = bool(rng.random() < 0.8)
    while times[-1] < seconds:
        times.append(times[-1] + rng.uniform(2.0, 8.0))
        near = not near if rng.random() < 0.5 else near
        values.append(rng.uniform(*_LN_NEAR) if near else rng.uniform(*_LN_FAR))
        times.append(times[-1] + rng.uniform(1.0, 6.0))
        values.append(values[-1] + rng.normal(0.0, 0.1))
    return np.array(times), np.exp(np.array(values))


def schedule(rng: np.random.Generator, pulses: int) -> list[ScheduledPulse]:
    """Draw ``pulses`` pulses: upward by 30 % until the muscle responds, then about the threshold at up to 5 Hz."""
    times, values = thresholds(rng, pulses * 0.5 + 2)
    fixed = rng.random() < 0.1
    current, t, top, given = _START_MA, 2.0, 0, []
    for _ in range(pulses):
        threshold = float(np.exp(np.interp(t, times, np.log(values))))
        given.append(ScheduledPulse(t, round(current, 3), threshold))
        t += rng.choice([0.2, 0.3, 0.5]) + rng.uniform(0, 0.02)
        top = top + 1 if current >= 0.99 * _HIGHEST_MA else 0
        if fixed and rng.random() < 0.9:
            continue
        if threshold < current * 1.2 and rng.random() < 0.97:
            current = _bounded(threshold * np.exp(rng.normal(0.08, 0.18)), current)
        elif top >= _TOP_PULSES or rng.random() < 0.02:
            current = _START_MA
        else:
            current = _bounded(current * _STEP, current)
    return given


def _bounded(wanted: float, before: float) -> float:
    return float(np.clip(min(wanted, before * _STEP), 0.05, _HIGHEST_MA))
