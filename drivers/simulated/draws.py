"""Quantities of the simulation that differ from patient to patient, each with its source and its certainty.

``certainty`` is ``measured`` (published for people or animals), ``modelled`` (computed with a published model),
``derived`` (calculated here from published numbers), or ``assumed`` (general knowledge without a source: the simulation
draws it widely, and nothing may be concluded from its value).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ValueOrigin = Literal["measured", "modelled", "derived", "assumed"]


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A positive quantity: log-normal about ``median``, cut at ``low`` and ``high``."""

    median: float
    sd_ln: float
    low: float
    high: float
    source: str
    certainty: ValueOrigin

    def draw(self, rng: np.random.Generator) -> float:
        """Return one random value, in the unit of ``median``."""
        return float(np.clip(self.median * math.exp(self.sd_ln * rng.standard_normal()), self.low, self.high))


@dataclass(frozen=True, slots=True)
class Uniform:
    """A quantity equally likely anywhere between ``low`` and ``high``."""

    low: float
    high: float
    source: str
    certainty: ValueOrigin

    def draw(self, rng: np.random.Generator) -> float:
        """Return one random value, in the unit of ``low``."""
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True, slots=True)
class Chance:
    """Something present in a share of the patients."""

    probability: float
    source: str
    certainty: ValueOrigin

    def draw(self, rng: np.random.Generator) -> bool:
        """Return whether this patient has it."""
        return bool(rng.random() < self.probability)


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity that is the same for every patient."""

    value: float
    source: str
    certainty: ValueOrigin


class SlowDrift:
    """A smooth function of time with mean 0 and standard deviation ``sd``: three sines of random period and phase.

    It has no state, so its values do not depend on how time is cut into calls.
    """

    def __init__(self, rng: np.random.Generator, sd: float, periods_s: tuple[float, float] = (15.0, 120.0)) -> None:
        """Draw the periods log-uniformly from ``periods_s``."""
        omegas = 2 * math.pi / np.exp(rng.uniform(math.log(periods_s[0]), math.log(periods_s[1]), 3))
        self._waves = tuple(zip(omegas.tolist(), rng.uniform(0, 2 * math.pi, 3).tolist(), strict=True))
        self._scale = sd * math.sqrt(2 / 3)

    def at(self, t_s: float) -> float:
        """Return the value ``t_s`` seconds after the start."""
        return self._scale * sum(math.sin(omega * t_s + phase) for omega, phase in self._waves)


def sign(rng: np.random.Generator) -> float:
    """Return plus or minus one, equally likely."""
    return 1.0 if rng.random() < 0.5 else -1.0
