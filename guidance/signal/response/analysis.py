"""The analysis of one sweep: its components, the estimated response, p-values, and doubts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Pulse
from guidance.signal.response.components import SweepComponents, SweepFrame
from guidance.signal.response.matched_filter import ALIKE, SURELY_ALIKE, FilterBank
from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.response.sweep_result import Doubt
from guidance.signal.response.whitening import LowRankInverse
from guidance.signal.sweep.basis import Array

ALPHA = 0.01
"""A response counts as detected where its p-value is below this, if it is large enough to matter."""

LARGE_UV = 70.0
"""A response of this peak-to-peak size needs no stricter p-value than ALPHA, and may be a model for others."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What one sweep of ``frame`` showed.

    ``residual`` (n,): the whitened sweep without the expected artefact. ``separated``: the estimated response.
    ``chance``: the probability of as much without a response. ``p_value``: the same, but not below ALPHA where what
    stands out is too small for a response; the decision rests on it.
    ``hidden_uv``: size of the largest response that the sweep does not rule out; ``unresolved_uv``: the same where its
    largest wave, which is not significant, may be one. ``is_noisy``: the noise alone can hide one.
    ``doubt``: why the wave is not accepted as a response. ``is_known``: it has the shape of the trusted responses;
    ``is_opposite``: it has that shape inverted, so that a response was learned as artefact. ``late_ms``: where a late
    response begins, None without one; ``late_p_value``: its p-value. ``shape_p_value``: that of the known
    shape, None where none is known; ``turned_p_value``: that of the known shape inverted. ``artefact_share``: the share
    of what stands out that the expected artefact, larger or smaller, explains; 0 where nothing stands out.
    """

    pulse: Pulse
    frame: SweepFrame
    components: SweepComponents
    sweep: Array
    residual: Array
    separated: SeparatedSweep
    chance: float
    p_value: float
    hidden_uv: float
    unresolved_uv: float
    is_noisy: bool
    doubt: Doubt | None
    alike: float
    is_opposite: bool
    late_ms: float | None
    late_p_value: float
    turned_p_value: float
    shape_p_value: float | None
    artefact_share: float

    @property
    def is_known(self) -> bool:
        """Whether it has the shape that trusted responses had."""
        return self.alike >= ALIKE

    @property
    def is_surely_known(self) -> bool:
        """Whether its shape alone distinguishes it from a contraction."""
        return self.alike >= SURELY_ALIKE

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where the response may be (n,): in the visible window, before a late response."""
        inside = inside_window(self.frame, self.components)
        return inside if self.late_ms is None else inside & (self.frame.times < self.late_ms)

    @property
    def visible_ms(self) -> float:
        """Time after the pulse from which the sweep is visible within the window."""
        return max(self.frame.window_ms[0], self.components.conditions.blind_ms)

    @property
    def amplifier_doubt(self) -> Doubt | None:
        """The state of the amplifier that hides a part of the window; None where it hides none."""
        conditions = self.components.conditions
        if conditions.blanked_ms > self.frame.window_ms[0]:
            return Doubt.BLANKING
        return Doubt.OVERLOAD if conditions.is_overloaded else None


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFilters:
    """All that a sweep of this setting is judged with, laid out before it is there."""

    components: SweepComponents
    nuisance_inverse: LowRankInverse
    unknown: FilterBank
    known: Array | None


def inside_window(frame: SweepFrame, components: SweepComponents) -> NDArray[np.bool_]:
    """Return where a response may be seen (n,): in the window, and after the artefact's blind time."""
    return np.asarray(frame.times >= max(frame.window_ms[0], components.conditions.blind_ms))
