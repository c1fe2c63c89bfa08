"""Voluntary activity: motor units that fire with effort, in bursts, and the tone of some patients at rest."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.simulated.draws import Chance, LogNormal, Uniform, sign
from drivers.simulated.muscle import potential

UNITS = Uniform(4, 12, "units near the electrodes", "assumed")
FIRST_HZ = Uniform(6.0, 10.0, "units begin at 5-15 per second", "assumed")
PEAK_HZ = Uniform(15.0, 22.0, "and reach about 20", "assumed")
INTERVAL_CV = Uniform(0.10, 0.25, "irregularity of the intervals", "assumed")
UNIT_UV = LogNormal(70.0, 0.8, 10.0, 700.0, "MUAP 0.3-3 mV at a needle, less at the skin", "derived")
UNIT_MS = LogNormal(7.0, 0.4, 2.5, 15.0, "MUAP duration 2-15 ms", "measured")
REST_S = LogNormal(25.0, 0.8, 4.0, 120.0, "between voluntary bursts", "assumed")
BURST_S = LogNormal(1.2, 0.7, 0.3, 6.0, "a burst lasts about a second", "assumed")
TONE = Chance(0.25, "does not relax: one or two units go on at rest", "assumed")
TONE_EFFORT = Uniform(0.06, 0.15, "effort of that tone", "assumed")

RAMP_S = 0.15


class VoluntaryUnit:
    """One motor unit of one muscle: when it fires, and its potential ``wave`` (samples, channels)."""

    def __init__(
        self,
        rng: np.random.Generator,
        muscle: int,
        threshold: float,
        sample_rate_hz: float,
        pickup: NDArray[np.float32],
    ) -> None:
        self.muscle, self.threshold = muscle, threshold
        self._first_hz, self._peak_hz, self._cv = FIRST_HZ.draw(rng), PEAK_HZ.draw(rng), INTERVAL_CV.draw(rng)
        self.next_s: float | None = None
        duration_ms = UNIT_MS.draw(rng)
        times_ms = np.arange(0, 1.3 * duration_ms, 1000 / sample_rate_hz)
        shape = potential(times_ms, np.zeros(1), duration_ms, float(rng.uniform(0, 0.6)), float(rng.uniform(0.2, 1.0)))[
            0
        ]
        height = sign(rng) * UNIT_UV.draw(rng) * (0.5 + 1.5 * threshold) / max(float(np.ptp(shape)), 1e-6)
        self.wave: Samples = (height * shape[:, None] * pickup).astype(np.float32)

    def interval_s(self, rng: np.random.Generator, effort: float) -> float:
        """Draw the time to the next discharge at ``effort``."""
        share = min((effort - self.threshold) / (1 - self.threshold), 1.0)
        rate = self._first_hz + share * (self._peak_hz - self._first_hz)
        return float(max(1 + self._cv * rng.standard_normal(), 0.3)) / rate


class Voluntary:
    """Discharges of all units, block by block in order.

    ``commanded_effort`` (0..1, None: none) replaces the patient's own effort in all muscles, ``commanded_efforts`` in
    single muscles.
    """

    def __init__(
        self, rng: np.random.Generator, sample_rate_hz: float, pickup: NDArray[np.float32], units: int | None = None
    ) -> None:
        """Draw ``units`` a muscle (None: a random number); ``pickup`` (muscles, channels) is each channel's gain."""
        self._rng, self._sample_rate_hz = rng, sample_rate_hz
        self.tone = TONE_EFFORT.draw(rng) if TONE.draw(rng) else 0.0
        self.commanded_effort: float | None = None
        self.commanded_efforts: dict[int, float] = {}
        self._units = [
            self._unit(muscle, row, k / n)
            for muscle, row in enumerate(pickup)
            for n in [units or round(UNITS.draw(rng))]
            for k in range(n)
        ]
        self._start_s = REST_S.draw(rng)
        self._draw_burst()

    def _unit(self, muscle: int, pickup: NDArray[np.float32], order: float) -> VoluntaryUnit:
        return VoluntaryUnit(self._rng, muscle, 0.05 + 0.75 * order**1.3, self._sample_rate_hz, pickup)

    def _draw_burst(self) -> None:
        self._stop_s = self._start_s + BURST_S.draw(self._rng)
        self._level = float(self._rng.uniform(0.1, 0.9))

    def effort(self, t_s: float, muscle: int = 0) -> float:
        """Return the effort 0..1 of ``muscle`` at ``t_s``: the commanded one, else a burst; at least the tone."""
        commanded = self.commanded_efforts.get(muscle, self.commanded_effort)
        if commanded is not None:
            return max(commanded, self.tone)
        ramp = min((t_s - self._start_s) / RAMP_S, (self._stop_s - t_s) / RAMP_S, 1.0)
        return max(self.tone, self._level * max(ramp, 0.0))

    def fire(self, start_s: float, end_s: float) -> list[tuple[int, Samples]]:
        """Return the potentials that begin in ``start_s`` .. ``end_s``: sample and wave (samples, channels)."""
        return [(math.ceil(at_s * self._sample_rate_hz), unit.wave) for unit, at_s in self._firings(start_s, end_s)]

    def _firings(self, start_s: float, end_s: float) -> list[tuple[VoluntaryUnit, float]]:
        if start_s > self._stop_s:
            self._start_s = self._stop_s + REST_S.draw(self._rng)
            self._draw_burst()
        return [
            (unit, at_s)
            for unit in self._units
            for at_s in self._times(unit, self.effort(start_s, unit.muscle), start_s, end_s)
        ]

    def _times(self, unit: VoluntaryUnit, effort: float, start_s: float, end_s: float) -> list[float]:
        if effort <= unit.threshold:
            unit.next_s = None
            return []
        if unit.next_s is None:
            unit.next_s = start_s + float(self._rng.random()) * unit.interval_s(self._rng, effort)
        times = []
        while unit.next_s < end_s:
            times.append(unit.next_s)
            unit.next_s += unit.interval_s(self._rng, effort)
        return times
