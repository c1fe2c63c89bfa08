"""The evoked response of one channel to one pulse: detected or not, how surely, how large, how late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.base import DeviceInfo, Pulse
from guidance.signal.artefact import ArtefactModel, Strength
from guidance.signal.basis import FIRST_MS, Array, Grid, overload_covariance, response_covariance
from guidance.signal.detect import Estimate, Family, KnownShape, combined, estimate
from guidance.signal.history import History
from guidance.signal.noise import NoiseModel
from guidance.signal.quiet import Quiet, QuietStretch

ALPHA = 0.01
"""A response counts as detected where its p-value is below this."""

_SUSPECT = 0.3
_SURE = 1e-4
_DEFAULT_CRITERION_UV = 100.0
_ARTEFACT_AT = 6.0
_LONGER = 1.5
_UNFINISHED = 0.25
_NOISE_MEMORY = 20
_BLIND_SD = 1e3
_AT_RANGE = 0.999
_AT_ONCE, _AT_ONCE_SHARE, _AT_ONCE_SDS = 2, 0.4, 4.0
_OVERLOAD_SHARE = 0.1
_DYING_MS = 18.0


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
class _Frame:
    """A grid of sweeps, and the prior covariance of a response of unit size on it."""

    window_ms: tuple[float, float]
    grid: Grid
    times: Array
    response: Array

    @classmethod
    def over(cls, window_ms: tuple[float, float], rate_hz: float) -> _Frame:
        grid = Grid.over(window_ms, rate_hz)
        return cls(window_ms, grid, grid.times, response_covariance(grid.times, window_ms))


class ResponseDetector:
    """Judges the sweeps of one channel; carries what it learns of its noise, its artefact and its responses."""

    def __init__(
        self, channel: int, window_ms: tuple[float, float], info: DeviceInfo, criterion_uv: float | None
    ) -> None:
        """For channel number ``channel``; responses below ``criterion_uv`` (if named) are not called detected."""
        self._channel, self._criterion_uv = channel, criterion_uv
        self._rate_hz, self._range_uv = info.sample_rate_hz, info.channels[channel].range_uv
        longest = (window_ms[0], window_ms[0] + _LONGER * (window_ms[1] - window_ms[0]))
        self._frame, self._longer = (_Frame.over(window, self._rate_hz) for window in (window_ms, longest))
        self._noise = NoiseModel(self._frame.times)
        self._artefacts = {clipped: ArtefactModel(self._frame.times) for clipped in (False, True)}
        self._overload = overload_covariance(self._frame.times)
        self._family = Family(self._frame.times, window_ms)
        self._known = KnownShape()
        self._learned_to = 0
        self._noises: deque[float] = deque(maxlen=_NOISE_MEMORY)
        self._before: dict[int, Quiet | None] = {}
        self._told: _Told
        self._pending: tuple[_Parts, Estimate, _Told] | None = None

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
        if shams is None:
            return
        self._learned_to = shams.next_sample
        units = []
        for noise_uv in shams.noise_uv:
            self._noises.append(float(noise_uv))
            units.append(self._unit(float(noise_uv)))
        windows = shams.sweeps / np.array(units)[:, None]
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
        if not longer:
            self._told = self._tell(self._parts(raw, pulse, quiet))
        return self._measured(frame, raw, pulse, quiet, self._told)

    def _parts(self, raw: Array, pulse: Pulse, quiet: Quiet) -> _Parts:
        """What the sweep ``raw`` (from the pulse on) is made of beside a response."""
        clean = quiet.clean(raw, pulse.sample)
        lead = clean[: max(int(self._frame.window_ms[0] * self._rate_hz / 1e3), 3)]
        peak_uv = float(np.abs(lead).max())
        clipped = _clipped(raw, self._range_uv)
        charge = pulse.current_ma * pulse.width_ms if pulse.current_ma and pulse.width_ms else pulse.current_ma
        artefact = self._artefacts[clipped > 0]
        clipped_ms = (clipped + 1) * 1e3 / self._rate_hz if clipped else 0.0
        blind_ms = artefact.blind_ms(max(self._blind_ms(lead, peak_uv, quiet), clipped_ms))
        strength = artefact.strength(charge, peak_uv, clipped=clipped > 0)
        unit = self._unit(quiet.noise_uv)
        mean, around = artefact.expected(strength)
        if clipped and self._range_uv:
            around = around + (_OVERLOAD_SHARE * self._range_uv) ** 2 * self._overload
        blind = np.where(self._frame.times < blind_ms, (_BLIND_SD * max(peak_uv, unit)) ** 2, 0.0)
        return _Parts(
            sweep=self._frame.grid.means(clean[self._frame.grid.first :]),
            white=unit**2 * self._noise.correlation + np.diag(blind),
            nuisance=unit**2 * self._noise.baseline + around,
            mean=mean,
            artefact=artefact,
            strength=strength,
            blind_ms=blind_ms,
            unit_uv=unit,
        )

    def _tell(self, parts: _Parts) -> _Told:
        """Whether there is a response in these parts; what the sweep teaches of the artefact is kept for later."""
        residual = parts.sweep - parts.mean
        covariance = parts.white + parts.nuisance
        unknown, detectable_uv = self._family.judge(residual, covariance, ALPHA)
        known = self._known.p_value(residual, covariance) if self._known.ready else None
        p_value = combined(unknown, known)
        found = estimate(residual, parts.white, parts.nuisance, _size(residual, parts) ** 2 * self._frame.response)
        inside = self._frame.times >= max(self._frame.window_ms[0], parts.blind_ms)
        told = _Told(parts, p_value, detectable_uv, unlike=p_value < ALPHA and _begins_at_once(found, inside))
        if p_value < _SURE and not told.unlike:
            self._known.show(found.mean, self._noise)
        self._pending = (parts, found, told)
        return told

    def settle(self) -> None:
        """Learn from the sweep judged last; done when its answer is out."""
        if self._pending is None:
            return
        parts, found, told = self._pending
        self._pending = None
        around = parts.white + parts.unit_uv**2 * self._noise.baseline
        if told.unlike:
            parts.artefact.doubt()
        elif told.p_value < _SUSPECT:
            around = around + (3.0 * float(np.abs(found.mean).max())) ** 2 * self._frame.response
        parts.artefact.learn(parts.sweep, parts.strength, around)

    def _measured(self, frame: _Frame, raw: Array, pulse: Pulse, quiet: Quiet, told: _Told) -> Evoked:
        parts = told.parts
        sweep = frame.grid.means(quiet.clean(raw, pulse.sample)[frame.grid.first :])
        white, nuisance, mean = parts.white, parts.nuisance, parts.mean
        if len(frame.times) > len(mean):
            onward = _onward(frame.times, len(mean))
            nuisance, mean = onward @ nuisance @ onward.T, onward @ mean
            white = np.pad(white, (0, len(frame.times) - len(white)))
            white[np.diag_indices(len(white))] = np.maximum(white.diagonal(), parts.unit_uv**2)
        residual = sweep - mean
        size = _size(residual, parts)
        found = estimate(residual, white, nuisance, size**2 * frame.response)
        inside = frame.times >= max(frame.window_ms[0], parts.blind_ms)
        amplitude_uv, amplitude_sd_uv = _peak_to_peak(found, inside)
        significant = told.p_value < ALPHA and not told.unlike
        detected = significant and amplitude_uv >= (self._criterion_uv or 0.0)
        hidden = told.unlike or not significant and told.detectable_uv > (self._criterion_uv or _DEFAULT_CRITERION_UV)
        return Evoked(
            detected=detected,
            p_value=None if told.unlike else told.p_value,
            amplitude_uv=amplitude_uv,
            amplitude_sd_uv=amplitude_sd_uv,
            latency_ms=_onset(found, frame.times, inside) - pulse.offset_ns / 1e6 if detected else None,
            contaminated=hidden,
            why=_why(told) if hidden else None,
            times_ms=frame.times,
            uv=np.where(frame.times < parts.blind_ms, 0.0, residual - found.nuisance),
            unfinished=significant and _still_running(found, amplitude_uv, frame.times),
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

    def _blind_ms(self, lead: Array, peak_uv: float, quiet: Quiet) -> float:
        """Up to when the artefact's sharp part in ``lead`` hides everything."""
        bend = np.abs(np.diff(lead, 2))
        sharp = np.flatnonzero(bend > max(8.0 * quiet.bend_uv, 0.1 * float(bend.max(initial=0.0))))
        if not len(sharp) or peak_uv < _ARTEFACT_AT * quiet.noise_uv:
            return FIRST_MS
        return max(FIRST_MS, (int(sharp[-1]) + 2) * 1e3 / self._rate_hz + 0.2)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """A sweep (n,) in uV and what it is made of beside a response: covariances (n, n) of noise and nuisance, and the
    artefact expected (n,). Before ``blind_ms`` nothing is seen; ``unit_uv`` is the noise.
    """

    sweep: Array
    white: Array
    nuisance: Array
    mean: Array
    artefact: ArtefactModel
    strength: Strength
    blind_ms: float
    unit_uv: float


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    parts: _Parts
    p_value: float
    detectable_uv: float
    unlike: bool


