"""How the needle may move between two pulses: at rest or at a speed it keeps for a while, closer or away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
_CHRONAXIE_LN, _CHRONAXIE_LN_AT_REST = 0.15, 0.01
_LONGEST_STEP_S = 0.5
_MOST_STEPS = 6

_CHANGING = (Row.WIDTH_LN, Row.SCATTER_LN, Row.RESTLESS_LN)


def moved(particles: Particles, rng: np.random.Generator, elapsed_s: float, *, widths: bool = False) -> None:
    """Let the needle move for ``elapsed_s``; a long while in steps, so that the hand may change its mind in between.

    With ``widths`` the chronaxie, which may go with the distance, changes on the way.
    """
    steps = int(np.clip(np.ceil(elapsed_s / _LONGEST_STEP_S), 1, _MOST_STEPS))
    for _ in range(steps):
        way_mm = _step(particles.x, rng, elapsed_s / steps)
        if widths:
            changes = _CHRONAXIE_LN * np.sqrt(np.abs(way_mm)) + _CHRONAXIE_LN_AT_REST * np.sqrt(elapsed_s / steps)
            particles.x[Row.CHRONAXIE_LN_MS] += changes * rng.standard_normal(len(way_mm))


def forgotten(particles: Particles, rng: np.random.Generator, elapsed_s: float) -> None:
    """Let recruitment, scatter and restlessness change: of each, a few guesses are made anew."""
    x = particles.x
    for row in _CHANGING:
        median, sd = SPREADS[row]
        anew = _met(rng, x.shape[1], _FORGOTTEN_PER_S * elapsed_s)
        x[row, anew] = median + sd * rng.standard_normal(len(anew))


def _step(x: Array, rng: np.random.Generator, elapsed_s: float) -> Array:
    """Move needles by the ways that are returned, in mm."""
    way = _way_mm(x[Row.SPEED_MM_S], rng, elapsed_s)
    distance, excess = x[Row.DISTANCE_MM], x[Row.EXCESS_LN]
    distance -= way
    np.minimum(np.maximum(distance, 0.0, out=distance), FARTHEST_MM, out=distance)
    variance = np.exp(2 * x[Row.RESTLESS_LN]) * elapsed_s + _MISFIT_LN**2 * np.abs(way)
    excess *= np.exp(-_RECOVERS_PER_S * elapsed_s)
    excess += np.sqrt(variance) * rng.standard_normal(len(excess))
    slipped = _met(rng, len(excess), _SLIPS_PER_S * elapsed_s)
    excess[slipped] += _SLIP_LN * rng.standard_normal(len(slipped))
    return way


def _way_mm(speed: Array, rng: np.random.Generator, elapsed_s: float) -> Array:
    """Ways made at ``speed`` (particles,), which changes; a hand that changes its mind does so at some moment."""
    speed += (speed != 0.0) * (_HAND_MM_S * np.sqrt(elapsed_s)) * rng.standard_normal(len(speed))
    way = elapsed_s * speed
    changed = _met(rng, len(speed), _CHANGES_PER_S * elapsed_s)
    share = rng.random(len(changed))
    speed[changed] = _speeds(rng, len(changed))
    way[changed] = share * way[changed] + (1 - share) * elapsed_s * speed[changed]
    return np.asarray(way)


def _met(rng: np.random.Generator, count: int, events: float) -> NDArray[np.intp]:
    """Which of ``count`` meet with an event of which each expects so many."""
    return rng.integers(0, count, rng.poisson(count * events))


def _speeds(rng: np.random.Generator, count: int) -> Array:
    """``count`` speeds in mm/s, towards the nerve above 0."""
    speed = np.minimum(_SPEED_MM_S * np.exp(_SPEED_SD_LN * rng.standard_normal(count)), _FASTEST_MM_S)
    speed[rng.random(count) < _AWAY_SHARE] *= -1.0
    speed[rng.random(count) < _REST_SHARE] = 0.0
    return speed
