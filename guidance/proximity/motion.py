"""How the needle may move between two pulses: at rest or at a speed it keeps for a while, closer or away."""

from __future__ import annotations

import numpy as np

from guidance.proximity.nerve import FARTHEST_MM, SPREADS, Particles, Row
from guidance.signal.basis import Array

_CHANGES_PER_S = 0.9
_REST_SHARE = 0.4
_AWAY_SHARE = 0.45
_SPEED_MM_S, _SPEED_SD_LN, _FASTEST_MM_S = 1.0, 0.9, 8.0
_HAND_MM_S = 0.2
_FORGOTTEN_PER_S = 0.015
_MISFIT_LN = 0.05
_SLIPS_PER_S = 0.01
_SLIP_LN = 0.35
_RECOVERS_PER_S = 0.03
_LONGEST_STEP_S = 0.5
_MOST_STEPS = 6

_CHANGING = (Row.WIDTH_LN, Row.SCATTER_LN, Row.RESTLESS_LN)


def moved(particles: Particles, rng: np.random.Generator, elapsed_s: float) -> None:
    """Let ``elapsed_s`` pass; a long while in steps, so that the hand may change its mind in between."""
    steps = int(np.clip(np.ceil(elapsed_s / _LONGEST_STEP_S), 1, _MOST_STEPS))
    for _ in range(steps):
        _step(particles.x, rng, elapsed_s / steps)


def _step(x: Array, rng: np.random.Generator, elapsed_s: float) -> None:
    count = x.shape[1]
    before = x[Row.SPEED_MM_S].copy()
    _change_speed(x, rng, elapsed_s)
    share = rng.random(count)
    way = elapsed_s * np.where(before == x[Row.SPEED_MM_S], before, share * before + (1 - share) * x[Row.SPEED_MM_S])
    x[Row.DISTANCE_MM] = np.clip(x[Row.DISTANCE_MM] - way, 0.0, FARTHEST_MM)
    x[Row.EXCESS_LN] *= np.exp(-_RECOVERS_PER_S * elapsed_s)
    variance = np.exp(2 * x[Row.RESTLESS_LN]) * elapsed_s + _MISFIT_LN**2 * np.abs(way)
    x[Row.EXCESS_LN] += np.sqrt(variance) * rng.standard_normal(count)
    for row in _CHANGING:
        median, sd = SPREADS[row]
        kept = np.exp(-_FORGOTTEN_PER_S * elapsed_s)
        x[row] = median + kept * (x[row] - median) + sd * np.sqrt(1 - kept**2) * rng.standard_normal(count)
    slipped = np.flatnonzero(rng.random(count) < _SLIPS_PER_S * elapsed_s)
    x[Row.EXCESS_LN, slipped] += _SLIP_LN * rng.standard_normal(len(slipped))


def _change_speed(x: Array, rng: np.random.Generator, elapsed_s: float) -> None:
    count = x.shape[1]
    speed = x[Row.SPEED_MM_S]
    speed += np.where(speed == 0.0, 0.0, _HAND_MM_S * np.sqrt(elapsed_s) * rng.standard_normal(count))
    changed = np.flatnonzero(rng.random(count) < -np.expm1(-_CHANGES_PER_S * elapsed_s))
    speed[changed] = _speeds(rng, len(changed))


def _speeds(rng: np.random.Generator, count: int) -> Array:
    """``count`` speeds in mm/s, towards the nerve above 0."""
    speed = np.minimum(_SPEED_MM_S * np.exp(_SPEED_SD_LN * rng.standard_normal(count)), _FASTEST_MM_S)
    speed[rng.random(count) < _AWAY_SHARE] *= -1.0
    speed[rng.random(count) < _REST_SHARE] = 0.0
    return speed
