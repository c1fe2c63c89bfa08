"""Nerves and needles for the benchmarks: laws, recruitment and faults that share no formula with the program.

All of it is simulation. A world is drawn wider than the estimate assumes: gain threefold either way, laws of distance
that are square, of any power, exponential, or a fibre table's; recruitment that is logistic, normal or made of single
units; 8 % of the pulses dead, voluntary bursts, and amplifiers that saturate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from drivers.simulated.fibre_table import DISTANCES_MM, THRESHOLDS_MA
from tests.worlds.chronaxies import SHORT_MS, WidthLaw

Array = NDArray[np.float64]
Law = Callable[[float], float]
Curve = Callable[[float], float]

CRITERION_UV = 100.0
SPEEDS_MM_S = (0.0, 0.5, 1.0, 2.0)
NOISE_UV = 8.0
LARGEST_MA = 5.0


@dataclass(frozen=True, slots=True)
class DetectorResult:
    """What a detector would report of one pulse."""

    detected: bool
    amplitude_uv: float
    amplitude_sd_uv: float
    p_value: float
    contaminated: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Distance in mm at times in s, straight between them."""

    times_s: Array
    distances_mm: Array

    def distance_mm(self, t_s: float) -> float:
        """Distance from tip to nerve at ``t_s``."""
        return float(np.interp(t_s, self.times_s, self.distances_mm))


@dataclass(frozen=True, slots=True)
class Faults:
    """Share of dead pulses, bursts a second, and the amplitude at which the amplifier is full."""

    dead: float = 0.0
    bursts_per_s: float = 0.0
    full_uv: float = math.inf


class World:
    """A nerve with its needle, on a seed."""

    def __init__(
        self, seed: int, law: Law, curve: Curve, way: Way, faults: Faults, width_law: WidthLaw | None = None
    ) -> None:
        """``curve`` gives the expected response in uV for ln(current / threshold), the criterion at 0; without a
        ``width_law`` pulses of 0.1 ms alone are possible.
        """
        self._law, self._curve, self._way, self._faults, self._width_law = law, curve, way, faults, width_law
        self._rng = np.random.default_rng([seed, 7])
        self._scatter, self._jitter = self._rng.uniform(0.08, 0.20), self._rng.uniform(0.01, 0.03)
        self._burst_until = -1.0
        self._last_t = 0.0

    def distance_mm(self, t_s: float) -> float:
        """True distance."""
        return self._way.distance_mm(t_s)

    def threshold_ma(self, t_s: float) -> float:
        """True motor threshold at 0.1 ms."""
        return self._law(self.distance_mm(t_s))

    def width_factor(self, t_s: float, width_ms: float) -> float:
        """Threshold at ``width_ms`` over that at 0.1 ms."""
        if width_ms == SHORT_MS:
            return 1.0
        assert self._width_law is not None
        return self._width_law(self.distance_mm(t_s), width_ms)

    def expected_uv(self, t_s: float, ln_ma: float, width_ms: float) -> float:
        """Expected response in uV to a pulse of e^``ln_ma`` mA."""
        return self._curve(ln_ma - math.log(self.threshold_ma(t_s) * self.width_factor(t_s, width_ms)))

    def pulse(self, t_s: float, current_ma: float, width_ms: float = SHORT_MS) -> DetectorResult:
        """The response to a pulse."""
        rng = self._rng
        ln_ma = math.log(current_ma) + self._jitter * rng.standard_normal()
        uv = self.expected_uv(t_s, ln_ma, width_ms) * math.exp(self._scatter * rng.standard_normal())
        if rng.random() < self._faults.dead:
            uv = 0.0
        response = self._during_burst(t_s)
        if response is not None:
            return response
        seen = min(uv, self._faults.full_uv) + NOISE_UV * rng.standard_normal()
        p_value = float(norm.sf(seen / NOISE_UV))
        return DetectorResult(p_value < 0.01, abs(seen), NOISE_UV, p_value, contaminated=False)

    def _during_burst(self, t_s: float) -> DetectorResult | None:
        """A burst of voluntary activity makes most sweeps unfit, and mimics a response in some."""
        rng, elapsed_s = self._rng, t_s - self._last_t
        self._last_t = t_s
        if rng.random() < self._faults.bursts_per_s * elapsed_s:
            self._burst_until = t_s + rng.uniform(0.3, 2.0)
        if t_s > self._burst_until:
            return None
        feigned = float(rng.lognormal(math.log(150.0), 0.8))
        if rng.random() < 0.8:
            return DetectorResult(False, feigned, 5 * NOISE_UV, 0.2, contaminated=True)
        return DetectorResult(True, feigned, 2 * NOISE_UV, 0.005, contaminated=False)


def published(seed: int, speed_mm_s: float) -> World:
    """The published comparison's: I = I0 + k r^2 of ``published_constants``, recruitment of width 0.15."""
    contact, gain, largest_uv = published_constants(seed)
    way = approach_and_withdraw(np.random.default_rng([seed, 1]), speed_mm_s, farthest_mm=10.0)
    return World(seed, lambda r: contact + gain * r**2, _logistic(largest_uv, 0.15), way, Faults())


def published_constants(seed: int) -> tuple[float, float, float]:
    """I0 of 0.15 mA and k of 0.05 mA/mm2, both +-30 %, and the largest response in uV."""
    rng = np.random.default_rng([seed, 4])
    spread = np.exp(np.array([0.3, 0.3, 0.5]) * rng.standard_normal(3))
    contact, gain, largest_uv = (float(value) for value in np.array([0.15, 0.05, 4000.0]) * spread)
    return contact, gain, largest_uv


