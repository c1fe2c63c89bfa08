"""The closed loop: each pulse is the one expected to teach most about what matters now.

Far from the nerve this is any response, then the threshold, near the lower bound whether it is passed; at the target a
verification. The rate rises while the threshold moves or is not known well, and falls back when it rests. Where the
operator requested it, pulses of other widths are interleaved (``width_probing``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import Entry, Proximity, PulseOutcome, Response
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.forecast import FEW, Forecast, ForecastResponses, forecast
from guidance.proximity.particles import Particles
from guidance.proximity.random_table import Cloud, RandomTable
from guidance.stimulation.controller import Controller
from guidance.stimulation.doubt_reaction import reaction_to
from guidance.stimulation.interlock import ABSOLUTE_MAX_CHARGE_UC, highest_step, widening
from guidance.stimulation.search import Search, SearchRange
from guidance.stimulation.verification import Verification
from guidance.stimulation.width_probing import WidthProbing

_LEAST_MA = 0.02
"""The lowest current that is considered, in mA (a judgement, unsourced)."""

_CANDIDATES = 16
"""So many currents are compared, evenly spaced in their logarithm."""

_BELOW_LN, _ABOVE_LN = -0.2, 0.7
"""They reach from so far below the 5 % point of the threshold to so far above its 95 % point, in ln (a judgement)."""

_NEAR_WEIGHT = 4.0
"""Weight of whether the threshold is below the lower bound, against that of the threshold itself (a judgement)."""

_IN_DOUBT = 0.03
"""Whether the threshold is below the lower bound is in doubt between this probability and 1 less it (a judgement)."""

_HURTS_FROM_LN, _HURTS = 0.1, 0.2
"""A current costs ``_HURTS`` of worth per unit of ln from so far above the threshold, as strong pulses hurt (a
judgement).
"""

_MOVES_LN, _UNCERTAIN_LN = 0.03, 0.08
"""The threshold moves if it is expected to change by more than so much of ln until the next pulse; it is uncertain
above this standard deviation (judgements, unsourced).
"""

_STAYS_FAST_S = 1.0
"""The high rate lasts so many s after its reason is gone (a judgement, unsourced)."""

_LOST = 0.9
"""The response is lost where the threshold is beyond all currents tried with this probability (a judgement)."""

_SILENT_PULSES = 8
"""Pulses in a row without a response from which it is sought again (a judgement: near the threshold half have one)."""

_PATIENCE = 4
"""Undecided sweeps in a row from which planning goes on without them (a judgement, unsourced)."""

_PROBED_RATIO = 1.4
"""Largest ratio of the threshold's 95 % to its 5 % point for a probe: only then it shows more of the width than of the
threshold.
"""

_SAME_WIDTH_MS = 1e-3
"""Widths that differ by less, in ms, are the same: devices round."""

_SEED = 30_000
"""Start of the random numbers, apart from those of the filter; the same one makes a procedure repeatable."""


@dataclass(frozen=True, slots=True)
class PulseLimits:
    """Limits of the pulses to plan: first and highest current, width and its two rates, and the other widths that may
    be interleaved. ``asks``: an operator can answer a question.
    """

    start_ma: float
    max_ma: float
    width_ms: float
    pulse_rate_hz: float
    fast_pulse_rate_hz: float
    probe_widths_ms: tuple[float, ...] = ()
    asks: bool = False

    def highest_ma(self, previous_ma: float, previous_ms: float, width_ms: float) -> float:
        """Return the highest current that a pulse of ``width_ms`` may have after that one: step, limit and charge."""
        step_ma = highest_step(previous_ma) * widening(previous_ms, width_ms)
        return min(step_ma, self.max_ma, ABSOLUTE_MAX_CHARGE_UC / width_ms)


@dataclass(frozen=True, slots=True)
class LastPulse:
    """Current and width of the last pulse, which bound the next one. It is a type of its own because both are known
    here: the usual width stands in where the stimulator reports none.
    """

    current_ma: float
    width_ms: float


class ClosedLoopController(Controller):
    """A controller that plans each pulse with the estimate it follows."""

    def __init__(self, limits: PulseLimits, lower_bound_ma: float) -> None:
        """Plan pulses within ``limits``; ``lower_bound_ma`` is where the zone ``close`` begins."""
        self._limits, self._bound_ma = limits, lower_bound_ma
        self._proximity_filter: ProximityFilter | None = None
        self._random = RandomTable(_SEED)
        self._wanted_ma, self._pulse_rate_hz = limits.start_ma, limits.pulse_rate_hz
        self._fast_left_s = 0.0
        self._undecided_sweeps = self._silent_pulses = 0
        self._search = Search(SearchRange(limits.start_ma, limits.max_ma, limits.width_ms, limits.asks))
        self._verification = Verification(limits.width_ms, limits.max_ma)
        self._probing = WidthProbing(limits.width_ms, limits.probe_widths_ms)
        self.doing = "searching upward: no response yet"

    def next_ma(self) -> float:
        """Return the current wanted for the next pulse, in mA."""
        return self._wanted_ma

    def next_pulse_rate_hz(self) -> float:
        """Return the rate wanted: the protocol's usual one, or its highest while the threshold moves or is
        uncertain.
        """
        return self._pulse_rate_hz

    def next_width_ms(self) -> float:
        """Return the width wanted for the next pulse, in ms."""
        return self._probing.width_ms

    def follow(self, proximity_filter: ProximityFilter) -> None:
        """Plan with ``proximity_filter`` from now on."""
        self._proximity_filter = proximity_filter

    def entries(self) -> Iterator[Entry]:
        """Yield the verification that has ended, and the question of a search."""
        yield from self._verification.entries()
        yield from self._search.entries()

    def apply_entry(self, what: str) -> None:
        """Apply an entry to the search; another response needs a verification of its own."""
        self._search.apply_entry(what)
        if what == "response-changed":
            self._verification.restart()
        if what in {"insertion", "redirect"}:
            self._silent_pulses = 0

    def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
        """Plan the next pulse; after a few undecided sweeps vary the current or repeat the pulse."""
        stimulus, response = outcome.stimulus, outcome.response
        if stimulus.current_ma is None:
            return
        self.asks = False
        last = LastPulse(stimulus.current_ma, stimulus.width_ms or self._limits.width_ms)
        self._undecided_sweeps = self._undecided_sweeps + 1 if response.contaminated else 0
        if 0 < self._undecided_sweeps < _PATIENCE:
            self._react_to_doubt(last, response.doubt)
        elif proximity.why == "injectate":
            self._probing.observe(may=False)
            self._hold_rate("holding: injectate at the tip, thresholds do not compare")
        elif self._proximity_filter is None or self._is_seeking(response, proximity):
            self._probing.observe(may=False)
            self._seek(outcome.t, last)
        else:
            self._track(last, response, proximity, self._proximity_filter)

    def _is_seeking(self, response: Response, proximity: Proximity) -> bool:
        """Return whether a response must be sought: there was none so far, or none for long, or none in reach."""
        if response.detected and not response.contaminated:
            self._silent_pulses = 0
            self._search.end()
        elif not response.contaminated:
            self._silent_pulses += 1
        return not _has_responded(proximity) or _is_lost(proximity) or self._silent_pulses >= _SILENT_PULSES

    def _react_to_doubt(self, last: LastPulse, doubt: str | None) -> None:
        """Choose another current, a wait or the same pulse again, by the reason of the doubt."""
        reaction = reaction_to(doubt, self._undecided_sweeps)
        self._wanted_ma = max(reaction.factor * last.current_ma, _LEAST_MA)
        self._pulse_rate_hz = self._limits.pulse_rate_hz if reaction.slows else self._pulse_rate_hz
        self.doing = reaction.doing

    def _hold_rate(self, doing: str) -> None:
        self._pulse_rate_hz, self.doing = self._limits.pulse_rate_hz, doing

    def _seek(self, t: float, last: LastPulse) -> None:
        """Search on after a pulse without a response; at the fast rate only while the current climbs."""
        self._wanted_ma = self._search.next_ma(t, last.current_ma, self._highest_ma(last))
        self.doing, self.asks = self._search.doing(last.current_ma), self._search.is_asking
        climbs = self._wanted_ma > 1.01 * last.current_ma
        self._pulse_rate_hz = self._limits.fast_pulse_rate_hz if climbs else self._limits.pulse_rate_hz

    def _track(
        self, last: LastPulse, response: Response, proximity: Proximity, proximity_filter: ProximityFilter
    ) -> None:
        few = proximity_filter.few(FEW)
        ahead = self._ahead(few, self._limits.pulse_rate_hz, self._limits.width_ms)
        at_rest = self._pace(proximity, ahead)
        if abs(last.width_ms - self._limits.width_ms) < _SAME_WIDTH_MS:
            responded = None if response.contaminated else _reaches_criterion(response, proximity_filter.criterion_uv)
            self._verification.observe(last.current_ma, responded, proximity.threshold_ma, at_rest=at_rest)
        wanted_ma = self._verification.wanted_ma()
        self._probing.observe(may=wanted_ma is None and self._may_probe(proximity, ahead))
        if wanted_ma is not None:
            self._wanted_ma = min(wanted_ma, self._highest_ma(last))
            self._hold_rate(self._verification.doing)
            return
        if self._pulse_rate_hz != self._limits.pulse_rate_hz or self._probing.probes:
            ahead = self._ahead(few, self._pulse_rate_hz, self._probing.width_ms)
        if self._probing.probes:
            self.doing = f"probing the pulse width: {self._probing.width_ms:g} ms, as evidence of distance"
        self._wanted_ma = self._most_informative_ma(ahead, self._highest_ma(last))

    def _may_probe(self, proximity: Proximity, ahead: Forecast) -> bool:
        """Return whether a probe may follow: not while the threshold is uncertain, nor while it may be passing the
        lower bound.
        """
        low_ma, _, high_ma = proximity.threshold_0p1ms_ma or (0.0, 0.0, 1.0)
        is_known = high_ma < _PROBED_RATIO * low_ma
        return is_known and not _is_in_doubt(float(ahead.is_below(self._bound_ma).mean()))

    def _pace(self, proximity: Proximity, ahead: Forecast) -> bool:
        """Choose the rate; return whether the threshold rests and is known. ``ahead`` is at the usual rate."""
        usual_s = 1 / self._limits.pulse_rate_hz
        middle = ahead.short_ma
        now_ma = proximity.threshold_0p1ms_ma[1] if proximity.threshold_0p1ms_ma else middle
        moves = abs(np.log(middle / now_ma)) > _MOVES_LN
        uncertain = ahead.central_sd_ln > _UNCERTAIN_LN
        spent_s = 1 / self._pulse_rate_hz
        self._fast_left_s = _STAYS_FAST_S if moves or uncertain else max(self._fast_left_s - spent_s, 0.0)
        fast = self._fast_left_s > 0 and self._limits.fast_pulse_rate_hz * usual_s > 1
        self._pulse_rate_hz = self._limits.fast_pulse_rate_hz if fast else self._limits.pulse_rate_hz
        what = "the threshold moves" if moves else "closing in on the threshold" if uncertain else "the threshold rests"
        self.doing = f"tracking: {what}"
        return self._fast_left_s == 0.0

    def _ahead(self, few: Particles, pulse_rate_hz: float, width_ms: float) -> Forecast:
        return forecast(few, 1 / pulse_rate_hz, width_ms, self._random)

    def _most_informative_ma(self, ahead: Forecast, highest_ma: float) -> float:
        """Return the current whose response is expected to teach most, a strong pulse being worth a little less."""
        low, middle, high = np.log(ahead.threshold_ma)
        wanted = np.linspace(low + _BELOW_LN, high + _ABOVE_LN, _CANDIDATES)
        ln_currents = np.unique(np.clip(wanted, np.log(min(_LEAST_MA, highest_ma)), np.log(highest_ma)))
        responses = ahead.responses(ln_currents)
        worth = responses.explained(ahead.ln_threshold) + self._worth_near(ahead, responses)
        worth -= _HURTS * np.maximum(ln_currents - middle - _HURTS_FROM_LN, 0.0)
        return float(np.exp(ln_currents[int(np.argmax(worth))]))

    def _worth_near(self, ahead: Forecast, responses: ForecastResponses) -> Cloud | float:
        """Return what the response would show about the threshold being below the lower bound, where that
        is in doubt.
        """
        below = ahead.is_below(self._bound_ma)
        probable = float(below.mean())
        if not _is_in_doubt(probable):
            return 0.0
        return _NEAR_WEIGHT * probable * (1 - probable) * responses.explained(below)

    def _highest_ma(self, last: LastPulse) -> float:
        return self._limits.highest_ma(last.current_ma, last.width_ms, self._probing.width_ms)


def _is_in_doubt(probable: float) -> bool:
    return _IN_DOUBT < probable < 1 - _IN_DOUBT


def _reaches_criterion(response: Response, criterion_uv: float) -> bool:
    """Return whether the response reaches the criterion that defines the motor threshold."""
    return response.detected and (response.amplitude_uv or 0.0) >= criterion_uv


def _has_responded(proximity: Proximity) -> bool:
    """Return whether there is an estimate, valid or not: a response was observed."""
    return proximity.threshold_ma is not None or proximity.above_ma is not None


def _is_lost(proximity: Proximity) -> bool:
    """Return whether the threshold is most likely above all currents tried."""
    return (proximity.zone_probability or {}).get("none", 0.0) >= _LOST
