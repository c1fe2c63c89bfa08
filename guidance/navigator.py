"""The closed loop: each pulse is the one expected to teach most about what matters now.

Far from the nerve anything that answers, then the threshold, near the lower bound whether it is passed; at the target a
verification. The rate rises while the threshold moves or is not known well, and falls back when it rests. Where the
operator asked for it, pulses of other widths are interleaved (``probing``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guidance.controller import Controller
from guidance.events import Entry, Proximity, Response
from guidance.interlock import ABSOLUTE_MAX_CHARGE_UC, highest_step, widening
from guidance.probing import Probing
from guidance.proximity.draws import Cloud, Draws
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.forecast import FEW, Answers, Forecast, forecast
from guidance.proximity.nerve import Particles
from guidance.signal.evoked import Doubt
from guidance.verification import Verification

_LEAST_MA = 0.02
_CANDIDATES = 16
_BELOW_LN, _ABOVE_LN = -0.2, 0.7
_NEAR_WEIGHT = 4.0
_IN_DOUBT = 0.03
_HURTS_FROM_LN, _HURTS = 0.1, 0.2
_MOVES_LN, _UNCERTAIN_LN = 0.03, 0.08
_STAYS_FAST_S = 1.0
_LOST = 0.9
_TOP_PULSES = 6
_PATIENCE = 4
_LOWER = 0.7
"""From a current at which it cannot be told whether what is seen is artefact, down by so much: below the threshold, or
well below the artefact's own change from pulse to pulse."""

_REPEATS: dict[str, str] = {
    Doubt.BURST: "waiting for the muscle to rest",
    Doubt.NOISE: "asking again: the last sweep was too noisy",
    Doubt.OVERLOAD: "asking again: the amplifier was overloaded",
    Doubt.BLANKING: "asking again: the amplifier was blanked",
    Doubt.ARTEFACT: "asking again: the artefact is being learned",
}

_PROBED_RATIO = 1.4
"""Only where the threshold is known so well does a probe tell more of the width than of the threshold."""

_SAME_WIDTH_MS = 1e-3
_SEED = 30_000


@dataclass(frozen=True, slots=True)
class Stimulus:
    """The pulses that a navigator works with: first and highest current, width and its two rates; the other widths that
    it may interleave.
    """

    start_ma: float
    max_ma: float
    width_ms: float
    rate_hz: float
    fast_hz: float
    probe_widths_ms: tuple[float, ...] = ()

    def highest_ma(self, previous_ma: float, previous_ms: float, width_ms: float) -> float:
        """The highest current that a pulse of ``width_ms`` may have after that one: step, limit and charge."""
        step_ma = highest_step(previous_ma) * widening(previous_ms, width_ms)
        return min(step_ma, self.max_ma, ABSOLUTE_MAX_CHARGE_UC / width_ms)


@dataclass(frozen=True, slots=True)
class Given:
    """The pulse that was just answered."""

    current_ma: float
    width_ms: float


