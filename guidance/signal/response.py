"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor

from drivers.base import DeviceInfo, Pulse
from guidance.signal.basis import Array
from guidance.signal.detect import Estimate, Family, KnownShape, Splitter, combined
from guidance.signal.history import History
from guidance.signal.measure import begins_at_once, onset_ms, peak_to_peak, still_running
from guidance.signal.noise import NoiseModel
from guidance.signal.parts import Dissector, Frame, Parts, Setting
from guidance.signal.quiet import Quiet, QuietStretch, Shams

ALPHA = 0.01
"""A response counts as detected where its p-value is below this."""

_SUSPECT = 0.3
_SURE = 1e-4
_DEFAULT_CRITERION_UV = 100.0
_LONGER = 1.5
_NOISE_MEMORY = 20
_AS_LARGE = 3.0
_DOUBTFUL = 0.02
_BURST = 2.5
"""A stimulus-free window of which half is above so many standard deviations holds the begin of a burst, not noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Evoked:
    """What one sweep showed. ``uv`` (n,) at ``times_ms`` is the sweep for the eye: artefact, mains and baseline taken
    out; ``why`` says why a sweep is contaminated. ``unfinished``: the response still ran where the window ended.
    """

    detected: bool
    p_value: float | None
    amplitude_uv: float | None
    amplitude_sd_uv: float | None
    latency_ms: float | None
    contaminated: bool
    why: str | None
    times_ms: Array
    uv: Array
    unfinished: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What a sweep told: its parts, the response as estimated, the p-value, how large a response may hide in it,
    and whether what stands out is ``unlike`` a response.
    """

    parts: Parts
    found: Estimate
    p_value: float
    hidden_uv: float
    unlike: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """All that a sweep of this setting is judged with, laid out before it is there."""

    setting: Setting
    parts: Parts
    unknown: Array
    known: Array | None
    with_response: Splitter
    without: Splitter