def _why(told: _Told) -> str:
    if told.unlike:
        return "the artefact has changed and is learned anew"
    return f"a response of {told.detectable_uv:.0f} uV would not be seen"


def _begins_at_once(found: Estimate, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    """Whether what was found is large from the first sample on: no muscle answers so, but an unknown artefact does."""
    size, sd = np.abs(found.mean[inside]), found.sd[inside]
    sure = size[:_AT_ONCE] > _AT_ONCE_SDS * sd[:_AT_ONCE]
    return bool(len(size) and (sure & (size[:_AT_ONCE] > _AT_ONCE_SHARE * size.max())).any())


def _clipped(raw: Array, range_uv: float | None) -> int:
    """Samples of ``raw`` up to the last of three in a row at the input range; 0 if there is none."""
    if not range_uv:
        return 0
    at = np.abs(raw) >= _AT_RANGE * range_uv
    runs = np.flatnonzero(at[2:] & at[1:-1] & at[:-2])
    return int(runs[-1]) + 3 if len(runs) else 0


def _size(residual: Array, parts: _Parts) -> float:
    """About how large a response in ``residual`` (n,) may be, in uV."""
    n = len(parts.mean)
    usual = np.abs(residual[:n]) / np.sqrt(parts.white.diagonal() + parts.nuisance.diagonal())
    beyond = np.flatnonzero(usual > 3.0)
    return max(float(np.abs(residual[:n][beyond]).max(initial=0.0)), parts.unit_uv)


def _onward(times: Array, n: int) -> Array:
    """Map (m, n) that carries an artefact at the first ``n`` of ``times`` (m,) on to all of them, dying away."""
    onward = np.zeros((len(times), n))
    onward[np.arange(n), np.arange(n)] = 1.0
    onward[n:, n - 1] = np.exp(-(times[n:] - times[n - 1]) / _DYING_MS)
    return onward


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
    low = np.flatnonzero(size[: peak + 1] < np.maximum(0.03 * size.max(), 3.0 * found.sd[: peak + 1]))
    return float(times[low[-1] if len(low) else 0])


def _still_running(found: Estimate, amplitude: float, times: Array) -> bool:
    """Whether more than a quarter of the response is still there in the last 2 ms of the window."""
    ending = np.abs(found.mean[times > times[-1] - 2.0])
    return bool(ending.max() > _UNFINISHED * amplitude)
