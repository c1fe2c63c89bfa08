"""Doubts: the reasons why a wave that stands out in a sweep is not accepted as a response."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from guidance.signal.response.analysis import ALPHA, LARGE_UV, Analysis
from guidance.signal.response.components import SweepFrame, charge_of
from guidance.signal.response.contrast import Proportion
from guidance.signal.response.learner import WELL_KNOWN, SweepLearner
from guidance.signal.response.matched_filter import ALIKE, likeness
from guidance.signal.response.measures import (
    begin_of,
    begins_at_once,
    is_in,
    is_slow,
    peak_to_peak,
    rises_from_baseline,
)
from guidance.signal.response.sweep_result import Doubt
from guidance.signal.sweep.basis import Array

_SURE_ALPHA, _LEAST_UV = 0.002, 40.0
"""A response below LARGE_UV needs a p-value below the first, and none below the second (uV) counts: the smallest are
mostly chance, and an electrode that breathing moves causes as much."""

_STRANGE_ALPHA = 0.005
"""Where the artefact may be as large, a wave of another shape than the trusted one needs a p-value below this; and
one below _SURE_ALPHA if it is large only as it was enlarged for what the artefact took."""

_UNLIKE = 0.4
"""Where the shape is well known, a wave that correlates less with it must come twice in a row."""

_START_MS, _LATER_MS, _EARLY_MS, _LARGER = 0.5, 1.5, 0.5, 4.0
"""What begins within the first time after the first visible sample is no response, unless what comes after the second
is so many times larger than what lies within the third."""

_LEAST_SHARE_OF_ARTEFACT = 0.03
"""A wave smaller than this share of the artefact expected in the window is a change of the artefact."""

_RESCALED, _SETTLED = 0.3, 20
"""Share of what stands out that the expected artefact explains, from which it is that artefact at another size. (In
seven tuning worlds: at most 0.25 in 198 responses, 0.38 and more where a soft rail let the artefact grow by a
fifth.) Until so many sweeps were learned the expected artefact may hold a response, and a larger one is that at another
size."""

_OPPOSITE = 0.7
"""Correlation with the inverted artefact from which a wave is an error of the artefact."""


class DoubtFinder:
    """Finds the reasons why a wave is not accepted as a response."""

    def __init__(self, frame: SweepFrame, learner: SweepLearner) -> None:
        """Judge sweeps of ``frame`` by what ``learner`` knows."""
        self._frame, self._learner = frame, learner
        self._proportion = Proportion()

    def checked(self, analysis: Analysis) -> Analysis:
        """Return ``analysis`` with its doubt, if there is one."""
        floored = replace(_floored(analysis), is_opposite=self._is_turned(analysis))
        if floored.p_value >= ALPHA and self._learner.may_hold_response(analysis):
            return replace(floored, doubt=Doubt.CONTRAST)
        return self._in_proportion(self._doubted(floored) if floored.p_value < ALPHA else floored)

    def _is_turned(self, analysis: Analysis) -> bool:
        """Return whether the sweep holds the known shape inverted, however small: a response was learned as artefact,
        and this sweep lacks it.
        """
        return self._learner.is_trusted and analysis.turned_p_value < _SURE_ALPHA

    def _in_proportion(self, analysis: Analysis) -> Analysis:
        """Return ``analysis``, in doubt where it ends a row that grows with the charge as an artefact does."""
        is_found = analysis.p_value < ALPHA and analysis.doubt is None
        amplitude_uv = peak_to_peak(analysis.separated, analysis.inside)[0] if is_found else None
        if not self._proportion.add(charge_of(analysis.pulse), amplitude_uv):
            return analysis
        return replace(analysis, doubt=Doubt.CONTRAST, alike=0.0, is_opposite=True)

    def _doubted(self, analysis: Analysis) -> Analysis:
        """Return ``analysis``, significant, with the reason why what stands out is no response, if there is one."""
        inside = analysis.inside
        wave = np.where(inside, analysis.separated.mean, 0.0)
        amplitude_uv, _ = peak_to_peak(analysis.separated, inside)
        alike = self._learner.template.likeness(wave) if self._learner.is_trusted else 0.0
        if alike >= ALIKE and is_in(analysis.sweep, inside, amplitude_uv):
            return replace(analysis, alike=alike)
        is_inverted = analysis.is_opposite and self._learner.template.likeness(-wave) >= ALIKE
        if is_inverted and np.ptp(analysis.components.mean[inside]) >= amplitude_uv:  # else nothing that large can lack
            return replace(analysis, doubt=Doubt.ARTEFACT)
        return self._strange(analysis, wave, amplitude_uv)

    def _strange(self, analysis: Analysis, wave: Array, amplitude_uv: float) -> Analysis:
        """Return the same of a ``wave`` (n,) of ``amplitude_uv`` that has not the known shape, nor that inverted."""
        times, inside = self._frame.times, analysis.inside
        begin_ms = begin_of(analysis.separated, times, inside).sure_ms
        if is_slow(analysis.separated, inside, times):
            return replace(analysis, doubt=Doubt.BURST)
        is_flat = rises_from_baseline(analysis.sweep, times, begin_ms, analysis.visible_ms, amplitude_uv)
        if is_flat or not self._learner.model.may_be_artefact(analysis.components, self._frame, begin_ms, amplitude_uv):
            return analysis
        seen_uv = amplitude_uv / analysis.separated.enlargement
        if analysis.p_value >= (_STRANGE_ALPHA if seen_uv >= LARGE_UV else _SURE_ALPHA):
            return replace(analysis, p_value=ALPHA)
        is_inverted = self._learner.is_trusted and self._learner.template.likeness(-wave) >= ALIKE
        if is_inverted or not is_in(analysis.sweep, inside, amplitude_uv):
            return replace(analysis, doubt=Doubt.ARTEFACT, is_opposite=True)
        return replace(analysis, doubt=self._doubt_of(analysis, wave, begin_ms, amplitude_uv))

    def _doubt_of(self, analysis: Analysis, wave: Array, begin_ms: float, amplitude_uv: float) -> Doubt | None:
        """Return why ``wave`` (n,), neither known nor rising out of a flat line, is no response; None if it is one."""
        inside = analysis.inside
        if begins_at_once(analysis.separated, inside) or self._begins_at_start(analysis, inside):
            return analysis.amplifier_doubt or Doubt.ARTEFACT
        is_unlike = self._learner.trusted >= WELL_KNOWN and self._learner.template.likeness(wave) < _UNLIKE
        if is_unlike and likeness(wave, self._learner.last_unlike) < ALIKE:
            return Doubt.BURST
        artefact_uv = float(np.ptp(analysis.components.mean[self._frame.times >= begin_ms]))
        is_rescaled = analysis.artefact_share > _RESCALED and self._learner.model.learned >= _SETTLED
        if amplitude_uv < _LEAST_SHARE_OF_ARTEFACT * artefact_uv or is_rescaled:
            return Doubt.ARTEFACT
        was_absent = self._learner.contrast.was_absent(charge_of(analysis.pulse), amplitude_uv)
        return None if was_absent and not _is_opposite(wave, analysis.components.mean) else Doubt.CONTRAST

    def _begins_at_start(self, analysis: Analysis, inside: NDArray[np.bool_]) -> bool:
        """Return whether it begins where the sweep begins to be visible: such a wave has no onset."""
        if not inside.any():
            return True
        times = self._frame.times
        start_ms = float(times[int(inside.argmax())])
        if begin_of(analysis.separated, times, inside).ms > start_ms + _START_MS:
            return False
        size = np.abs(np.where(inside, analysis.separated.mean, 0.0))
        first = size[times <= start_ms + _EARLY_MS].max(initial=0.0)
        later = size[times > start_ms + _LATER_MS].max(initial=0.0)
        return analysis.amplifier_doubt is not None or not later > _LARGER * first


def _floored(analysis: Analysis) -> Analysis:
    """Return ``analysis``, its p-value not below ALPHA where it is too small for one between the two levels."""
    if analysis.p_value >= ALPHA:
        return analysis
    amplitude_uv, _ = peak_to_peak(analysis.separated, analysis.inside)
    least_uv = LARGE_UV if analysis.p_value >= _SURE_ALPHA else _LEAST_UV
    return analysis if amplitude_uv >= least_uv else replace(analysis, p_value=ALPHA)


def _is_opposite(wave: Array, artefact: Array) -> bool:
    """Return whether ``wave`` (n,) is a part of ``artefact`` inverted: then that was learned too large."""
    size = float(np.linalg.norm(wave) * np.linalg.norm(artefact[wave != 0]))
    return size > 0 and float(wave @ artefact) < -_OPPOSITE * size
