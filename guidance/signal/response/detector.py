"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late.

No artefact is ever a response: what stands out counts as one where a sweep before lacked it at a comparable current,
where it has the shape that trusted responses had, or where it rises out of a flat line. Else the sweep is contaminated.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from drivers.base import DeviceInfo, Pulse
from guidance.signal.response import burst
from guidance.signal.response import late_response as late
from guidance.signal.response.analysis import ALPHA, Analysis, PreparedFilters, inside_window
from guidance.signal.response.components import SweepComponents, SweepConditions, SweepFrame
from guidance.signal.response.doubts import DoubtFinder
from guidance.signal.response.learner import SUSPECT, SweepLearner
from guidance.signal.response.matched_filter import FilterFamily, FilterVerdict, combined
from guidance.signal.response.measures import begin_of, is_step, peak_to_peak, still_running
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.range_monitor import RangeFault
from guidance.signal.response.result_builder import ResultBuilder, unknown_result
from guidance.signal.response.separation import SeparatedSweep, split
from guidance.signal.response.sweep_result import Doubt, SweepResult
from guidance.signal.response.whitening import WhitenedBasis
from guidance.signal.sweep.arrays import medians
from guidance.signal.sweep.baseline import BaselineTracker, NullWindows, PreStimulus
from guidance.signal.sweep.basis import Array, baseline_columns, response_shapes
from guidance.signal.sweep.ring_buffer import RingBuffer

_LONGER = 1.5
"""A longer window has so many times the length: an unfinished response is measured to its end."""

_NOISE_MEMORY = 20
"""So many null windows give the usual noise."""

_DOUBTFUL = 0.02
"""Beside a significant response this share of the artefact's prior variance remains."""

_LEAST_SHARE = 0.75
"""The unit of the scores is at least this share of the present noise."""

_BURST = 2.5
"""A stimulus-free window of which half is above so many standard deviations holds the begin of a burst, not noise."""


