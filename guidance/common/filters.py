"""Butterworth filters for streams: their design, and the filter itself, the same however the stream is cut.

They need numpy and one routine of BLAS: scipy.signal takes more than a second to import.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

from guidance.common.lapack import dtbsv

FilterSection = tuple[float, float, float, float, float, float]
"""A second-order section as in scipy.signal: b0, b1, b2, 1, a1, a2."""

_Signal = NDArray[np.float64]

_MOST_SIZES = 4
"""A filter keeps the matrices of so many block sizes: a stream cut on a grid has blocks of two or three sizes."""


def butterworth(
    order: int, sample_rate_hz: float, low_hz: float | None = None, high_hz: float | None = None
) -> tuple[FilterSection, ...]:
    """Return the sections of a high-pass at ``low_hz``, a low-pass at ``high_hz``, or with both a band-pass.

    The analogue prototype has its poles evenly on a half circle (Butterworth 1930); bilinear transform, corners warped.
    Raises ValueError where a corner does not lie between 0 and half the sample rate.
    """
    corners = [hz for hz in (low_hz, high_hz) if hz is not None]
    if not corners or not all(0 < hz < sample_rate_hz / 2 for hz in corners) or sorted(corners) != corners:
        raise ValueError(f"corners of {corners} Hz do not make a filter at {sample_rate_hz:g} Hz")
    poles = np.exp(1j * math.pi * (2 * np.arange(1, order + 1) + order - 1) / (2 * order))
    warped = [math.tan(math.pi * hz / sample_rate_hz) for hz in corners]
    if len(warped) == 2:
        half = poles * (warped[1] - warped[0]) / 2
        root = np.sqrt(half**2 - warped[0] * warped[1])
        return _sections(np.concatenate([half + root, half - root]), [1.0] * order + [-1.0] * order, _middle(warped))
    if low_hz is not None:
        return _sections(warped[0] / poles, [1.0] * order, -1.0 + 0j)
    return _sections(warped[0] * poles, [-1.0] * order, 1.0 + 0j)


def _middle(warped: list[float]) -> complex:
    """Return the point of the unit circle at the middle of the band, where the gain is 1."""
    return cmath.exp(2j * math.atan(math.sqrt(warped[0] * warped[1])))


def _sections(poles: NDArray[np.complex128], zeros: list[float], unity: complex) -> tuple[FilterSection, ...]:
    """Return sections of the analogue ``poles``, with ``zeros`` in z, whose gain is 1 at ``unity`` in z."""
    digital = (1 + poles) / (1 - poles)
    real = sorted(pole.real for pole in digital if abs(pole.imag) < 1e-12)
    pairs = [(pole, pole.conjugate()) for pole in digital if pole.imag >= 1e-12]
    pairs += [(complex(real[i]), complex(real[i + 1])) for i in range(0, len(real) - 1, 2)]
    single = [complex(real[-1])] if len(real) % 2 else []
    high, low = zeros.count(1.0), zeros.count(-1.0)
    sections = []
    for first, second in [*pairs, *((pole, 0j) for pole in single)]:
        count = 2 if second != 0 else 1
        taken = [1.0] * min(high, count if not low else max(count - 1, 1))
        taken += [-1.0] * (count - len(taken))
        high, low = high - taken.count(1.0), low - taken.count(-1.0)
        numerator, denominator = np.poly(taken), np.poly([first, second][:count]).real
        gain = abs(np.polyval(denominator, unity) / np.polyval(numerator, unity))
        b = np.pad(gain * numerator, (0, 2 - count)).tolist()
        a = np.pad(denominator, (0, 2 - count)).tolist()
        sections.append((b[0], b[1], b[2], a[0], a[1], a[2]))
    return tuple(sections)


class StreamFilter:
    """A filter by ``sections`` of a stream of several channels. Its output never depends on how the stream is cut.

    A recursion is a triangular banded system of equations, so one call of a solver does all its steps.
    """

    def __init__(self, sections: tuple[FilterSection, ...], channels: int) -> None:
        """Begin with a stream that was zero."""
        self._sections = sections
        self._inputs = np.zeros((len(sections), 2, channels))
        self._outputs = np.zeros((len(sections), 2, channels))
        self._bands: dict[int, list[_Signal]] = {}

    def settle(self, values: _Signal) -> None:
        """Go to the state after an input that has been at ``values`` (channels,) for ever."""
        steady = np.asarray(values, float)
        for i, (b0, b1, b2, _, a1, a2) in enumerate(self._sections):
            self._inputs[i] = steady
            steady = steady * ((b0 + b1 + b2) / (1 + a1 + a2))
            self._outputs[i] = steady

    def filter(self, samples: _Signal) -> _Signal:
        """Return the next ``samples`` (samples, channels), filtered."""
        if not len(samples):
            return samples
        bands = self._bands_for(len(samples) + 2)
        for i, (b0, b1, b2, *_) in enumerate(self._sections):
            whole = np.concatenate([self._inputs[i], samples])
            driven = np.concatenate([self._outputs[i], b0 * whole[2:] + b1 * whole[1:-1] + b2 * whole[:-2]])
            if driven.shape[1] == 1:
                out = dtbsv(2, bands[i], driven[:, 0], lower=1, diag=1)[:, None]
            else:
                solved = [dtbsv(2, bands[i], driven[:, channel], lower=1, diag=1) for channel in range(driven.shape[1])]
                out = np.stack(solved, axis=1)
            self._inputs[i], self._outputs[i] = whole[-2:], out[-2:]
            samples = out[2:]
        return samples

    def _bands_for(self, rows: int) -> list[_Signal]:
        """Return each section's matrix in banded form; its first two rows leave the outputs before as they are."""
        if rows not in self._bands:
            while len(self._bands) >= _MOST_SIZES:
                del self._bands[next(iter(self._bands))]
            self._bands[rows] = [_band(section, rows) for section in self._sections]
        return self._bands[rows]


def _band(section: FilterSection, rows: int) -> _Signal:
    band = np.empty((3, rows), order="F")
    band[0], band[1], band[2] = 1.0, section[4], section[5]
    band[1, 0] = 0.0
    return band
