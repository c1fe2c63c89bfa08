"""Zones of the tip's proximity: their names, where each begins, how probable each is, and which one is reported.

Edges are thresholds in mA at 0.1 ms or, of a needle guided by its own EMG, rise times in ms. A zone whose far edge does
not lie beyond its near one is empty: what two zones claim belongs to the nearer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guidance.protocol import DEFAULT_LOWER_BOUND_MA, DEFAULT_TARGET_MA, Protocol

ZONES = ("none", "far", "approach", "target", "close")
"""From far to near; ``none`` is beyond all currents tried."""

APPROACH_MA = 1.0
"""Where ``approach`` begins, in mA at 0.1 ms: twice the usual target (a judgement, unsourced)."""


class Edges(NamedTuple):
    """Where ``approach``, ``target`` and ``close`` begin, from far to near: in mA at 0.1 ms, or in ms of rise time."""

    approach: float
    target: float
    close: float

    def spans(self) -> dict[str, tuple[float, float]]:
        """Return the near and the far end of each zone but ``none``, from far to near."""
        ends = (math.inf, *self, 0.0)
        return {zone: (ends[i + 1], ends[i]) for i, zone in enumerate(ZONES[1:])}


def ordered_edges(target: float, close: float, approach: float = APPROACH_MA) -> Edges:
    """Return edges in order: one that would lie nearer than the next is moved out to it, and leaves its zone empty."""
    target = max(target, close)
    return Edges(max(approach, target), target, close)


def edges_of(protocol: Protocol) -> Edges:
    """Return the edges of ``protocol`` in mA at 0.1 ms."""
    return ordered_edges(protocol.target_ma, protocol.lower_bound_ma)


USUAL_EDGES_MA = ordered_edges(DEFAULT_TARGET_MA, DEFAULT_LOWER_BOUND_MA)


def probabilities(
    ln_ma: NDArray[np.floating], weights: NDArray[np.floating], beyond: NDArray[np.bool_], edges: Edges
) -> dict[str, float]:
    """Return the probability of each zone, in the order of ``ZONES``, to four digits.

    ``ln_ma`` (particles,) are logarithms of thresholds in mA at 0.1 ms, ``weights`` sum to 1, and particles ``beyond``
    all currents tried are in ``none``. An edge belongs to the nearer zone.
    """
    reached = np.where(beyond, 0.0, weights)
    tops = [math.log(edge) for edge in ordered_edges(edges.target, edges.close, edges.approach)]
    within = [1.0, *(float(reached @ (ln_ma <= top)) for top in (math.inf, *tops)), 0.0]
    shares = -np.diff(within)
    return {zone: round(min(max(share, 0.0), 1.0), 4) + 0.0 for zone, share in zip(ZONES, shares.tolist(), strict=True)}


def completed(shares: dict[str, float]) -> dict[str, float]:
    """Return ``shares`` with every zone in its order; a zone that is not named has none."""
    return dict.fromkeys(ZONES, 0.0) | shares


def likeliest(probability: dict[str, float]) -> str:
    """Return the most probable zone; of two that are equal, the one named first."""
    return max(probability, key=lambda zone: probability[zone])
