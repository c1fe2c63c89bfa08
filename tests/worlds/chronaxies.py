"""How the threshold of a simulated nerve goes with the pulse width, by models that disagree; for ``bench_widths``.

The program's own guess (``guidance/proximity/width_evidence.py``) is none of these tables, but wide enough for all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.fibre_table import CHRONAXIES_MS, DISTANCES_MM
from tests.worlds import sweeney

Array = NDArray[np.float64]
WidthLaw = Callable[[float, float], float]
"""Threshold at a width in ms over that at 0.1 ms, at a distance in mm."""

SHORT_MS = 0.1
SWEENEY_RATIOS = (
    (1.222, 0.900, 0.903),
    (1.223, 0.901, 0.902),
    (1.231, 0.899, 0.898),
    (1.252, 0.891, 0.890),
    (1.270, 0.884, 0.882),
    (1.295, 0.872, 0.870),
    (1.316, 0.863, 0.860),
    (1.327, 0.856, 0.854),
)
"""Thresholds at 0.05, 0.3 and 1 ms over that at 0.1 ms, a row for each distance, as ``sweeney`` prints them."""


def weiss(chronaxie_ms: float, width_ms: float) -> float:
    """Threshold at ``width_ms`` over that at 0.1 ms."""
    return (1 + chronaxie_ms / width_ms) / (1 + chronaxie_ms / SHORT_MS)


def double_cable(rng: np.random.Generator) -> WidthLaw:
    """McIntyre, Richardson and Grill: the table's chronaxies of one axon, 0.6 to 1.4 times as long."""
    column = CHRONAXIES_MS[int(rng.integers(len(CHRONAXIES_MS)))] * float(rng.uniform(0.6, 1.4))
    return lambda r, width: weiss(float(np.interp(np.log(r + 0.1), np.log(DISTANCES_MM), column)), width)


def sweeney_like(_rng: np.random.Generator) -> WidthLaw:
    """Sweeney, Mortimer and Durand: thresholds as computed, no law fitted."""
    widths = np.log(np.array(sweeney.WIDTHS_MS))
    short = np.insert(np.log(np.array(SWEENEY_RATIOS)), 1, 0.0, axis=1)

    def ratio(r: float, width_ms: float) -> float:
        row = [np.interp(r, sweeney.DISTANCES_MM, column) for column in short.T]
        return float(np.exp(np.interp(np.log(width_ms), widths, row)))

    return ratio


def constant(rng: np.random.Generator) -> WidthLaw:
    """Weiss with one chronaxie at all distances, 0.05 to 0.17 ms: textbook to needle in pig."""
    chronaxie_ms = float(rng.uniform(0.05, 0.17))
    return lambda _r, width_ms: weiss(chronaxie_ms, width_ms)


LAWS: dict[str, Callable[[np.random.Generator], WidthLaw]] = {
    "double cable (MRG)": double_cable,
    "Sweeney": sweeney_like,
    "constant, 0.05-0.17 ms": constant,
}
