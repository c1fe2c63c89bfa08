"""What a sweep may be made of: artefact, baseline and response, as functions of the time after the pulse.

All times are in ms after the pulse. The artefact's tail is a sum of decaying exponentials (electrode and amplifier
discharge); responses are smooth and begin inside the window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST_MS = 0.5
"""Nothing before this time is ever used: the pulse itself."""

_TAIL_MS = (0.7, 2.0, 6.0, 18.0, 54.0)
_ONSET_RAMP_MS = 1.0
_SWEEP_RATE_HZ = 8000.0
_SHORTEST_MS, _WIDTH_STEP, _LONGEST_MS = 0.8, 1.5, 8.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The samples of a sweep: from ``first`` raw samples after the pulse on, ``count`` means of ``factor`` each.

    Responses end below 2 kHz, so a sweep is kept at 8 to 16 kHz whatever the device's rate.
    """

    rate_hz: float
    first: int
    factor: int
    count: int

    @classmethod
    def over(cls, window_ms: tuple[float, float], rate_hz: float) -> Grid:
        """The grid from FIRST_MS to the end of ``window_ms`` for a device at ``rate_hz``."""
        first = round(FIRST_MS * rate_hz / 1e3)
        factor = max(1, int(rate_hz // _SWEEP_RATE_HZ))
        last = int(window_ms[1] * rate_hz / 1e3 + 1e-6)
        return cls(rate_hz, first, factor, (last + 1 - first) // factor)

    @property
    def stop(self) -> int:
        """Raw samples from the pulse to the first one after the sweep."""
        return self.first + self.count * self.factor

    @property
    def times(self) -> Array:
        """Times of the sweep's samples in ms after the pulse, shape (count,)."""
        middle = self.first + (self.factor - 1) / 2
        return np.asarray((middle + self.factor * np.arange(self.count)) * 1e3 / self.rate_hz)

    def means(self, raw: Array) -> Array:
        """``raw`` (..., count * factor) brought to this grid, shape (..., count)."""
        return np.asarray(raw.reshape(*raw.shape[:-1], self.count, self.factor).mean(axis=-1))


def nuisance(times: Array, tail_sd: float) -> tuple[Array, Array]:
    """Baseline, drift and artefact tail: columns (n, k) and the prior standard deviation of each (k,).

    Units are the sweep's noise; ``tail_sd`` is how large each exponential of the tail may be. The baseline has been
    measured just before the pulse, so its prior is narrow.
    """
    tails = [t for t in _TAIL_MS if t < 3 * times[-1]]
    columns = [np.ones_like(times), times / times[-1], *(np.exp(-times / t) for t in tails)]
    return np.stack(columns, axis=1), np.array([3.0, 5.0, *[tail_sd] * len(tails)])


def response_covariance(times: Array, window_ms: tuple[float, float], correlation_ms: float = 1.0) -> Array:
    """Prior covariance (n, n) of a response of unit size: Matern 3/2, rising from nothing 1 ms before the window."""
    ramp = np.clip((times - window_ms[0] + _ONSET_RAMP_MS) / _ONSET_RAMP_MS, 0.0, 1.0)
    lag = np.sqrt(3.0) * np.abs(times[:, None] - times[None, :]) / correlation_ms
    return np.asarray((1.0 + lag) * np.exp(-lag) * ramp[:, None] * ramp[None, :])


def response_shapes(times: Array, window_ms: tuple[float, float]) -> Array:
    """Pairs of shapes (pairs, 2, n) that together match a bi- or triphasic wave of any phase.

    First and second derivative of a Gaussian, at widths of 0.8 to 8 ms and at every place in the window.
    """
    pairs: list[tuple[Array, Array]] = []
    width = _SHORTEST_MS
    start, stop = window_ms
    while width == _SHORTEST_MS or (width < _LONGEST_MS and 3.2 * width <= stop - start):
        centre = start + min(1.5 * width, (stop - start) / 2)
        while centre < stop - 0.5 * width or not pairs:
            u = (times - centre) / width
            bell = np.exp(-0.5 * u * u)
            pairs.append((u * bell, (u * u - 1.0) * bell))
            centre += 0.75 * width
        width *= _WIDTH_STEP
    return np.array(pairs)
