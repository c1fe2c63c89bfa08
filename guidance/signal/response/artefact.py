"""The artefact of one electrode in one procedure, learned from sweeps without a response, scaled with the charge.

The tail of the artefact at unit charge is an unknown function with a Gaussian prior. The model keeps coefficients of
the prior's principal components and a small rough remainder, free in every sample. Each sweep without a response
narrows them (a Kalman update); between pulses they may drift a little, as the needle moves. The tail is a smooth
function of the charge: the further the charge is from the recent ones, the less is known. From a sweep with a
response the model learns only what no response could explain.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.signal.response.whitening import LowRankInverse, lower_factor, lower_solved, solved_by
from guidance.signal.sweep.basis import ROUGH_SHARE, Array, Tails

_DRIFT = 0.01
"""Standard deviation of the tail's change between two pulses, as a share of its size (a judgement, unsourced)."""

_BLIND_MEMORY = 8
"""So many of the last pulses show how long the amplifier is blind (a judgement, unsourced)."""

_WOBBLE = 0.01
"""Standard deviation of what changes from pulse to pulse and does not stay, as a share (a judgement, unsourced)."""

_GAIN_SD = 0.05
"""Relative standard deviation of the size at the charge of the last pulse (a judgement, unsourced)."""

_EXPONENT_SD = 0.12
"""Growth of that standard deviation with the difference in ln charge (a judgement, unsourced)."""

_PEAK_GAIN_SD = 0.10
"""The same where the visible peak alone gives the size (a judgement, unsourced)."""

_UNKNOWN_GAIN_SD = 0.3
"""The same where neither charge nor peak gives the size (a judgement, unsourced)."""

_NEAR_MEMORY = 8
_FREE_LN, _MOST_LN = 0.05, 2.0
"""Charges within this distance (in ln) of a recent one need no new learning; beyond the second all count alike."""

_LEAST_PER_LN, _PER_LN = 0.05, 0.1
"""Share of the prior's standard deviation by which an e-fold change of charge may alter the artefact's shape."""

_BEND_PER_LN = 0.03
"""Standard deviation of the tail's change per ln charge that is expected at first, as a share of the prior's. With 0.1
the needle's drift is taken for a bend; without one a clipped artefact is taken for a response (tuning worlds)."""

_ROUGH_PER_LN = 0.002
_DOUBT = 0.05
"""Share of the prior's variance that comes back when the artefact is not what it was."""

_LEAST_PEAK_UV, _LEAST_PER_CHARGE = 100.0, 1e4
"""The artefact is expected at least so large, in uV and uV per mA ms: where it is blanked its peak is not seen."""

_VARIABILITY_RATE, _LEAST_VARIABILITY, _MOST_VARIABILITY, _SETTLED = 0.2, 0.04, 2.0, 3
"""How fast it is learned how much this artefact changes from pulse to pulse, its bounds as a share (of variance) of
what is expected at first, and from how many sweeps on."""


@dataclass(frozen=True, slots=True)
class ArtefactStrength:
    """How strong a pulse was against the first one, and how surely: a factor (negative where its artefact is turned
    over) and its relative standard deviation.

    ``jump``: distance in ln to the nearest recent strength, beyond the distance that makes no difference. ``bend``:
    that in ln to the first pulse, rounded, by which the shape differs from that of the first; 0 where not known.
    """

    gain: float
    sd: float
    jump: float = 0.0
    bend: float = 0.0


