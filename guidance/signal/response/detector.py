"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceInfo, Pulse
from guidance.signal.response import late_response as late
from guidance.signal.response.components import SweepComponents, SweepConditions, SweepFrame, SweepModel
from guidance.signal.response.matched_filter import FilterBank, FilterFamily, FilterVerdict, LearnedTemplate, combined
from guidance.signal.response.measures import begins_at_once, onset_ms, peak_to_peak, still_running
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.separation import SeparatedSweep, split
from guidance.signal.response.sweep_result import LateResult, SweepResult
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis
from guidance.signal.sweep.baseline import BaselineTracker, NullWindows, PreStimulus
from guidance.signal.sweep.basis import Array, baseline_columns, response_shapes
from guidance.signal.sweep.ring_buffer import RingBuffer

ALPHA = 0.01
"""A response counts as detected where its p-value is below this."""

_SUSPECT, _LIKELY, _SURE = 0.3, 0.05, 1e-4
_AT_ONCE_MS = 3.0
_FIRST, _NOT_YET = 5, 3e-3
"""A procedure begins below threshold: what is not sure in so many first sweeps is learned as artefact."""

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
    """What a sweep told: what lies in it, its ``residual`` (n,) in the space without the artefact expected, the
    response as estimated, the p-value, how large a response in uV may hide in it, and whether what stands out is
    ``unlike`` a response. ``late_ms``: where a late response begins, if there is one, and its p-value.
    """

    parts: SweepComponents
    sweep: Array
    residual: Array
    found: SeparatedSweep
    p_value: float
    hidden_uv: float
    unlike: bool
    late_ms: float | None
    late_p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFilters:
    """All that a sweep of this setting is judged with, laid out before it is there."""

    parts: SweepComponents
    screen: LowRankInverse
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
        self._channel, self._criterion_uv, self._rate_hz = channel, criterion_uv, info.sample_rate_hz
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._frame, self._longer = (SweepFrame.over(window, self._rate_hz) for window in (window_ms, longest))
        self._noise = NoiseModel(self._frame.times)
        self._space = self._frame.space(self._noise)
        self._longer_space: WhitenedBasis | None = None
        self._dissector = SweepModel(self._frame, self._longer, info, channel)
        self._family = FilterFamily(response_shapes(self._frame.times, window_ms), self._frame.times)
        self._family.renew(self._space)
        self._known = LearnedTemplate()
        self._learned_to = 0
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)
        self._before: dict[int, PreStimulus | None] = {}
        self._bench: PreparedFilters | None = None
        self._told: Analysis | None = None
        self._unsettled: Analysis | None = None

    @property
    def samples_after(self) -> tuple[int, int]:
        """Samples after the pulse that a judgement needs, and those that a longer look at an unfinished one needs."""
        return self._frame.grid.stop, self._longer.grid.stop

    def prepare(self, history: RingBuffer, pulse: Pulse, free_from: int) -> None:
        """Look at the stream before ``pulse``, which from ``free_from`` on holds no other stimulus's sweep.

        Done as soon as the pulse is known, so that its answer waits for nothing but its own window.
        """
        self.settle()
        stretch = BaselineTracker(history, self._channel, free_from, pulse.sample, self._rate_hz)
        quiet = stretch.state()
        self._before[pulse.sample] = quiet
        shams = stretch.shams(self._frame.grid, self._learned_to, quiet.mains) if quiet else None
        if shams is not None:
            self._learn(shams)
        setting = self._dissector.foresee(pulse, self._unit(quiet.noise_uv)) if quiet else None
        self._bench = self._lay_out(setting) if setting else None

    def pass_over(self, pulse: Pulse) -> None:
        """Take nothing from the stream before ``pulse``: no muscle is seen there. Its answer cannot be known then."""
        self.settle()
        self._before[pulse.sample] = self._bench = None

    def _learn(self, shams: NullWindows) -> None:
        """Learn the noise, and how the statistics are spread in it."""
        self._learned_to = shams.next_sample
        self._noises.extend(shams.noise_uv.tolist())
        windows = shams.sweeps / self._units(shams.noise_uv)[:, None]
        windows = windows[np.median(np.abs(windows), axis=1) < _BURST]
        if not len(windows):
            return
        if self._noise.learn(windows):
            self._space, self._longer_space = self._frame.space(self._noise), None
            self._family.renew(self._space)
            if self._known.ready:
                self._known.renew(self._space, self._noise.windows)
        self._family.learn(windows @ self._space.into.T)

    def judge(self, history: RingBuffer, pulse: Pulse, *, longer: bool = False) -> SweepResult:
        """Judge the answer to ``pulse``, which was prepared for.

        ``longer`` measures an unfinished response to its end; detection stays with the window.
        """
        quiet = self._before[pulse.sample]
        if quiet is None:
            return self.untold("no stimulus-free signal before the pulse")
        frame = self._longer if longer else self._frame
        raw = history.window(pulse.sample, pulse.sample + frame.grid.stop)[:, self._channel].astype(float)
        if np.isnan(raw).any():
            return self.untold("samples lost")
        if self._told is None or not longer:
            self._told = self._unsettled = told = self._tell(raw[: self._frame.grid.stop], pulse, quiet)
            return self._evoked(self._frame, told, told.found, told.sweep - told.parts.mean, pulse)
        if self._longer_space is None:
            self._longer_space = frame.space(self._noise)
        sweep = frame.grid.means(quiet.clean(raw, pulse.sample)[frame.grid.first :])
        parts = self._dissector.parts(self._told.parts.setting, frame, self._longer_space)
        residual = self._longer_space.into @ (sweep - parts.mean) / parts.setting.unit_uv
        found = self._split(frame, self._longer_space, parts, residual, self._told.p_value)
        return self._evoked(frame, self._told, found, sweep - parts.mean, pulse)

    def _lay_out(self, setting: SweepConditions) -> PreparedFilters:
        parts = self._dissector.parts(setting, self._frame, self._space)
        screen = parts.screen
        known = self._known.behind(screen) if self._known.ready else None
        return PreparedFilters(parts, screen, self._family.behind(screen), known)

    def _tell(self, raw: Array, pulse: Pulse, quiet: PreStimulus) -> Analysis:
        """Whether there is a response in the sweep ``raw``."""
        setting, sweep = self._dissector.observe(raw, pulse, quiet, self._unit(quiet.noise_uv))
        bench = self._bench if self._bench and self._bench.parts.setting == setting else self._lay_out(setting)
        parts = bench.parts
        residual = self._space.into @ (sweep - parts.mean) / setting.unit_uv
        screened = bench.screen(residual)
        judged = self._family.judge(screened, bench.unknown)
        known = self._known.p_value(screened, bench.known) if bench.known is not None else None
        p_value = combined(judged.p_value, known)
        found = self._split(self._frame, self._space, parts, residual, p_value)
        late_ms, early_p_value, late_p_value = self._apart(found, parts, judged)
        if late_ms is not None:
            p_value = combined(early_p_value, known)
        unlike = p_value < ALPHA and begins_at_once(found, _inside(self._frame, parts))
        hidden_uv = judged.hidden * setting.unit_uv
        return Analysis(parts, sweep, residual, found, p_value, hidden_uv, unlike, late_ms, late_p_value)

    def _apart(
        self, found: SeparatedSweep, parts: SweepComponents, judged: FilterVerdict
    ) -> tuple[float | None, float, float]:
        """Where a late response begins, None without one; the p-values of what lies before it, and of itself."""
        window_ms = self._frame.window_ms
        if not late.may_come(window_ms):
            return None, judged.p_value, 1.0
        times = self._frame.times
        begin_ms = late.begin_ms(found, times)
        early, later = self._family.p_values_about(late.FROM_MS, begin_ms or late.FROM_MS, judged)
        if begin_ms is None or later >= ALPHA:
            return None, judged.p_value, later
        awaited = late.is_awaited(window_ms)
        inside = _inside(self._frame, parts)
        if late.has_company(found, times, inside, begin_ms, awaited=awaited):
            return begin_ms, early, later
        return (begin_ms, 1.0, later) if awaited else (None, judged.p_value, later)

    def _split(
        self, frame: SweepFrame, space: WhitenedBasis, parts: SweepComponents, residual: Array, p_value: float
    ) -> SeparatedSweep:
        """The response in ``residual`` (n,) in uV. What artefact and response both could explain counts for the
        artefact, but beside a response only a little of it.
        """
        share = _DOUBTFUL if p_value < ALPHA else 1.0
        baseline = baseline_columns(frame.times, float(self._frame.times[-1]))
        return split(space, residual, parts, share, baseline).times(parts.setting.unit_uv)

    def settle(self) -> None:
        """Learn from the sweep judged last; done when its answer is out."""
        told, self._unsettled = self._unsettled, None
        if told is None:
            return
        space, setting, artefact = self._space, told.parts.setting, told.parts.artefact
        if self._dissector.taught < self._silent:
            self._dissector.learn(told.parts, told.residual, self._frame, space, np.zeros_like(space.response))
            return
        if told.p_value < _LIKELY and not told.unlike:
            sure = told.p_value < _SURE
            early = np.where(self._frame.times < (told.late_ms or np.inf), told.found.mean, 0.0)
            self._known.show(early, space, self._noise.windows, sure=sure)
        size = 0.0
        if told.unlike:
            artefact.doubt()
            later = self._frame.times > max(self._frame.window_ms[0], setting.blind_ms) + _AT_ONCE_MS
            size = float(np.abs(told.found.mean[later]).max(initial=0.0)) / setting.unit_uv
        elif min(told.p_value, told.late_p_value) < (_SUSPECT if self._dissector.taught >= _FIRST else _NOT_YET):
            size = _AS_LARGE * float(np.abs(told.found.mean).max()) / setting.unit_uv
        self._dissector.learn(told.parts, told.residual, self._frame, space, size**2 * space.response)

    def _evoked(
        self, frame: SweepFrame, told: Analysis, found: SeparatedSweep, seen: Array, pulse: Pulse
    ) -> SweepResult:
        """The answer in words, of ``found`` in what was ``seen`` (n,) beside the artefact expected, in uV."""
        inside = _inside(frame, told.parts)
        if told.late_ms is not None:
            inside &= frame.times < told.late_ms
        amplitude_uv, amplitude_sd_uv = peak_to_peak(found, inside)
        significant = told.p_value < ALPHA and not told.unlike
        detected = significant and amplitude_uv >= (self._criterion_uv or 0.0)
        blinded = not significant and told.hidden_uv > (self._criterion_uv or _DEFAULT_CRITERION_UV)
        hidden = told.unlike or blinded
        return SweepResult(
            detected=detected,
            p_value=None if told.unlike else told.p_value,
            amplitude_uv=amplitude_uv,
            amplitude_sd_uv=amplitude_sd_uv,
            latency_ms=onset_ms(found, frame.times, inside) - pulse.offset_ns / 1e6 if detected else None,
            contaminated=hidden,
            why=_why(told) if hidden else None,
            times_ms=frame.times,
            uv=np.where(frame.times < told.parts.setting.blind_ms, 0.0, seen - found.nuisance),
            unfinished=significant and still_running(found, amplitude_uv, inside, frame.times),
            late=self._late(frame, told, found, pulse),
        )

    def _late(self, frame: SweepFrame, told: Analysis, found: SeparatedSweep, pulse: Pulse) -> LateResult | None:
        """What came late, if there was room for it."""
        if not late.may_come(self._frame.window_ms):
            return None
        if told.late_ms is None:
            return LateResult(detected=False, p_value=told.late_p_value, amplitude_uv=None, latency_ms=None)
        amplitude_uv, _ = peak_to_peak(found, frame.times >= told.late_ms)
        detected = amplitude_uv >= (self._criterion_uv or 0.0)
        latency_ms = told.late_ms - pulse.offset_ns / 1e6
        return LateResult(detected, told.late_p_value, amplitude_uv, latency_ms if detected else None)

    def forget(self, pulse: Pulse) -> None:
        """Let go of what was prepared for ``pulse``."""
        self._before.pop(pulse.sample, None)

    def untold(self, why: str) -> SweepResult:
        """The answer that cannot be told, and why."""
        return SweepResult(
            detected=False, p_value=None, amplitude_uv=None, amplitude_sd_uv=None, latency_ms=None,
            contaminated=True, why=why, times_ms=np.zeros(0), uv=np.zeros(0),
        )  # fmt: skip

    def _units(self, noise_uv: Array) -> Array:
        """The noise (m,) that scores are measured in: the usual one, but no more than the noise at hand nor much
        less. So a stray potential before the pulse does not hide a response, and a burst does not feign one.
        """
        usual = sorted(self._noises)[len(self._noises) // 2] if self._noises else np.inf
        return np.minimum(np.maximum(usual, _LEAST_SHARE * noise_uv), noise_uv)

    def _unit(self, noise_uv: float) -> float:
        return float(self._units(np.array(noise_uv)))


def _inside(frame: SweepFrame, parts: SweepComponents) -> NDArray[np.bool_]:
    """Where a response may be seen (n,): in the window, and after the artefact's blind time."""
    return np.asarray(frame.times >= max(frame.window_ms[0], parts.setting.blind_ms))


def _why(told: Analysis) -> str:
    if told.unlike:
        return "the artefact has changed and is learned anew"
    return f"a response of {told.hidden_uv:.0f} uV could hide in it"
