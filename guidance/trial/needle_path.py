"""The path of the needle in one insertion: still, in, a pause, further in and sometimes too far, back, a pause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPEEDS_MM_S = (0.5, 1.0, 2.0)
START_MM = (3.0, 10.0)
COLD_S = 8.0
"""Time for which the needle is still before it first moves: the search from a cold start."""

_FIRST_STOP_MM = (1.0, 3.0)
_LAST_STOP_MM = (-0.6, 0.6)
_BACK_MM = (0.5, 4.0)
_PAUSE_S = (3.0, 6.0)
_REDIRECT_MM = (0.0, 0.8)
_SIDEWAYS_MM_S = 1.0


@dataclass(frozen=True, slots=True)
class Leg:
    """Part of the path: ``ahead_mm`` (negative: back) and ``aside_mm`` at ``speed_mm_s``, over ``seconds``.

    A pause has no speed.
    """

    seconds: float
    ahead_mm: float = 0.0
    aside_mm: float = 0.0
    speed_mm_s: float = 0.0


@dataclass(frozen=True, slots=True)
class NeedlePath:
    """Distance from the nerve's surface at the start, and the legs in order."""

    start_mm: float
    legs: tuple[Leg, ...]

    @property
    def seconds(self) -> float:
        """Duration of the whole path."""
        return sum(leg.seconds for leg in self.legs)


def draw_needle_path(rng: np.random.Generator) -> NeedlePath:
    """Draw a path at random. Distances are to the nerve's surface, while the needle aims at its middle."""
    start, first, last = (float(rng.uniform(*span)) for span in (START_MM, _FIRST_STOP_MM, _LAST_STOP_MM))
    return NeedlePath(
        start,
        (
            Leg(COLD_S),
            _move(rng, start - min(first, start)),
            _pause(rng),
            _move(rng, min(first, start) - last),
            _pause(rng),
            _move(rng, -float(rng.uniform(*_BACK_MM))),
            _sideways(float(rng.uniform(*_REDIRECT_MM))),
            _pause(rng),
        ),
    )


def _move(rng: np.random.Generator, ahead_mm: float) -> Leg:
    speed = float(rng.choice(SPEEDS_MM_S))
    return Leg(abs(ahead_mm) / speed, ahead_mm, 0.0, speed)


def _pause(rng: np.random.Generator) -> Leg:
    return Leg(float(rng.uniform(*_PAUSE_S)))


def _sideways(aside_mm: float) -> Leg:
    return Leg(aside_mm / _SIDEWAYS_MM_S, 0.0, aside_mm, _SIDEWAYS_MM_S)
