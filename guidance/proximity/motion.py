"""How the needle may move between two pulses: at rest or at a speed it keeps for a while, closer or away."""

from __future__ import annotations

import math

import numpy as np

from guidance.proximity.particles import FARTHEST_MM, SPREADS, ParticleRow, Particles
from guidance.proximity.random_table import Cloud, RandomTable

_REST_SHARE = 0.4
_AWAY_SHARE = 0.45
_SPEED_SD_LN, _FASTEST_MM_S = 0.35, 8.0
_SPEED_WANDER = 0.15
_FORGOTTEN_PER_S = 0.01
_MISFIT_LN = 0.03
_SLIPS_PER_S = 0.005
_SLIP_LN = 0.35
_RECOVERS_PER_S = 0.03
_CHRONAXIE_LN, _CHRONAXIE_LN_AT_REST = 0.15, 0.01
_LONGEST_STEP_S = 0.5
_MOST_STEPS = 6

_CHANGING = np.array(
    [
        ParticleRow.WIDTH_LN,
        ParticleRow.SCATTER_LN,
        ParticleRow.RESTLESS_LN,
        ParticleRow.CHANGES_LN_PER_S,
        ParticleRow.PACE_LN_MM_S,
    ]
)
_CHANGED = np.array([SPREADS[ParticleRow(row)] for row in _CHANGING])


def advance(particles: Particles, draws: RandomTable, elapsed_s: float, *, widths: bool = False) -> None:
    """Let the needle move for ``elapsed_s``; a long while in steps, so that the hand may change its mind in between.

    With ``widths`` the chronaxie, which may go with the distance, changes on the way.
    """
    steps = min(max(math.ceil(elapsed_s / _LONGEST_STEP_S), 1), _MOST_STEPS)
    for _ in range(steps):
        way_mm = _step(particles.x, draws, elapsed_s / steps)
        if widths:
            changes = _CHRONAXIE_LN * np.sqrt(np.abs(way_mm)) + _CHRONAXIE_LN_AT_REST * math.sqrt(elapsed_s / steps)
            particles.x[ParticleRow.CHRONAXIE_LN_MS] += changes * draws.normal(len(way_mm))


def refresh(particles: Particles, draws: RandomTable, elapsed_s: float) -> None:
    """Let recruitment, scatter and the hand change: of each, a few guesses are made anew."""
    x = particles.x
    which, anew = np.divmod(
        draws.some(len(_CHANGING) * x.shape[1], -math.expm1(-_FORGOTTEN_PER_S * elapsed_s)), x.shape[1]
    )
    median, sd = _CHANGED[which].T
    x[_CHANGING[which], anew] = median + sd * draws.normal(len(anew))


def _step(x: Cloud, draws: RandomTable, elapsed_s: float) -> Cloud:
    """Move needles by the ways that are returned, in mm."""
    way = _way_mm(x, draws, elapsed_s)
    distance, excess = x[ParticleRow.DISTANCE_MM], x[ParticleRow.EXCESS_LN]
    distance -= way
    np.minimum(np.maximum(distance, 0.0, out=distance), FARTHEST_MM, out=distance)
    variance = np.exp(2 * x[ParticleRow.RESTLESS_LN]) * elapsed_s + _MISFIT_LN**2 * np.abs(way)
    excess *= math.exp(-_RECOVERS_PER_S * elapsed_s)
    excess += np.sqrt(variance) * draws.normal(len(excess))
    slipped = draws.some(len(excess), _SLIPS_PER_S * elapsed_s)
    excess[slipped] += _SLIP_LN * draws.normal(len(slipped))
    return way


def _way_mm(x: Cloud, draws: RandomTable, elapsed_s: float) -> Cloud:
    """Ways made at the speeds of ``x``, which change; a hand that changes its mind does so at some moment."""
    speed = x[ParticleRow.SPEED_MM_S]
    speed *= 1 + _SPEED_WANDER * math.sqrt(elapsed_s) * draws.normal(len(speed))
    way = elapsed_s * speed
    changed = draws.met(elapsed_s * np.exp(x[ParticleRow.CHANGES_LN_PER_S]))
    share = draws.uniform(len(changed))
    speed[changed] = _speeds(draws, x[ParticleRow.PACE_LN_MM_S, changed])
    way[changed] = share * way[changed] + (1 - share) * elapsed_s * speed[changed]
    return np.asarray(way)


def _speeds(draws: RandomTable, ln_pace: Cloud) -> Cloud:
    """Speeds in mm/s (particles,) of hands of ``ln_pace``, towards the nerve above 0."""
    count = len(ln_pace)
    speed = np.minimum(np.exp(ln_pace + _SPEED_SD_LN * draws.normal(count)), _FASTEST_MM_S)
    speed[draws.uniform(count) < _AWAY_SHARE] *= -1.0
    speed[draws.uniform(count) < _REST_SHARE] = 0.0
    return speed
