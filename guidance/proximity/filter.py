"""A particle filter over distance, speed and nerve, which every pulse with a known response moves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from guidance.contracts.events import Entry, Proximity, PulseOutcome, unknown_proximity
from guidance.contracts.zones import ordered_edges
from guidance.proximity.distance import DistanceModel
from guidance.proximity.likelihood import Observation, RepeatDiscount, likelihood
from guidance.proximity.motion import advance, refresh
from guidance.proximity.particles import SHORT_MS, ParticleRow, Particles, is_short
from guidance.proximity.random_table import RandomTable
from guidance.proximity.resampling import effective_share, jitter, reweight, systematic, tempered, thin, uniform
from guidance.proximity.response_change import ResponseChange
from guidance.proximity.summary import PosteriorSummary, interval, quantiles, summarize
from guidance.proximity.usual_response import UsualResponse
from guidance.proximity.width_evidence import WidthLaws, chronaxie_likelihood
from guidance.signal.sweep.basis import Array

PARTICLES = 6000
"""Number of particles: the time of a pulse grows with it; with half as many, narrow intervals hold the truth less often
(``bench_intervals --family tuned``)."""

_SEED = 20_000
"""Start of the random numbers: any number does, and the same one makes a procedure repeatable."""

_EFFECTIVE = 0.5
"""Particles are resampled where their effective share falls below this (the usual half)."""

_KERNEL = 0.2
"""Share of the cloud's deviation by which resampled particles are jittered (Liu and West; a judgement)."""

_NEAR_LN = 0.05
"""The jitter of ln threshold is at most so large, so that a well known threshold stays known (a judgement)."""

_LONGEST_PAUSE_S = 3600.0
"""A longer pause between two pulses counts as an hour, in s: by then nothing is left of what was known."""

_UNREST_S = 1.5
"""Time constant in s with which the suspicion of voluntary activity fades after an unfit sweep (a judgement)."""

_FIT_IN_BURST = 0.5
"""Share of the sweeps within a burst of voluntary activity that are judged fit: each fit sweep makes it less likely
that the burst goes on (a judgement; in the worlds ``tuned`` it is 0.2, a larger share is the more cautious).
"""

_LEAST_STEP_S = 0.1
"""Time in s that passes between two pulses at least, even by a clock that stands still: none is given sooner."""

_STAGES = 4
"""A surprising response is applied in at most so many stages."""

_COMPARED = 200
"""Number of particles by which chronaxies are compared (a judgement)."""

_WIDTH_JITTER = 0.05
"""Error of Weiss's law between one width and another, in ln threshold, in place of the threshold's own jitter."""


