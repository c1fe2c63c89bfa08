"""Peripheral nerve near a needle: motor axons in a fascicle, each with its threshold current.

Currents are for a needle that is the cathode. An anodal needle needs two to four times as much (0.63 against 0.34 mA
outside the nerve in a secondary source of low trust; about four times in textbooks); it is not modelled.
Threshold currents in pig: Tsai 2008 and Wiesmann 2014; human: Sauter 2007 (elbow), Bigeleisen 2009 (supraclavicular).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.simulated.draws import Chance, FloatArray, Known, LogNormal, Uniform
from drivers.simulated.fibre_table import CHRONAXIES_MS, DIAMETERS_UM, DISTANCES_MM, TABLE_WIDTH_MS, THRESHOLDS_MA

FASCICLE_RADIUS_MM = LogNormal(0.7, 0.35, 0.5, 2.0, "fascicles of 0.5-2 mm; median set for a span of 3.1", "modelled")
SHEATH_MM = Uniform(0.1, 0.3, "epi- and perineurium round the outermost axon", "assumed")
UNITS = Uniform(100, 300, "motor units of one nerve: limb muscles have 100-300 each", "assumed")
AXON_DIAMETER_UM = Known(12.0, "motor axons of 8-16 um, mean 12", "modelled")
AXON_DIAMETER_SD_UM = Known(1.8, "motor axons of 8-16 um", "modelled")
SIZE_DIAMETER_CORRELATION = Known(0.5, "size principle: larger axons drive larger units", "assumed")
NERVE_GAIN = LogNormal(
    1.0, 0.55, 0.3, 6.0, "contact thresholds of 0.1-4.5 mA from nerve to nerve (elbow, human)", "derived"
)
INSENSITIVE = Chance(0.1, "diabetic and neuropathic nerves respond late (supraclavicular, human)", "derived")
INSENSITIVE_GAIN = Uniform(1.8, 4.0, "radial nerve at the elbow up to 4.5 mA at contact", "derived")
CONTACT_EXCESS = Known(4.2, "bare medium 4-7 times too sensitive at contact, about 3 times at 1 mm", "derived")
EXCESS_LENGTH_MM = Known(1.5, "pig: 0.39 mA at contact, 0.92 at 1 mm, no nerve response under 2 mA at 5 mm", "derived")
CHRONAXIE_GAIN = LogNormal(
    0.75, 0.35, 0.3, 1.4, "needle in pig 0.125 ms, textbook 0.05-0.1, model 0.16; Sweeney (1987) shorter", "derived"
)
INTRANEURAL_GAIN = LogNormal(
    0.9, 0.35, 0.35, 1.6, "0.30 mA inside in pig and human; 0.12 both at contact and inside in open pig", "derived"
)
INTRANEURAL_SILENT = Chance(0.125, "pig: 12.5 % of needles inside got a response only at 0.8-1.8 mA", "measured")
INTRANEURAL_SILENT_MA = Uniform(0.8, 1.8, "the same series", "measured")

_INSIDE_MM = 0.3
_LOG_DISTANCES = np.log(DISTANCES_MM)
_LOG_DIAMETERS = np.log(DIAMETERS_UM)


@dataclass(frozen=True, slots=True)
class Tip:
    """Position of the needle's tip.

    ``ahead_mm`` is the distance left to the level of the nerve's axis (negative: passed), ``aside_mm`` the distance by
    which the path misses that axis.
    """

    ahead_mm: float
    aside_mm: float


def _rows(table: FloatArray, diameters_um: FloatArray) -> FloatArray:
    """Return a row of ``table`` (distances) for each diameter, interpolated over the logarithm of the diameter."""
    left = np.clip(np.searchsorted(DIAMETERS_UM, diameters_um) - 1, 0, len(DIAMETERS_UM) - 2)
    share = (np.log(diameters_um) - _LOG_DIAMETERS[left]) / (_LOG_DIAMETERS[left + 1] - _LOG_DIAMETERS[left])
    return np.asarray(table[left] * (1 - share)[:, None] + table[left + 1] * share[:, None])


class SimulatedNerve:
    """Motor units with axons of 8-16 um anywhere in one fascicle, and the current that each needs.

    ``sizes`` (units,) are relative and sum to 1; ``muscle_of`` (units,) is the muscle of each unit.
    """

    def __init__(self, rng: np.random.Generator, muscles: int) -> None:
        """Draw a nerve whose units serve ``muscles`` muscles, each from its own sector of the fascicle."""
        self.fascicle_mm = FASCICLE_RADIUS_MM.draw(rng)
        self.radius_mm = self.fascicle_mm + SHEATH_MM.draw(rng)
        count = round(UNITS.draw(rng))
        angles = rng.uniform(0, 2 * math.pi, count)
        radii = self.fascicle_mm * np.sqrt(rng.uniform(0, 1, count))
        self._x, self._y = radii * np.cos(angles), radii * np.sin(angles)
        self.muscle_of = np.floor((angles + rng.normal(0, 0.5, count)) / (2 * math.pi) * muscles).astype(int) % muscles
        self._draw_units(rng, count)
        self._draw_gains(rng)

    def _draw_units(self, rng: np.random.Generator, count: int) -> None:
        normal = rng.standard_normal(count)
        diameters = AXON_DIAMETER_UM.value + AXON_DIAMETER_SD_UM.value * normal
        self.diameters_um = np.clip(diameters, DIAMETERS_UM[0], DIAMETERS_UM[-1])
        rho = SIZE_DIAMETER_CORRELATION.value
        rank = np.argsort(np.argsort(rho * normal + math.sqrt(1 - rho**2) * rng.standard_normal(count)))
        sizes = np.sort(rng.exponential(1.0, count))[rank]
        self.sizes = sizes / sizes.sum()
        self._log_thresholds = _rows(np.log(THRESHOLDS_MA), self.diameters_um)
        self._chronaxies = _rows(CHRONAXIES_MS, self.diameters_um) * CHRONAXIE_GAIN.draw(rng)

    def _draw_gains(self, rng: np.random.Generator) -> None:
        insensitive = INSENSITIVE.draw(rng)
        self.gain = NERVE_GAIN.draw(rng) * (INSENSITIVE_GAIN.draw(rng) if insensitive else 1.0)
        self._inside_gain = INTRANEURAL_GAIN.draw(rng)
        silent, silent_ma = INTRANEURAL_SILENT.draw(rng), INTRANEURAL_SILENT_MA.draw(rng)
        if silent:
            deep = Tip(self.radius_mm - _INSIDE_MM, 0.0)
            self._inside_gain = 1.0
            self._inside_gain = silent_ma / float(self.thresholds_ma(deep, TABLE_WIDTH_MS).min())

    def distance_mm(self, tip: Tip) -> float:
        """Return the distance from the tip to the nerve's surface; negative inside the nerve."""
        return math.hypot(tip.ahead_mm, tip.aside_mm) - self.radius_mm

    def thresholds_ma(self, tip: Tip, width_ms: float) -> FloatArray:
        """Return the current each unit needs (units,) for a pulse of ``width_ms`` at ``tip``, trial noise left out.

        The table is interpolated in log distance, extrapolated beyond 30 mm, and multiplied by the nerve's gain.
        """
        apart = np.maximum(np.hypot(tip.ahead_mm - self._x, tip.aside_mm - self._y), DISTANCES_MM[0])
        log_apart = np.log(apart)
        left = np.clip(np.searchsorted(_LOG_DISTANCES, log_apart) - 1, 0, len(DISTANCES_MM) - 2)
        share = (log_apart - _LOG_DISTANCES[left]) / (_LOG_DISTANCES[left + 1] - _LOG_DISTANCES[left])
        units = np.arange(len(apart))
        log_ma = self._log_thresholds[units, left] * (1 - share) + self._log_thresholds[units, left + 1] * share
        inside = np.minimum(share, 1.0)
        chronaxies = self._chronaxies[units, left] * (1 - inside) + self._chronaxies[units, left + 1] * inside
        weiss = (1 + chronaxies / width_ms) / (1 + chronaxies / TABLE_WIDTH_MS)
        return np.asarray(np.exp(log_ma) * weiss * self._gain_at(self.distance_mm(tip)))

    def _gain_at(self, distance_mm: float) -> float:
        excess = 1 + CONTACT_EXCESS.value * math.exp(-max(distance_mm, 0.0) / EXCESS_LENGTH_MM.value)
        depth = min(max(-distance_mm / _INSIDE_MM, 0.0), 1.0)
        return float(self.gain * excess * self._inside_gain**depth)