class Navigator(Controller):
    """Plans each pulse with the estimate it follows."""

    def __init__(self, stimulus: Stimulus, lower_bound_ma: float) -> None:
        """Pulses as ``stimulus`` allows; ``lower_bound_ma`` is where the zone ``close`` begins."""
        self._stimulus, self._bound_ma = stimulus, lower_bound_ma
        self._belief: ProximityFilter | None = None
        self._draws = Draws(_SEED)
        self._wanted_ma, self._rate_hz = stimulus.start_ma, stimulus.rate_hz
        self._fast_left_s = 0.0
        self._untold = self._at_top = 0
        self._verification = Verification(stimulus.width_ms, stimulus.max_ma)
        self._probing = Probing(stimulus.width_ms, stimulus.probe_widths_ms)
        self.doing = "searching: no answer yet"

    def next_ma(self) -> float:
        """The current wanted for the next pulse."""
        return self._wanted_ma

    def next_rate_hz(self) -> float:
        """The rate wanted: the protocol's usual one, or its highest while the threshold moves or is uncertain."""
        return self._rate_hz

    def next_width_ms(self) -> float:
        """The width wanted for the next pulse."""
        return self._probing.width_ms

    def follow(self, belief: ProximityFilter) -> None:
        """Plan with ``belief`` from now on."""
        self._belief = belief

    def entries(self) -> Iterator[Entry]:
        """The verification that has come to its end."""
        return self._verification.entries()

    def heard(self, current_ma: float, width_ms: float, response: Response, proximity: Proximity) -> None:
        """Plan the next pulse; a few sweeps that cannot tell are asked again."""
        given = Given(current_ma, width_ms)
        self._untold = self._untold + 1 if response.contaminated else 0
        if 0 < self._untold < _PATIENCE:
            self._answer_doubt(given, response.doubt)
        elif proximity.why == "injectate":
            self._probing.heard(may=False)
            self._rest("holding: injectate at the tip, thresholds do not compare")
        elif self._belief is None or not proximity.valid or _is_lost(proximity):
            self._probing.heard(may=False)
            self._search(given, answered=proximity.valid)
        else:
            self._track(given, response, proximity, self._belief)

    def _answer_doubt(self, given: Given, doubt: str | None) -> None:
        """Vary the current where only that can tell artefact from response; else repeat the pulse."""
        if doubt == Doubt.CONTRAST:
            self._wanted_ma = max(_LOWER * given.current_ma, _LEAST_MA)
            self.doing = "lowering the current: only that tells response from artefact"
        else:
            self.doing = _REPEATS.get(doubt or "", "asking again: the last sweep was unfit")

    def _rest(self, doing: str) -> None:
        self._rate_hz, self.doing = self._stimulus.rate_hz, doing

    def _search(self, given: Given, *, answered: bool) -> None:
        """Up in the largest steps; at the top wait a while, then begin again from below: what hurts is not kept up,
        and a nerve that has come near is met with little.
        """
        top = given.current_ma >= 0.99 * self._stimulus.max_ma
        self._at_top = self._at_top + 1 if top else 0
        if self._at_top >= _TOP_PULSES:
            self._at_top = 0
            self._wanted_ma = self._stimulus.start_ma
        else:
            self._wanted_ma = self._highest_ma(given)
        self._rate_hz = self._stimulus.rate_hz if top else self._stimulus.fast_hz
        how = "the answer is lost" if answered else "no answer yet"
        self.doing = f"searching at the highest current: {how}" if top else f"searching upward: {how}"

    def _track(self, given: Given, response: Response, proximity: Proximity, belief: ProximityFilter) -> None:
        self._at_top = 0
        few = belief.few(FEW)
        ahead = self._ahead(few, self._stimulus.rate_hz, self._stimulus.width_ms)
        at_rest = self._pace(proximity, ahead)
        if abs(given.width_ms - self._stimulus.width_ms) < _SAME_WIDTH_MS:
            answered = None if response.contaminated else _is_answer(response, belief.criterion_uv)
            self._verification.heard(given.current_ma, answered, proximity.threshold_ma, at_rest=at_rest)
        wanted_ma = self._verification.wanted_ma()
        self._probing.heard(may=wanted_ma is None and self._may_probe(proximity, ahead))
        if wanted_ma is not None:
            self._wanted_ma = min(wanted_ma, self._highest_ma(given))
            self._rest(self._verification.doing)
            return
        if self._rate_hz != self._stimulus.rate_hz or self._probing.probes:
            ahead = self._ahead(few, self._rate_hz, self._probing.width_ms)
        if self._probing.probes:
            self.doing = f"probing the pulse width: {self._probing.width_ms:g} ms, as evidence of distance"
        self._wanted_ma = self._most_telling_ma(ahead, self._highest_ma(given))

    def _may_probe(self, proximity: Proximity, ahead: Forecast) -> bool:
        """Not while the threshold is uncertain, nor while it may be passing the lower bound: that comes first."""
        low_ma, _, high_ma = proximity.threshold_0p1ms_ma or (0.0, 0.0, 1.0)
        is_known = high_ma < _PROBED_RATIO * low_ma
        return is_known and not _is_in_doubt(float(ahead.is_below(self._bound_ma).mean()))

    def _pace(self, proximity: Proximity, ahead: Forecast) -> bool:
        """Choose the rate; whether the threshold rests and is known. ``ahead`` is at the usual rate."""
        usual_s = 1 / self._stimulus.rate_hz
        middle = ahead.short_ma
        now_ma = proximity.threshold_0p1ms_ma[1] if proximity.threshold_0p1ms_ma else middle
        moves = abs(np.log(middle / now_ma)) > _MOVES_LN
        uncertain = ahead.central_sd_ln > _UNCERTAIN_LN
        spent_s = 1 / self._rate_hz
        self._fast_left_s = _STAYS_FAST_S if moves or uncertain else max(self._fast_left_s - spent_s, 0.0)
        fast = self._fast_left_s > 0 and self._stimulus.fast_hz * usual_s > 1
        self._rate_hz = self._stimulus.fast_hz if fast else self._stimulus.rate_hz
        what = "the threshold moves" if moves else "closing in on the threshold" if uncertain else "the threshold rests"
        self.doing = f"tracking: {what}"
        return self._fast_left_s == 0.0

    def _ahead(self, few: Particles, rate_hz: float, width_ms: float) -> Forecast:
        return forecast(few, 1 / rate_hz, width_ms, self._draws)

    def _most_telling_ma(self, ahead: Forecast, highest_ma: float) -> float:
        """The current whose answer is expected to teach most, a strong pulse being worth a little less."""
        low, middle, high = np.log(ahead.threshold_ma)
        wanted = np.linspace(low + _BELOW_LN, high + _ABOVE_LN, _CANDIDATES)
        ln_currents = np.unique(np.clip(wanted, np.log(min(_LEAST_MA, highest_ma)), np.log(highest_ma)))
        answers = ahead.answers(ln_currents)
        worth = answers.explained(ahead.ln_threshold) + self._worth_near(ahead, answers)
        worth -= _HURTS * np.maximum(ln_currents - middle - _HURTS_FROM_LN, 0.0)
        return float(np.exp(ln_currents[int(np.argmax(worth))]))

    def _worth_near(self, ahead: Forecast, answers: Answers) -> Cloud | float:
        """What the answer would say about the threshold being below the lower bound, where that is in doubt."""
        below = ahead.is_below(self._bound_ma)
        probable = float(below.mean())
        if not _is_in_doubt(probable):
            return 0.0
        return _NEAR_WEIGHT * probable * (1 - probable) * answers.explained(below)

    def _highest_ma(self, given: Given) -> float:
        return self._stimulus.highest_ma(given.current_ma, given.width_ms, self._probing.width_ms)


def _is_in_doubt(probable: float) -> bool:
    return _IN_DOUBT < probable < 1 - _IN_DOUBT


def _is_answer(response: Response, criterion_uv: float) -> bool:
    """Whether the response reaches the criterion that defines the motor threshold."""
    return response.detected and (response.amplitude_uv or 0.0) >= criterion_uv


def _is_lost(proximity: Proximity) -> bool:
    """Whether the threshold is most likely above all that was tried."""
    return (proximity.zone_probability or {}).get("none", 0.0) >= _LOST
