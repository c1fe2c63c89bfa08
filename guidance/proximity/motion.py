"""Motion of the needle between two pulses: at rest or at a speed it keeps for a while, closer or away."""

from __future__ import annotations

import math

import numpy as np

from guidance.proximity.particles import FARTHEST_MM, LN_THRESHOLDS, SPREADS, ParticleRow, Particles
from guidance.proximity.random_table import Cloud, RandomTable

_REST_SHARE = 0.4
"""Share of new speeds that are 0 (a judgement, unsourced)."""

_AWAY_SHARE = 0.45
"""Share of new speeds that lead away from the nerve (a judgement, unsourced)."""

_BLIND_CHANGES = 4.0
"""The hand changes its mind so many times as often during a burst of voluntary activity: patients tense where something
moves, and nothing shows that it does not (a judgement, set on the worlds ``tuned``).
"""

_SPEED_SD_LN, _FASTEST_MM_S = 0.35, 8.0
"""Standard deviation of ln speed about the particle's pace, and the highest speed (judgements, unsourced)."""

_SPEED_WANDER = 0.15
"""Relative change of a speed within a second, as no hand is even (a judgement, unsourced)."""

_FORGOTTEN_PER_S = 0.01
"""Rate at which a particle's recruitment, scatter and pace are drawn anew (a judgement, unsourced)."""

_MISFIT_LN = 0.08
"""What the law of distance gets wrong where the threshold changes by a factor e, in ln threshold: see ``_RESHAPED``."""

_RESHAPED = 0.3
"""Change of ln recruitment width where the threshold changes by a factor e: nearer axons are recruited first, so the
curve is another one at another distance (set on the worlds ``tuned`` of ``tests/worlds``).
"""

_WIDENS = 0.25
"""Growth of ln recruitment width where the threshold falls by a factor e: to a near tip the axons of one nerve are at
very different distances, to a far one at about the same. Nerves of the fibre table's axons (``tests/worlds/axons.py``,
``tuned``) have 0.23 to 0.37, a law without it 0; ``_RESHAPED`` covers both.
"""

_RESIZED = 0.3
"""Change of ln largest response where the threshold falls by a factor e below the lowest so far: nearer than the tip
has been, other axons set the curve's upper end. On ground where it was before the curve is known: were the largest
response unsure there too, the tremor of a hand at rest would undo what is learned of it (set on ``tuned``).
"""

_SLIPS_PER_S = 0.005
"""Rate of sudden changes of ln threshold, and their standard deviation (judgements, unsourced)."""

_SLIP_LN = 0.35
_RECOVERS_PER_S = 0.03
"""Rate at which the error of the law returns to 0 (a judgement, unsourced)."""

_CHRONAXIE_LN, _CHRONAXIE_LN_AT_REST = 0.15, 0.01
"""Change of ln chronaxie over a millimetre of way, and within a second at rest (a judgement, unsourced)."""

_LONGEST_STEP_S = 0.5
"""Longest step of the motion in s, and the most steps between two pulses."""

_MOST_STEPS = 6
"""More steps would cost time and change little: a longer pause is cut into so many."""

_CHANGING = np.array(
    [
        ParticleRow.WIDTH_LN,
        ParticleRow.SCATTER_LN,
        ParticleRow.RESTLESS_LN,
        ParticleRow.CHANGES_LN_PER_S,
        ParticleRow.PACE_LN_MM_S,
        ParticleRow.DISCREPANCY_LN,
    ]
)
_CHANGED = np.array([SPREADS[ParticleRow(row)] for row in _CHANGING])


def advance(
    particles: Particles, draws: RandomTable, elapsed_s: float, ln_threshold: Cloud, *, widths: bool = False,
    unrest: float = 0.0, ln_lowest: float = -math.inf,
) -> Cloud:  # fmt: skip
    """Move the needle for ``elapsed_s``; a long time in steps, so that the hand may change its mind in between.

    ``ln_threshold`` (particles,) is ln of the thresholds before, in mA at 0.1 ms; return those after. With ``widths``
    the chronaxie, which may depend on the distance, changes on the way. ``unrest`` (0 to 1): how near in time sweeps
    were unfit. ``ln_lowest`` is ln of the lowest threshold that was surely reached so far; inf where there is none.
    """
    steps = min(max(math.ceil(elapsed_s / _LONGEST_STEP_S), 1), _MOST_STEPS)
    for _ in range(steps):
        way_mm = _step(particles.x, draws, elapsed_s / steps, 1 + (_BLIND_CHANGES - 1) * unrest)
        if widths:
            changes = _CHRONAXIE_LN * np.sqrt(np.abs(way_mm)) + _CHRONAXIE_LN_AT_REST * math.sqrt(elapsed_s / steps)
            particles.x[ParticleRow.CHRONAXIE_LN_MS] += changes * draws.normal(len(way_mm))
    return _reshape(particles, draws, ln_threshold, ln_lowest)


