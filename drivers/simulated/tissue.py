"""Tissue around the tip: the impedance of tissue, nerve and vessel, and the effect of an injectate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivers.simulated.draws import Chance, Known, LogNormal, SlowDrift, Uniform
from drivers.simulated.nerve import Tip

TISSUE_KOHM = LogNormal(
    12.0, 0.22, 7.0, 20.0, "beside the nerve: pig 12.1+-1.8 (Tsui 2008), human 12.0 (8.9-15.1)", "measured"
)
NEAR_NERVE = Uniform(-0.28, 0.0, "human: -28 to 0 % near the nerve against 0.5-1 cm away (Bardou 2013)", "measured")
NEAR_LENGTH_MM = Known(0.8, "over which the change near the nerve sets in", "assumed")
INSIDE_RATIO = LogNormal(
    1.4, 0.25, 0.85, 2.2, "inside: pig 23.2 against 12.1 kohm, human 15.5 against 12.0 and -20 to +36 %", "measured"
)
VESSEL = Chance(0.35, "the needle's path crosses a vessel", "assumed")
VESSEL_AHEAD_MM = Uniform(1.0, 8.0, "depth of that vessel before the nerve", "assumed")
VESSEL_LENGTH_MM = Uniform(0.5, 3.0, "way through it", "assumed")
VESSEL_RATIO = Uniform(0.5, 0.75, "impedance is lower in a vessel", "assumed")
DRIFT_LN = Known(0.025, "slow change of the electrode's impedance", "assumed")
SALINE_SHUNT = Known(6.0, "1 mL of saline abolished the twitch at 20 of 20 sites (Tsui 2004)", "derived")
SALINE_DROP_LN = Known(0.35, "saline lowers the resistance (Tsui 2004; size assumed)", "assumed")
DEXTROSE_RISE_LN = Known(0.30, "D5W raises the resistance (Tsui 2004; size assumed)", "assumed")
CLEARANCE_S = Known(400.0, "an injectate spreads over minutes", "assumed")

_INSIDE_MM = 0.3
_DISPLACED_ML = 0.25


class Injectate(StrEnum):
    """Injected fluids: two that conduct and one that does not."""

    SALINE = "saline"
    ANAESTHETIC = "anaesthetic"
    DEXTROSE = "d5w"


@dataclass(frozen=True, slots=True)
class _Depot:
    """Millilitres of fluid at the tip since ``since_s``."""

    since_s: float
    conductive_ml: float
    dextrose_ml: float

    def at(self, t_s: float) -> _Depot:
        left = math.exp(-max(t_s - self.since_s, 0.0) / CLEARANCE_S.value)
        return _Depot(t_s, self.conductive_ml * left, self.dextrose_ml * left)


class Tissue:
    """Impedance at the tip, and the factor by which an injectate raises the threshold.

    A local anaesthetic acts here as a salt solution only; the conduction block that follows in minutes is not modelled.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._base_kohm = TISSUE_KOHM.draw(rng)
        self._near = NEAR_NERVE.draw(rng)
        self._inside = INSIDE_RATIO.draw(rng)
        vessel, start = VESSEL.draw(rng), VESSEL_AHEAD_MM.draw(rng)
        self._vessel_mm = (start, start + VESSEL_LENGTH_MM.draw(rng)) if vessel else None
        self._vessel_ratio = VESSEL_RATIO.draw(rng)
        self._drift = SlowDrift(rng, DRIFT_LN.value)
        self._depot = _Depot(0.0, 0.0, 0.0)

    def inject(self, t_s: float, injectate: Injectate, volume_ml: float) -> None:
        """Inject ``volume_ml`` before the tip; D5W displaces a conductive depot, and the reverse."""
        depot, left_share = self._depot.at(t_s), math.exp(-volume_ml / _DISPLACED_ML)
        if injectate is Injectate.DEXTROSE:
            self._depot = _Depot(t_s, depot.conductive_ml * left_share, depot.dextrose_ml + volume_ml)
        else:
            self._depot = _Depot(t_s, depot.conductive_ml + volume_ml, depot.dextrose_ml * left_share)

    def threshold_factor(self, t_s: float) -> float:
        """Return the factor by which the injectate raises the current a unit needs; 1 without injectate."""
        volume = self._depot.at(t_s).conductive_ml
        return 1.0 + SALINE_SHUNT.value * volume / (volume + 0.3) if volume > 0 else 1.0

    def impedance_kohm(self, t_s: float, tip: Tip, distance_mm: float) -> float:
        """Return the impedance in kohm between needle and return electrode with the tip at ``tip``."""
        near = 1.0 + self._near * math.exp(-max(distance_mm, 0.0) / NEAR_LENGTH_MM.value)
        depth = min(max(-distance_mm / _INSIDE_MM, 0.0), 1.0)
        vessel = self._vessel_ratio if self._in_vessel(tip) else 1.0
        depot = self._depot.at(t_s)
        log_depot = DEXTROSE_RISE_LN.value * math.tanh(depot.dextrose_ml)
        log_depot -= SALINE_DROP_LN.value * math.tanh(depot.conductive_ml)
        inside = math.pow(self._inside, depth)
        return self._base_kohm * near * inside * vessel * math.exp(log_depot + self._drift.at(t_s))

    def _in_vessel(self, tip: Tip) -> bool:
        if self._vessel_mm is None:
            return False
        return self._vessel_mm[0] < tip.ahead_mm < self._vessel_mm[1]
