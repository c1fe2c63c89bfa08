"""The artefact of this electrode in this procedure: learned from sweeps without a response, scaled with the charge.

The tail of the artefact at unit charge is an unknown function with a Gaussian prior, held as coefficients of the
prior's own main courses and a small rough rest, free in every sample. Each sweep that shows no response makes it
better known (a Kalman update); between pulses it may drift a little, as the needle moves. A sweep that shows a
response teaches only what no response could explain.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.signal.response.whitening import LowRankInverse
from guidance.signal.sweep.basis import ROUGH_SHARE, Array, Tails

_DRIFT = 0.01
_BLIND_MEMORY = 8
_WOBBLE = 0.01
_GAIN_SD = 0.05
_EXPONENT_SD, _CLIPPED_EXPONENT_SD = 0.12, 0.5
_PEAK_GAIN_SD = 0.10
_UNKNOWN_GAIN_SD = 0.3
_UNLIKE = 0.05
_CLIPPED_PEAK = 3.0
"""A clipped peak was larger than what is seen of it, by about so much."""


@dataclass(frozen=True, slots=True)
class ArtefactStrength:
    """How strong a pulse was against the first one, and how surely: a factor and its relative standard deviation."""

    gain: float
    sd: float


class ArtefactModel:
    """Mean (r,) and covariance (r, r) of the coefficients of the tail at the strength of the first pulse, in uV."""

    def __init__(self, tails: Tails) -> None:
        """For the courses ``tails``, of unit peak."""
        self._tails = tails
        self._mean = np.zeros(len(tails.variance))
        self._spread: Array | None = None
        self._rough = np.zeros(len(tails.courses))
        self._rough_variance = 0.0
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

    def begin_as(self, other: ArtefactModel) -> None:
        """Expect what ``other`` has learned, a little less surely."""
        if other._spread is None or self.known:
            return
        self._mean, self._rough = other._mean.copy(), other._rough.copy()
        self._charge, self._peak_uv, self._log_gain = other._charge, other._peak_uv, other._log_gain
        self._taught = other._taught
        self._spread = other._spread + np.diag((_UNLIKE * self._peak_uv) ** 2 * self._tails.variance)
        self._rough_variance = other._rough_variance + (_UNLIKE * ROUGH_SHARE * self._peak_uv) ** 2

    def strength(self, charge: float | None, peak_uv: float | None, *, clipped: bool) -> ArtefactStrength:
        """Strength of a pulse by its ``charge`` (mA ms), or where that is unknown by its peak in uV, if not clipped."""
        if self._spread is None:
            self._charge, self._peak_uv = charge, max((peak_uv or 0.0) * (_CLIPPED_PEAK if clipped else 1.0), 1e-3)
            self._spread = np.diag(self._tails.variance) * self._peak_uv**2
            self._rough_variance = (ROUGH_SHARE * self._peak_uv) ** 2
            return ArtefactStrength(1.0, _GAIN_SD)
        if charge and self._charge:
            gain = charge / self._charge
            exponent_sd = _CLIPPED_EXPONENT_SD if clipped else _EXPONENT_SD
            return ArtefactStrength(gain, float(np.hypot(_GAIN_SD, exponent_sd * (np.log(gain) - self._log_gain))))
        if clipped or peak_uv is None:
            return ArtefactStrength(1.0, _UNKNOWN_GAIN_SD)
        return ArtefactStrength(peak_uv / self._peak_uv, _PEAK_GAIN_SD)

    def mean(self, strength: ArtefactStrength, count: int) -> Array:
        """The artefact (count,) in uV that is expected of a pulse of this ``strength``."""
        return np.asarray(strength.gain * (self._tails.courses[:count] @ self._mean + self._rough[:count]))

    def spread(self, strength: ArtefactStrength) -> Array:
        """Covariance (r, r) of the coefficients of a pulse of this ``strength``."""
        mean = strength.gain * self._mean
        known = self._spread if self._spread is not None else np.zeros((len(mean), len(mean)))
        wobble = _WOBBLE * self._tails.drift(mean)
        return np.asarray(strength.gain**2 * known + strength.sd**2 * np.outer(mean, mean) + wobble @ wobble.T)

    def rough_variance(self, strength: ArtefactStrength) -> float:
        """Variance in uV^2 of the rough rest, in every sample."""
        return strength.gain**2 * self._rough_variance

    def blind_ms(self, now_ms: float) -> float:
        """How long the artefact hides everything: as long as it did lately at most, now ``now_ms``."""
        self._blind_ms.append(now_ms)
        return max(self._blind_ms)

    def doubt(self) -> None:
        """The artefact is not what it was: its shape is half as unknown again as at first."""
        if self._spread is not None:
            self._spread = self._spread + np.diag(0.25 * self._peak_uv**2 * self._tails.variance)
            self._rough_variance += 0.25 * (ROUGH_SHARE * self._peak_uv) ** 2

    def learn(self, residual: Array, strength: ArtefactStrength, courses: Array, rest: LowRankInverse) -> None:
        """Learn from a sweep's ``residual`` (n,) in a space, given the ``courses`` (n, r) there, 1 uV each.

        ``rest`` inverts the covariance of all but the courses.
        """
        if self._spread is None:
            return
        gain = strength.gain
        screened = rest(courses)
        weight = courses.T @ screened
        told = np.column_stack([screened.T @ residual, weight @ (gain * self._spread)])
        answer = np.linalg.solve(np.eye(len(weight)) + weight @ self.spread(strength), told)
        self._mean = self._mean + gain * self._spread @ answer[:, 0]
        spread = self._spread - gain * self._spread @ answer[:, 1:]
        drift = _DRIFT * self._tails.drift(self._mean)
        self._spread = 0.5 * (spread + spread.T) + drift @ drift.T
        self._taught += 1
        self._log_gain += (float(np.log(max(gain, 1e-6))) - self._log_gain) / min(self._taught, 20)

    def learn_rough(self, cause: Array, share: float, strength: ArtefactStrength) -> None:
        """Learn the rough rest: ``cause`` (n,) in 1/uV is, in time, the sweep's residual weighed by the inverse of its
        whole covariance; ``share`` of the variance is left.
        """
        gain = max(strength.gain, 1e-6)
        self._rough[: len(cause)] += gain * self._rough_variance * cause
        self._rough_variance *= share
        self._rough_variance += _DRIFT**2 * float(np.mean(self._rough[: len(cause)] ** 2))