def _reshape(particles: Particles, draws: RandomTable, ln_before: Cloud, ln_lowest: float) -> Cloud:
    """Let the law err and recruitment change its form by as much as the threshold changed; return ln of thresholds."""
    x, ln_threshold = particles.x, particles.ln_threshold()
    rise = ln_threshold - ln_before
    unlike = np.exp(x[ParticleRow.DISCREPANCY_LN])
    root = unlike * np.sqrt(np.abs(rise))
    misfit = _MISFIT_LN * root * draws.normal(len(root))
    x[ParticleRow.EXCESS_LN] += misfit
    x[ParticleRow.WIDTH_LN] += _RESHAPED * root * draws.normal(len(root)) - _WIDENS * rise
    new_ground = np.maximum(np.minimum(ln_before, ln_lowest) - ln_threshold, 0.0)
    x[ParticleRow.LARGEST_LN_UV] += _RESIZED * unlike * np.sqrt(new_ground) * draws.normal(len(root))
    return np.asarray(np.clip(ln_threshold + misfit, *LN_THRESHOLDS))


def refresh(particles: Particles, draws: RandomTable, elapsed_s: float) -> None:
    """Let recruitment, scatter and the hand change: draw each of them anew for a few particles."""
    x = particles.x
    which, anew = np.divmod(
        draws.poisson(len(_CHANGING) * x.shape[1], -math.expm1(-_FORGOTTEN_PER_S * elapsed_s)), x.shape[1]
    )
    median, sd = _CHANGED[which].T
    x[_CHANGING[which], anew] = median + sd * draws.normal(len(anew))


def _step(x: Cloud, draws: RandomTable, elapsed_s: float, restless: float) -> Cloud:
    """Move the needles, and return their ways in mm; hands change their mind ``restless`` times as often as usual."""
    way = _way_mm(x, draws, elapsed_s, restless)
    distance, excess = x[ParticleRow.DISTANCE_MM], x[ParticleRow.EXCESS_LN]
    distance -= way
    np.minimum(np.maximum(distance, 0.0, out=distance), FARTHEST_MM, out=distance)
    wander = np.exp(x[ParticleRow.RESTLESS_LN]) * math.sqrt(elapsed_s)
    excess *= math.exp(-_RECOVERS_PER_S * elapsed_s)
    excess += wander * draws.normal(len(excess))
    slipped = draws.poisson(len(excess), _SLIPS_PER_S * elapsed_s)
    excess[slipped] += _SLIP_LN * draws.normal(len(slipped))
    return way


def _way_mm(x: Cloud, draws: RandomTable, elapsed_s: float, restless: float) -> Cloud:
    """Return the ways made at the speeds of ``x``, which change; a hand that changes its mind does so at
    some moment.
    """
    speed = x[ParticleRow.SPEED_MM_S]
    speed *= 1 + _SPEED_WANDER * math.sqrt(min(elapsed_s, 1.0)) * draws.normal(len(speed))
    way = elapsed_s * speed
    changed = draws.bernoulli(restless * elapsed_s * np.exp(x[ParticleRow.CHANGES_LN_PER_S]))
    share = draws.uniform(len(changed))
    speed[changed] = _speeds(draws, x[ParticleRow.PACE_LN_MM_S, changed])
    way[changed] = share * way[changed] + (1 - share) * elapsed_s * speed[changed]
    return np.asarray(way)


def _speeds(draws: RandomTable, ln_pace: Cloud) -> Cloud:
    """Return speeds in mm/s (particles,) of hands of ``ln_pace``; above 0 they lead towards the nerve."""
    count = len(ln_pace)
    speed = np.minimum(np.exp(ln_pace + _SPEED_SD_LN * draws.normal(count)), _FASTEST_MM_S)
    speed[draws.uniform(count) < _AWAY_SHARE] *= -1.0
    speed[draws.uniform(count) < _REST_SHARE] = 0.0
    return speed
