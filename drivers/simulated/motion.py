"""Path of the needle: straight legs and pauses, from a seeded scenario or steered by commands, with a hand's tremor."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from drivers.simulated.draws import LogNormal, SlowDrift, Uniform
from drivers.simulated.nerve import Tip

SPEED_MM_S = LogNormal(0.8, 0.5, 0.2, 2.0, "needle advanced at 0-2 mm/s", "assumed")
START_MM = Uniform(10.0, 22.0, "skin to nerve 1-3 cm at superficial sites", "assumed")
STEP_MM = Uniform(0.5, 4.0, "advance in short steps", "assumed")
PAUSE_S = Uniform(0.5, 4.0, "pause to look at the twitch", "assumed")
HOLD_S = Uniform(10.0, 30.0, "hold while the current is lowered", "assumed")
TREMOR_MM = LogNormal(0.04, 0.5, 0.01, 0.15, "hand and transducer are never still", "assumed")
BREATHING_MM = LogNormal(0.06, 0.7, 0.0, 0.4, "tissue moves with breathing", "assumed")

STEER_MM_S = 1.0
_FOREVER_S = 1e9

Move = tuple[float, float, float]
"""Millimetres ahead, millimetres aside, speed in mm/s; a pause is (0, 0, -seconds)."""


@dataclass(frozen=True, slots=True)
class _Leg:
    start_s: float
    end_s: float
    start: Tip
    end: Tip

    def at(self, t_s: float) -> Tip:
        share = min(max((t_s - self.start_s) / (self.end_s - self.start_s), 0.0), 1.0)
        return Tip(
            self.start.ahead_mm + share * (self.end.ahead_mm - self.start.ahead_mm),
            self.start.aside_mm + share * (self.end.aside_mm - self.start.aside_mm),
        )


def _pause(seconds: float) -> Move:
    return (0.0, 0.0, -seconds)


def _advance(rng: np.random.Generator, path_mm: float) -> Iterator[Move]:
    """Advance by ``path_mm`` in steps with pauses."""
    speed = SPEED_MM_S.draw(rng)
    while path_mm > 0:
        step = min(STEP_MM.draw(rng), path_mm)
        path_mm -= step
        yield (step, 0.0, speed)
        yield _pause(PAUSE_S.draw(rng))


def _approach(rng: np.random.Generator, start_mm: float, _radius_mm: float) -> Iterator[Move]:
    """Go straight to the nerve until it is touched or nearly so, hold, withdraw, and repeat."""
    yield _pause(PAUSE_S.draw(rng))
    while True:
        path_mm = start_mm - float(rng.uniform(0.0, 0.8))
        yield from _advance(rng, path_mm)
        yield _pause(HOLD_S.draw(rng))
        yield (-path_mm, 0.0, SPEED_MM_S.draw(rng))
        yield _pause(PAUSE_S.draw(rng))


def _pass(rng: np.random.Generator, start_mm: float, radius_mm: float) -> Iterator[Move]:
    """Pass the nerve at some distance, go back, redirect, and pass it again."""
    yield _pause(PAUSE_S.draw(rng))
    aside = 0.0
    while True:
        redirected = radius_mm + float(rng.uniform(0.2, 3.0))
        yield (0.0, redirected - aside, 1.0)
        aside = redirected
        path_mm = start_mm + radius_mm + float(rng.uniform(3.0, 8.0))
        yield from _advance(rng, path_mm)
        yield (-path_mm, 0.0, SPEED_MM_S.draw(rng))


def _block(rng: np.random.Generator, start_mm: float, radius_mm: float) -> Iterator[Move]:
    """Do a nerve block: one miss, then contact (at times inside the nerve), and a step back to inject."""
    miss = radius_mm + float(rng.uniform(0.5, 3.0))
    yield _pause(PAUSE_S.draw(rng))
    yield (0.0, miss, 2.0)
    path_mm = start_mm + float(rng.uniform(0.0, 4.0))
    yield from _advance(rng, path_mm)
    yield (-0.6 * path_mm, 0.0, SPEED_MM_S.draw(rng))
    yield (0.0, -miss, 0.8)
    remaining_mm = start_mm - 0.4 * path_mm + (0.6 if rng.random() < 0.15 else -float(rng.uniform(0.0, 0.6)))
    yield from _advance(rng, remaining_mm)
    yield _pause(HOLD_S.draw(rng))
    yield (-float(rng.uniform(0.3, 1.5)), 0.0, 0.5)
    yield _pause(HOLD_S.draw(rng))


def _procedure(rng: np.random.Generator, start_mm: float, radius_mm: float) -> Iterator[Move]:
    """Do a nerve block, and take the needle out."""
    yield from _block(rng, start_mm, radius_mm)
    yield (-start_mm, 0.0, SPEED_MM_S.draw(rng))
    yield _pause(_FOREVER_S)


def _stay(rng: np.random.Generator, start_mm: float, radius_mm: float) -> Iterator[Move]:
    """Do a nerve block, and leave the needle where the injection was."""
    yield from _block(rng, start_mm, radius_mm)
    yield _pause(_FOREVER_S)


def _hold(_rng: np.random.Generator, _start_mm: float, _radius_mm: float) -> Iterator[Move]:
    """Stay in place until the needle is steered."""
    yield _pause(_FOREVER_S)


SCENARIOS: dict[str, Callable[[np.random.Generator, float, float], Iterator[Move]]] = {
    "procedure": _procedure,
    "stay": _stay,
    "approach": _approach,
    "pass": _pass,
    "hold": _hold,
}


class Motion:
    """Position of the tip as a function of time; after the last move the tip stays in place.

    A motion that ``waits`` stays at its start until ``begin`` or the first ``steer``.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        scenario: str,
        radius_mm: float,
        start_mm: float | None,
        *,
        still: bool,
        depth_mm: float | None = None,
        waits: bool = False,
    ) -> None:
        """Start ``start_mm`` from the nerve's surface (None: drawn); ``still`` leaves out tremor and breathing.

        A drawn start is never farther from the nerve than ``depth_mm``, where the skin is.

        Raises ValueError for a scenario that is not in SCENARIOS.
        """
        if scenario not in SCENARIOS:
            raise ValueError(f"there is no scenario {scenario!r}; choose one of {', '.join(SCENARIOS)}")
        drawn_mm = min(START_MM.draw(rng), math.inf if depth_mm is None else depth_mm)
        start_mm = drawn_mm if start_mm is None else start_mm
        scale = 0.0 if still else 1.0
        self._tremor = SlowDrift(rng, scale * TREMOR_MM.draw(rng), (0.15, 2.0))
        self._breathing = SlowDrift(rng, scale * BREATHING_MM.draw(rng), (3.0, 5.0))
        first = Tip(start_mm + radius_mm, 0.0)
        self._legs = [_Leg(-1.0, 0.0, first, first)]
        self._ends = [0.0]
        self._moves = SCENARIOS[scenario](rng, start_mm, radius_mm)
        self._begun_s: float | None = None if waits else 0.0
        self._is_steered = False

    def begin(self, t_s: float) -> None:
        """Begin the scenario at ``t_s``, if it waits."""
        self._begun_s = t_s if self._begun_s is None else self._begun_s

    def depth_mm(self, t_s: float) -> float:
        """Return how far the needle is advanced from where it began, by its plan."""
        return self._legs[0].start.ahead_mm - self._planned(self._plan_s(t_s)).ahead_mm

    def tip(self, t_s: float) -> Tip:
        """Return the tip's position ``t_s`` seconds after the start."""
        planned = self._planned(self._plan_s(t_s))
        breathing = self._breathing.at(t_s)
        return Tip(planned.ahead_mm + self._tremor.at(t_s) + breathing, planned.aside_mm + 0.3 * breathing)

    def _plan_s(self, t_s: float) -> float:
        """Return the time since the scenario began; 0 before."""
        return 0.0 if self._begun_s is None else max(t_s - self._begun_s, 0.0)

    def _planned(self, t_s: float) -> Tip:
        return self._leg_at(t_s)[1].at(t_s)

    def _leg_at(self, t_s: float) -> tuple[int, _Leg]:
        while self._ends[-1] <= t_s:
            self._append(next(self._moves))
        index = min(bisect.bisect_right(self._ends, t_s), len(self._legs) - 1)
        return index, self._legs[index]

    def steer(
        self, t_s: float, ahead_mm: float, aside_mm: float, speed_mm_s: float = STEER_MM_S, *, adds: bool = False
    ) -> None:
        """Leave the scenario at ``t_s``: move by ``ahead_mm`` (negative withdraws) and ``aside_mm``, then hold.

        With ``adds`` what is left of the steering before is done too, so that no press of a key is lost.
        """
        self.begin(t_s)
        t_s = self._plan_s(t_s)
        index, leg = self._leg_at(t_s)
        if adds and self._is_steered:
            now = leg.at(t_s)
            ahead_mm, aside_mm = ahead_mm + now.ahead_mm - leg.end.ahead_mm, aside_mm + leg.end.aside_mm - now.aside_mm
        self._is_steered = True
        self._legs[index:] = [_Leg(min(leg.start_s, t_s - 1e-9), t_s, leg.start, leg.at(t_s))]
        self._ends[index:] = [t_s]
        self._moves = iter([(ahead_mm, aside_mm, speed_mm_s), _pause(_FOREVER_S)])

    def _append(self, move: Move) -> None:
        ahead, aside, speed = move
        seconds = -speed if speed < 0 else math.hypot(ahead, aside) / speed
        last = self._legs[-1]
        end = Tip(last.end.ahead_mm - ahead, last.end.aside_mm + aside)
        self._legs.append(_Leg(last.end_s, last.end_s + max(seconds, 1e-6), last.end, end))
        self._ends.append(self._legs[-1].end_s)
