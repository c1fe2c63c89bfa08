"""Sample rate of a device without sample numbers or time stamps, estimated from the arrival of its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BINS = 16


def earliest_in(bins: NDArray[np.int_], late_s: NDArray[np.float64]) -> list[int]:
    """Return the index of the least ``late_s`` (n,) in each of ``bins`` (n,), in rising order of the bins.

    Bytes can only arrive late, so the earliest arrivals show the device's clock best.
    """
    return [int(np.flatnonzero(bins == each)[np.argmin(late_s[bins == each])]) for each in np.unique(bins)]


def rate_from_arrival(counted: Sequence[int], arrived_ns: Sequence[int]) -> float | None:
    """Return the samples a second, where ``counted`` samples in all had arrived by the host times ``arrived_ns``.

    None for fewer than 16 times. Bytes can only arrive late, so a line is fitted through the earliest arrival of each
    sixteenth of the samples.
    """
    if len(counted) < BINS:
        return None
    samples, seconds = np.asarray(counted, np.float64), (np.asarray(arrived_ns) - arrived_ns[0]) / 1e9
    mean_s = (seconds[-1] - seconds[0]) / (samples[-1] - samples[0]) if samples[-1] > samples[0] else 0.0
    if mean_s <= 0:
        return None
    late_s = seconds - samples * mean_s
    bins = np.minimum(((samples - samples[0]) / (samples[-1] - samples[0]) * BINS).astype(int), BINS - 1)
    earliest = earliest_in(bins, late_s)
    slope = np.polynomial.Polynomial.fit(samples[earliest], seconds[earliest], 1).convert().coef[1]
    return float(1 / slope)