class ArtefactModel:
    """Mean (2 r,) and covariance (2 r, 2 r) in uV of the coefficients of the tail at the charge of the first pulse, and
    of their change per ln charge. Amplifiers bend what is large: the tail at twice the charge is not twice the tail.
    """

    def __init__(self, tails: Tails) -> None:
        """For the courses ``tails``, of unit peak."""
        self._tails = tails
        self._charge: float | None = None
        self._blind_ms: deque[float] = deque(maxlen=_BLIND_MEMORY)
        self.forget()

    def forget(self) -> None:
        """Begin again, as before the first pulse; how long the artefact blinds stays known."""
        self._mean = np.zeros(2 * len(self._tails.variance))
        self._spread: Array | None = None
        self._rough = np.zeros(len(self._tails.modes))
        self._rough_variance = 0.0
        self._peak_uv = self._first_uv = 0.0
        self._log_gain = 0.0
        self._learned = 0
        self._near: deque[float] = deque(maxlen=_NEAR_MEMORY)
        self._variability = 1.0

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
        """Longest time in ms for which one of the artefacts hid everything that still count beside the next."""
        return max(list(self._blind_ms)[1 - _BLIND_MEMORY :], default=0.0)

    def strength(self, charge: float | None, peak_uv: float | None, sign: int = 1) -> ArtefactStrength:
        """Return the strength of a pulse by its ``charge`` (mA ms), else by its peak in uV; ``sign`` is -1
        where its artefact is that of the first one turned over.
        """
        if self._spread is None:
            self._charge = charge
            least_uv = max(_LEAST_PER_CHARGE * (charge or 0.0), _LEAST_PEAK_UV)
            self._first_uv = max(peak_uv or 0.0, least_uv)
            self._begin(self._first_uv)
            return ArtefactStrength(1.0, _GAIN_SD)
        if charge and self._charge:
            gain = charge / self._charge
            sd = math.hypot(_GAIN_SD, _EXPONENT_SD * (math.log(gain) - self._log_gain))
            bend = min(max(round(math.log(gain), 2), -_MOST_LN), _MOST_LN)
            return ArtefactStrength(sign * gain, sd, self._jump(gain), bend)
        if peak_uv is None:
            return ArtefactStrength(float(sign), _UNKNOWN_GAIN_SD)
        return ArtefactStrength(sign * peak_uv / self._first_uv, _PEAK_GAIN_SD)

    def _begin(self, peak_uv: float) -> None:
        self._peak_uv = peak_uv
        variance = self._tails.variance * peak_uv**2
        self._spread = np.diag(np.concatenate([variance, _BEND_PER_LN**2 * variance]))
        self._rough_variance = (ROUGH_SHARE * peak_uv) ** 2

    def _jump(self, gain: float) -> float:
        """Return how far ``gain`` is from all recent ones in ln; rounded, so that filters can be prepared for it."""
        if not self._near:
            return 0.0
        ln = _ln(gain)
        nearest = min(abs(ln - near) for near in self._near)
        return float(round(min(max(nearest - _FREE_LN, 0.0), _MOST_LN), 2))

    def mean(self, strength: ArtefactStrength, count: int) -> Array:
        """Return the expected artefact (count,) in uV of a pulse of this ``strength``."""
        return np.asarray(strength.gain * (self._tails.modes[:count] @ self._at(strength) + self._rough[:count]))

    def _at(self, strength: ArtefactStrength) -> Array:
        """Return the expected coefficients (r,) at this ``strength``, per unit of its gain."""
        count = len(self._mean) // 2
        return np.asarray(self._mean[:count] + strength.bend * self._mean[count:])

    def _reach(self, strength: ArtefactStrength) -> Array:
        """Return the covariance (2 r, r) of all coefficients with those at this ``strength``."""
        count = len(self._mean) // 2
        if self._spread is None:
            return np.zeros((2 * count, count))
        return np.asarray(strength.gain * (self._spread[:, :count] + strength.bend * self._spread[:, count:]))

    def spread(self, strength: ArtefactStrength) -> Array:
        """Return the covariance (r, r) of the coefficients of a pulse of this ``strength``."""
        mean = strength.gain * self._at(strength)
        count, reach = len(mean), self._reach(strength)
        changes = np.concatenate([strength.sd * mean[:, None], _WOBBLE * self._tails.drift(mean)], axis=1)
        spread = strength.gain * (reach[:count] + strength.bend * reach[count:])
        spread += self._variability * (changes @ changes.T)
        if strength.jump:
            far_uv = self._per_ln * strength.jump * strength.gain * self._peak_uv
            spread.flat[:: count + 1] += far_uv**2 * self._tails.variance
        return np.asarray(spread)

    def rough_variance(self, strength: ArtefactStrength) -> float:
        """Return the variance in uV^2 of the rough remainder, in every sample."""
        far_uv = _ROUGH_PER_LN * self._per_ln * strength.jump * strength.gain * self._peak_uv
        return float(strength.gain**2 * self._rough_variance + far_uv**2)

    @property
    def _per_ln(self) -> float:
        """Share of the prior's standard deviation that an e-fold change of charge leaves open: more for an artefact
        that changes much, and never little, as a steady one may bend, too.
        """
        return max(_LEAST_PER_LN, _PER_LN * math.sqrt(self._variability))

    def blind_ms(self, now_ms: float) -> float:
        """Return how long the artefact hides everything: its recent maximum, ``now_ms`` included."""
        self._blind_ms.append(now_ms)
        return max(self._blind_ms)

    def learn_variability(self, columns: Array, residual: Array, other_inverse: LowRankInverse) -> None:
        """Learn how much the artefact changes, from the whitened ``residual`` (n,) of a sweep without a response.

        ``columns`` (n, k) are the directions in which a change was expected; ``other_inverse`` inverts the covariance
        of all else. The share of the residual that they explain is compared with the expected share. Each direction of
        power p counts by p / (1 + p): with G the columns' weighed products the squares found are those of
        (1 + G)^-1 columns^T residual, and k less the trace of (1 + G)^-1 of them are expected.
        """
        if self._learned < _SETTLED:
            return
        weighed = other_inverse(columns)
        products = columns.T @ weighed
        products.flat[:: len(products) + 1] += 1.0
        inverse = lower_solved(lower_factor(products), np.eye(len(products)))
        found = inverse.T @ (inverse @ (weighed.T @ residual))
        expected = len(products) - float((inverse**2).sum())
        change = float(found @ found) / max(expected, 1e-9) * self._variability
        self._variability += _VARIABILITY_RATE * (min(change, _MOST_VARIABILITY) - self._variability)
        self._variability = max(self._variability, _LEAST_VARIABILITY)

    def unsettle(self) -> None:
        """Expect at least as much change from pulse to pulse as at first."""
        self._variability = max(self._variability, 1.0)

    def enlarge(self, factor: float) -> None:
        """Restart with a peak ``factor`` times larger than the visible one: nothing else is known."""
        if self._spread is not None:
            self._begin(factor * self._peak_uv)

    def widen(self) -> None:
        """Widen the covariance a little: the artefact has changed somewhat."""
        if self._spread is not None:
            self._widen_first(_DOUBT * self._peak_uv**2)
            self._rough_variance += _DOUBT * (ROUGH_SHARE * self._peak_uv) ** 2

    def _widen_first(self, share: float) -> None:
        """Add ``share`` times the prior's variance of unit peak to the coefficients at the first charge."""
        if self._spread is not None:
            count = len(self._tails.variance)
            widened = self._spread.copy()
            widened[np.arange(count), np.arange(count)] += share * self._tails.variance
            self._spread = widened

    def learn(self, residual: Array, strength: ArtefactStrength, modes: Array, other_inverse: LowRankInverse) -> None:
        """Learn from a sweep's ``residual`` (n,) in a space, given the ``modes`` (n, r) there, 1 uV each.

        ``other_inverse`` inverts the covariance of all but the courses.
        """
        if self._spread is None:
            return
        if strength.jump:
            far_uv = self._per_ln * strength.jump * self._peak_uv
            self._widen_first(far_uv**2)
        gain = strength.gain
        self._near.append(_ln(gain))
        weighted = other_inverse(modes)
        weight = modes.T @ weighted
        reach = self._reach(strength)
        count = len(weight)
        given = np.empty((count, count + 1), order="F")
        given[:, 0], given[:, 1:] = weighted.T @ residual, weight
        products = weight @ self.spread(strength)
        products.flat[:: count + 1] += 1.0
        solved = solved_by(products, given)
        self._mean = self._mean + reach @ solved[:, 0]
        spread = self._spread - reach @ solved[:, 1:] @ reach.T
        drift = math.sqrt(self._variability) * _DRIFT * self._tails.drift(self._at(strength))
        self._spread = 0.5 * (spread + spread.T)
        drifted = drift @ drift.T
        self._spread[:count, :count] += drifted
        self._spread[count:, count:] += drifted
        self._learned += 1
        self._log_gain += (_ln(gain) - self._log_gain) / min(self._learned, 20)

    def learn_rough(self, cause: Array, share: float, strength: ArtefactStrength) -> None:
        """Learn the rough remainder: ``cause`` (n,) in 1/uV is the sweep's residual weighted by the inverse of its
        whole covariance; ``share`` of the variance is left.
        """
        gain = strength.gain
        self._rough[: len(cause)] += gain * self._rough_variance * cause
        self._rough_variance *= share
        self._rough_variance += _DRIFT**2 * float(np.mean(self._rough[: len(cause)] ** 2))


def _ln(gain: float) -> float:
    return math.log(max(abs(gain), 1e-6))
