"""A sweep and what it is made of beside a response: noise, baseline, and the artefact as it is expected."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivers.base import DeviceInfo, Pulse
from guidance.signal.artefact import ArtefactModel, Strength
from guidance.signal.basis import FIRST_MS, Array, Grid, overload_covariance, response_covariance
from guidance.signal.noise import NoiseModel
from guidance.signal.quiet import Quiet

_ARTEFACT_AT = 6.0
_SHARP_SDS, _SHARP_SHARE, _SHARP_TAIL_MS = 8.0, 0.1, 0.2
_BLIND_SD = 1e3
_AT_RANGE, _RUN, _APART_MS = 0.999, 3, 1.5
_OVERLOAD_SHARE = 0.1
_DYING_MS = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A grid of sweeps for one window, its times (n,) in ms, and the prior covariance of a response of unit size."""

    window_ms: tuple[float, float]
    grid: Grid
    times: Array
    response: Array

    @classmethod
    def over(cls, window_ms: tuple[float, float], rate_hz: float) -> Frame:
        """The frame of sweeps of a device at ``rate_hz``."""
        grid = Grid.over(window_ms, rate_hz)
        return cls(window_ms, grid, grid.times, response_covariance(grid.times, window_ms))


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides the covariances of a sweep: whether it was ``clipped``, how strong the pulse was, up to when the
    artefact blinds, and the noise.
    """

    clipped: bool
    strength: Strength
    blind_ms: float
    unit_uv: float


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A sweep (n,) in uV and what it is made of beside a response: covariances (n, n) of noise, baseline and artefact,
    and the artefact expected (n,). Before ``blind_ms`` nothing is seen; ``unit_uv`` is the noise.
    """

    sweep: Array
    white: Array
    baseline: Array
    around: Array
    mean: Array
    artefact: ArtefactModel
    strength: Strength
    blind_ms: float
    unit_uv: float

    @property
    def silent(self) -> Array:
        """Covariance (n, n) of the residual where nothing answers."""
        return self.white + self.baseline + self.around

    @property
    def residual(self) -> Array:
        """The sweep less the artefact expected, in uV."""
        return self.sweep - self.mean

    def onward(self, sweep: Array, times: Array) -> Parts:
        """The same for a longer ``sweep`` (m,) at ``times`` (m,): the artefact dies away, the noise goes on."""
        n, m = len(self.mean), len(times)
        carry = np.zeros((m, n))
        carry[np.arange(n), np.arange(n)] = 1.0
        carry[n:, n - 1] = np.exp(-(times[n:] - times[n - 1]) / _DYING_MS)
        white = np.diag(np.full(m, self.unit_uv**2))
        white[:n, :n] = self.white
        baseline, around = (carry @ part @ carry.T for part in (self.baseline, self.around))
        return replace(self, sweep=sweep, white=white, baseline=baseline, around=around, mean=carry @ self.mean)


class Dissector:
    """Takes the sweeps of one channel apart; keeps what it has learned of the artefact, clipped and not."""

    def __init__(self, frame: Frame, info: DeviceInfo, channel: int, noise: NoiseModel) -> None:
        """For sweeps of ``frame`` on channel number ``channel`` of device ``info``."""
        self._frame, self._noise = frame, noise
        self._rate_hz, self._range_uv = info.sample_rate_hz, info.channels[channel].range_uv
        self._artefacts = {clipped: ArtefactModel(frame.times) for clipped in (False, True)}
        self._overload = overload_covariance(frame.times)
        self._clipped = False

    def foresee(self, pulse: Pulse, unit_uv: float) -> Setting | None:
        """The setting that the sweep of ``pulse`` will most likely have; None before the first."""
        artefact = self._artefacts[self._clipped]
        if not artefact.known:
            return None
        strength = artefact.strength(_charge(pulse), None, clipped=self._clipped)
        return Setting(self._clipped, strength, artefact.lately_blind_ms, unit_uv)

    def observe(self, raw: Array, pulse: Pulse, quiet: Quiet, unit_uv: float) -> tuple[Setting, Array]:
        """The setting of the sweep ``raw`` (from the pulse on) in noise of ``unit_uv``, and the sweep (n,) in uV."""
        clean = quiet.clean(raw, pulse.sample)
        lead = clean[: max(int(self._frame.window_ms[0] * self._rate_hz / 1e3), 3)]
        peak_uv = float(np.abs(lead).max())
        clipped_ms = self._clipped_ms(raw)
        self._clipped = clipped_ms > 0
        artefact = self._artefacts[self._clipped]
        blind_ms = artefact.blind_ms(max(self._sharp_ms(lead, peak_uv, quiet), clipped_ms))
        strength = artefact.strength(_charge(pulse), peak_uv, clipped=self._clipped)
        sweep = self._frame.grid.means(clean[self._frame.grid.first :])
        return Setting(self._clipped, strength, blind_ms, unit_uv), sweep

    def parts(self, setting: Setting, sweep: Array) -> Parts:
        """The parts of ``sweep`` (n,) in this ``setting``."""
        artefact, unit_uv = self._artefacts[setting.clipped], setting.unit_uv
        mean, around = artefact.expected(setting.strength)
        if setting.clipped and self._range_uv:
            around = around + (_OVERLOAD_SHARE * self._range_uv) ** 2 * self._overload
        blind = np.where(self._frame.times < setting.blind_ms, (_BLIND_SD * max(artefact.peak_uv, unit_uv)) ** 2, 0.0)
        return Parts(
            sweep=sweep,
            white=unit_uv**2 * self._noise.correlation + np.diag(blind),
            baseline=unit_uv**2 * self._noise.baseline,
            around=around,
            mean=mean,
            artefact=artefact,
            strength=setting.strength,
            blind_ms=setting.blind_ms,
            unit_uv=unit_uv,
        )

    def _sharp_ms(self, lead: Array, peak_uv: float, quiet: Quiet) -> float:
        """Up to when the artefact's sharp part in ``lead`` hides everything."""
        bend = np.abs(np.diff(lead, 2))
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
