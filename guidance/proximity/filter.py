"""A particle filter over distance, speed and nerve, moved by every answered pulse."""

from __future__ import annotations

import numpy as np

from guidance.contracts.events import Proximity, PulseOutcome, unknown_proximity
from guidance.contracts.zones import ordered_edges
from guidance.proximity.distance import DistanceModel
from guidance.proximity.likelihood import Observation, RepeatDiscount, likelihood
from guidance.proximity.motion import advance, refresh
from guidance.proximity.particles import SHORT_MS, ParticleRow, Particles, is_short
from guidance.proximity.random_table import RandomTable
from guidance.proximity.resampling import effective_share, jitter, reweight, systematic, temper, thin, uniform
from guidance.proximity.summary import PosteriorSummary, interval, quantiles, summarize
from guidance.proximity.width_evidence import WidthLaws, chronaxie_likelihood
from guidance.signal.sweep.basis import Array

PARTICLES = 6000

_SEED = 20_000
_EFFECTIVE = 0.5
_KERNEL = 0.2
_NEAR_LN = 0.05
_UNREST_S = 1.5
_STAGES = 4
_COMPARED = 200
_WIDTH_JITTER = 0.05
"""Beside the threshold's own jitter, what Weiss's law gets wrong between one width and another."""


class ProximityFilter:
    """The estimate that every answered pulse moves. The same input gives the same estimates: its draws are seeded.

    ``particles`` and their ``weights`` are what it believes at the last pulse.
    """

    def __init__(
        self, criterion_uv: float, lower_bound_ma: float, target_ma: float, count: int = PARTICLES,
        *, by_width: bool = False,
    ) -> None:  # fmt: skip
        """Threshold is where the expected response reaches ``criterion_uv``; zones end at ``target_ma`` and
        ``lower_bound_ma``, both for a pulse of 0.1 ms. With ``by_width`` answers to pulses of other widths count as
        evidence of distance too (``widths``).
        """
        self._edges = ordered_edges(target_ma, lower_bound_ma)
        self.criterion_uv, self._count = criterion_uv, count
        self._random = RandomTable(_SEED)
        self._distance_model = DistanceModel(np.random.default_rng(_SEED + 1), count)
        self._width_laws = WidthLaws(np.random.default_rng(_SEED + 2), count) if by_width else None
        self._t: float | None = None
        self._why: str | None = None
        self._unrest, self._widths = 0.0, False
        self._repeats = RepeatDiscount()
        self._restart()

    def apply_entry(self, what: str) -> str | None:
        """Take in the operator's entry ``what``; what became of the estimate, in words, None where nothing did."""
        if what == "insertion":
            self._restart()
            return "restarted: another insertion, nothing is kept"
        if what == "redirect":
            self._redirect()
            return "restarted: the tip may be anywhere, what is known of the nerve is kept"
        if what == "injection":
            self._why = "injectate"
            return "frozen: with an injectate at the tip thresholds do not compare, until a redirect or an insertion"
        return None

    def observe(self, outcome: PulseOutcome) -> Proximity:
        """Move the estimate by ``outcome``; the record of where the threshold is now."""
        stimulus, current_ma = outcome.stimulus, outcome.delivered_ma
        self._pass_until(outcome.t)
        if current_ma is None and self._why != "injectate":
            return unknown_proximity(stimulus.sample, "current-unknown")
        width_ms = stimulus.width_ms or SHORT_MS
        self._widths |= not is_short(width_ms)
        self._unrest = 1.0 if outcome.response.contaminated else self._unrest
        if current_ma and not outcome.response.contaminated and self._why != "injectate":
            observation = Observation.of(outcome, current_ma, width_ms)
            self._compare(observation, outcome.t)
            self._weigh(observation)
        if self._why is not None:
            return self.unknown(stimulus.sample)
        return self._summarize(width_ms).proximity(stimulus.sample, width_known=stimulus.width_ms is not None)

    def few(self, count: int) -> Particles:
        """``count`` of the guesses, chosen evenly by their weights."""
        return Particles(self.particles.x[:, thin(self.weights, count)], self.criterion_uv)

    def unknown(self, sample: int) -> Proximity:
        """The record after the pulse at ``sample`` while nothing can be told of the nerve."""
        searched = self._highest_ma > 0 and self._why != "injectate"
        return unknown_proximity(sample, self._why or "stale", searched=searched)

    def _restart(self) -> None:
        if self._width_laws:
            self._width_laws.restart()
        self.particles = Particles.drawn(self._random.rng, self._count, self.criterion_uv)
        self._ln_short = self.particles.ln_threshold()
        self.weights = uniform(self._count)
        self._why = "no-response-yet"
        self._highest_ma, self._lowest_ma = 0.0, float("inf")

    def _redirect(self) -> None:
        self.particles = Particles(self.particles.x[:, systematic(self._random.rng, self.weights)], self.criterion_uv)
        self.particles.place(self._random.rng)
        self._ln_short = self.particles.ln_threshold()
        self.weights = uniform(self._count)
        self._why, self._highest_ma = "redirect", 0.0

    def _pass_until(self, t: float) -> None:
        if self._t is not None and t > self._t:
            advance(self.particles, self._random, t - self._t, widths=self._widths)
            refresh(self.particles, self._random, t - self._t)
            self._ln_short = self.particles.ln_threshold()
            self._unrest *= float(np.exp((self._t - t) / _UNREST_S))
        self._t = t

    def _summarize(self, width_ms: float) -> PosteriorSummary:
        ln_short = self._ln_short
        short_ma = interval(np.exp(quantiles(ln_short, self.weights)))
        self._lowest_ma = min(self._lowest_ma, short_ma[1])
        distance_mm = self._distance_model.distance_mm(np.exp(ln_short), self._lowest_ma)
        laws = self.weights * self._width_laws.weights if self._width_laws else self.weights
        far = interval(quantiles(distance_mm, laws / laws.sum()))
        factor = self.particles.ln_width_factor(width_ms)
        return summarize(ln_short, short_ma, factor, far, self.weights, self._edges, self._highest_ma)

    def _compare(self, observation: Observation, t: float) -> None:
        """What a pulse of another width says of the distance, the threshold being as it is known without it."""
        if self._width_laws is None or self._why is not None or is_short(observation.width_ms):
            return
        likelihoods = chronaxie_likelihood(observation, self.few(_COMPARED), self._unrest)
        now_ma = np.exp(quantiles(self._ln_short, self.weights, (0.5,)))
        self._width_laws.observe(t, likelihoods, self._distance_model.distance_mm(now_ma, self._lowest_ma))

    def _weigh(self, observation: Observation) -> None:
        """Weigh every guess by the answer; one that surprises is taken in by and by, with fresh guesses in between."""
        left = self._repeats.trust(observation)
        for stage in range(_STAGES):
            ln_likelihood = self._ln_likelihood(observation)
            last = stage == _STAGES - 1
            share = 1.0 if last else temper(self.weights, left * ln_likelihood)
            self._reweigh(left * share * ln_likelihood, observation.width_ms)
            left *= 1 - share
            if left <= 0.0:
                break
        if observation.amplitude_uv is not None:
            self._why = None
        self._highest_ma = max(self._highest_ma, observation.current_ma)

    def _ln_likelihood(self, observation: Observation) -> Array:
        width_ms = observation.width_ms
        ln_threshold = self._ln_short + self.particles.ln_width_factor(width_ms)
        threshold_jitter = self.particles.JITTER if is_short(width_ms) else _WIDTH_JITTER
        expected = self.particles.recruitment(float(np.log(observation.current_ma)), ln_threshold, threshold_jitter)
        return np.asarray(np.log(likelihood(observation, expected, self._unrest)))

    def _reweigh(self, ln_factor: Array, width_ms: float) -> None:
        self.weights = reweight(self.weights, ln_factor)
        if effective_share(self.weights) < _EFFECTIVE:
            self._resample(width_ms)

    def _resample(self, width_ms: float) -> None:
        """Choose anew and spread, the threshold being one coordinate in the distance's place, so that it stays as well
        known as it is.
        """
        chosen = systematic(self._random.rng, self.weights)
        self.weights = uniform(self._count)
        particles = Particles(np.take(self.particles.x, chosen, axis=1), self.criterion_uv)
        at = particles.x[ParticleRow.DISTANCE_MM]
        np.add(self._ln_short[chosen], particles.ln_width_factor(width_ms), out=at)
        kernel = min(_KERNEL, _NEAR_LN / float(at.std()))
        jitter(particles.x[ParticleRow.DISTANCE_MM :], kernel, int(self._random.rng.integers(self._count)))
        particles.tidy()
        self._ln_short = at - particles.ln_width_factor(width_ms)
        particles.put_at(self._ln_short)
        self.particles = particles
