"""A needle that rests in a contracting muscle, moves across its fibres, and rests again, with the true sharpness.

The muscle is that of the simulated patient: fibres in a volume conductor. It is a simulation throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.simulated.needle_emg import SimulatedNeedleEmg
from drivers.simulated.needle_field import STEP_MS
from drivers.simulated.nerve import Tip
from guidance.signal.sweep.basis import Array

RATE_HZ = 10_000.0
TUNE, REPORT = 1, 2
"""Families of seeds: constants are tuned on the first, figures are reported on the second."""

BEGINS_S, MOVES_S, SECONDS = 3.0, 1.0, 6.0
STEP_S = 0.05
NOISE_UV = 4.0
SPEEDS_MM_S = (0.5, 4.0)
EFFORTS = (0.12, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class MovedNeedle:
    """The signal ``uv`` (n,) at RATE_HZ, and every STEP_S the ``sharpness`` (m,): the steepest slope in uV per us that
    any unit in use has at the tip, without noise. ``speed_mm_s`` is 0 where the needle rests throughout.
    """

    uv: Array
    sharpness: Array
    speed_mm_s: float


@dataclass(slots=True)
class _Path:
    start_mm: float
    speed_mm_s: float
    aside_mm: float

    def tip(self, t_s: float) -> Tip:
        return Tip(self.start_mm + self.speed_mm_s * min(max(t_s - BEGINS_S, 0.0), MOVES_S), self.aside_mm)


def moved_needle(family: int, number: int, *, rests: bool = False) -> MovedNeedle:
    """Return needle ``number`` of a ``family`` of seeds; one that ``rests`` is not moved."""
    rng = np.random.default_rng([family, number, int(rests)])
    speed_mm_s = 0.0 if rests else float(rng.choice((-1.0, 1.0)) * np.exp(rng.uniform(*np.log(SPEEDS_MM_S))))
    path = _Path(0.0, speed_mm_s, 0.0)
    muscle = SimulatedNeedleEmg(rng, RATE_HZ, 1, path)  # type: ignore[arg-type]
    path.aside_mm = muscle.plates_mm + float(rng.uniform(6.0, 15.0))
    path.start_mm = float(rng.uniform(-1.0, 1.0) * muscle.half_depth_mm)
    muscle.commanded_effort = float(rng.uniform(*EFFORTS))
    uv = NOISE_UV * rng.standard_normal(round(SECONDS * RATE_HZ))
    for first_s in np.arange(0.0, SECONDS, 0.01):
        for first, wave in muscle.fire(float(first_s), float(first_s) + 0.01):
            part = wave[: len(uv) - first, 0]
            uv[first : first + len(part)] += part
    used = [unit for unit in muscle._units if unit.next_s is not None]
    tips = [path.tip(float(t_s)) for t_s in np.arange(0.0, SECONDS, STEP_S)]
    slopes = [
        max(_slope(np.asarray(muscle._fibres[unit].wave(muscle._field, tip), float)) for unit in used) for tip in tips
    ]
    return MovedNeedle(uv, np.array(slopes), speed_mm_s)


def _slope(wave: Array) -> float:
    return float(np.abs(np.diff(wave)).max()) / (STEP_MS * 1e3)
