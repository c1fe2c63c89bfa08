"""Learning from analysed sweeps: the artefact, the shape of the response, and sweeps without a response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivers.base import DeviceInfo
from guidance.signal.response.analysis import ALPHA, LARGE_UV, Analysis
from guidance.signal.response.components import SweepFrame, charge_of
from guidance.signal.response.contrast import Contrast
from guidance.signal.response.matched_filter import ALIKE, LearnedTemplate
from guidance.signal.response.measures import peak_to_peak
from guidance.signal.response.sweep_model import SweepModel
from guidance.signal.response.sweep_result import Doubt
from guidance.signal.response.whitening import WhitenedBasis
from guidance.signal.sweep.basis import Array

_EMPTY = 0.05
"""A sweep whose p-value is above this counts as empty, up to the size that could hide in it."""

SUSPECT, _SURE = 0.3, 1e-4
"""Below the first p-value a sweep may hold a response; below the second the response is sure."""

_AT_ONCE_MS = 3.0
"""What follows so long after the visible begin may be a response, even where its begin is an artefact."""

_FIRST, _NOT_YET = 5, 3e-3
"""Until so many sweeps were learned, a wave above this p-value is learned as artefact."""

_PATIENCE = 2
"""After so many sweeps in a row without contrast the artefact is learned again from those of lowest charge."""

_COMPARABLE = 1.3
"""Charges within this factor are one: an artefact that grows by so much in proportion, and a response that does not,
differ by far more than the noise (a judgement)."""

_TRUSTED, WELL_KNOWN = 3, 6
"""The known shape is trusted once so many responses were, or two sure ones that are alike; it is well known once the
second number were."""

_AS_LARGE = 3.0
"""A response that may be in the sweep is given this many times the size of the wave found."""


class SweepLearner:
    """What one channel has learned from its sweeps: artefact, shape of the response, and sweeps without one."""

    def __init__(self, frame: SweepFrame, longest: SweepFrame, info: DeviceInfo, channel: int) -> None:
        """Begin without knowledge."""
        self._frame = frame
        self.model = SweepModel(frame, longest, info, channel)
        self.template = LearnedTemplate()
        self.contrast = Contrast()
        self.trusted = 0
        self.last_unlike = np.zeros(len(frame.times))
        self._without_contrast = 0
        self._adopted: float | None = None

    def may_hold_response(self, analysis: Analysis) -> bool:
        """Return whether a large wave was learned as artefact, without contrast, at a strength comparable to that of
        ``analysis``.

        A sweep that looks the same then shows no absence: the wave may be a response that was there from the start.
        """
        strength = _strength_of(analysis)
        if self._adopted is None or not strength:
            return False
        return max(strength, self._adopted) < _COMPARABLE * min(strength, self._adopted)

    def learn(self, analysis: Analysis, basis: WhitenedBasis, windows: Sequence[Array], *, silent: bool) -> None:
        """Learn from a sweep in ``basis``; ``windows`` are null windows, in time and units of the noise.

        All that a ``silent`` pulse evokes, one known to be below threshold, is learned as artefact.
        """
        charge = charge_of(analysis.pulse)
        if analysis.p_value < ALPHA and not analysis.is_known:
            self.last_unlike = np.where(analysis.inside, analysis.separated.mean, 0.0)
        self.model.keep(analysis.components, analysis.sweep, charge)
        if silent:
            self.model.adopt(analysis.components, analysis.sweep, analysis.residual, self._frame, basis)
        elif analysis.doubt is not None and analysis.doubt is not Doubt.BURST and analysis.p_value < ALPHA:
            self._learn_without_contrast(analysis, charge, basis)
        else:
            self._without_contrast = 0
            self._learn_from(analysis, charge, basis, windows)

    def _learn_without_contrast(self, analysis: Analysis, charge: float | None, basis: WhitenedBasis) -> None:
        """Learn the sweep as artefact if no sweep was ever empty; else wait for a second doubtful one."""
        self._without_contrast += _PATIENCE if analysis.is_opposite else 1
        if not self.contrast.has_any:
            if analysis.doubt is Doubt.CONTRAST and analysis.p_value < _SURE and not self._is_small(analysis):
                self._adopted = _strength_of(analysis) or None
            self.model.adopt(analysis.components, analysis.sweep, analysis.residual, self._frame, basis)
        elif self._without_contrast >= _PATIENCE:
            self._without_contrast = 0
            self.contrast.forget()
            self.model.restart(charge, self._frame, basis)
        elif analysis.doubt is Doubt.CONTRAST:
            self._learn_beside(analysis, _AS_LARGE * float(np.abs(analysis.separated.mean).max()), basis)
        else:
            analysis.components.artefact.widen()
            later = self._frame.times > analysis.visible_ms + _AT_ONCE_MS
            self._learn_beside(analysis, float(np.abs(analysis.separated.mean[later]).max(initial=0.0)), basis)

    def _learn_from(
        self, analysis: Analysis, charge: float | None, basis: WhitenedBasis, windows: Sequence[Array]
    ) -> None:
        if analysis.p_value < ALPHA and analysis.doubt is None and not self._is_small(analysis):
            self.trusted += 1
            early = np.where(self._frame.times < (analysis.late_ms or np.inf), analysis.separated.mean, 0.0)
            sure = analysis.p_value < _SURE
            self.template.learn(early, basis, windows, sure=sure)
        elif analysis.p_value > _EMPTY and analysis.doubt is not Doubt.BURST:
            # In doubt it may hold the adopted wave: what grows beyond that has a contrast all the same.
            self._adopted = self._adopted if analysis.doubt else None
            self.contrast.add(charge, analysis.hidden_uv)
            self.model.learn_recovery(analysis.components, analysis.residual)
        if analysis.doubt is None and analysis.p_value == ALPHA:
            # What stands out is neither a response nor the artefact as it was, however steady that has been.
            analysis.components.artefact.unsettle()
        size_uv = 0.0
        if self._may_hold_wave(analysis):
            size_uv = _AS_LARGE * float(np.abs(analysis.separated.mean).max())
        if self._lacks_response(analysis):
            # It lacks the response that was learned as artefact: all of it is artefact, which is not what it was.
            analysis.components.artefact.unsettle()
            size_uv = 0.0
        self._learn_beside(analysis, size_uv, basis)

    def _lacks_response(self, analysis: Analysis) -> bool:
        """Return whether all that stands out in the sweep is the known shape inverted."""
        if not analysis.is_opposite or analysis.doubt is not None or analysis.p_value < ALPHA:
            return False
        return self.template.likeness(-np.where(analysis.inside, analysis.separated.mean, 0.0)) >= ALIKE

    def _may_hold_wave(self, analysis: Analysis) -> bool:
        """Return whether the sweep may hold a wave that is no artefact.

        Where the responses' shape is well known, what is small, not significant and not of that shape is artefact:
        else an artefact that slowly changes would stay unlearned, and grow until it is significant.
        """
        p_value = min(analysis.p_value, analysis.late_p_value)
        if p_value > ALPHA and self.trusted >= WELL_KNOWN and self._is_small(analysis):
            p_value = 1.0 if analysis.shape_p_value is None else analysis.shape_p_value
        return analysis.doubt is Doubt.BURST or p_value < self._suspect

    def _is_small(self, analysis: Analysis) -> bool:
        return peak_to_peak(analysis.separated, analysis.inside)[0] < LARGE_UV

    @property
    def is_trusted(self) -> bool:
        """Whether the shape of the responses is known well enough to recognise them by it."""
        return self.trusted >= _TRUSTED or self.template.is_sure

    @property
    def _suspect(self) -> float:
        """Below this p-value a sweep may hold a response, as far as the artefact is concerned."""
        return SUSPECT if self.model.learned >= _FIRST else _NOT_YET

    def _learn_beside(self, analysis: Analysis, size_uv: float, basis: WhitenedBasis) -> None:
        """Learn the artefact from a sweep that may hold a response of ``size_uv``."""
        variance = (size_uv / analysis.components.conditions.unit_uv) ** 2 * basis.response
        self.model.learn(analysis.components, analysis.residual, self._frame, basis, variance)


def _strength_of(analysis: Analysis) -> float:
    """Return the charge of the pulse in mA ms, or what the sweep shows of the artefact in uV where it is not known."""
    charge = charge_of(analysis.pulse)
    return analysis.components.conditions.size_uv if charge is None else charge