class ResponseDetector:
    """Judges the sweeps of one channel; learns its noise, and by a ``SweepLearner`` its artefact and responses."""

    def __init__(
        self,
        channel: int,
        window_ms: tuple[float, float],
        info: DeviceInfo,
        criterion_uv: float | None,
        silent: int = 0,
    ) -> None:
        """Judge channel number ``channel``; responses below ``criterion_uv`` (if given) do not count as detected.

        The first ``silent`` pulses are known to be below threshold: all they show is learned as artefact. A pulse
        whose sweep cannot be judged is one of them, though nothing is learned from it.
        """
        self._channel, self._sample_rate_hz = channel, info.sample_rate_hz
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._frame, self._longer = (SweepFrame.over(window, self._sample_rate_hz) for window in (window_ms, longest))
        self._noise = NoiseModel(self._frame.times)
        self._basis = self._frame.basis(self._noise)
        self._longer_basis: WhitenedBasis | None = None
        self._was_unfinished = False
        self._learner = SweepLearner(self._frame, self._longer, info, channel)
        self._doubts = DoubtFinder(self._frame, self._learner)
        self._results = ResultBuilder(window_ms, criterion_uv)
        self._filters = FilterFamily(response_shapes(self._frame.times, window_ms), self._frame.times)
        self._filters.renew(self._basis)
        self._silent_left, self._silent_pulses = silent, set[int]()
        self._learned_to = 0
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)
        self._activity = burst.ActivityMonitor(channel, window_ms, self._sample_rate_hz)
        self._baselines: dict[int, PreStimulus | None] = {}
        self._prepared: PreparedFilters | None = None
        self._analysis: Analysis | None = None
        self._unsettled: Analysis | None = None

    @property
    def samples_after(self) -> tuple[int, int]:
        """Samples after the pulse that a sweep needs, and those that a longer sweep needs."""
        longest = max(self._longer.grid.stop, burst.samples_after(self._frame.window_ms, self._sample_rate_hz))
        return self._frame.grid.stop, longest

    @property
    def range_fault(self) -> RangeFault | None:
        """What the sweeps show to be wrong with the range that the device declares; None while nothing is."""
        return self._learner.model.range_monitor.fault

    def prepare(self, history: RingBuffer, pulse: Pulse, free_from: int) -> None:
        """Analyse the stream before ``pulse``, which from ``free_from`` on holds no sweep of another stimulus.

        The pipeline calls it as soon as the pulse is known, so that the response waits only for its own window.
        """
        self.settle()
        self._count(pulse)
        tracker = BaselineTracker(history, self._channel, free_from, pulse.sample, self._sample_rate_hz)
        baseline = tracker.state()
        self._baselines[pulse.sample] = baseline
        self._activity.before(tracker.signal, history, pulse.sample)
        null_windows = tracker.null_windows(self._frame.grid, self._learned_to, baseline.mains) if baseline else None
        if null_windows is not None:
            self._learn(null_windows)
        conditions = self._learner.model.expected_conditions(pulse, self._unit(baseline.noise_uv)) if baseline else None
        self._prepared = self._prepare_filters(conditions) if conditions else None
        if self._was_unfinished and self._longer_basis is None:
            self._longer_basis = self._longer.basis(self._noise)

    def skip(self, pulse: Pulse) -> None:
        """Skip ``pulse``: the stream before it shows no muscle, so its response cannot be known."""
        self.settle()
        self._count(pulse)
        self._baselines[pulse.sample] = self._prepared = None

    def _count(self, pulse: Pulse) -> None:
        """Count ``pulse`` as one of the first that are known to be below threshold, while some of those are left."""
        if self._silent_left:
            self._silent_left -= 1
            self._silent_pulses.add(pulse.sample)

    def _learn(self, null_windows: NullWindows) -> None:
        """Learn the noise, and how the statistics are spread in it."""
        self._learned_to = null_windows.next_sample
        self._noises.extend(null_windows.noise_uv.tolist())
        windows = null_windows.sweeps / self._units(null_windows.noise_uv)[:, None]
        windows = windows[medians(np.abs(windows)) < _BURST]
        if not len(windows):
            return
        if self._noise.learn(windows):
            self._basis, self._longer_basis = self._frame.basis(self._noise), None
            self._filters.renew(self._basis)
            if self._learner.template.ready:
                self._learner.template.renew(self._basis, self._noise.windows)
        self._filters.learn(windows @ self._basis.whiten.T)

    def judge(self, history: RingBuffer, pulse: Pulse, *, longer: bool = False) -> SweepResult:
        """Judge the response to ``pulse``, which was prepared for.

        ``longer`` uses samples beyond the window: it measures an unfinished response to its end, and detects a
        contraction that goes on there.
        """
        if self._unsettled is not None and self._unsettled.pulse.sample != pulse.sample:
            self.settle()  # pulses that become known together are judged one after another
        baseline = self._baselines[pulse.sample]
        if baseline is None:
            return unknown_result("no stimulus-free signal before the pulse")
        frame = self._longer if longer else self._frame
        raw = history.window(pulse.sample, pulse.sample + frame.grid.stop)[:, self._channel].astype(float)
        if np.isnan(raw[: self._frame.grid.stop]).any():
            return unknown_result("samples lost")
        if self._analysis is None or not longer:
            self._analysis = self._unsettled = analysis = self._analyse(raw[: self._frame.grid.stop], pulse, baseline)
            return self._results.result(
                self._frame, analysis, analysis.separated, analysis.sweep - analysis.components.mean
            )
        analysis = self._beside_burst(self._analysis, history)
        self._analysis = self._unsettled = analysis
        if np.isnan(raw).any() or not self._is_unfinished(analysis):
            return self._results.result(
                self._frame, analysis, analysis.separated, analysis.sweep - analysis.components.mean, last=True
            )
        self._was_unfinished = True
        if self._longer_basis is None:
            self._longer_basis = frame.basis(self._noise)
        sweep = frame.grid.means(baseline.clean(raw, pulse.sample)[frame.grid.first :])
        components = self._learner.model.components(analysis.components.conditions, frame, self._longer_basis)
        residual = self._longer_basis.whiten @ (sweep - components.mean) / components.conditions.unit_uv
        separated = self._split(frame, self._longer_basis, components, residual, analysis.p_value)
        if not analysis.is_surely_known and self._steps(separated, components, sweep - components.mean):
            self._analysis = self._unsettled = analysis = replace(analysis, doubt=Doubt.BURST)
        return self._results.result(frame, analysis, separated, sweep - components.mean, last=True)

    def _steps(self, separated: SeparatedSweep, components: SweepComponents, uv: Array) -> bool:
        """Return whether the longer sweep ``uv`` (n,) shows a wave that steps and does not turn back."""
        inside, times = inside_window(self._longer, components), self._longer.times
        first_ms = float(times[int(inside.argmax())])
        return is_step(uv, times, first_ms, begin_of(separated, times, inside).sure_ms)

    def _beside_burst(self, analysis: Analysis, history: RingBuffer) -> Analysis:
        """Return ``analysis``, in doubt where a contraction is in progress that may have caused what stands out."""
        after = self._activity.after(history, analysis.pulse.sample)
        amplitude_uv, _ = peak_to_peak(analysis.separated, inside_window(self._frame, analysis.components))
        if analysis.doubt is None and not analysis.is_surely_known and after is not None and after.hides(amplitude_uv):
            return replace(analysis, doubt=Doubt.BURST)
        return analysis

    def _prepare_filters(self, conditions: SweepConditions) -> PreparedFilters:
        components = self._learner.model.components(conditions, self._frame, self._basis)
        nuisance_inverse = components.nuisance_inverse
        known = self._learner.template.prepare_for(nuisance_inverse) if self._learner.template.ready else None
        return PreparedFilters(components, nuisance_inverse, self._filters.prepare_for(nuisance_inverse), known)

    def _analyse(self, raw: Array, pulse: Pulse, baseline: PreStimulus) -> Analysis:
        """Analyse the sweep ``raw`` (samples,) in uV, with all doubts of it."""
        conditions, sweep = self._learner.model.observe(raw, pulse, baseline, self._unit(baseline.noise_uv))
        prepared = (
            self._prepared
            if self._prepared and self._prepared.components.conditions == conditions
            else self._prepare_filters(conditions)
        )
        components = prepared.components
        residual = self._basis.whiten @ (sweep - components.mean) / conditions.unit_uv
        weighted = prepared.nuisance_inverse(residual)
        judged = self._filters.judge(weighted, prepared.unknown)
        known = self._learner.template.p_value(weighted, prepared.known) if prepared.known is not None else None
        p_value = combined(judged.p_value, known)
        separated = self._separated(components, residual, p_value)
        late_ms, early_p_value, late_p_value = self._late_onset(separated, components, judged)
        if late_ms is not None:
            p_value = combined(early_p_value, known)
        hidden_uv = judged.hidden
        unresolved_uv = judged.hidden_by_largest if p_value < SUSPECT else hidden_uv
        turned_p_value = 1.0
        if prepared.known is not None:
            turned_p_value = self._learner.template.p_value(-weighted, prepared.known)
            hidden_by_shape_uv = self._learner.template.hidden(weighted, prepared.known)
            hidden_uv, unresolved_uv = min(hidden_uv, hidden_by_shape_uv), min(unresolved_uv, hidden_by_shape_uv)
        is_noisy = judged.hidden_by_noise * conditions.unit_uv > self._results.relevant_uv
        analysis = Analysis(
            pulse, self._frame, components, sweep, residual, separated, p_value, p_value,
            hidden_uv * conditions.unit_uv, unresolved_uv * conditions.unit_uv, is_noisy,
            doubt=None, alike=0.0, is_opposite=False, late_ms=late_ms, late_p_value=late_p_value,
            turned_p_value=turned_p_value, shape_p_value=known,
            artefact_share=self._artefact_share(components, residual, weighted) if p_value < ALPHA else 0.0,
        )  # fmt: skip
        return self._doubts.checked(analysis)

    def _artefact_share(self, components: SweepComponents, residual: Array, weighted: Array) -> float:
        """Return the share of the ``residual`` (n,) in ``self._basis`` (``weighted``: by the inverse covariance of all
        but a response) that the expected artefact explains, at whatever size.
        """
        expected = self._basis.whiten @ components.mean / components.conditions.unit_uv
        power = float(expected @ components.nuisance_inverse(expected)) * float(residual @ weighted)
        return float(expected @ weighted) ** 2 / max(power, 1e-12)

    def _separated(self, components: SweepComponents, residual: Array, p_value: float) -> SeparatedSweep:
        """Estimate the response; skip that, and return zeros, where there is clearly none."""
        if p_value >= SUSPECT and not late.may_come(self._frame.window_ms):
            none = np.zeros(len(self._frame.times))
            return SeparatedSweep(none, none + components.conditions.unit_uv, none)
        return self._split(self._frame, self._basis, components, residual, p_value)

    def _late_onset(
        self, separated: SeparatedSweep, components: SweepComponents, judged: FilterVerdict
    ) -> tuple[float | None, float, float]:
        """Return where a late response begins (None without one), the p-value of what lies before it, and its own."""
        window_ms = self._frame.window_ms
        if not late.may_come(window_ms):
            return None, judged.p_value, 1.0
        times = self._frame.times
        begin_ms = late.begin_ms(separated, times)
        early, later = self._filters.p_values_about(late.FROM_MS, begin_ms or late.FROM_MS, judged)
        if begin_ms is None or later >= ALPHA:
            return None, judged.p_value, later
        awaited = late.is_awaited(window_ms)
        inside = inside_window(self._frame, components)
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
        shape = self._learner.template.shape if frame is self._frame and p_value < ALPHA else None
        return split(basis, residual, components, share, baseline, shape).times(components.conditions.unit_uv)

    def settle(self) -> None:
        """Learn from the sweep judged last; done when its result is out."""
        analysis, self._unsettled = self._unsettled, None
        if analysis is None:
            return
        self._prepared = None
        silent = analysis.pulse.sample in self._silent_pulses
        self._learner.learn(analysis, self._basis, self._noise.windows, silent=silent)

    def _is_unfinished(self, analysis: Analysis) -> bool:
        inside = analysis.inside
        amplitude_uv, _ = peak_to_peak(analysis.separated, inside)
        significant = analysis.p_value < ALPHA and analysis.doubt is None
        return significant and still_running(analysis.separated, amplitude_uv, inside, self._frame.times)

    def forget(self, pulse: Pulse) -> None:
        """Let go of what was prepared for ``pulse``."""
        self._baselines.pop(pulse.sample, None)

    def _units(self, noise_uv: Array) -> Array:
        """Return the noise (m,) that scores are measured in: the usual one, but no more than the present noise nor much
        less. So a stray potential before the pulse does not hide a response, and a burst does not feign one.
        """
        usual = sorted(self._noises)[len(self._noises) // 2] if self._noises else np.inf
        return np.minimum(np.maximum(usual, _LEAST_SHARE * noise_uv), noise_uv)

    def _unit(self, noise_uv: float) -> float:
        return float(self._units(np.array(noise_uv)))
