"""Potential of one muscle fibre at a needle's tip: a line source in an anisotropic volume conductor.

The membrane potential is Rosenfalck's (1969), V(z) = 96 z^3 exp(-z) mV with z behind the front in mm, here steeper; its
second derivative along the fibre is the source (Plonsey's line-source model; Nandedkar and Stalberg 1983 use the same).
Two fronts leave the end-plate in opposite directions: near it the potential begins negative, elsewhere positive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.draws import Known

ANISOTROPY = Known(5.0, "conductivity along fibres over that across", "modelled")
TIP_MM = Known(0.08, "least effective distance of a fibre from a tip of finite size", "assumed")
STEEPNESS = Known(2.0, "per mm: a front as steep as in single-fibre potentials, which rise in some 0.2 ms", "assumed")
SPEED_MM_MS = Known(4.0, "conduction velocity along a muscle fibre, for which the table is computed", "modelled")

STEP_MS = 0.025
LENGTH_MS = 15.0
"""Length of a potential, shorter than the fronts take to the ends of the fibre: the ends are left out."""
_CELL_MM = 0.05
_REACH_MM = 70.0
_OFFSETS_MM = np.array([0.0, 0.3, 0.7, 1.5, 3.0, 6.0, 10.0, 16.0, 24.0, 34.0])
_RADII_MM = np.geomspace(0.05, 8.0, 24)
_UNIT_UV = 900.0
_FADE_MS = 2.0


class FibreField:
    """Potentials (offset, radius, time) of a fibre: 900 uV peak to peak at 0.1 mm, far from its end-plate."""

    def __init__(self) -> None:
        """Compute the table."""
        z = np.arange(-_REACH_MM, _REACH_MM, _CELL_MM)
        times = np.arange(0.0, LENGTH_MS, STEP_MS)
        behind = SPEED_MM_MS.value * times[:, None] - np.abs(z)
        depth = STEEPNESS.value * np.clip(behind, 0.0, None)
        source = np.diff(96 * depth**3 * np.exp(-depth), 2, axis=1)
        away = z[1:-1] - _OFFSETS_MM[:, None]
        radius = np.hypot(_RADII_MM, TIP_MM.value)
        weight = 1 / np.sqrt(away[:, None, :] ** 2 + ANISOTROPY.value * radius[:, None] ** 2)
        waves = weight @ source.T
        waves = (waves - waves[..., :1]) * np.clip((LENGTH_MS - times) / _FADE_MS, 0.0, 1.0)
        near = waves[_OFFSETS_MM == 10.0, int(np.abs(_RADII_MM - 0.1).argmin())]
        self._waves = (waves * (_UNIT_UV / np.ptp(near))).astype(np.float32)

    def sum(
        self, radii_mm: NDArray[np.float64], offsets_mm: NDArray[np.float64], late_ms: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return the sum (times,) in uV, every 0.025 ms, of fibres at ``radii_mm`` from the tip.

        Their end-plates lie ``offsets_mm`` away along the fibre, and each is delayed by ``late_ms``.
        """
        at = np.interp(np.log(np.clip(radii_mm, _RADII_MM[0], _RADII_MM[-1])), np.log(_RADII_MM), np.arange(24.0))
        low = np.minimum(at.astype(int), 22)
        share = (at - low)[:, None].astype(np.float32)
        nearest = np.abs(np.abs(offsets_mm)[:, None] - _OFFSETS_MM).argmin(axis=1)
        waves = (1 - share) * self._waves[nearest, low] + share * self._waves[nearest, low + 1]
        shift_ms = late_ms + (np.abs(offsets_mm) - _OFFSETS_MM[nearest]) / SPEED_MM_MS.value
        index = np.arange(waves.shape[1]) - np.round(shift_ms / STEP_MS).astype(int)[:, None]
        known = (index >= 0) & (index < waves.shape[1])
        taken = np.take_along_axis(waves, np.clip(index, 0, waves.shape[1] - 1), axis=1)
        return np.asarray((taken * known).sum(axis=0))
