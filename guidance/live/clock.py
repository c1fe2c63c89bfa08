"""How far a device's sample clock is from the host's, from when its samples arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import linregress, t

BIN_S = 0.2
_LEAST_BINS = 8


@dataclass(frozen=True, slots=True)
class Drift:
    """Parts per million by which a clock is fast (negative: slow), give or take ``uncertainty_ppm`` (95 %)."""

    ppm: float
    uncertainty_ppm: float


def drift(samples: Sequence[int], arrived_ns: Sequence[int], rate_hz: float) -> Drift | None:
    """The drift of a clock that says ``rate_hz``, of which ``samples`` had been counted at host times ``arrived_ns``.

    Bytes are only ever late, so of each fifth of a second the earliest counts; a line through those. None if they are
    too few to tell.
    """
    if not samples:
        return None
    due_s = np.asarray(samples, np.float64) / rate_hz
    late_s = (np.asarray(arrived_ns, np.int64) - arrived_ns[0]) / 1e9 - due_s
    bins = np.floor((due_s - due_s[0]) / BIN_S).astype(int)
    earliest = [np.flatnonzero(bins == b)[np.argmin(late_s[bins == b])] for b in np.unique(bins)[:-1]]
    if len(earliest) < _LEAST_BINS:
        return None
    line = linregress(due_s[earliest], late_s[earliest])
    slope, spread = float(line.slope), float(t.ppf(0.975, len(earliest) - 2)) * float(line.stderr)
    return Drift(ppm=-slope / (1 + slope) * 1e6, uncertainty_ppm=spread * 1e6)