def wide(seed: int, speed_mm_s: float, width_law: Callable[[np.random.Generator], WidthLaw] | None = None) -> World:
    """Wider than the estimate assumes, with all faults; the kind of law goes with the seed."""
    rng = np.random.default_rng([seed, 2])
    law = _LAWS[seed % len(_LAWS)](rng)
    largest_uv = float(np.clip(4000 * math.exp(0.6 * rng.standard_normal()), 800, 15_000))
    curve = _CURVES[int(rng.integers(len(_CURVES)))](rng, largest_uv)
    full_uv = float(rng.choice([math.inf, math.inf, 3000.0, 1000.0]))
    faults = Faults(dead=0.08, bursts_per_s=0.05, full_uv=full_uv)
    way = reachable_way(rng, speed_mm_s, law)
    return World(seed, law, curve, way, faults, width_law(np.random.default_rng([seed, 5])) if width_law else None)


def reachable_way(rng: np.random.Generator, speed_mm_s: float, law: Law) -> Way:
    """A way of up to 10 mm, or as far as the largest current reaches."""
    farthest = 10.0
    while law(farthest) > LARGEST_MA and farthest > 0.5:
        farthest *= 0.9
    return approach_and_withdraw(rng, speed_mm_s, farthest)


def approach_and_withdraw(rng: np.random.Generator, speed_mm_s: float, farthest_mm: float) -> Way:
    """Wait, approach, pause, withdraw, pause and approach again; at 0 mm/s, stay."""
    start = float(rng.uniform(0.3, 1.0)) * farthest_mm
    if speed_mm_s == 0.0:
        stay = float(rng.uniform(0.0, 1.0)) * farthest_mm
        return Way(np.array([0.0, 1e4]), np.array([stay, stay]))
    times, distances = [0.0], [start]
    targets = [float(rng.uniform(0.0, 0.15)) * farthest_mm, float(rng.uniform(0.3, 0.9)) * farthest_mm] * 40
    for target in targets:
        times.append(times[-1] + float(rng.uniform(1.0, 4.0)))
        distances.append(distances[-1])
        times.append(times[-1] + abs(target - distances[-1]) / speed_mm_s)
        distances.append(target)
    return Way(np.array(times), np.array(distances))


def _gain(rng: np.random.Generator) -> float:
    """Threefold either way, at random."""
    return math.exp(float(rng.uniform(-math.log(3), math.log(3))))


def _contact_ma(rng: np.random.Generator) -> float:
    """Thresholds at contact: 0.1 to 4.5 mA, most of them 0.1 to 0.8."""
    return float(np.clip(0.25 * math.exp(0.8 * rng.standard_normal()), 0.05, 4.5))


def _square(rng: np.random.Generator) -> Law:
    contact, gain = _contact_ma(rng), 0.12 * _gain(rng)
    return lambda r: contact + gain * r**2


def _power(rng: np.random.Generator) -> Law:
    contact, gain, exponent = _contact_ma(rng), 0.9 * _gain(rng), float(rng.uniform(1.2, 2.6))
    return lambda r: contact + gain * (r / 3.0) ** exponent


def _exponential(rng: np.random.Generator) -> Law:
    contact, length = _contact_ma(rng), float(rng.uniform(1.5, 4.5))
    return lambda r: contact * math.exp(r / length)


def _fibre(rng: np.random.Generator) -> Law:
    """A fibre table's thresholds behind 0.3 mm of sheath, 3 to 7 times too sensitive near the nerve."""
    column = int(rng.integers(len(THRESHOLDS_MA)))
    gain, excess, length = _gain(rng), float(rng.uniform(2.0, 6.0)), float(rng.uniform(0.8, 2.5))
    ln_distances, ln_currents = np.log(DISTANCES_MM), np.log(THRESHOLDS_MA[column])

    def law(r: float) -> float:
        bare = math.exp(float(np.interp(math.log(r + 0.3), ln_distances, ln_currents)))
        return gain * bare * (1 + excess * math.exp(-r / length))

    return law


def _logistic(largest_uv: float, width: float) -> Curve:
    odds = CRITERION_UV / (largest_uv - CRITERION_UV)

    def curve(above: float) -> float:
        raised = odds * math.exp(min(above / width, 50.0))
        return largest_uv * raised / (1 + raised)

    return curve


def _drawn_logistic(rng: np.random.Generator, largest_uv: float) -> Curve:
    return _logistic(largest_uv, float(rng.uniform(0.07, 0.35)))


def _normal(rng: np.random.Generator, largest_uv: float) -> Curve:
    sd = float(rng.uniform(0.15, 0.6))
    start = float(norm.ppf(CRITERION_UV / largest_uv))
    return lambda above: largest_uv * float(norm.cdf(start + above / sd))


def _units(rng: np.random.Generator, largest_uv: float) -> Curve:
    """100 to 300 units of exponential sizes, each with its own threshold."""
    count = int(rng.integers(100, 300))
    sizes = rng.exponential(1.0, count)
    sizes *= largest_uv / sizes.sum()
    ln_needs = float(rng.uniform(0.15, 0.6)) * rng.standard_normal(count)
    grid = np.linspace(-4.0, 4.0, 4001)
    expected = norm.cdf((grid[:, None] - ln_needs) / 0.02) @ sizes
    at = float(np.interp(CRITERION_UV, expected, grid))
    return lambda above: float(np.interp(at + above, grid, expected))


_LAWS: tuple[Callable[[np.random.Generator], Law], ...] = (_square, _power, _exponential, _fibre)
_CURVES = (_drawn_logistic, _normal, _units)
