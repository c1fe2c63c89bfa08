"""Scales in steps of 1, 2 and 5: uV per half height of a plot, and the ticks of an axis."""

from __future__ import annotations

import math

import numpy as np

_SMALLEST_UV, _LARGEST_UV = 1.0, 100_000.0
_HEADROOM = 1.03
_SHRINK_BELOW = 0.35


def step_up(value: float) -> float:
    """Return the smallest of ... 1, 2, 5, 10, 20 ... that is at least ``value`` (> 0)."""
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step for step in (decade, 2 * decade, 5 * decade, 10 * decade) if step >= value * (1 - 1e-9))


def step_down(value: float) -> float:
    """Return the largest of ... 1, 2, 5, 10, 20 ... that is at most ``value`` (> 0)."""
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step for step in (10 * decade, 5 * decade, 2 * decade, decade) if step <= value * (1 + 1e-9))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most ``most`` (but at least one) round values from ``low`` to ``high``, evenly spaced."""
    spacing = step_up((high - low) / max(most, 1))
    return [float(tick) for tick in np.arange(math.ceil(low / spacing), math.floor(high / spacing) + 1) * spacing]


class Scale:
    """The scale of a plot in uV per half height: set by hand with ``step``, or following the signal while ``auto``."""

    def __init__(self, half_uv: float = 100.0) -> None:
        self.half_uv = half_uv
        self.auto = True

    def step(self, direction: int) -> None:
        """Take one step to more (+1) or fewer (-1) uV per half height; ends ``auto``."""
        self.auto = False
        wanted = step_up(self.half_uv * 1.5) if direction > 0 else step_down(self.half_uv / 1.5)
        self.half_uv = min(max(wanted, _SMALLEST_UV), _LARGEST_UV)

    def follow(self, peak_uv: float) -> None:
        """Fit a signal of ``peak_uv`` (>= 0) while ``auto``; shrink late, so that the picture stays calm."""
        wanted_uv = min(max(peak_uv * _HEADROOM, _SMALLEST_UV), _LARGEST_UV)
        if self.auto and not self.half_uv * _SHRINK_BELOW <= wanted_uv <= self.half_uv:
            self.half_uv = step_up(wanted_uv)
