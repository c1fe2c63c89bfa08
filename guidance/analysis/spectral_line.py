"""A single tone in a signal: interference of a device, a transmitter or a test signal, never a muscle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.basis import Array

_LOWEST_HZ = 20.0
"""Below it lie movement and the discharges of single motor units, whose rate is no tone."""
_HALF_WIDTH = 0.03
_HALF_WIDTH_HZ = 3.0
"""A line is as wide as this share of its frequency, and at least so many hertz: room for a slow change of its size."""


@dataclass(frozen=True, slots=True)
class SpectralLine:
    """The strongest line of a spectrum: its frequency, and its ``share`` of the power above 20 Hz."""

    hz: float
    share: float


def strongest_line(uv: Array, sample_rate_hz: float) -> SpectralLine | None:
    """Return the strongest line in ``uv`` (n,); None where there is no power above 20 Hz."""
    power = np.abs(np.fft.rfft((uv - uv.mean()) * np.hanning(len(uv)))) ** 2
    hz = np.fft.rfftfreq(len(uv), 1 / sample_rate_hz)
    power, hz = power[hz >= _LOWEST_HZ], hz[hz >= _LOWEST_HZ]
    total = float(power.sum())
    if total <= 0:
        return None
    top = float(hz[power.argmax()])
    near = np.abs(hz - top) <= max(_HALF_WIDTH_HZ, _HALF_WIDTH * top)
    return SpectralLine(top, float(power[near].sum()) / total)
