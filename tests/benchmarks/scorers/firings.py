"""How firings that were found compare with the true ones: detection, and sorting unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.float64]

DETECTED_MS = 2.5
"""A detected potential lies within this of a true main peak; a potential of several peaks may be marked at another."""

SORTED_MS, LAG_MS = 1.0, 3.0
"""A sorted firing lies within the first of the true one, after a constant lag of its label, at most the second."""


@dataclass(frozen=True, slots=True)
class Firings:
    """Times in s of what was found, and the label of each; -1 is unsorted."""

    times_s: Array
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FiringScore:
    """Scores of one recording: shares from 0 to 1, ``sorted_share`` TP/(TP+FP+FN) of each true unit."""

    sensitivity: float
    precision: float
    sorted_share: tuple[float, ...]
    labels_per_unit: float


def score(found: Firings, truth: Sequence[Array]) -> FiringScore:
    """Score ``found`` against ``truth``, the times in s of each unit; a label counts from two firings on."""
    everything = np.sort(np.concatenate(list(truth)))
    hits = _matched(np.sort(found.times_s), everything, DETECTED_MS / 1e3)
    labels = [label for label in np.unique(found.labels) if label >= 0 and (found.labels == label).sum() >= 2]
    shares = np.zeros((len(truth), max(len(labels), 1)))
    for column, label in enumerate(labels):
        times = np.sort(found.times_s[found.labels == label])
        for row, unit in enumerate(truth):
            both = _best_hits(times, unit)
            shares[row, column] = both / max(len(times) + len(unit) - both, 1)
    rows, columns = linear_sum_assignment(-shares)
    best = np.zeros(len(truth))
    best[rows] = shares[rows, columns]
    return FiringScore(
        hits / max(len(everything), 1), hits / max(len(found.times_s), 1), tuple(best), len(labels) / len(truth)
    )


def _best_hits(times: Array, unit: Array) -> int:
    """Return how many of ``times`` are firings of ``unit``, at the constant lag that makes most of them so."""
    if not len(times) or not len(unit):
        return 0
    apart = (times[:, None] - unit[None, :]).ravel() * 1e3
    counts, edges = np.histogram(apart, np.arange(-LAG_MS, LAG_MS + 0.2, 0.2))
    lag_ms = float(edges[int(np.convolve(counts, np.ones(3), "same").argmax())]) + 0.1
    return _matched(times - lag_ms / 1e3, unit, SORTED_MS / 1e3)


def _matched(found: Array, true: Array, within_s: float) -> int:
    """Return how many of the sorted ``found`` are matched to one of the sorted ``true``, one to one, in their order."""
    at = hits = 0
    for time_s in found:
        while at < len(true) and true[at] < time_s - within_s:
            at += 1
        if at < len(true) and true[at] <= time_s + within_s:
            hits, at = hits + 1, at + 1
    return hits
