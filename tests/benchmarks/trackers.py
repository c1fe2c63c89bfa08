"""Trackers to compare with: what monitors do, and what is published. None of them is part of the program."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from tests.worlds.nerves import CRITERION_UV, LARGEST_MA, DetectorResult
from tests.worlds.tracking import RATE_HZ, START_MA, Tracker

Array = NDArray[np.float64]

LARGEST_UV, WIDTH = 4000.0, 0.15
_NOISE_UV = 8.0


def is_above(response: DetectorResult) -> bool:
    """Whether the response reached the criterion."""
    return response.detected and response.amplitude_uv >= CRITERION_UV


class Bisection(Tracker):
    """Double until a response, halve until none, bisect to 5 %, and begin again: the neuromonitors' method."""

    def __init__(self) -> None:
        self._ma = START_MA
        self._low: float | None = None
        self._high: float | None = None
        self._found: float | None = None

    def observe(self, _t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        if is_above(response):
            self._high = current_ma
        else:
            self._low = current_ma
        if self._low is None:
            self._ma = current_ma / 2
        elif self._high is None:
            self._ma = min(current_ma * 2, LARGEST_MA)
        else:
            self._ma = 0.5 * (self._low + self._high)
            if abs(self._high - self._low) < 0.05 * self._ma:
                self._found, self._low, self._high = self._ma, None, None

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        return self._ma

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        return self._found


class UpDown(Tracker):
    """10 % down after a response, 10 % up after none; the estimate is the geometric mean of the last two."""

    def __init__(self) -> None:
        self._ma = self._before = START_MA
        self._responded = False

    def observe(self, _t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        above = is_above(response)
        self._responded |= above
        self._before, self._ma = current_ma, min(current_ma * (1 / 1.1 if above else 1.1), LARGEST_MA)

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        return self._ma

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        return math.sqrt(self._ma * self._before) if self._responded else None


class Proportional(Tracker):
    """The current follows the logarithm of the amplitude to the criterion, as threshold tracking does."""

    def __init__(self, gain: float = 0.2) -> None:
        self._ma, self._gain, self._responded = START_MA, gain, False

    def observe(self, _t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        self._responded |= is_above(response)
        seen_uv = response.amplitude_uv if response.detected else 0.3 * CRITERION_UV
        error = float(np.clip(math.log(seen_uv / CRITERION_UV), -1.5, 2.0))
        self._ma = min(current_ma * math.exp(-self._gain * error), LARGEST_MA)

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        return self._ma

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        return self._ma if self._responded else None


class Grid(Tracker):
    """Bayes on the amplitude over a grid of thresholds that walk at random."""

    def __init__(self, walk: float = 0.12) -> None:
        self._ln = np.linspace(np.log(0.02), np.log(20.0), 400)
        self._p = np.full(400, 1 / 400)
        steps = np.arange(-200, 201) * (self._ln[1] - self._ln[0])
        kernel = np.exp(-0.5 * (steps / walk) ** 2) + 0.02 * np.exp(-0.5 * (steps / (4 * walk)) ** 2)
        self._kernel, self._responded = kernel / kernel.sum(), False

    def observe(self, _t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        self._responded |= is_above(response)
        self._p = np.convolve(self._p, self._kernel)[200:600]
        self._p *= amplitude_likelihood(response, np.log(current_ma) - self._ln, LARGEST_UV, WIDTH)
        self._p /= self._p.sum()

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        known = self.predicted_ma
        return min(1.1 * known if known else 1.3 * self._median(), LARGEST_MA)

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        return self._median() if self._responded else None

    def _median(self) -> float:
        return float(np.exp(np.interp(0.5, np.cumsum(self._p), self._ln)))


class PlainParticles(Tracker):
    """The published particle filter over distance, speed and nerve, which shares the worlds' formula; with ``known``
    (contact in mA, gain in mA/mm2) all constants of the nerve are given: the bound.
    """

    def __init__(self, seed: int, known: tuple[float, float, float] | None = None, count: int = 3000) -> None:
        rng = self._rng = np.random.default_rng([seed, 3])
        normal = rng.standard_normal
        spread = 0.0 if known else 1.0
        contact, gain, largest = known or (0.15, 0.05, LARGEST_UV)
        self._contact, self._gain = (
            contact * np.exp(0.3 * spread * normal(count)),
            gain * np.exp(0.3 * spread * normal(count)),
        )
        self._largest = largest * np.exp(0.5 * spread * normal(count))
        self._r, self._v = rng.uniform(0, 10.5, count), np.zeros(count)
        self._t: float | None = None
        self._ln = self._threshold(self._r)
        self._responded = False

    def observe(self, t_s: float, current_ma: float, response: DetectorResult) -> None:
        """As Tracker."""
        self._responded |= is_above(response)
        if self._t is not None:
            self._r, self._v = self._moved(t_s - self._t)
        self._t = t_s
        self._ln = self._threshold(self._r)
        weights = amplitude_likelihood(response, np.log(current_ma) - self._ln, self._largest, WIDTH)
        self._resample(weights / weights.sum())

    @property
    def next_ma(self) -> float:
        """As Tracker."""
        known = self.predicted_ma
        return min(1.1 * known if known else 100.0, LARGEST_MA)

    @property
    def predicted_ma(self) -> float | None:
        """As Tracker."""
        if not self._responded:
            return None
        return float(np.exp(np.median(self._threshold(self._moved(1 / RATE_HZ)[0]))))

    def _threshold(self, r: Array) -> Array:
        return np.asarray(np.log(self._contact + self._gain * r**2))

    def _moved(self, step_s: float) -> tuple[Array, Array]:
        rng, count = self._rng, len(self._r)
        changed = rng.random(count) < 0.3 * step_s / 0.5
        speeds = np.where(rng.random(count) < 0.4, 0.0, rng.choice([-1, 1], count) * rng.uniform(0.2, 2.5, count))
        v = np.where(changed, speeds, self._v + (self._v != 0) * 0.05 * rng.standard_normal(count))
        return np.maximum(self._r - 0.5 * (self._v + v) * step_s + 0.01 * rng.standard_normal(count), 0.0), v

    def _resample(self, weights: Array) -> None:
        count = len(weights)
        chosen = np.searchsorted(np.cumsum(weights), (self._rng.random() + np.arange(count)) / count)
        chosen = np.minimum(chosen, count - 1)
        for name in ("_r", "_v", "_contact", "_gain", "_largest"):
            setattr(self, name, getattr(self, name)[chosen])
        self._ln = self._threshold(self._r)


def amplitude_likelihood(response: DetectorResult, above: Array, largest_uv: float | Array, width: float) -> Array:
    """How likely ``response`` is at ln(current / threshold) ``above``, for logistic recruitment."""
    odds = CRITERION_UV / (largest_uv - CRITERION_UV)
    expected = largest_uv * expit(above / width + np.log(odds))
    if response.contaminated:
        return np.ones_like(expected)
    if not response.detected:
        return np.asarray(0.02 + 0.98 * ndtr((20.0 - expected) / 10.0))
    sd = np.sqrt(0.02 + (0.02 / width) ** 2 + (_NOISE_UV / np.maximum(expected, 5.0)) ** 2)
    miss = (np.log(max(response.amplitude_uv, 1.0)) - np.log(np.maximum(expected, 1.0))) / sd
    return np.asarray(1e-3 + np.exp(-0.5 * miss**2) / sd)