class ProximityFilter:
    """The estimate, which every pulse with a known response moves. The same input gives the same estimates: its draws
    are seeded.

    ``particles`` and their ``weights`` are its state at the last pulse.
    """

    def __init__(
        self, criterion_uv: float, lower_bound_ma: float, target_ma: float, count: int = PARTICLES,
        *, by_width: bool = False, limit_ma: float = float("inf"),
    ) -> None:  # fmt: skip
        """Begin with every nerve and every place possible. The threshold is where the expected response reaches
        ``criterion_uv``. Zones end at ``target_ma`` and ``lower_bound_ma``, both for a pulse of 0.1 ms. With
        ``by_width`` responses to pulses of other widths are evidence of distance too (``width_evidence``). A threshold
        above ``limit_ma``, the highest current that the protocol allows, has no number.
        """
        self._edges = ordered_edges(target_ma, lower_bound_ma)
        self.criterion_uv, self._count, self._limit_ma = criterion_uv, count, limit_ma
        self._random = RandomTable(_SEED)
        self._distance_model = DistanceModel(np.random.default_rng(_SEED + 1), count)
        self._width_laws = WidthLaws(np.random.default_rng(_SEED + 2), count) if by_width else None
        self._t: float | None = None
        self._why: str | None = None
        self._unrest, self._widths = 0.0, False
        self._entries: list[Entry] = []
        self._restart()

    def apply_entry(self, what: str) -> str | None:
        """Apply the operator's entry ``what``; return what became of the estimate, in words, or None without effect."""
        if what == "insertion":
            self._restart()
            return "restarted: another insertion, nothing is retained"
        if what == "redirect":
            self._redirect()
            return "restarted: the tip may be anywhere, what is known of the nerve is retained"
        if what == "injection":
            self._why = "injectate"
            return "frozen: with an injectate at the tip thresholds do not compare, until a redirect or an insertion"
        return None

    def entries(self) -> Iterator[Entry]:
        """Yield the changes of the response since the last call, each of which restarted the estimate."""
        found, self._entries = self._entries, []
        return iter(found)

    def observe(self, outcome: PulseOutcome) -> Proximity:
        """Move the estimate by ``outcome``; return the record of where the threshold is now. By the pulse that settles
        a change of the response it is not valid.
        """
        change = None if self._is_frozen else self._usual_response.observe(outcome)
        if change is None:
            return self._observe(outcome)
        self.restart_by(change)
        for earlier in change.outcomes[:-1]:
            self._observe(earlier)
        return self._observe(outcome).without_validity("response-changed")

    def restart_by(self, change: ResponseChange) -> bool:
        """Restart for another nerve, muscle or reflex, unless the estimate is frozen; return whether it did."""
        if self._is_frozen:
            return False
        self._restart()
        self._usual_response = UsualResponse(change.outcomes)
        effect = "restarted: another nerve, muscle or reflex responds, nothing is retained"
        self._entries.append(Entry("response-changed", {"text": change.text, **change.fields, "estimate": effect}))
        return True

    @property
    def _is_frozen(self) -> bool:
        """Whether an injectate is at the tip: thresholds do not compare then."""
        return self._why == "injectate"

    def _observe(self, outcome: PulseOutcome) -> Proximity:
        stimulus, current_ma = outcome.stimulus, outcome.delivered_ma
        self._advance_to(outcome.t)
        if current_ma is None and not self._is_frozen:
            return unknown_proximity(stimulus.sample, "current-unknown")
        width_ms = stimulus.width_ms or SHORT_MS
        self._widths |= not is_short(width_ms)
        self._unrest = 1.0 if outcome.response.contaminated else _after_fit(self._unrest)
        if current_ma and not outcome.response.contaminated and not self._is_frozen:
            observation = Observation.of(outcome, current_ma, width_ms)
            self._weigh_laws(observation, outcome.t)
            self._weigh(observation)
        if self._why is not None:
            return self.unknown(stimulus.sample)
        return self._summarize(width_ms).proximity(stimulus.sample, width_known=stimulus.width_ms is not None)

    def few(self, count: int) -> Particles:
        """Return ``count`` of the particles, chosen evenly by their weights."""
        return Particles(self.particles.x[:, thin(self.weights, count)], self.criterion_uv)

    def unknown(self, sample: int) -> Proximity:
        """Return the record after the pulse at ``sample`` while nothing is known of the nerve."""
        searched = self._highest_ma > 0 and not self._is_frozen
        return unknown_proximity(sample, self._why or "stale", searched=searched)

    def _restart(self) -> None:
        self._usual_response, self._repeats, self._t = UsualResponse(), RepeatDiscount(), None
        if self._width_laws:
            self._width_laws.restart()
        self.particles = Particles.draw(self._random.rng, self._count, self.criterion_uv)
        self._ln_short = self.particles.ln_threshold()
        self.weights = uniform(self._count)
        self._why = "no-response-yet"
        self._highest_ma, self._lowest_ma, self._reached_ma = 0.0, math.inf, math.inf

    def _redirect(self) -> None:
        self.particles = Particles(self.particles.x[:, systematic(self._random.rng, self.weights)], self.criterion_uv)
        self.particles.place(self._random.rng)
        self._ln_short = self.particles.ln_threshold()
        self.weights = uniform(self._count)
        self._why, self._highest_ma = "redirect", 0.0

    def _advance_to(self, t: float) -> None:
        """Advance to ``t``. A clock that went back shows only that some time has passed."""
        if self._t is not None:
            elapsed_s = min(max(abs(t - self._t), _LEAST_STEP_S), _LONGEST_PAUSE_S)
            self._ln_short = advance(
                self.particles, self._random, elapsed_s, self._ln_short,
                widths=self._widths, unrest=self._unrest, ln_lowest=math.log(self._reached_ma),
            )  # fmt: skip
            refresh(self.particles, self._random, elapsed_s)
            self._unrest *= math.exp(-elapsed_s / _UNREST_S)
        self._t = t

    def _summarize(self, width_ms: float) -> PosteriorSummary:
        ln_short = self._ln_short
        short_ma = interval(np.exp(quantiles(ln_short, self.weights)))
        self._lowest_ma, self._reached_ma = min(self._lowest_ma, short_ma[1]), min(self._reached_ma, short_ma[2])
        distance_mm = self._distance_model.distance_mm(np.exp(ln_short), self._lowest_ma)
        laws = self.weights * self._width_laws.weights if self._width_laws else self.weights
        far = interval(quantiles(distance_mm, laws / laws.sum()))
        factor = self.particles.ln_width_factor(width_ms)
        return summarize(ln_short, short_ma, factor, far, self.weights, self._edges, self._highest_ma, self._limit_ma)

    def _weigh_laws(self, observation: Observation, t: float) -> None:
        """Weigh the laws of chronaxie by a pulse of another width; the threshold is the one known without it."""
        if self._width_laws is None or self._why is not None or is_short(observation.width_ms):
            return
        likelihoods = chronaxie_likelihood(observation, self.few(_COMPARED), self._unrest)
        now_ma = np.exp(quantiles(self._ln_short, self.weights, (0.5,)))
        self._width_laws.observe(t, likelihoods, self._distance_model.distance_mm(now_ma, self._lowest_ma))

    def _weigh(self, observation: Observation) -> None:
        """Weigh every particle by the response. A surprising response is applied in stages, with resampling
        in between.
        """
        left = self._repeats.trust(observation)
        for stage in range(_STAGES):
            ln_likelihood = self._ln_likelihood(observation)
            ln_factor = left * ln_likelihood
            last = stage == _STAGES - 1
            share, weights = (1.0, reweight(self.weights, ln_factor)) if last else tempered(self.weights, ln_factor)
            self._weigh_by(weights, observation.width_ms)
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

    def _weigh_by(self, weights: Array, width_ms: float) -> None:
        self.weights = weights
        if effective_share(self.weights) < _EFFECTIVE:
            self._resample(width_ms)

    def _resample(self, width_ms: float) -> None:
        """Resample and jitter, with the threshold as a coordinate in the distance's place, so that it stays as well
        known as it is.
        """
        chosen = systematic(self._random.rng, self.weights)
        self.weights = uniform(self._count)
        particles = Particles(np.take(self.particles.x, chosen, axis=1), self.criterion_uv)
        at = particles.x[ParticleRow.DISTANCE_MM]
        np.add(self._ln_short[chosen], particles.ln_width_factor(width_ms), out=at)
        kernel = min(_KERNEL, _NEAR_LN / float(at.std()))
        jitter(particles.x[ParticleRow.DISTANCE_MM :], kernel, int(self._random.rng.integers(self._count)))
        particles.clip_to_ranges()
        self._ln_short = at - particles.ln_width_factor(width_ms)
        particles.place_at(self._ln_short)
        self.particles = particles


def _after_fit(unrest: float) -> float:
    """Return the suspicion of voluntary activity (0 to 1) after a fit sweep, by Bayes' rule."""
    return unrest * _FIT_IN_BURST / (1 - unrest + unrest * _FIT_IN_BURST)
