"""A particle filter over distance, speed and nerve, moved by every answered pulse."""

from __future__ import annotations

import numpy as np

from guidance.events import Proximity
from guidance.proximity.distance import Ruler
from guidance.proximity.evidence import Heard, likelihood
from guidance.proximity.motion import moved
from guidance.proximity.nerve import SHORT_MS, Particles, Row
from guidance.proximity.report import Edges, Told, quantiles, told, unknown
from guidance.signal.basis import Array

PARTICLES = 2000

_SEED = 20_000
_EFFECTIVE = 0.5
_KERNEL = 0.12
_STAGES = 4
_BEARABLE = 0.25
_LEAST_BEARABLE = 1 / 16
_STATIC = (Row.EXCESS_LN, Row.GAIN_LN_MA, Row.CONTACT_LN_MA, Row.EXPONENT, Row.LARGEST_LN_UV, Row.WIDTH_LN,
           Row.SCATTER_LN, Row.RESTLESS_LN, Row.CHRONAXIE_LN_MS)  # fmt: skip


class ProximityFilter:
    """The estimate that every answered pulse moves. The same input gives the same estimates: its draws are seeded."""

    def __init__(self, criterion_uv: float, lower_bound_ma: float, target_ma: float, count: int = PARTICLES) -> None:
        """Threshold is where the expected response reaches ``criterion_uv``; zones end at ``target_ma`` and
        ``lower_bound_ma``, both for a pulse of 0.1 ms.
        """
        self._edges = Edges(target_ma=target_ma, close_ma=lower_bound_ma)
        self._criterion_uv, self._count = criterion_uv, count
        self._rng = np.random.default_rng(_SEED)
        self._t: float | None = None
        self._frozen = False
        self._ruler = Ruler(np.random.default_rng(_SEED + 1), count)
        self._insert()

    def insertion(self) -> None:
        """The needle goes in anew, maybe to another nerve: forget everything."""
        self._frozen = False
        self._insert()

    def redirect(self) -> None:
        """The needle is drawn back and sent another way: the nerve is the same, where the tip is is open again."""
        self._frozen = False
        self.particles.place(self._rng)
        self.weights = np.full(self._count, 1 / self._count)
        self._silent, self._highest_ma = "redirect", 0.0

    def injected(self) -> None:
        """Something was injected: thresholds compare no longer, until a redirect or a further insertion."""
        self._frozen = True

    def hear(self, pulse: Heard) -> Proximity:
        """Take in one answered pulse and say where the threshold is now."""
        self._pass_until(pulse.t)
        if self._frozen:
            return unknown(pulse.sample, "injectate")
        if pulse.current_ma is None:
            return unknown(pulse.sample, "current-unknown")
        width_ms = pulse.width_ms or SHORT_MS
        if not pulse.contaminated and pulse.current_ma > 0:
            self._weigh(pulse, float(np.log(pulse.current_ma)), width_ms)
        if self._silent:
            return unknown(pulse.sample, self._silent, "none" if self._highest_ma > 0 else None)
        found = self._told(width_ms)
        return found.proximity(pulse.sample, width_known=pulse.width_ms is not None)

    def _told(self, width_ms: float) -> Told:
        ln_short = self.particles.ln_threshold()
        self._lowest_ma = min(self._lowest_ma, float(np.exp(quantiles(ln_short, self.weights, (0.5,))[0])))
        distance = self._ruler.distance_mm(np.exp(ln_short), self._lowest_ma)
        return told(self.particles, self.weights, self._edges, width_ms, self._highest_ma, distance)

    def _insert(self) -> None:
        self.particles = Particles.drawn(self._rng, self._count, self._criterion_uv)
        self.weights = np.full(self._count, 1 / self._count)
        self._silent: str | None = "no-response-yet"
        self._highest_ma = 0.0
        self._lowest_ma = np.inf

    def _pass_until(self, t: float) -> None:
        if self._t is not None and t > self._t:
            moved(self.particles, self._rng, t - self._t)
        self._t = t

    def _weigh(self, pulse: Heard, ln_current: float, width_ms: float) -> None:
        """Weigh every guess by the answer; one that surprises is taken in by and by, with fresh guesses in between."""
        left = 1.0
        for _ in range(_STAGES):
            ln_likelihood = self._ln_likelihood(pulse, ln_current, width_ms)
            taken = _bearable(self.weights, left * ln_likelihood)
            self._reweigh(left * taken * ln_likelihood, width_ms)
            left *= 1 - taken
            if left <= 0.0:
                break
        else:
            self._reweigh(left * self._ln_likelihood(pulse, ln_current, width_ms), width_ms)
        if pulse.answered:
            self._silent = None
        self._highest_ma = max(self._highest_ma, pulse.current_ma or 0.0)

    def _ln_likelihood(self, pulse: Heard, ln_current: float, width_ms: float) -> Array:
        ln_threshold = self.particles.ln_threshold() + self.particles.ln_width_factor(width_ms)
        return np.log(likelihood(pulse, self.particles.recruited(ln_current, ln_threshold)))

    def _reweigh(self, ln_factor: Array, width_ms: float) -> None:
        self.weights = _weighed(self.weights, ln_factor)
        if _effective(self.weights) < _EFFECTIVE:
            self._resample(width_ms)

    def _resample(self, width_ms: float) -> None:
        """Systematic resampling; then each guess is spread within the cloud (Liu and West 2001), in coordinates in which
        the threshold is one, so that it stays as well known as it is.
        """
        points = (self._rng.random() + np.arange(self._count)) / self._count
        chosen = np.minimum(np.searchsorted(np.cumsum(self.weights), points), self._count - 1)
        particles = Particles(self.particles.x[:, chosen], self._criterion_uv)
        self.weights = np.full(self._count, 1 / self._count)
        ln_threshold = particles.ln_threshold() + particles.ln_width_factor(width_ms)
        cloud = np.vstack([ln_threshold, particles.x[_STATIC, :]])
        cloud = self._spread(cloud)
        particles.x[_STATIC, :] = cloud[1:]
        particles.tidy()
        particles.put_at(cloud[0] - particles.ln_width_factor(width_ms))
        self.particles = particles

    def _spread(self, cloud: Array) -> Array:
        mean = cloud.mean(axis=1, keepdims=True)
        centred = cloud - mean
        covariance = centred @ centred.T / cloud.shape[1]
        root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(cloud)))
        noise = root @ self._rng.standard_normal(cloud.shape)
        return np.asarray(mean + np.sqrt(1 - _KERNEL**2) * centred + _KERNEL * noise)


def _weighed(weights: Array, ln_factor: Array) -> Array:
    weights = weights * np.exp(ln_factor - ln_factor.max())
    return np.asarray(weights / weights.sum())


def _effective(weights: Array) -> float:
    """Share of the particles that still count."""
    return float(1 / np.sum(weights**2) / len(weights))


def _bearable(weights: Array, ln_factor: Array) -> float:
    """How much of ``ln_factor`` may be taken in at once, as a power: all of it, or as much as leaves enough guesses."""
    share = 1.0
    while _effective(_weighed(weights, share * ln_factor)) < _BEARABLE and share > _LEAST_BEARABLE:
        share /= 2
    return share
