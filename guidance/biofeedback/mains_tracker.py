"""Mains interference tracked through rest and effort: the estimate learns mostly while the muscle is at rest.

signal/sweep/mains.py fits one stretch before a pulse instead; it explains why there are two, and what each leaves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import MAINS_HZ

Complex = NDArray[np.complex128]

BLOCK_S = 0.1
"""Whole periods of 50 and of 60 Hz, so that neither is taken for the other."""

_DRIFT = 0.06
"""Share of its amplitude by which a component may change in a block: mains frequency off by 0.1 Hz."""

_FLOOR_UV = 0.02
"""Least change of an amplitude in a block."""

_COLOURED = 4.0
"""EMG is not white: near the mains its density is set to this many times its mean."""

_UNKNOWN_UV2 = 1e6
"""Variance of an amplitude before the first block."""


class MainsTracker:
    """A filter for the mains of one channel: removes 50 and 60 Hz with their harmonics below ``top_hz``.

    A scalar Kalman filter tracks the complex amplitude of each component. A block of 0.1 s counts less, the more other
    signal it has. The mains removed from a block is predicted from the blocks before it, so nothing waits.
    """

    def __init__(self, sample_rate_hz: float, top_hz: float) -> None:
        """Filter a signal sampled at ``sample_rate_hz``."""
        self._block = max(1, round(BLOCK_S * sample_rate_hz))
        harmonics = sorted({hz * k for hz in MAINS_HZ for k in range(1, int(top_hz // hz) + 1)})
        self._fundamentals = [harmonics.index(hz) for hz in MAINS_HZ if hz in harmonics]
        turns = np.array(harmonics) / sample_rate_hz
        angles = 2 * math.pi * np.outer(np.arange(self._block), turns)
        self._basis = np.hstack([np.cos(angles), np.sin(angles)])
        self._inverse = np.linalg.pinv(self._basis)
        self._turned = np.exp(-2j * math.pi * turns * self._block)
        self._count = len(turns)
        self._density = _COLOURED * 4.0 / self._block
        self._amplitude: Complex = np.zeros(self._count, np.complex128)
        self._variance = np.full(self._count, _UNKNOWN_UV2)
        self._known = False
        self._waiting = np.zeros(0)
        self._estimate = np.zeros(self._block)
        self._complete = True

    @property
    def mains_uv(self) -> float | None:
        """Peak amplitude in uV of the stronger of 50 and 60 Hz, within the band; None if not known."""
        amplitudes = np.abs(self._amplitude[self._fundamentals])
        return float(amplitudes.max()) if self._known and len(amplitudes) else None

    def __call__(self, samples: Array, known: NDArray[np.bool_]) -> Array:
        """Return the next ``samples`` (n,) in uV without mains; skip learning in a block with samples not ``known``."""
        out = np.empty(len(samples))
        at = 0
        while at < len(samples):
            begin = len(self._waiting)
            part = samples[at : at + self._block - begin]
            out[at : at + len(part)] = part - self._estimate[begin : begin + len(part)]
            self._waiting = np.concatenate([self._waiting, part])
            self._complete &= bool(known[at : at + len(part)].all())
            at += len(part)
            if len(self._waiting) == self._block:
                self._learn()
        return out

    def _learn(self) -> None:
        """Update with the complete block, and predict the mains of the next one."""
        if self._complete:
            self._update(self._waiting)
        self._amplitude = self._amplitude / self._turned
        self._variance = self._variance + (_DRIFT * np.abs(self._amplitude)) ** 2 + _FLOOR_UV**2
        if self._known:
            self._estimate = self._basis @ np.concatenate([self._amplitude.real, -self._amplitude.imag])
        self._waiting, self._complete = np.zeros(0), True

    def _update(self, block: Array) -> None:
        weights = self._inverse @ block
        observed = weights[: self._count] - 1j * weights[self._count :]
        free = max(self._block - 2 * self._count, 1)
        left = block - self._basis @ weights
        noise = self._density * float(left @ left) / free + 1e-12
        gain = self._variance / (self._variance + noise)
        self._amplitude = self._amplitude + gain * (observed - self._amplitude)
        self._variance = (1 - gain) * self._variance
        self._known = True
