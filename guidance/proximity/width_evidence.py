"""Evidence of distance from pulses of several widths: little by itself, and by a model of the axon; off by default.

Chronaxie grows with distance in the double-cable model of McIntyre, Richardson and Grill (0.16 ms at contact, 0.51 at
10 mm), and hardly in Sweeney's (0.02 to 0.03 ms). A needle in a pig implied 0.125 ms (Wiesmann 2014), textbooks give
0.05 to 0.1. No measurement on a nerve shows which holds. So chronaxie at contact and its growth are guesses of each
law, wide enough for all of these, and a width narrows the distance as far as the laws agree on what it means. That none
of them holds stays possible throughout.
"""

from __future__ import annotations

import numpy as np

from guidance.proximity.likelihood import Observation, likelihood
from guidance.proximity.particles import SHORT_MS, Particles
from guidance.proximity.random_table import Cloud
from guidance.proximity.resampling import reweight, uniform
from guidance.signal.sweep.basis import Array

_LN_CONTACT_MS = (float(np.log(0.008)), float(np.log(0.30)))
"""Range of ln chronaxie at contact, in ms."""

_CONSTANT_SHARE = 0.5
"""Share of laws by which chronaxie does not grow with distance."""

_GROWTH_PER_MM = 0.35
"""Highest growth per mm of distance, and the most that chronaxie grows in all."""

_MOST_GROWN = 4.5
_LN_CHRONAXIES_MS = np.log(np.geomspace(0.006, 1.2, 24))
"""Chronaxies that are compared, as ln of ms."""

_MISFIT_LN = 0.12
"""Error of Weiss's law, in ln chronaxie (a judgement, unsourced)."""

_TRUST = 0.3
"""Responses one after another share errors of threshold and recruitment; each counts for so much of a single one."""
_FADES_S = 30.0
"""Time constant in s with which earlier evidence fades, since the needle moves (a judgement, unsourced)."""

_NO_LAW = 0.3
"""Probability that widths depend on distance in no way guessed here: then they are no evidence."""


class WidthLaws:
    """Laws of chronaxie c = c0 (1 + b r), r in mm: a guess of c0 and b for each law of distance, and how well the
    observed widths support each.
    """

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        """Draw ``count`` laws."""
        self._contact_ln_ms = rng.uniform(*_LN_CONTACT_MS, count)
        self._growth_per_mm = rng.uniform(0.0, _GROWTH_PER_MM, count) * (rng.random(count) >= _CONSTANT_SHARE)
        self.restart()

    def restart(self) -> None:
        """Begin anew, for another nerve."""
        self._borne_out = uniform(len(self._growth_per_mm))
        self._t: float | None = None

    @property
    def weights(self) -> Array:
        """How much each law counts (laws,), summing to 1."""
        return np.asarray((1 - _NO_LAW) * self._borne_out + _NO_LAW / len(self._borne_out))

    def ln_chronaxie(self, distance_mm: Cloud) -> Array:
        """Return ln of the chronaxie in ms that each law has at its ``distance_mm`` (laws,)."""
        grown = np.minimum(1 + self._growth_per_mm * distance_mm, _MOST_GROWN)
        return np.asarray(self._contact_ln_ms + np.log(grown))

    def observe(self, t: float, likelihoods: Array, distance_mm: Cloud) -> None:
        """Weigh the laws by a response at ``t``: ``likelihoods`` (chronaxies,) is how likely each chronaxie makes it
        (``chronaxie_likelihood``), ``distance_mm`` (laws,) is where each law has the nerve now.
        """
        retained = 1.0 if self._t is None else float(np.exp(min(self._t - t, 0.0) / _FADES_S))
        self._t = t
        ln_likelihood = np.interp(self.ln_chronaxie(distance_mm), _LN_CHRONAXIES_MS, np.log(likelihoods))
        before = retained * np.log(self._borne_out + 1e-300)
        self._borne_out = reweight(uniform(len(before)), before + _TRUST * ln_likelihood)


def chronaxie_likelihood(observation: Observation, few: Particles, unrest: float) -> Array:
    """Return how likely each chronaxie of ``_LN_CHRONAXIES_MS`` makes ``observation``, threshold and recruitment being
    as a ``few`` particles have them; blurred by the error of Weiss's law.
    """
    chronaxies = np.exp(_LN_CHRONAXIES_MS)[:, None]
    factor = np.log1p(chronaxies / observation.width_ms) - np.log1p(chronaxies / SHORT_MS)
    expected = few.recruitment(float(np.log(observation.current_ma)), few.ln_threshold() + factor)
    likelihoods = likelihood(observation, expected, unrest).mean(axis=1)
    apart = (_LN_CHRONAXIES_MS[:, None] - _LN_CHRONAXIES_MS) / _MISFIT_LN
    blur = np.exp(-0.5 * apart**2)
    return np.asarray(blur @ likelihoods / blur.sum(axis=1))
