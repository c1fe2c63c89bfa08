"""Filters of input stages, sample by sample, in numpy alone: scipy would take a second to import."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from drivers.simulated.draws import FloatArray
from drivers.simulated.front_ends.stage import Scene

Biquad = tuple[float, float, float, float, float]
"""A second-order section: b0, b1, b2, a1, a2, with a0 = 1."""

_MOST = 64
"""Samples that are filtered at once."""

_HIGHEST = 0.45
"""No corner lies above this share of the sample rate."""


def low_pass(hz: float, sample_rate_hz: float) -> Biquad:
    """Return a Butterworth low-pass of order 2 (bilinear transform)."""
    k, norm = _prewarped(hz, sample_rate_hz)
    return k * k / norm, 2 * k * k / norm, k * k / norm, *_poles(k, norm)


def high_pass(hz: float, sample_rate_hz: float, order: int = 2) -> Biquad:
    """Return a Butterworth high-pass of order 1 or 2 (bilinear transform)."""
    k, norm = _prewarped(hz, sample_rate_hz)
    if order == 1:
        return 1 / (1 + k), -1 / (1 + k), 0.0, (k - 1) / (k + 1), 0.0
    return 1 / norm, -2 / norm, 1 / norm, *_poles(k, norm)


def notch(hz: float, quality: float, sample_rate_hz: float) -> Biquad:
    """Return a notch at ``hz`` of that quality (bilinear transform)."""
    omega = 2 * math.pi * hz / sample_rate_hz
    gain = 1 / (1 + math.tan(omega / (2 * quality)))
    middle = -2 * gain * math.cos(omega)
    return gain, middle, gain, middle, 2 * gain - 1


def _prewarped(hz: float, sample_rate_hz: float) -> tuple[float, float]:
    k = math.tan(math.pi * min(hz / sample_rate_hz, _HIGHEST))
    return k, 1 + math.sqrt(2) * k + k * k


def _poles(k: float, norm: float) -> tuple[float, float]:
    return 2 * (k * k - 1) / norm, (1 - math.sqrt(2) * k + k * k) / norm


class Filter:
    """A cascade of second-order sections over all channels, with zero initial state.

    Output and state are linear in state and input, so a few matrices do many samples at once.
    """

    def __init__(self, scene: Scene, sections: Sequence[Biquad]) -> None:
        """Filter the channels of ``scene`` by ``sections``."""
        order = 2 * len(sections)
        step = np.array([_step(sections, unit) for unit in np.eye(order + 1)]).T
        a, b, c, d = step[:order, :order], step[:order, order], step[order, :order], step[order, order]
        self._state = np.zeros((order, scene.channels))
        self._powers = [np.linalg.matrix_power(a, k) for k in range(_MOST + 1)]
        self._inputs = np.array([power @ b for power in self._powers])
        self._outputs = np.array([c @ power for power in self._powers])
        impulse = np.concatenate([[d], self._inputs @ c])
        lag = np.subtract.outer(np.arange(_MOST), np.arange(_MOST))
        self._impulses = np.where(lag >= 0, impulse[np.maximum(lag, 0)], 0.0)

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``, filtered."""
        del pulses
        return np.concatenate([self._part(uv[at : at + _MOST]) for at in range(0, len(uv), _MOST)] or [uv])

    def _part(self, uv: FloatArray) -> FloatArray:
        n = len(uv)
        out = self._outputs[:n] @ self._state + self._impulses[:n, :n] @ uv
        self._state = self._powers[n] @ self._state + self._inputs[:n][::-1].T @ uv
        return np.asarray(out)


def _step(sections: Sequence[Biquad], unit: FloatArray) -> list[float]:
    """Return next state and output for state and input ``unit`` (transposed direct form II)."""
    state, value = list(unit[:-1]), float(unit[-1])
    for i, (b0, b1, b2, a1, a2) in enumerate(sections):
        result = b0 * value + state[2 * i]
        state[2 * i] = b1 * value - a1 * result + state[2 * i + 1]
        state[2 * i + 1] = b2 * value - a2 * result
        value = result
    return [*state, value]
