"""The artefact of this electrode in this procedure: learned from sweeps without a response, scaled with the charge.

The tail of the artefact at unit charge is an unknown function with a Gaussian prior. Each sweep that shows no response
makes it better known (a Kalman update over the sweep's samples); between pulses it may drift a little, as the needle
moves. A sweep that shows a response teaches only what no response could explain.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.signal.basis import Array, artefact_covariance, matern

_DRIFT = 0.01
_BLIND_MEMORY = 8
_DRIFT_MS = 5.0
_GAIN_SD = 0.05
_EXPONENT_SD = 0.12
_PEAK_GAIN_SD = 0.10
_UNKNOWN_GAIN_SD = 0.3
_CLIPPED_PEAK = 3.0
"""A clipped peak was larger than what is seen of it, by about so much."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong a pulse was against the first one, and how surely: a factor and its relative standard deviation."""

    gain: float
    sd: float


class ArtefactModel:
    """Mean (n,) and covariance (n, n) of the artefact's tail at the strength of the first pulse, in uV."""

    def __init__(self, times: Array) -> None:
        """For sweeps at ``times`` (n,) in ms after the pulse."""
        self._unit = artefact_covariance(times)
        self._smooth = matern(times, _DRIFT_MS)
        self._mean = np.zeros(len(times))
        self._spread: Array | None = None
        self._charge: float | None = None
        self._peak_uv = 0.0
        self._log_gain = 0.0
        self._taught = 0
        self._blind_ms: deque[float] = deque(maxlen=_BLIND_MEMORY)

    @property
    def known(self) -> bool:
        """Whether a first pulse was seen."""
        return self._spread is not None

    @property
    def peak_uv(self) -> float:
        """Peak of the first pulse's artefact."""
        return self._peak_uv

    @property
    def lately_blind_ms(self) -> float:
        """How long the artefact hid everything lately at most."""
        return max(self._blind_ms, default=0.0)

    def strength(self, charge: float | None, peak_uv: float | None, *, clipped: bool) -> Strength:
        """Strength of a pulse by its ``charge`` (mA ms), or where that is unknown by its peak in uV, if not clipped."""
        if self._spread is None:
            self._charge, self._peak_uv = charge, max((peak_uv or 0.0) * (_CLIPPED_PEAK if clipped else 1.0), 1e-3)
            self._spread = self._unit * self._peak_uv**2
            return Strength(1.0, _GAIN_SD)
        if charge and self._charge:
            gain = charge / self._charge
            return Strength(gain, float(np.hypot(_GAIN_SD, _EXPONENT_SD * (np.log(gain) - self._log_gain))))
        if clipped or peak_uv is None:
            return Strength(1.0, _UNKNOWN_GAIN_SD)
        return Strength(peak_uv / self._peak_uv, _PEAK_GAIN_SD)

    def expected(self, strength: Strength) -> tuple[Array, Array]:
        """Mean (n,) and covariance (n, n) in uV of the artefact of a pulse of this strength."""
        spread = self._spread if self._spread is not None else np.zeros_like(self._unit)
        mean = strength.gain * self._mean
        return mean, strength.gain**2 * spread + strength.sd**2 * np.outer(mean, mean)

    def blind_ms(self, now_ms: float) -> float:
        """How long the artefact hides everything: as long as it did lately at most, now ``now_ms``."""
        self._blind_ms.append(now_ms)
        return max(self._blind_ms)

    def doubt(self) -> None:
        """The artefact is not what it was: its shape is half as unknown again as at first."""
        if self._spread is not None:
            self._spread = self._spread + 0.25 * self._peak_uv**2 * self._unit

    def learn(self, sweep: Array, strength: Strength, noise: Array) -> None:
        """Learn from ``sweep`` (n,) in uV, in which all but the artefact has covariance ``noise`` (n, n)."""
        if self._spread is None:
            return
        gain = strength.gain
        mean, around = self.expected(strength)
        weighed = np.linalg.solve(around + noise, gain * self._spread)
        self._mean = self._mean + weighed.T @ (sweep - mean)
        self._spread = self._spread - gain * self._spread @ weighed
        drift = _DRIFT * np.abs(self._mean)
        self._spread = 0.5 * (self._spread + self._spread.T) + drift[:, None] * drift[None, :] * self._smooth
        self._taught += 1
        self._log_gain += (float(np.log(max(gain, 1e-6))) - self._log_gain) / min(self._taught, 20)
