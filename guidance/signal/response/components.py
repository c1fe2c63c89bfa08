"""A sweep and what lies in it beside noise and response: baseline, and the artefact as it is expected."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.base import DeviceInfo, Pulse
from guidance.signal.response.artefact import ArtefactModel, ArtefactStrength
from guidance.signal.response.noise import NoiseModel
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis, compressed
from guidance.signal.sweep.arrays import second_difference
from guidance.signal.sweep.baseline import PreStimulus
from guidance.signal.sweep.basis import FIRST_MS, Array, SweepGrid, Tails, overload_columns, response_covariance

_ARTEFACT_AT = 6.0
_SHARP_SDS, _SHARP_SHARE, _SHARP_TAIL_MS = 8.0, 0.1, 0.2
_BLIND_SD = 30.0
_STEEP, _LEAST_UNSURE = 0.15, 0.5
_AT_RANGE, _RUN, _APART_MS = 0.999, 3, 1.5
_OVERLOAD_SHARE = 0.1
_TRIFLE = 1e-10
_CLIP_MEMORY, _ABOUT = 8, 1.1


@dataclass(frozen=True, slots=True, eq=False)
class SweepFrame:
    """A grid of sweeps for one window, its times (n,) in ms, and the prior covariance of a response of unit size."""

    window_ms: tuple[float, float]
    grid: SweepGrid
    times: Array
    response: Array

    @classmethod
    def over(cls, window_ms: tuple[float, float], rate_hz: float) -> SweepFrame:
        """The frame of sweeps of a device at ``rate_hz``."""
        grid = SweepGrid.over(window_ms, rate_hz)
        return cls(window_ms, grid, grid.times, response_covariance(grid.times, window_ms))

    def space(self, noise: NoiseModel) -> WhitenedBasis:
        """The coordinates for sweeps of this frame in ``noise``."""
        return WhitenedBasis(noise.covariance(self.times), self.response)


@dataclass(frozen=True, slots=True)
class SweepConditions:
    """What decides how a sweep is made up: whether it was ``clipped``, how strong the pulse was, up to when the
    artefact blinds, and the noise.
    """

    clipped: bool
    strength: ArtefactStrength
    blind_ms: float
    unit_uv: float


@dataclass(frozen=True, slots=True, eq=False)
class SweepComponents:
    """What lies beside noise and response in a sweep of this ``setting``: the artefact expected (n,) in uV, in time;
    in the coordinates of its space and units of the noise the ``columns`` (n, k) in which the artefact may differ,
    ``blind`` (n, b), samples not to be trusted where it is steep or clipped, and ``spread`` (n,), the variance of noise
    and rough rest.
    """

    setting: SweepConditions
    artefact: ArtefactModel
    mean: Array
    columns: Array
    blind: Array
    spread: Array

    @property
    def screen(self) -> LowRankInverse:
        """What inverts the covariance of all but a response."""
        return LowRankInverse(np.concatenate([self.columns, self.blind], axis=1), self.spread)


class SweepModel:
    """Takes the sweeps of one channel apart; keeps what it has learned of the artefact, clipped and not.

    ``taught``: from how many sweeps it has learned.
    """

    def __init__(self, frame: SweepFrame, longest: SweepFrame, info: DeviceInfo, channel: int) -> None:
        """For sweeps of ``frame``, or ``longest`` where one is unfinished, of ``channel`` of device ``info``."""
        self._frame = frame
        self._rate_hz, self._range_uv = info.sample_rate_hz, info.channels[channel].range_uv
        self._tails = Tails(longest.times)
        self._artefacts = {clipped: ArtefactModel(self._tails) for clipped in (False, True)}
        self._clipped = False
        self._clips: deque[float] = deque(maxlen=_CLIP_MEMORY)
        self.taught = 0

    def foresee(self, pulse: Pulse, unit_uv: float) -> SweepConditions | None:
        """The setting that the sweep of ``pulse`` will most likely have; None before the first."""
        artefact = self._artefacts[self._clipped]
        if not artefact.known:
            return None
        strength = artefact.strength(_charge(pulse), None, clipped=self._clipped)
        return SweepConditions(self._clipped, strength, artefact.lately_blind_ms, unit_uv)

    def observe(self, raw: Array, pulse: Pulse, quiet: PreStimulus, unit_uv: float) -> tuple[SweepConditions, Array]:
        """The setting of the sweep ``raw`` (from the pulse on) in noise of ``unit_uv``, and the sweep (n,) in uV."""
        clean = quiet.clean(raw, pulse.sample)
        lead = clean[: max(int(self._frame.window_ms[0] * self._rate_hz / 1e3), 3)]
        peak_uv = float(np.abs(lead).max())
        clipped_ms = self._clipped_ms(raw)
        artefact = self._artefact_now(_charge(pulse), clipped=clipped_ms > 0)
        blind_ms = artefact.blind_ms(max(self._sharp_ms(lead, peak_uv, quiet), clipped_ms))
        strength = artefact.strength(_charge(pulse), peak_uv, clipped=self._clipped)
        sweep = self._frame.grid.means(clean[self._frame.grid.first :])
        return SweepConditions(self._clipped, strength, blind_ms, unit_uv), sweep

    def _artefact_now(self, charge: float | None, *, clipped: bool) -> ArtefactModel:
        """The model of the artefact, ``clipped`` now, or lately at about this ``charge``."""
        level = charge or 0.0
        self._clips.append(level if clipped else np.inf)
        self._clipped = min(self._clips) <= _ABOUT * level
        artefact = self._artefacts[self._clipped]
        if self._clipped and not artefact.known:
            artefact.begin_as(self._artefacts[False])
        return artefact

    def parts(self, setting: SweepConditions, frame: SweepFrame, space: WhitenedBasis) -> SweepComponents:
        """What lies in a sweep of ``frame`` in this ``setting``."""
        artefact, times = self._artefacts[setting.clipped], frame.times
        courses = self._tails.courses[: len(times)]
        columns = space.into @ (courses @ _root(artefact.spread(setting.strength))) / setting.unit_uv
        mean = artefact.mean(setting.strength, len(times))
        unsure = _unsure(mean) / setting.unit_uv
        unsure[times < setting.blind_ms] = _BLIND_SD * max(artefact.peak_uv, setting.unit_uv) / setting.unit_uv
        hidden = np.flatnonzero(unsure > _LEAST_UNSURE)
        return SweepComponents(
            setting=setting,
            artefact=artefact,
            mean=mean,
            columns=compressed(np.concatenate([columns, self.recovery(setting, frame, space)], axis=1)),
            blind=space.into[:, hidden] * unsure[hidden],
            spread=1.0 + artefact.rough_variance(setting.strength) / setting.unit_uv**2 * space.gains,
        )

    def learn(
        self, parts: SweepComponents, residual: Array, frame: SweepFrame, space: WhitenedBasis, response: Array
    ) -> None:
        """Learn the artefact from a sweep's ``residual`` (n,) in ``space``, that may hold a ``response`` of variance
        (n,) there.
        """
        setting, artefact = parts.setting, parts.artefact
        spread = parts.spread + response
        whole = LowRankInverse(np.concatenate([parts.columns, parts.blind], axis=1), spread)
        beside = np.concatenate([self.recovery(setting, frame, space), parts.blind], axis=1)
        courses = space.into @ self._tails.courses[: len(frame.times)] / setting.unit_uv
        self.taught += 1
        cause = space.into.T @ whole(residual) / setting.unit_uv
        rough = parts.spread - 1.0
        left = 1.0 - float(np.mean(rough * whole.diagonal()))
        artefact.learn(residual, setting.strength, courses, LowRankInverse(beside, spread))
        artefact.learn_rough(cause, left, setting.strength)

    def recovery(self, setting: SweepConditions, frame: SweepFrame, space: WhitenedBasis) -> Array:
        """Columns (n, k) of the amplifier's recovery from overload, if it was."""
        if not (setting.clipped and self._range_uv):
            return np.zeros((len(space.into), 0))
        size = _OVERLOAD_SHARE * self._range_uv / setting.unit_uv
        return np.asarray(space.into @ overload_columns(frame.times) * size)

    def _sharp_ms(self, lead: Array, peak_uv: float, quiet: PreStimulus) -> float:
        """Up to when the artefact's sharp part in ``lead`` hides everything."""
        bend = np.abs(second_difference(lead))
        sharp = np.flatnonzero(bend > max(_SHARP_SDS * quiet.bend_uv, _SHARP_SHARE * float(bend.max(initial=0.0))))
        if not len(sharp) or peak_uv < _ARTEFACT_AT * quiet.noise_uv:
            return FIRST_MS
        return max(FIRST_MS, (int(sharp[-1]) + 2) * 1e3 / self._rate_hz + _SHARP_TAIL_MS)

    def _clipped_ms(self, raw: Array) -> float:
        """Up to when the input is at its range because of the pulse; 0 if it is not. A response that clips later is
        no part of that.
        """
        if not self._range_uv:
            return 0.0
        at = np.abs(raw) >= _AT_RANGE * self._range_uv
        end, apart = 0, int(_APART_MS * self._rate_hz / 1e3)
        for run in np.flatnonzero(at[2:] & at[1:-1] & at[:-2]).tolist():
            if run > end + apart:
                break
            end = run + _RUN
        return (end + 1) * 1e3 / self._rate_hz if end else 0.0


def _charge(pulse: Pulse) -> float | None:
    return pulse.current_ma * pulse.width_ms if pulse.current_ma and pulse.width_ms else pulse.current_ma


def _unsure(mean: Array) -> Array:
    """How unsure a steep artefact (n,) is in each sample: a little earlier or later, it is another."""
    return np.asarray(_STEEP * np.abs(np.gradient(mean)))


def _root(covariance: Array) -> Array:
    """Columns whose product with their own transpose is ``covariance`` (r, r), or a trifle more."""
    trifle = _TRIFLE * float(np.trace(covariance))
    return np.asarray(np.linalg.cholesky(covariance + (trifle + 1e-12) * np.eye(len(covariance))))
