"""The model of one channel's sweeps: predicts the components of a sweep and learns the artefact."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from drivers.base import DeviceInfo, Pulse
from guidance.signal.response.artefact import ArtefactModel
from guidance.signal.response.components import USUAL_WIDTH_MS, SweepComponents, SweepConditions, SweepFrame, charge_of
from guidance.signal.response.overload import OverloadFinder
from guidance.signal.response.range_monitor import RangeMonitor
from guidance.signal.response.recovery import RecoverySizes
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis, lower_factor
from guidance.signal.sweep.arrays import second_difference
from guidance.signal.sweep.baseline import PreStimulus
from guidance.signal.sweep.basis import FIRST_MS, Array, Tails, recovery_columns

_ARTEFACT_AT = 6.0
"""Standard deviations of the noise from which a peak is an artefact."""

_SHARP_SDS, _SHARP_SHARE, _SHARP_TAIL_MS = 8.0, 0.1, 0.2
"""The artefact is sharp where its second difference exceeds so many standard deviations and this share of its maximum;
so long after (ms) it still hides everything."""

_BLIND_SD = 30.0
"""Standard deviation of a hidden sample, in units of the largest artefact: nothing is learned from it."""

_STEEP, _LEAST_UNSURE = 0.15, 0.5
"""Timing error of a steep artefact in samples, and the least standard deviation, in units of the noise, that counts."""

_TRIFLE = 1e-10
"""Share of the trace that keeps a covariance positive definite."""

_MOST_ENLARGED = 30.0
"""The artefact is enlarged by at most this factor at a time."""

_SURELY = 5.0
"""A wave of so many prior standard deviations is no artefact."""

_LONGEST_HOLD_MS = 10.0
"""Suppressors of artefacts hold at most so long: what follows at once may be the artefact that they hid."""

_CLEARLY, _INVERTED = 30.0, 0.6
"""Standard deviations of the noise from which the begin of a pulse is visible, and its correlation with the inverted
first pulse from which the polarity has changed: stimulators may alternate."""

_RELEASED_MS = 1.0
"""So long after the release of a blanked input the sweep shows the artefact rather than a response."""

_RECENT, _NOT_ABOVE = 12, 1.05
"""So many sweeps are kept, and those up to this multiple of the charge serve to learn the artefact again."""

_FITS = 2.0
"""Mean square, in units of the expected one, above which the artefact is larger than its peak suggests."""


class SweepModel:
    """Predicts the components of one channel's sweeps; keeps what it has learned of the artefact.

    ``learned``: from how many sweeps it has learned.
    """

    def __init__(self, frame: SweepFrame, longest: SweepFrame, info: DeviceInfo, channel: int) -> None:
        """Model sweeps of ``frame``, or ``longest`` where one is unfinished, of ``channel`` of device ``info``."""
        self._frame = frame
        self._sample_rate_hz = info.sample_rate_hz
        self._overloads = OverloadFinder(self._sample_rate_hz, info.channels[channel].range_uv)
        self.range_monitor = RangeMonitor(info.channels[channel].range_uv)
        self._tails = Tails(longest.times)
        self._artefact = ArtefactModel(self._tails)
        self._lead = np.zeros(0)
        self._sign = 1
        self._recoveries = {overloaded: RecoverySizes() for overloaded in (False, True)}
        self._last: tuple[float, float, bool, float] = (0.0, 0.0, False, 0.0)
        self._last_uv = 0.0
        self._last_charge: float | None = None
        self._recent: deque[tuple[float | None, SweepConditions, Array]] = deque(maxlen=_RECENT)
        self._whitened: deque[tuple[WhitenedBasis, Array]] = deque(maxlen=2)
        self._recovered: deque[tuple[WhitenedBasis, float, bool, Array]] = deque(maxlen=4)
        self.learned = 0

    def expected_conditions(self, pulse: Pulse, unit_uv: float) -> SweepConditions | None:
        """Predict the conditions of the sweep of ``pulse``, its artefact being in proportion to the charge; None before
        the first artefact. Where they turn out otherwise, what was prepared for them is of no use.
        """
        if not self._artefact.known:
            return None
        charge = charge_of(pulse)
        strength = self._artefact.strength(charge, None, self._sign)
        end_ms, size_uv, is_overloaded, blanked_ms = self._last
        if charge and self._last_charge and not is_overloaded:
            size_uv = _rounded(self._last_uv * charge / self._last_charge)
        blind_ms = max(self._artefact.lately_blind_ms, blanked_ms)
        return SweepConditions(strength, blind_ms, unit_uv, end_ms, size_uv, is_overloaded, blanked_ms)

    def observe(self, raw: Array, pulse: Pulse, baseline: PreStimulus, unit_uv: float) -> tuple[SweepConditions, Array]:
        """Return the conditions of sweep ``raw``, from the pulse on, in noise of ``unit_uv``; and the sweep in uV."""
        clean = baseline.clean(raw, pulse.sample)
        lead = clean[: max(int(self._frame.window_ms[0] * self._sample_rate_hz / 1e3), 3)]
        peak_uv = float(np.abs(lead).max())
        overload = self._overloads.find(raw, clean, charge_of(pulse), baseline.noise_uv, baseline.bend_uv)
        self.range_monitor.add(self._overloads.rails_uv, raw)
        sharp_ms = self._sharp_ms(lead, peak_uv, baseline)
        blind_ms = max(self._artefact.blind_ms(max(sharp_ms, overload.end_ms)), overload.blanked_ms)
        self._sign = self._polarity(self._shown(clean, lead, overload.blanked_ms), baseline)
        strength = self._artefact.strength(charge_of(pulse), peak_uv, self._sign)
        sweep = self._frame.grid.means(clean[self._frame.grid.first :])
        end_ms = max(overload.end_ms, overload.blanked_ms, pulse.width_ms or USUAL_WIDTH_MS)
        size_uv = overload.size_uv if overload.blanked_ms else peak_uv
        self._last_uv, self._last_charge = size_uv, charge_of(pulse)
        self._last = (round(end_ms, 2), _rounded(size_uv), overload.end_ms > 0, overload.blanked_ms)
        return SweepConditions(strength, blind_ms, unit_uv, *self._last), sweep

    def components(self, conditions: SweepConditions, frame: SweepFrame, basis: WhitenedBasis) -> SweepComponents:
        """Compute the components of a sweep of ``frame`` under these ``conditions``."""
        artefact, times = self._artefact, frame.times
        columns = self._modes(basis) @ (_root(artefact.spread(conditions.strength)) / conditions.unit_uv)
        mean = artefact.mean(conditions.strength, len(times))
        unsure = _timing_sd(mean) / conditions.unit_uv
        blind_uv = _BLIND_SD * max(artefact.peak_uv, conditions.size_uv, conditions.unit_uv)
        unsure[times < conditions.blind_ms] = blind_uv / conditions.unit_uv
        hidden = np.flatnonzero(unsure > _LEAST_UNSURE)
        recovered = self.recovery(conditions, frame, basis)
        blind = basis.whiten[:, hidden] * unsure[hidden]
        spread = 1.0 + artefact.rough_variance(conditions.strength) / conditions.unit_uv**2 * basis.gains
        nuisance_inverse = LowRankInverse(np.concatenate([columns, recovered, blind], axis=1), spread)
        return SweepComponents(conditions, artefact, mean, columns, recovered, blind, spread, nuisance_inverse)

    def _modes(self, basis: WhitenedBasis) -> Array:
        """Return the artefact's components (n, r), 1 uV each, in ``basis``; those of the last two bases are kept."""
        for known, modes in self._whitened:
            if known is basis:
                return modes
        modes = np.asarray(basis.whiten @ self._tails.modes[: len(basis.whiten)])
        self._whitened.append((basis, modes))
        return modes

    @property
    def begun(self) -> bool:
        """Whether an artefact was seen."""
        return self._artefact.known

    def keep(self, components: SweepComponents, sweep: Array, charge: float | None) -> None:
        """Keep a ``sweep`` (n,), to learn from it again if the artefact turns out to be wrong."""
        self._recent.append((charge, components.conditions, sweep))

    def restart(self, charge: float | None, frame: SweepFrame, basis: WhitenedBasis) -> None:
        """Learn the artefact again from the sweeps kept whose charge was not above ``charge``.

        The former artefact contained a response: a sweep at a lower charge lacks it.
        """
        self._artefact.forget()
        highest = np.inf if charge is None else _NOT_ABOVE * charge
        for kept_charge, conditions, sweep in self._recent:
            if (kept_charge or 0.0) > highest:
                continue
            sign = -1 if conditions.strength.gain < 0 else 1
            strength = self._artefact.strength(kept_charge, conditions.size_uv, sign)
            components = self.components(replace(conditions, strength=strength), frame, basis)
            residual = basis.whiten @ (sweep - components.mean) / conditions.unit_uv
            self.adopt(components, sweep, residual, frame, basis)

    def adopt(
        self, components: SweepComponents, sweep: Array, residual: Array, frame: SweepFrame, basis: WhitenedBasis
    ) -> None:
        """Learn all of a ``sweep`` (n,) as artefact; where it is far more than expected, start again from it."""
        misfit = float(residual @ components.nuisance_inverse(residual)) / len(residual)
        if misfit > _FITS:
            components.artefact.enlarge(min(float(np.sqrt(misfit)), _MOST_ENLARGED))
            components = self.components(components.conditions, frame, basis)
            residual = basis.whiten @ (sweep - components.mean) / components.conditions.unit_uv
        self.learn(components, residual, frame, basis, np.zeros_like(basis.response))

    def learn(
        self, components: SweepComponents, residual: Array, frame: SweepFrame, basis: WhitenedBasis, response: Array
    ) -> None:
        """Learn the artefact from a sweep's ``residual`` (n,) in ``basis``, that may hold a ``response`` of variance
        (n,) there.
        """
        conditions, artefact = components.conditions, components.artefact
        spread, whole = components.spread, components.nuisance_inverse
        if response.any():
            spread = spread + response
            whole = LowRankInverse(
                np.concatenate([components.columns, components.recovered, components.blind], axis=1), spread
            )
        beside = np.concatenate([self.recovery(conditions, frame, basis), components.blind], axis=1)
        modes = self._modes(basis) / conditions.unit_uv
        self.learned += 1
        cause = basis.whiten.T @ whole(residual) / conditions.unit_uv
        rough = components.spread - 1.0
        left = 1.0 - float(np.mean(rough * whole.diagonal()))
        artefact.learn(residual, conditions.strength, modes, LowRankInverse(beside, spread))
        artefact.learn_rough(cause, left, conditions.strength)

    def learn_recovery(self, components: SweepComponents, residual: Array) -> None:
        """Learn how large the amplifier's recovery is, from the ``residual`` (n,) of an empty sweep."""
        columns = components.recovered
        other_inverse = LowRankInverse(np.concatenate([columns, components.blind], axis=1), components.spread)
        components.artefact.learn_variability(components.columns, residual, other_inverse)
        if columns.shape[1]:
            weighed = components.nuisance_inverse(columns)
            left = 1.0 - np.einsum("nk,nk->k", columns, weighed)
            self._recoveries[components.conditions.is_overloaded].learn(
                weighed.T @ residual, left, abs(components.conditions.strength.gain)
            )

    def may_be_artefact(
        self, components: SweepComponents, frame: SweepFrame, begin_ms: float, amplitude_uv: float
    ) -> bool:
        """Return whether an artefact of unknown shape may be so large from ``begin_ms`` on.

        Always so where its size is not known: the amplifier was overloaded or blanked, or what is visible of the
        artefact is smaller than the wave, as behind a suppressor that holds.
        """
        conditions = components.conditions
        least_uv = amplitude_uv if begin_ms < _LONGEST_HOLD_MS else 0.0
        is_unseen = conditions.size_uv < max(_CLEARLY * conditions.unit_uv, least_uv)
        if conditions.is_overloaded or conditions.blanked_ms or is_unseen:
            return True
        size_uv = max(conditions.size_uv, abs(conditions.strength.gain) * components.artefact.peak_uv)
        later = frame.times >= begin_ms
        largest = self._tails.sd[: len(frame.times)][later].max(initial=0.0)
        return bool(amplitude_uv < _SURELY * largest * size_uv)

    def recovery(self, conditions: SweepConditions, frame: SweepFrame, basis: WhitenedBasis) -> Array:
        """Columns (n, k) of the amplifier's recovery from the pulse or from overload, new at every pulse."""
        if not conditions.size_uv:
            return np.zeros((len(basis.whiten), 0))
        columns = self._recovery_of_one(conditions.end_ms, frame, basis, overloaded=conditions.is_overloaded)
        sizes = self._recoveries[conditions.is_overloaded].at(abs(conditions.strength.gain), columns.shape[1])
        return np.asarray(columns * (sizes * (conditions.size_uv / conditions.unit_uv)))

    def _recovery_of_one(self, end_ms: float, frame: SweepFrame, basis: WhitenedBasis, *, overloaded: bool) -> Array:
        """Return the columns (n, k) of a recovery of unit size in ``basis``; the newest few are kept."""
        for known, known_ms, known_overloaded, columns in self._recovered:
            if known is basis and known_ms == end_ms and known_overloaded == overloaded:
                return columns
        columns = np.asarray(basis.whiten @ recovery_columns(frame.times - end_ms, overloaded=overloaded))
        self._recovered.append((basis, end_ms, overloaded, columns))
        return columns

    def _shown(self, clean: Array, lead: Array, blanked_ms: float) -> Array:
        """Return the part of the sweep that shows the artefact's polarity: ``lead``, or what follows the release of a
        blanked input.
        """
        if blanked_ms <= 0:
            return lead
        first = round(blanked_ms * self._sample_rate_hz / 1e3)
        return clean[first : first + max(round(_RELEASED_MS * self._sample_rate_hz / 1e3), 3)]

    def _polarity(self, lead: Array, baseline: PreStimulus) -> int:
        """Return -1 where the pulse itself, in ``lead``, is the first pulse inverted, else 1."""
        if float(np.abs(lead).max(initial=0.0)) < _CLEARLY * baseline.noise_uv:
            return 1
        if not self._artefact.known or len(self._lead) != len(lead):
            self._lead = lead
            return 1
        size = float(np.linalg.norm(lead) * np.linalg.norm(self._lead))
        return -1 if float(lead @ self._lead) < -_INVERTED * size else 1

    def _sharp_ms(self, lead: Array, peak_uv: float, baseline: PreStimulus) -> float:
        """Return up to when the artefact's sharp part in ``lead`` hides everything."""
        bend = np.abs(second_difference(lead))
        sharp = np.flatnonzero(bend > max(_SHARP_SDS * baseline.bend_uv, _SHARP_SHARE * float(bend.max(initial=0.0))))
        if not len(sharp) or peak_uv < _ARTEFACT_AT * baseline.noise_uv:
            return FIRST_MS
        return max(FIRST_MS, (int(sharp[-1]) + 2) * 1e3 / self._sample_rate_hz + _SHARP_TAIL_MS)


def _rounded(size_uv: float) -> float:
    """Round ``size_uv`` to half an octave, so that filters prepared for the last sweep fit the next one."""
    return float(2.0 ** (round(2 * np.log2(max(size_uv, 1.0))) / 2))


def _timing_sd(mean: Array) -> Array:
    """Return the standard deviation (n,) of a steep artefact whose time is not exactly known."""
    slope = np.empty_like(mean)
    slope[0], slope[-1] = mean[1] - mean[0], mean[-1] - mean[-2]
    slope[1:-1] = 0.5 * (mean[2:] - mean[:-2])
    return np.asarray(_STEEP * np.abs(slope))


def _root(covariance: Array) -> Array:
    """Return columns whose product with their own transpose is ``covariance`` (r, r), or a trifle more; it is
    overwritten.
    """
    diagonal = covariance.flat[:: len(covariance) + 1]
    covariance.flat[:: len(covariance) + 1] = diagonal + (_TRIFLE * float(diagonal.sum()) + 1e-12)
    return lower_factor(covariance, clean=True)
