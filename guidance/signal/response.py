"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.base import Pulse
from guidance.signal.basis import FIRST_MS, Array
from guidance.signal.estimator import Conditions, Estimate, Estimator, half_decade
from guidance.signal.history import History
from guidance.signal.null import NullDistribution
from guidance.signal.quiet import Quiet, QuietStretch

ALPHA = 0.01
"""A response counts as detected where its p-value is below this."""

_TAIL_SHARE = 0.3
_ARTEFACT_AT = 6.0
_TELLABLE = 6.0
_LONGER = 1.5
_UNFINISHED = 0.25
_NOISE_MEMORY = 20


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


class ResponseDetector:
    """Judges the sweeps of one channel; carries the null distribution that it learns from the stream."""

    def __init__(
        self, channel: int, window_ms: tuple[float, float], rate_hz: float, criterion_uv: float | None
    ) -> None:
        """For channel number ``channel``; responses below ``criterion_uv`` (if named) are not called detected."""
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._estimator = Estimator(window_ms, rate_hz)
        self._longer = Estimator(longest, rate_hz)
        self._channel, self._rate_hz, self._criterion_uv = channel, rate_hz, criterion_uv
        self._null = NullDistribution(self._estimator.pairs)
        self._learned_to = 0
        self._conditions = Conditions(FIRST_MS, 0.0)
        self._before: dict[int, Quiet | None] = {}
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)

    @property
    def samples_after(self) -> tuple[int, int]:
        """Samples after the pulse that a judgement needs, and those that a longer look at an unfinished one needs."""
        return self._estimator.grid.stop, self._longer.grid.stop

    def prepare(self, history: History, pulse: Pulse, free_from: int) -> None:
        """Look at the stream before ``pulse``, which from ``free_from`` on holds no other stimulus's sweep.

        Done as soon as the pulse is known, so that its answer waits for nothing but its own window.
        """
        stretch = QuietStretch(history, self._channel, free_from, pulse.sample, self._rate_hz)
        quiet = stretch.state()
        self._before[pulse.sample] = quiet
        shams = stretch.shams(self._estimator.grid, self._learned_to, quiet.mains) if quiet else None
        if shams is None:
            return
        self._learned_to = shams.next_sample
        units = []
        for noise_uv in shams.noise_uv:
            self._noises.append(float(noise_uv))
            units.append(self._unit(float(noise_uv)))
        self._null.learn(self._estimator.scores(shams.sweeps / np.array(units)[:, None], self._conditions))

    def judge(self, history: History, pulse: Pulse, *, longer: bool = False) -> Evoked:
        """Judge the answer to ``pulse``, which was prepared for.

        ``longer`` measures an unfinished response to its end; detection stays with the window.
        """
        quiet = self._before[pulse.sample]
        if quiet is None:
            return self.untold("no stimulus-free signal before the pulse")
        grid = self._estimator.grid
        raw = history.window(pulse.sample, pulse.sample + grid.stop)[:, self._channel].astype(float)
        if np.isnan(raw).any():
            return self.untold("samples lost")
        sweep = quiet.clean(raw, pulse.sample)
        self._conditions = conditions = self._conditions_of(sweep, quiet)
        scaled = grid.means(sweep[grid.first :]) / self._unit(quiet.noise_uv)
        p_value = self._null.p_value(self._null.statistic(self._estimator.scores(scaled[None], conditions)[0]))
        return self._measure(history, pulse, quiet, conditions, p_value, longer=longer)

    def forget(self, pulse: Pulse) -> None:
        """Let go of what was prepared for ``pulse``."""
        self._before.pop(pulse.sample, None)

    def _measure(
        self, history: History, pulse: Pulse, quiet: Quiet, conditions: Conditions, p_value: float, *, longer: bool
    ) -> Evoked:
        estimator = self._longer if longer else self._estimator
        grid, noise_uv = estimator.grid, quiet.noise_uv
        raw = history.window(pulse.sample + grid.first, pulse.sample + grid.stop)[:, self._channel].astype(float)
        if np.isnan(raw).any():
            return self.untold("samples lost")
        scaled = grid.means(quiet.clean(raw, pulse.sample + grid.first)) / noise_uv
        inside = estimator.times >= max(estimator.window_ms[0], conditions.blind_ms)
        size = float(np.sqrt(np.mean(scaled[inside] ** 2))) if inside.any() else 1.0
        found = estimator.response(scaled, conditions, size)
        amplitude, amplitude_sd = _peak_to_peak(found, inside)
        detected = p_value < ALPHA and amplitude * noise_uv >= (self._criterion_uv or 0.0)
        hidden = not detected and p_value >= ALPHA and _TELLABLE * noise_uv > (self._criterion_uv or 100.0)
        latency = _onset(found, estimator.times, inside) - pulse.offset_ns / 1e6
        return Evoked(
            detected=detected,
            p_value=p_value,
            amplitude_uv=amplitude * noise_uv,
            amplitude_sd_uv=amplitude_sd * noise_uv,
            latency_ms=latency if detected else None,
            contaminated=hidden,
            why="background activity would hide a response" if hidden else None,
            times_ms=estimator.times,
            uv=np.where(estimator.times < conditions.blind_ms, 0.0, (scaled - found.artefact) * noise_uv),
            unfinished=p_value < ALPHA and _still_running(found, amplitude, estimator.times),
        )

    def untold(self, why: str) -> Evoked:
        """The answer that cannot be told, and why."""
        return Evoked(
            detected=False, p_value=None, amplitude_uv=None, amplitude_sd_uv=None, latency_ms=None,
            contaminated=True, why=why, times_ms=np.zeros(0), uv=np.zeros(0),
        )  # fmt: skip

    def _conditions_of(self, sweep: Array, quiet: Quiet) -> Conditions:
        """How long the artefact of ``sweep`` (from the pulse on) hides everything, and how large its tail may be."""
        lead = sweep[: max(int(self._estimator.window_ms[0] * self._rate_hz / 1e3), 3)]
        height = float(np.abs(lead).max()) / quiet.noise_uv
        bend = np.abs(np.diff(lead, 2))
        sharp = np.flatnonzero(bend > max(8.0 * quiet.bend_uv, 0.1 * float(bend.max(initial=0.0))))
        if not len(sharp) or height < _ARTEFACT_AT:
            return Conditions(FIRST_MS, 0.0)
        blind_ms = (int(sharp[-1]) + 2) * 1e3 / self._rate_hz + 0.2
        return Conditions(max(FIRST_MS, np.ceil(2 * blind_ms) / 2), _TAIL_SHARE * half_decade(height))

    def _unit(self, noise_uv: float) -> float:
        """The noise that scores are measured in: the usual one, but no more than the noise at hand nor less than half
        of it. So a stray potential before the pulse does not hide a response, and a burst does not feign one.
        """
        return float(np.clip(np.median(self._noises), 0.5 * noise_uv, noise_uv)) if self._noises else noise_uv


def _peak_to_peak(found: Estimate, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[float, float]:
    """Peak-to-peak of the estimated response inside the window, and its standard deviation."""
    if not inside.any():
        return 0.0, 0.0
    mean, sd = found.mean[inside], found.sd[inside]
    high, low = int(mean.argmax()), int(mean.argmin())
    return float(mean[high] - mean[low]), float(np.hypot(sd[high], sd[low]))


def _onset(found: Estimate, times: Array, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Onset latency in ms: back from the first large peak to where the response leaves the baseline."""
    size = np.abs(np.where(inside, found.mean, 0.0))
    peak = int(np.argmax(size >= 0.5 * size.max()))
    low = np.flatnonzero(size[: peak + 1] < np.maximum(0.1 * size.max(), 3.0 * found.sd[: peak + 1]))
    return float(times[low[-1] if len(low) else 0])


def _still_running(found: Estimate, amplitude: float, times: Array) -> bool:
    """Whether more than a quarter of the response is still there in the last 2 ms of the window."""
    ending = np.abs(found.mean[times > times[-1] - 2.0])
    return bool(ending.max() > _UNFINISHED * amplitude)
