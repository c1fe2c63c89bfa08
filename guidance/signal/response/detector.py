"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late.

No artefact is ever a response: what stands out counts as one where a sweep before lacked it at a comparable current,
where it has the shape that trusted responses had, or where it rises out of a flat line. Else the sweep is contaminated.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceInfo, Pulse
from guidance.signal.response import burst
from guidance.signal.response import late_response as late
from guidance.signal.response.components import SweepComponents, SweepConditions, SweepFrame, SweepModel, charge_of
from guidance.signal.response.contrast import Contrast, Proportion
from guidance.signal.response.matched_filter import (
    FilterBank,
    FilterFamily,
    FilterVerdict,
    LearnedTemplate,
    combined,
    likeness,
)
from guidance.signal.response.measures import (
    begins_at_once,
    is_in,
    onset_ms,
    peak_to_peak,
    rises_from_baseline,
    still_running,
)
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.separation import SeparatedSweep, split
from guidance.signal.response.sweep_result import Doubt, LateResult, SweepResult
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis
from guidance.signal.sweep.baseline import BaselineTracker, NullWindows, PreStimulus
from guidance.signal.sweep.basis import Array, baseline_columns, response_shapes
from guidance.signal.sweep.ring_buffer import RingBuffer

ALPHA = 0.01
"""A response counts as detected where its p-value is below this, if it is large enough to matter."""

_SURE_ALPHA, _LARGE_UV, _LEAST_UV = 0.002, 70.0, 40.0
"""A response smaller than the second needs a p-value below the first, and nothing smaller than the third counts: the
smallest are mostly chance, and an electrode moved by a breath brings forth as much."""

_EMPTY = 0.05
"""A sweep whose p-value is above this is taken for empty, as far as anything could be seen in it."""

_SUSPECT, _SURE = 0.3, 1e-4
_AT_ONCE_MS = 3.0
_FIRST, _NOT_YET = 5, 3e-3
"""While so few sweeps were seen, what is not sure is learned as artefact."""

_ALIKE, _TRUSTED = 0.7, 3
"""Correlation with the known shape from which a wave is trusted; and below which it is not, once so many were seen."""

_WELL_KNOWN, _UNLIKE = 6, 0.4
"""After so many trusted responses, a wave that correlates less with their shape must come twice in a row."""

_START_MS, _LATER_MS, _EARLY_MS, _LARGER = 0.5, 1.5, 0.5, 4.0
"""What begins within the first time after the first visible sample is no response, unless what comes after the second
is so many times larger than what lies within the third."""

_LEAST_SHARE_OF_ARTEFACT = 0.03
"""A wave smaller than this share of the artefact expected in the window is a change of the artefact."""

_OPPOSITE = 0.7
_PATIENCE = 2
"""So many sweeps in a row without contrast, and the artefact is learned anew from the lowest of them."""

_DEFAULT_CRITERION_UV = 100.0
_LONGER = 1.5
_NOISE_MEMORY = 20
_AS_LARGE = 3.0
_DOUBTFUL = 0.02
_LEAST_SHARE = 0.75
_BURST = 2.5
"""A stimulus-free window of which half is above so many standard deviations holds the begin of a burst, not noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a sweep showed: what lies in it, its ``residual`` (n,) in the space without the artefact expected, the
    response as estimated, the p-value, and how large a response in uV may hide in it; whether
    that ``is_noisy`` enough to hide one by itself. ``doubt``: why what stands out
    is not to be trusted. ``is_known``: it has the shape that trusted responses had, ``is_opposite``: that shape
    turned over, which tells that it was learned as artefact. ``late_ms``: where a late response
    begins, if there is one, and its p-value.
    """

    pulse: Pulse
    components: SweepComponents
    sweep: Array
    residual: Array
    separated: SeparatedSweep
    p_value: float
    hidden_uv: float
    is_noisy: bool
    doubt: Doubt | None
    is_known: bool
    is_opposite: bool
    late_ms: float | None
    late_p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFilters:
    """All that a sweep of this setting is judged with, laid out before it is there."""

    components: SweepComponents
    nuisance_inverse: LowRankInverse
    unknown: FilterBank
    known: Array | None


