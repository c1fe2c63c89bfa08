"""A tracker and a simulated world in closed loop, pulse by pulse, without engine or signal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import Proximity
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.forecast import FEW, forecast
from guidance.proximity.random_table import RandomTable
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from guidance.stimulation.interlock import ABSOLUTE_MAX_CHARGE_UC, highest_step, widening
from tests.support.outcomes import outcome
from tests.worlds.nerves import CRITERION_UV, LARGEST_MA, DetectorResult, World

START_MA, RATE_HZ, FAST_HZ = 1.0, 2.0, 5.0
LOWER_BOUND_MA, TARGET_MA = 0.2, 0.5
WIDTH_MS, LEAST_MA = 0.1, 0.02
DURATION_S = 30.0


class Tracker(ABC):
    """Chooses pulses and estimates the next pulse's threshold; None while it is not known."""

    proximity: Proximity | None = None

    @abstractmethod
    def observe(self, t_s: float, current_ma: float, response: DetectorResult) -> None:
        """Learn the answer to the pulse at ``t_s``."""

    @property
    @abstractmethod
    def next_ma(self) -> float:
        """Current of the next pulse."""

    @property
    def width_ms(self) -> float:
        """Width of the next pulse."""
        return WIDTH_MS

    @property
    def interval_s(self) -> float:
        """Time to the next pulse."""
        return 1 / RATE_HZ

    @property
    @abstractmethod
    def predicted_ma(self) -> float | None:
        """Threshold at the next pulse."""


@dataclass(frozen=True, slots=True)
class Pulsed:
    """One pulse of a run: truth at the pulse, the estimate after it, and the prediction for the next one."""

    t_s: float
    current_ma: float
    response: DetectorResult
    threshold_ma: float
    distance_mm: float
    proximity: Proximity | None
    predicted_ma: float | None
    next_threshold_ma: float
    interval_s: float
    width_ms: float = WIDTH_MS


class Ours(Tracker):
    """The program's filter and controller; without ``own_rate`` at 2 pulses a second. ``probes_ms`` are the widths that
    are interleaved; with ``by_width`` they are evidence of distance.
    """

    def __init__(self, *, own_rate: bool, probes_ms: tuple[float, ...] = (), by_width: bool = True) -> None:
        self.proximity_filter = ProximityFilter(
            CRITERION_UV, LOWER_BOUND_MA, TARGET_MA, by_width=by_width and bool(probes_ms), limit_ma=LARGEST_MA
        )
        fast_pulse_rate_hz = FAST_HZ if own_rate else RATE_HZ
        limits = PulseLimits(START_MA, LARGEST_MA, WIDTH_MS, RATE_HZ, fast_pulse_rate_hz, probes_ms)
        self.controller = ClosedLoopController(limits, LOWER_BOUND_MA)
        self._given_ms = WIDTH_MS
        self.controller.follow(self.proximity_filter)
        self._draws = RandomTable(5)
        self._pulses = 0

    def observe(self, t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        self._pulses += 1
        pulsed = outcome(
            self._pulses, t_s, current_ma, self._given_ms, detected=response.detected,
            amplitude_uv=response.amplitude_uv, contaminated=response.contaminated,
            amplitude_sd_uv=response.amplitude_sd_uv, p_value=response.p_value,
        )  # fmt: skip
        self.proximity = self.proximity_filter.observe(pulsed)
        self.controller.observe(pulsed, self.proximity)
        self._given_ms = self.width_ms

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        return self.controller.next_ma()

    @property
    def width_ms(self) -> float:
        """As Tracker."""
        return self.controller.next_width_ms()

    @property
    def interval_s(self) -> float:
        """As Tracker."""
        return 1 / self.controller.next_pulse_rate_hz()

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        if self.proximity is None or self.proximity.threshold_ma is None:
            return None
        return forecast(self.proximity_filter.few(FEW), self.interval_s, WIDTH_MS, self._draws).threshold_ma[1]


def run(world: World, tracker: Tracker, duration_s: float = DURATION_S, *, predicts: bool = True) -> Iterator[Pulsed]:
    """Every pulse of ``duration_s``; steps up are those that the interlock allows. Without ``predicts`` nothing is
    predicted for the next pulse, which saves time.
    """
    t_s, current_ma, width_ms = 0.0, START_MA, WIDTH_MS
    while t_s < duration_s:
        response = world.pulse(t_s, current_ma, width_ms)
        tracker.observe(t_s, current_ma, response)
        step_s = tracker.interval_s
        yield Pulsed(
            t_s, current_ma, response, world.threshold_ma(t_s), world.distance_mm(t_s), tracker.proximity,
            tracker.predicted_ma if predicts else None, world.threshold_ma(t_s + step_s), step_s, width_ms,
        )  # fmt: skip
        step_ma = highest_step(current_ma) * widening(width_ms, tracker.width_ms)
        width_ms = tracker.width_ms
        highest_ma = min(step_ma, LARGEST_MA, ABSOLUTE_MAX_CHARGE_UC / width_ms)
        current_ma = float(np.clip(tracker.next_ma, min(LEAST_MA, highest_ma), highest_ma))
        t_s += step_s
