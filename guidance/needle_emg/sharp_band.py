"""The sharp part of needle EMG, in which near motor units differ most: band-passed, at about 10 kHz, with its noise."""

from __future__ import annotations

from collections import deque

import numpy as np

from guidance.needle_emg.bandpass import Bandpass
from guidance.signal.sweep.basis import Array

LOW_HZ, HIGH_HZ = 400.0, 4000.0
"""The slow part of a potential comes from far fibres, is alike in all units, and overlaps its neighbours for longer.
Tuned on simulated muscles."""

_WORK_HZ = 10_000.0
_TOP_SHARE = 0.42
"""The upper corner as a share of the working rate at most, so that little folds back."""

_CELL_MS, _CELLS = 2.5, 4000
_NOISE_PERCENTILE, _NOISE_BIAS = 20.0, 1.12
"""The noise is this percentile of the standard deviations of the newest cells (10 s), times the bias of that for
Gaussian noise: with 90 potentials a second a fifth of the cells is still free of them."""

_LEAST_NOISE_UV = 0.3
"""No input is quieter, and a flat one must not make its last bit a potential."""


class SharpBand:
    """A streaming filter to LOW_HZ .. HIGH_HZ at ``rate_hz``, every ``step``-th sample, and the noise of the result."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Filter a signal of ``sample_rate_hz``."""
        self.step = max(1, int(sample_rate_hz // _WORK_HZ))
        self.rate_hz = sample_rate_hz / self.step
        self._band = Bandpass(LOW_HZ, min(HIGH_HZ, _TOP_SHARE * self.rate_hz), sample_rate_hz, order=2)
        self._taken = 0
        self._cell = max(4, round(_CELL_MS * self.rate_hz / 1e3))
        self._spreads: deque[float] = deque(maxlen=_CELLS)

    def __call__(self, samples: Array) -> Array:
        """Filter the next ``samples`` (n,) in uV; return those at the working rate."""
        filtered = self._band(samples)
        first = -self._taken % self.step
        self._taken += len(samples)
        return np.asarray(filtered[first :: self.step])

    def learn_noise(self, sharp: Array) -> None:
        """Learn the noise from ``sharp``, filtered samples; cells without any spread are lost samples."""
        cells = sharp[: len(sharp) // self._cell * self._cell].reshape(-1, self._cell).std(axis=1)
        self._spreads.extend(cells[cells > 0].tolist())

    @property
    def background_uv(self) -> float:
        """Median standard deviation of the cells in uV: the noise with the small potentials of far units in it."""
        return float(np.median(self._spreads)) if self._spreads else _LEAST_NOISE_UV

    @property
    def noise_uv(self) -> float | None:
        """Standard deviation of the noise in uV; None before any is known."""
        if not self._spreads:
            return None
        spreads = np.fromiter(self._spreads, float)
        return max(_NOISE_BIAS * float(np.percentile(spreads, _NOISE_PERCENTILE)), _LEAST_NOISE_UV)