class ResponseDetector:
    """Judges the sweeps of one channel; carries what it learns of its noise, its artefact and its responses."""

    def __init__(
        self,
        channel: int,
        window_ms: tuple[float, float],
        info: DeviceInfo,
        criterion_uv: float | None,
        silent: int = 0,
    ) -> None:
        """For channel number ``channel``; responses below ``criterion_uv`` (if named) are not called detected.

        The first ``silent`` pulses are known to be below threshold: all they show is learned as artefact.
        """
        self._silent = silent
        self._channel, self._criterion_uv, self._sample_rate_hz = channel, criterion_uv, info.sample_rate_hz
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._frame, self._longer = (SweepFrame.over(window, self._sample_rate_hz) for window in (window_ms, longest))
        self._noise = NoiseModel(self._frame.times)
        self._basis = self._frame.basis(self._noise)
        self._longer_basis: WhitenedBasis | None = None
        self._model = SweepModel(self._frame, self._longer, info, channel)
        self._filters = FilterFamily(response_shapes(self._frame.times, window_ms), self._frame.times)
        self._filters.renew(self._basis)
        self._template = LearnedTemplate()
        self._learned_to = 0
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)
        self._baselines: dict[int, PreStimulus | None] = {}
        self._prepared: PreparedFilters | None = None
        self._contrast = Contrast()
        self._proportion = Proportion()
        self._without_contrast = 0
        self._trusted = 0
        self._last_unlike = np.zeros(len(self._frame.times))
        self._analysis: Analysis | None = None
        self._unsettled: Analysis | None = None

    @property
    def samples_after(self) -> tuple[int, int]:
        """Samples after the pulse that a sweep needs, and those that a longer sweep needs."""
        longest = max(self._longer.grid.stop, burst.samples_after(self._frame.window_ms, self._sample_rate_hz))
        return self._frame.grid.stop, longest

    def prepare(self, history: RingBuffer, pulse: Pulse, free_from: int) -> None:
        """Analyse the stream before ``pulse``, which from ``free_from`` on holds no sweep of another stimulus.

        The pipeline calls it as soon as the pulse is known, so that the response waits only for its own window.
        """
        self.settle()
        tracker = BaselineTracker(history, self._channel, free_from, pulse.sample, self._sample_rate_hz)
        baseline = tracker.state()
        self._baselines[pulse.sample] = baseline
        null_windows = tracker.null_windows(self._frame.grid, self._learned_to, baseline.mains) if baseline else None
        if null_windows is not None:
            self._learn(null_windows)
        conditions = self._model.expected_conditions(pulse, self._unit(baseline.noise_uv)) if baseline else None
        self._prepared = self._prepare_filters(conditions) if conditions else None

    def skip(self, pulse: Pulse) -> None:
        """Skip ``pulse``: the stream before it shows no muscle, so its response cannot be known."""
        self.settle()
        self._baselines[pulse.sample] = self._prepared = None

    def _learn(self, null_windows: NullWindows) -> None:
        """Learn the noise, and how the statistics are spread in it."""
        self._learned_to = null_windows.next_sample
        self._noises.extend(null_windows.noise_uv.tolist())
        windows = null_windows.sweeps / self._units(null_windows.noise_uv)[:, None]
        windows = windows[np.median(np.abs(windows), axis=1) < _BURST]
        if not len(windows):
            return
        if self._noise.learn(windows):
            self._basis, self._longer_basis = self._frame.basis(self._noise), None
            self._filters.renew(self._basis)
            if self._template.ready:
                self._template.renew(self._basis, self._noise.windows)
        self._filters.learn(windows @ self._basis.whiten.T)

    def judge(self, history: RingBuffer, pulse: Pulse, *, longer: bool = False) -> SweepResult:
        """Judge the response to ``pulse``, which was prepared for.

        ``longer`` looks beyond the window: it measures an unfinished response to its end, and sees whether a
        contraction goes on there.
        """
        baseline = self._baselines[pulse.sample]
        if baseline is None:
            return self.unknown("no stimulus-free signal before the pulse")
        frame = self._longer if longer else self._frame
        raw = history.window(pulse.sample, pulse.sample + frame.grid.stop)[:, self._channel].astype(float)
        if np.isnan(raw[: self._frame.grid.stop]).any():
            return self.unknown("samples lost")
        if self._analysis is None or not longer:
            self._analysis = self._unsettled = analysis = self._analyse(raw[: self._frame.grid.stop], pulse, baseline)
            return self._result(self._frame, analysis, analysis.separated, analysis.sweep - analysis.components.mean)
        analysis = self._beside_burst(self._analysis, history, baseline)
        self._analysis = self._unsettled = analysis
        if np.isnan(raw).any() or not self._is_unfinished(analysis):
            return self._result(
                self._frame, analysis, analysis.separated, analysis.sweep - analysis.components.mean, last=True
            )
        if self._longer_basis is None:
            self._longer_basis = frame.basis(self._noise)
        sweep = frame.grid.means(baseline.clean(raw, pulse.sample)[frame.grid.first :])
        components = self._model.components(analysis.components.conditions, frame, self._longer_basis)
        residual = self._longer_basis.whiten @ (sweep - components.mean) / components.conditions.unit_uv
        separated = self._split(frame, self._longer_basis, components, residual, analysis.p_value)
        return self._result(frame, analysis, separated, sweep - components.mean, last=True)

    def _beside_burst(self, analysis: Analysis, history: RingBuffer, baseline: PreStimulus) -> Analysis:
        """``analysis``, in doubt where a contraction goes on after the window that may have begun in it."""
        window_ms = self._frame.window_ms
        after = burst.activity_after(
            history, self._channel, analysis.pulse.sample, window_ms, baseline, self._sample_rate_hz
        )
        amplitude_uv, _ = peak_to_peak(analysis.separated, _inside(self._frame, analysis.components))
        if analysis.doubt is None and not analysis.is_known and after is not None and after.hides(amplitude_uv):
            return replace(analysis, doubt=Doubt.BURST)
        return analysis

    def _prepare_filters(self, conditions: SweepConditions) -> PreparedFilters:
        components = self._model.components(conditions, self._frame, self._basis)
        nuisance_inverse = components.nuisance_inverse
        known = self._template.prepare_for(nuisance_inverse) if self._template.ready else None
        return PreparedFilters(components, nuisance_inverse, self._filters.prepare_for(nuisance_inverse), known)

    def _analyse(self, raw: Array, pulse: Pulse, baseline: PreStimulus) -> Analysis:
        """Whether there is a response in the sweep ``raw``."""
        conditions, sweep = self._model.observe(raw, pulse, baseline, self._unit(baseline.noise_uv))
        prepared = (
            self._prepared
            if self._prepared and self._prepared.components.conditions == conditions
            else self._prepare_filters(conditions)
        )
        components = prepared.components
        residual = self._basis.whiten @ (sweep - components.mean) / conditions.unit_uv
        weighted = prepared.nuisance_inverse(residual)
        judged = self._filters.judge(weighted, prepared.unknown)
        known = self._template.p_value(weighted, prepared.known) if prepared.known is not None else None
        p_value = combined(judged.p_value, known)
        separated = self._separated(components, residual, p_value)
        late_ms, early_p_value, late_p_value = self._apart(separated, components, judged)
        if late_ms is not None:
            p_value = combined(early_p_value, known)
        hidden_uv = judged.hidden
        if prepared.known is not None:
            hidden_uv = min(hidden_uv, self._template.hidden(weighted, prepared.known))
        is_noisy = judged.hidden_by_noise * conditions.unit_uv > self._visible_uv
        analysis = Analysis(
            pulse, components, sweep, residual, separated, p_value, hidden_uv * conditions.unit_uv, is_noisy,
            doubt=None, is_known=False, is_opposite=False, late_ms=late_ms, late_p_value=late_p_value,
        )  # fmt: skip
        return self._in_proportion(self._doubted(self._floored(analysis)))

    def _in_proportion(self, analysis: Analysis) -> Analysis:
        """``analysis``, in doubt where it is the last of a row that grows with the charge as an artefact does."""
        is_found = analysis.p_value < ALPHA and analysis.doubt is None
        amplitude_uv = peak_to_peak(analysis.separated, self._inside(analysis))[0] if is_found else None
        if not self._proportion.add(charge_of(analysis.pulse), amplitude_uv):
            return analysis
        return replace(analysis, doubt=Doubt.CONTRAST, is_known=False, is_opposite=True)

    def _separated(self, components: SweepComponents, residual: Array, p_value: float) -> SeparatedSweep:
        """Estimate the response; skip that, and return zeros, where there is clearly none."""
        if p_value >= _SUSPECT and not late.may_come(self._frame.window_ms):
            none = np.zeros(len(self._frame.times))
            return SeparatedSweep(none, none + components.conditions.unit_uv, none)
        return self._split(self._frame, self._basis, components, residual, p_value)

    def _floored(self, analysis: Analysis) -> Analysis:
        """``analysis``, its p-value not below ALPHA where it is too small for one between the two levels."""
        if analysis.p_value >= ALPHA:
            return analysis
        amplitude_uv, _ = peak_to_peak(analysis.separated, self._inside(analysis))
        least_uv = _LARGE_UV if analysis.p_value >= _SURE_ALPHA else _LEAST_UV
        return analysis if amplitude_uv >= least_uv else replace(analysis, p_value=ALPHA)

    def _doubted(self, analysis: Analysis) -> Analysis:
        """``analysis``, with the reason why what stands out in it is no response, if there is one."""
        if analysis.p_value >= ALPHA:
            return analysis
        times, inside = self._frame.times, self._inside(analysis)
        wave = np.where(inside, analysis.separated.mean, 0.0)
        amplitude_uv, _ = peak_to_peak(analysis.separated, inside)
        is_trusted = self._trusted >= _TRUSTED
        if is_trusted and self._template.likeness(wave) >= _ALIKE and is_in(analysis.sweep, inside, amplitude_uv):
            return replace(analysis, is_known=True)
        begin_ms = onset_ms(analysis.separated, times, inside)
        is_flat = rises_from_baseline(analysis.sweep, times, begin_ms, self._visible_ms(analysis), amplitude_uv)
        if is_flat or not self._model.may_be_artefact(analysis.components, self._frame, begin_ms, amplitude_uv):
            return analysis
        is_turned = is_trusted and self._template.likeness(-wave) >= _ALIKE
        if is_turned or not is_in(analysis.sweep, inside, amplitude_uv):
            return replace(analysis, doubt=Doubt.ARTEFACT, is_opposite=True)
        return replace(analysis, doubt=self._doubt_of(analysis, wave, begin_ms, amplitude_uv))

    def _doubt_of(self, analysis: Analysis, wave: Array, begin_ms: float, amplitude_uv: float) -> Doubt | None:
        """Why a ``wave`` (n,) that neither is known nor rises out of a flat line is no response; None if it is one."""
        inside = self._inside(analysis)
        if begins_at_once(analysis.separated, inside) or self._begins_at_start(analysis, inside):
            return self._blinded_by(analysis) or Doubt.ARTEFACT
        is_unlike = self._trusted >= _WELL_KNOWN and self._template.likeness(wave) < _UNLIKE
        if is_unlike and likeness(wave, self._last_unlike) < _ALIKE:
            return Doubt.BURST
        artefact_uv = float(np.ptp(analysis.components.mean[self._frame.times >= begin_ms]))
        if amplitude_uv < _LEAST_SHARE_OF_ARTEFACT * artefact_uv:
            return Doubt.ARTEFACT
        was_absent = self._contrast.was_absent(charge_of(analysis.pulse), amplitude_uv)
        return None if was_absent and not _is_opposite(wave, analysis.components.mean) else Doubt.CONTRAST

    def _visible_ms(self, analysis: Analysis) -> float:
        return max(self._frame.window_ms[0], analysis.components.conditions.blind_ms)

    def _begins_at_start(self, analysis: Analysis, inside: NDArray[np.bool_]) -> bool:
        """Whether it begins where the sweep begins to be visible: such a wave has no onset."""
        if not inside.any():
            return True
        times = self._frame.times
        start_ms = float(times[int(inside.argmax())])
        if onset_ms(analysis.separated, times, inside) > start_ms + _START_MS:
            return False
        size = np.abs(np.where(inside, analysis.separated.mean, 0.0))
        first = size[times <= start_ms + _EARLY_MS].max(initial=0.0)
        return not size[times > start_ms + _LATER_MS].max(initial=0.0) > _LARGER * first

    def _blinded_by(self, analysis: Analysis) -> Doubt | None:
        """Return which state of the amplifier hides a part of the window; None where it hides none."""
        conditions = analysis.components.conditions
        if conditions.blanked_ms > self._frame.window_ms[0]:
            return Doubt.BLANKING
        return Doubt.OVERLOAD if conditions.is_overloaded else None

    def _hidden_by(self, analysis: Analysis) -> Doubt:
        """Why a response that matters could hide."""
        return Doubt.NOISE if analysis.is_noisy else self._blinded_by(analysis) or Doubt.ARTEFACT

    @property
    def _visible_uv(self) -> float:
        """A response of this size matters: where it could hide, a sweep cannot tell."""
        return self._criterion_uv or _DEFAULT_CRITERION_UV

    def _inside(self, analysis: Analysis) -> NDArray[np.bool_]:
        inside = _inside(self._frame, analysis.components)
        return inside if analysis.late_ms is None else inside & (self._frame.times < analysis.late_ms)

    def _apart(
        self, separated: SeparatedSweep, components: SweepComponents, judged: FilterVerdict
    ) -> tuple[float | None, float, float]:
        """Where a late response begins, None without one; the p-values of what lies before it, and of itself."""
        window_ms = self._frame.window_ms
        if not late.may_come(window_ms):
            return None, judged.p_value, 1.0
        times = self._frame.times
        begin_ms = late.begin_ms(separated, times)
        early, later = self._filters.p_values_about(late.FROM_MS, begin_ms or late.FROM_MS, judged)
        if begin_ms is None or later >= ALPHA:
            return None, judged.p_value, later
        awaited = late.is_awaited(window_ms)
        inside = _inside(self._frame, components)
        if late.has_company(separated, times, inside, begin_ms, awaited=awaited):
            return begin_ms, early, later
        return (begin_ms, 1.0, later) if awaited else (None, judged.p_value, later)

    def _split(
        self, frame: SweepFrame, basis: WhitenedBasis, components: SweepComponents, residual: Array, p_value: float
    ) -> SeparatedSweep:
        """Estimate the response in ``residual`` (n,), in uV. What artefact and response both could explain counts as
        artefact, but beside a significant response only a small share of it.
        """
        share = _DOUBTFUL if p_value < ALPHA else 1.0
        baseline = baseline_columns(frame.times, float(self._frame.times[-1]))
        return split(basis, residual, components, share, baseline).times(components.conditions.unit_uv)

    def settle(self) -> None:
        """Learn from the sweep judged last; done when its result is out."""
        analysis, self._unsettled = self._unsettled, None
        if analysis is None:
            return
        charge = charge_of(analysis.pulse)
        if analysis.p_value < ALPHA and not analysis.is_known:
            self._last_unlike = np.where(self._inside(analysis), analysis.separated.mean, 0.0)
        self._model.keep(analysis.components, analysis.sweep, charge)
        if self._model.learned < self._silent:
            self._model.adopt(analysis.components, analysis.sweep, analysis.residual, self._frame, self._basis)
        elif analysis.doubt is not None and analysis.doubt is not Doubt.BURST:
            self._learn_without_contrast(analysis, charge)
        else:
            self._without_contrast = 0
            self._learn_from(analysis, charge)

    def _learn_without_contrast(self, analysis: Analysis, charge: float | None) -> None:
        """Take the sweep for artefact where nothing speaks for another one; else wait for a second like it."""
        self._without_contrast += _PATIENCE if analysis.is_opposite else 1
        if not self._contrast.has_any:
            self._model.adopt(analysis.components, analysis.sweep, analysis.residual, self._frame, self._basis)
        elif self._without_contrast >= _PATIENCE:
            self._without_contrast = 0
            self._contrast.forget()
            self._model.restart(charge, self._frame, self._basis)
        elif analysis.doubt is Doubt.CONTRAST:
            self._learn_beside(analysis, _AS_LARGE * float(np.abs(analysis.separated.mean).max()))
        else:
            analysis.components.artefact.widen()
            later = self._frame.times > self._visible_ms(analysis) + _AT_ONCE_MS
            self._learn_beside(analysis, float(np.abs(analysis.separated.mean[later]).max(initial=0.0)))

    def _learn_from(self, analysis: Analysis, charge: float | None) -> None:
        if analysis.p_value < ALPHA and analysis.doubt is None and self._is_large(analysis):
            self._trusted += 1
            early = np.where(self._frame.times < (analysis.late_ms or np.inf), analysis.separated.mean, 0.0)
            sure = analysis.p_value < _SURE
            self._template.learn(early, self._basis, self._noise.windows, sure=sure)
        elif analysis.p_value > _EMPTY and analysis.doubt is None:
            self._contrast.add(charge, analysis.hidden_uv)
            self._model.learn_recovery(analysis.components, analysis.residual)
        size_uv = 0.0
        if analysis.doubt is not None or min(analysis.p_value, analysis.late_p_value) < self._suspect:
            size_uv = _AS_LARGE * float(np.abs(analysis.separated.mean).max())
        self._learn_beside(analysis, size_uv)

    @property
    def _suspect(self) -> float:
        """Below this p-value a sweep may hold a response, as far as the artefact is concerned."""
        return _SUSPECT if self._model.learned >= _FIRST else _NOT_YET

    def _is_large(self, analysis: Analysis) -> bool:
        """Whether the wave is large enough to be a model for others: small ones may be what an artefact left over."""
        return peak_to_peak(analysis.separated, self._inside(analysis))[0] >= _LARGE_UV

    def _learn_beside(self, analysis: Analysis, size_uv: float) -> None:
        """Learn the artefact from a sweep that may hold a response of ``size_uv``."""
        variance = (size_uv / analysis.components.conditions.unit_uv) ** 2 * self._basis.response
        self._model.learn(analysis.components, analysis.residual, self._frame, self._basis, variance)

    def _is_unfinished(self, analysis: Analysis) -> bool:
        inside = self._inside(analysis)
        amplitude_uv, _ = peak_to_peak(analysis.separated, inside)
        significant = analysis.p_value < ALPHA and analysis.doubt is None
        return significant and still_running(analysis.separated, amplitude_uv, inside, self._frame.times)

    def _result(
        self, frame: SweepFrame, analysis: Analysis, separated: SeparatedSweep, uv: Array, *, last: bool = False
    ) -> SweepResult:
        """Build the result of ``separated`` and of ``uv`` (n,), the sweep without the expected artefact; ``last``:
        no longer sweep will follow.
        """
        pulse = analysis.pulse
        inside = _inside(frame, analysis.components)
        if analysis.late_ms is not None:
            inside &= frame.times < analysis.late_ms
        amplitude_uv, amplitude_sd_uv = peak_to_peak(separated, inside)
        significant = analysis.p_value < ALPHA and analysis.doubt is None
        detected = significant and amplitude_uv >= (self._criterion_uv or 0.0)
        blinded = not significant and analysis.hidden_uv > self._visible_uv
        doubt = analysis.doubt or (self._hidden_by(analysis) if blinded else None)
        running = significant and still_running(separated, amplitude_uv, inside, frame.times)
        return SweepResult(
            detected=detected,
            p_value=None if analysis.doubt else analysis.p_value,
            amplitude_uv=amplitude_uv,
            amplitude_sd_uv=amplitude_sd_uv,
            latency_ms=self._onset_ms(frame, separated, inside, pulse) if detected else None,
            contaminated=doubt is not None,
            why=self._why(analysis, doubt) if doubt else None,
            times_ms=frame.times,
            uv=np.where(frame.times < analysis.components.conditions.blind_ms, 0.0, uv - separated.nuisance),
            unfinished=not last and significant and (running or not analysis.is_known),
            late=self._late(frame, analysis, separated, pulse),
            doubt=doubt,
        )

    def _onset_ms(
        self, frame: SweepFrame, separated: SeparatedSweep, inside: NDArray[np.bool_], pulse: Pulse
    ) -> float | None:
        return onset_ms(separated, frame.times, inside) - pulse.offset_ns / 1e6

    def _why(self, analysis: Analysis, doubt: Doubt) -> str:
        """Return the reason as a clause for the operator."""
        conditions = analysis.components.conditions
        hidden = f"a response of {analysis.hidden_uv:.0f} uV could hide in it"
        return {
            Doubt.OVERLOAD: f"the amplifier was overloaded for {conditions.end_ms:.1f} ms: {hidden}",
            Doubt.BLANKING: f"the amplifier is blanked for {conditions.blanked_ms:.1f} ms: {hidden}",
            Doubt.ARTEFACT: "the artefact has changed and is learned anew" if analysis.doubt else f"artefact: {hidden}",
            Doubt.CONTRAST: "it may be artefact: no sweep at a comparable current was without it; vary the current",
            Doubt.BURST: "a contraction began within the window",
            Doubt.NOISE: hidden,
            Doubt.SAMPLES: "samples lost",
        }[doubt]

    def _late(
        self, frame: SweepFrame, analysis: Analysis, separated: SeparatedSweep, pulse: Pulse
    ) -> LateResult | None:
        """Return the late response; None where the window has no room for one."""
        if not late.may_come(self._frame.window_ms):
            return None
        if analysis.late_ms is None:
            return LateResult(detected=False, p_value=analysis.late_p_value, amplitude_uv=None, latency_ms=None)
        amplitude_uv, _ = peak_to_peak(separated, frame.times >= analysis.late_ms)
        detected = amplitude_uv >= (self._criterion_uv or 0.0)
        latency_ms = analysis.late_ms - pulse.offset_ns / 1e6
        return LateResult(detected, analysis.late_p_value, amplitude_uv, latency_ms if detected else None)

    def forget(self, pulse: Pulse) -> None:
        """Let go of what was prepared for ``pulse``."""
        self._baselines.pop(pulse.sample, None)

    def unknown(self, why: str) -> SweepResult:
        """Return the result of a sweep that cannot be judged, with the reason ``why``."""
        return SweepResult(
            detected=False, p_value=None, amplitude_uv=None, amplitude_sd_uv=None, latency_ms=None,
            contaminated=True, why=why, times_ms=np.zeros(0), uv=np.zeros(0), doubt=Doubt.SAMPLES,
        )  # fmt: skip

    def _units(self, noise_uv: Array) -> Array:
        """Return the noise (m,) that scores are measured in: the usual one, but no more than the present noise nor much
        less. So a stray potential before the pulse does not hide a response, and a burst does not feign one.
        """
        usual = sorted(self._noises)[len(self._noises) // 2] if self._noises else np.inf
        return np.minimum(np.maximum(usual, _LEAST_SHARE * noise_uv), noise_uv)

    def _unit(self, noise_uv: float) -> float:
        return float(self._units(np.array(noise_uv)))


def _inside(frame: SweepFrame, components: SweepComponents) -> NDArray[np.bool_]:
    """Where a response may be seen (n,): in the window, and after the artefact's blind time."""
    return np.asarray(frame.times >= max(frame.window_ms[0], components.conditions.blind_ms))


def _is_opposite(wave: Array, artefact: Array) -> bool:
    """Whether the ``wave`` (n,) is a part of the expected ``artefact`` turned over: that was learned too large."""
    size = float(np.linalg.norm(wave) * np.linalg.norm(artefact[wave != 0]))
    return size > 0 and float(wave @ artefact) < -_OPPOSITE * size
