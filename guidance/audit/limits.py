"""Limits of chance for the charts of an audit: what a group of some size would show if it were like all others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import beta, binom

from guidance.audit.results import percentile


def limits_of_share(share: float, sizes: np.ndarray, inside: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest share that groups of ``sizes`` procedures show by chance with probability
    ``inside``, where each procedure has the event with probability ``share``: points of the binomial distribution.
    """
    low, high = (binom.ppf(p, sizes, share) / sizes for p in _tails(inside))
    return low, high


def limits_of_median(values: Mapping[float, int], sizes: np.ndarray, inside: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest median that groups of ``sizes`` procedures show by chance with probability
    ``inside``, where each procedure's amount is drawn from ``values``, which counts how often each occurs (at least
    one).

    The median of n is the order statistic of rank k = ceil(n / 2), as in ``percentile``. Its distribution function is
    that of Beta(k, n - k + 1) at the share of ``values`` at or below (David and Nagaraja, Order Statistics, 2003,
    section 2.1).
    """
    ranks = np.ceil(sizes / 2)
    low, high = (
        np.array([percentile(values, share) for share in np.asarray(beta.ppf(p, ranks, sizes - ranks + 1)).tolist()])
        for p in _tails(inside)
    )
    return low, high


def _tails(inside: float) -> tuple[float, float]:
    return (1 - inside) / 2, (1 + inside) / 2