class ResponseDetector:
    """Judges the sweeps of one channel; carries what it learns of its noise, its artefact and its responses."""

    def __init__(
        self, channel: int, window_ms: tuple[float, float], info: DeviceInfo, criterion_uv: float | None
    ) -> None:
        """For channel number ``channel``; responses below ``criterion_uv`` (if named) are not called detected."""
        self._channel, self._criterion_uv, self._rate_hz = channel, criterion_uv, info.sample_rate_hz
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._frame, self._longer = (Frame.over(window, self._rate_hz) for window in (window_ms, longest))
        self._noise = NoiseModel(self._frame.times)
        self._dissector = Dissector(self._frame, info, channel, self._noise)
        self._family = Family(self._frame.times, window_ms)
        self._known = KnownShape()
        self._learned_to = 0
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)
        self._before: dict[int, Quiet | None] = {}
        self._bench: _Bench | None = None
        self._told: _Told | None = None
        self._unsettled: _Told | None = None

    @property
    def samples_after(self) -> tuple[int, int]:
        """Samples after the pulse that a judgement needs, and those that a longer look at an unfinished one needs."""
        return self._frame.grid.stop, self._longer.grid.stop

    def prepare(self, history: History, pulse: Pulse, free_from: int) -> None:
        """Look at the stream before ``pulse``, which from ``free_from`` on holds no other stimulus's sweep.

        Done as soon as the pulse is known, so that its answer waits for nothing but its own window.
        """
        self.settle()
        stretch = QuietStretch(history, self._channel, free_from, pulse.sample, self._rate_hz)
        quiet = stretch.state()
        self._before[pulse.sample] = quiet
        shams = stretch.shams(self._frame.grid, self._learned_to, quiet.mains) if quiet else None
        if shams is not None:
            self._learn(shams)
        setting = self._dissector.foresee(pulse, self._unit(quiet.noise_uv)) if quiet else None
        self._bench = self._lay_out(setting) if setting else None

    def _learn(self, shams: Shams) -> None:
        """Learn the noise, and how the statistics are spread in it."""
        self._learned_to = shams.next_sample
        units = []
        for noise_uv in shams.noise_uv:
            self._noises.append(float(noise_uv))
            units.append(self._unit(float(noise_uv)))
        windows = shams.sweeps / np.array(units)[:, None]
        windows = windows[np.median(np.abs(windows), axis=1) < _BURST]
        if not len(windows):
            return
        if self._noise.learn(windows):
            self._family.renew(self._noise.covariance)
            if self._known.ready:
                self._known.renew(list(self._noise.windows), self._noise.covariance)
        self._family.learn(windows, self._noise.covariance)

    def judge(self, history: History, pulse: Pulse, *, longer: bool = False) -> Evoked:
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
            self._told = self._unsettled = self._tell(raw[: self._frame.grid.stop], pulse, quiet)
            return self._evoked(self._frame, self._told.parts, self._told.found, pulse)
        sweep = frame.grid.means(quiet.clean(raw, pulse.sample)[frame.grid.first :])
        parts = self._told.parts.onward(sweep, frame.times)
        around = _share(self._told.p_value) * parts.around
        silent = parts.white + parts.baseline + around
        split = Splitter(silent, parts.baseline + around, frame.response, parts.unit_uv)
        return self._evoked(frame, parts, split.split(parts.residual), pulse)

    def _lay_out(self, setting: Setting) -> _Bench:
        parts = self._dissector.parts(setting, np.zeros(len(self._frame.times)))
        factor = cho_factor(parts.silent)
        splitters = []
        for share in (_DOUBTFUL, 1.0):
            nuisance = parts.baseline + share * parts.around
            splitters.append(Splitter(parts.white + nuisance, nuisance, self._frame.response, parts.unit_uv))
        known = self._known.filters(factor) if self._known.ready else None
        return _Bench(setting, parts, self._family.filters(factor), known, *splitters)

    def _tell(self, raw: Array, pulse: Pulse, quiet: Quiet) -> _Told:
        """Whether there is a response in the sweep ``raw``."""
        setting, sweep = self._dissector.observe(raw, pulse, quiet, self._unit(quiet.noise_uv))
        bench = self._bench if self._bench and self._bench.setting == setting else self._lay_out(setting)
        parts = replace(bench.parts, sweep=sweep)
        unknown, hidden_uv = self._family.judge(parts.residual, bench.unknown)
        known = self._known.p_value(parts.residual, bench.known) if bench.known is not None else None
        p_value = combined(unknown, known)
        found = (bench.with_response if p_value < ALPHA else bench.without).split(parts.residual)
        unlike = p_value < ALPHA and begins_at_once(found, _inside(self._frame, parts))
        return _Told(parts, found, p_value, hidden_uv, unlike)

    def settle(self) -> None:
        """Learn from the sweep judged last; done when its answer is out."""
        told, self._unsettled = self._unsettled, None
        if told is None:
            return
        parts = told.parts
        if told.p_value < _SURE and not told.unlike:
            self._known.show(told.found.mean, self._noise)
        around = parts.white + parts.baseline
        if told.unlike:
            parts.artefact.doubt()
        elif told.p_value < _SUSPECT:
            around = around + (_AS_LARGE * float(np.abs(told.found.mean).max())) ** 2 * self._frame.response
        parts.artefact.learn(parts.sweep, parts.strength, around)

    def _evoked(self, frame: Frame, parts: Parts, found: Estimate, pulse: Pulse) -> Evoked:
        told = self._told
        if told is None:
            raise ValueError("a sweep is measured only after it was judged")
        inside = _inside(frame, parts)
        amplitude_uv, amplitude_sd_uv = peak_to_peak(found, inside)
        significant = told.p_value < ALPHA and not told.unlike
        detected = significant and amplitude_uv >= (self._criterion_uv or 0.0)
        blinded = not significant and told.hidden_uv > (self._criterion_uv or _DEFAULT_CRITERION_UV)
        hidden = told.unlike or blinded
        return Evoked(
            detected=detected,
            p_value=None if told.unlike else told.p_value,
            amplitude_uv=amplitude_uv,
            amplitude_sd_uv=amplitude_sd_uv,
            latency_ms=onset_ms(found, frame.times, inside) - pulse.offset_ns / 1e6 if detected else None,
            contaminated=hidden,
            why=_why(told) if hidden else None,
            times_ms=frame.times,
            uv=np.where(frame.times < parts.blind_ms, 0.0, parts.residual - found.nuisance),
            unfinished=significant and still_running(found, amplitude_uv, frame.times),
        )

    def forget(self, pulse: Pulse) -> None:
        """Let go of what was prepared for ``pulse``."""
        self._before.pop(pulse.sample, None)

    def untold(self, why: str) -> Evoked:
        """The answer that cannot be told, and why."""
        return Evoked(
            detected=False, p_value=None, amplitude_uv=None, amplitude_sd_uv=None, latency_ms=None,
            contaminated=True, why=why, times_ms=np.zeros(0), uv=np.zeros(0),
        )  # fmt: skip

    def _unit(self, noise_uv: float) -> float:
        """The noise that scores are measured in: the usual one, but no more than the noise at hand nor less than half
        of it. So a stray potential before the pulse does not hide a response, and a burst does not feign one.
        """
        return float(np.clip(np.median(self._noises), 0.5 * noise_uv, noise_uv)) if self._noises else noise_uv


def _inside(frame: Frame, parts: Parts) -> NDArray[np.bool_]:
    """Where a response may be seen (n,): in the window, and after the artefact's blind time."""
    return np.asarray(frame.times >= max(frame.window_ms[0], parts.blind_ms))


def _share(p_value: float) -> float:
    """Share of what artefact and response both could explain that counts for the artefact: little beside a response."""
    return _DOUBTFUL if p_value < ALPHA else 1.0


def _why(told: _Told) -> str:
    if told.unlike:
        return "the artefact has changed and is learned anew"
    return f"a response of {told.hidden_uv:.0f} uV could hide in it"
