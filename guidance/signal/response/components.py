"""Components of a sweep beside noise and response: its frame, its conditions and the expected artefact."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Pulse
from guidance.signal.response.artefact import ArtefactModel, ArtefactStrength
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis
from guidance.signal.sweep.basis import Array, SweepGrid, response_covariance

USUAL_WIDTH_MS = 0.1
"""Width of a pulse in ms where it is not known: the usual one of nerve stimulators."""


@dataclass(frozen=True, slots=True, eq=False)
class SweepFrame:
    """A grid of sweeps for one window, its times (n,) in ms, and the prior covariance of a response of unit size."""

    window_ms: tuple[float, float]
    grid: SweepGrid
    times: Array
    response: Array

    @classmethod
    def over(cls, window_ms: tuple[float, float], sample_rate_hz: float) -> SweepFrame:
        """Return the frame of sweeps of a device at ``sample_rate_hz``."""
        grid = SweepGrid.over(window_ms, sample_rate_hz)
        return cls(window_ms, grid, grid.times, response_covariance(grid.times, window_ms))

    def basis(self, noise: NoiseModel) -> WhitenedBasis:
        """Return the coordinates for sweeps of this frame in ``noise``."""
        return WhitenedBasis(noise.covariance(self.times), self.response)


@dataclass(frozen=True, slots=True)
class SweepConditions:
    """What decides how a sweep is made up: how strong the pulse was, up to when the artefact blinds, the noise; when
    the overload ended (the pulse, where there was none) and how large it was in uV, both rounded, and whether it
    ``is_overloaded``.
    """

    strength: ArtefactStrength
    blind_ms: float
    unit_uv: float
    end_ms: float
    size_uv: float
    is_overloaded: bool
    blanked_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class SweepComponents:
    """What lies beside noise and response in a sweep of this ``conditions``: the artefact expected (n,) in uV, in time;
    in the coordinates of its space and units of the noise the ``columns`` (n, k) in which the artefact may differ,
    ``recovered`` (n, r), the amplifier's recovery from it,
    ``blind`` (n, b), samples not to be trusted where it is steep or clipped, and ``spread`` (n,), the variance of noise
    and rough rest. ``nuisance_inverse`` inverts the covariance of all but a response.
    """

    conditions: SweepConditions
    artefact: ArtefactModel
    mean: Array
    columns: Array
    recovered: Array
    blind: Array
    spread: Array
    nuisance_inverse: LowRankInverse


def charge_of(pulse: Pulse) -> float | None:
    """Return the charge of ``pulse`` in mA ms, as of 0.1 ms where its width is not known; None without a current."""
    return pulse.current_ma * (pulse.width_ms or USUAL_WIDTH_MS) if pulse.current_ma else pulse.current_ma
