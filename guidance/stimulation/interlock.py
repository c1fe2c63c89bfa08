"""Conditions for a pulse to be delivered. Pure: state and request in, a refusal in words out, or None."""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.base import Limits
from guidance.protocol import Protocol

ABSOLUTE_MAX_CURRENT_MA = 6.0
"""In mA. The absolute limits hold for every device and every protocol; the least of all limits counts. Clinical nerve
stimulators give 5 to 6 mA through a needle (Stimuplex HNS 12, MultiStim SENSOR; from their manuals).
"""

ABSOLUTE_MAX_WIDTH_MS = 1.0
"""In ms: the longest pulse of the same nerve stimulators."""

ABSOLUTE_MAX_RATE_HZ = 5.0
"""In pulses a second: above the usual 1 to 3, and low enough that a muscle does not cramp (a judgement, unsourced)."""

ABSOLUTE_MAX_CHARGE_UC = 2.0
"""In uC a pulse: less than the highest current for the longest width would give (a judgement, unsourced)."""

STEP_UP_SHARE = 0.30
"""The largest step up from one pulse to the next: this share or ``STEP_UP_MA``, whichever is greater."""

STEP_UP_MA = 0.1
LONGEST_CHRONAXIE_MS = 0.5
"""Chronaxie of a motor axon 10 mm away in the double-cable model; 0.46 ms were measured at the wrist
through the skin.
"""
SIGNAL_FRESH_S = 0.25
"""Age of the newest sample, in s, up to which a pulse may be given."""

SIGNAL_LOST_S = 1.0
"""Age of the newest sample, in s, beyond which the stimulator must be off: nothing shows its effect (a judgement)."""

SCREEN_ALIVE_S = 1.0
"""Age of the newest frame acknowledgement, in s, up to which the screen counts as seen."""

MOST_WITHOUT_RESPONSE = 3
"""So many pulses in a row without a known response make the estimate stale."""

_SLACK = 1e-6
"""Relative tolerance of a comparison, for rounding in binary fractions only."""


@dataclass(frozen=True, slots=True)
class PulseBounds:
    """Bounds of what may be requested of the stimulator: the least of the device's, the protocol's and the absolute
    limits.
    """

    max_current_ma: float
    min_width_ms: float
    max_width_ms: float
    max_rate_hz: float
    current_step_ma: float

    @classmethod
    def least(cls, device: Limits, protocol: Protocol, max_current_ma: float | None = None) -> PulseBounds:
        """Return the least of all limits; ``max_current_ma`` may tighten them further."""
        currents = [device.max_current_ma, protocol.max_current_ma, ABSOLUTE_MAX_CURRENT_MA]
        return cls(
            max_current_ma=min([*currents, max_current_ma] if max_current_ma is not None else currents),
            min_width_ms=device.min_width_ms,
            max_width_ms=min(device.max_width_ms, ABSOLUTE_MAX_WIDTH_MS),
            max_rate_hz=min(device.max_rate_hz, protocol.max_rate_hz, ABSOLUTE_MAX_RATE_HZ),
            current_step_ma=device.current_step_ma,
        )

    def highest_ma(self, width_ms: float) -> float:
        """Return the highest current in mA that pulses of ``width_ms`` may have, within the limit of their charge."""
        return min(self.max_current_ma, ABSOLUTE_MAX_CHARGE_UC / width_ms)

    def stepped(self, current_ma: float) -> float:
        """Return ``current_ma`` in whole steps of the device: rounded down, but at least one step if it is above 0."""
        if not (math.isfinite(current_ma) and current_ma > 0):
            return current_ma
        steps = math.floor(current_ma / self.current_step_ma * (1 + 1e-9))
        return round(max(steps, 1) * self.current_step_ma, 6)

    def refusal(self, current_ma: float, width_ms: float, pulse_rate_hz: float) -> str | None:
        """Return why a pulse of these values may not be delivered at this rate, or None."""
        if not 0.0 <= current_ma <= self.max_current_ma + _SLACK:
            return f"{current_ma:g} mA is outside 0 to {self.max_current_ma:g} mA"
        if not self.min_width_ms - _SLACK <= width_ms <= self.max_width_ms + _SLACK:
            return f"a width of {width_ms:g} ms is outside {self.min_width_ms:g} to {self.max_width_ms:g} ms"
        if not 0.0 < pulse_rate_hz <= self.max_rate_hz + _SLACK:
            return f"{pulse_rate_hz:g} pulses a second are more than the limit of {self.max_rate_hz:g}"
        if current_ma * width_ms > ABSOLUTE_MAX_CHARGE_UC + _SLACK:
            return (
                f"{current_ma:g} mA for {width_ms:g} ms are {current_ma * width_ms:.3g} uC, above the limit of "
                f"{ABSOLUTE_MAX_CHARGE_UC:g} uC a pulse"
            )
        return None


class StepLimiter:
    """Limit of the next pulse's current. Only a delivered pulse raises it: to one step above the lower of what was
    delivered and what was requested. A pulse that was not delivered, or of which that is not known, does not raise it.
    """

    def __init__(self, first_ma: float, width_ms: float) -> None:
        """Allow a first pulse of ``first_ma`` for ``width_ms``."""
        self._highest_ma, self._width_ms = first_ma, width_ms
        self._requested_ma: float | None = None

    def highest_ma(self, width_ms: float) -> float:
        """Return the highest current in mA that a pulse of ``width_ms`` may have now."""
        return self._highest_ma * widening(self._width_ms, width_ms)

    def requested(self, current_ma: float, width_ms: float) -> None:
        """Note that such a pulse is requested, whatever becomes of it."""
        self._highest_ma = min(self.highest_ma(width_ms), highest_step(current_ma))
        self._requested_ma, self._width_ms = current_ma, width_ms

    def delivered(self, current_ma: float) -> None:
        """Note that the requested pulse delivered ``current_ma``."""
        if self._requested_ma is not None:
            self._highest_ma = highest_step(min(self._requested_ma, current_ma))


def highest_step(previous_ma: float) -> float:
    """Return the highest current in mA that may follow ``previous_ma``: 30 % or 0.1 mA more, whichever is greater."""
    return max(previous_ma * (1 + STEP_UP_SHARE), previous_ma + STEP_UP_MA)


def widening(from_ms: float, to_ms: float) -> float:
    """Return the factor of a step up where the width changes. A longer pulse excites more with the same current, at
    most as much as on a nerve of the longest chronaxie (Weiss); a shorter one may have no higher current.
    """
    if to_ms <= from_ms:
        return 1.0
    return (1 + LONGEST_CHRONAXIE_MS / to_ms) / (1 + LONGEST_CHRONAXIE_MS / from_ms)


@dataclass(frozen=True, slots=True)
class InterlockConditions:
    """The state that a pulse depends on; ages are in s, None where it never was.

    ``response_pending``: the response to the last pulse is not known yet; ``without_response``: so many pulses in a row
    had none. ``host_s`` is the host's clock.
    """

    armed: bool
    screen_age_s: float | None
    signal_age_s: float | None
    response_pending: bool
    without_response: int
    storage_ok: bool
    connected: bool
    lead_off: bool
    device_fault: str | None
    headless: bool
    signal_dead: bool = False
    device_floods: bool = False
    reports_late: bool = False
    clock_wrong: bool = False
    host_s: float | None = None


def disarm_reason(state: InterlockConditions) -> str | None:
    """Return why the stimulator must be off, in words; None while it may stay armed."""
    silent = state.connected and state.signal_age_s is not None and state.signal_age_s > SIGNAL_LOST_S
    away = state.screen_age_s is None or state.screen_age_s > SCREEN_ALIVE_S
    reasons = (
        (away and not state.headless, "the screen has not responded for a second"),
        (not state.storage_ok, "the record of the procedure cannot be written"),
        (not state.connected, "the amplifier is not connected"),
        (state.device_fault is not None, f"the amplifier reports a fault ({state.device_fault})"),
        (state.device_floods, "the device reports more pulses than a stimulator can give"),
        (state.reports_late, "the device reports its pulses too late"),
        (silent, "no samples have arrived for a second"),
        (state.clock_wrong, "the device's sample rate is not what it claims"),
        (state.lead_off, "an electrode is off"),
        (state.signal_dead, "the input is dead"),
        (
            state.without_response >= MOST_WITHOUT_RESPONSE,
            f"the estimate is stale: {MOST_WITHOUT_RESPONSE} pulses in a row had no known response",
        ),
    )
    return next((why for holds, why in reasons if holds), None)


def no_samples_reason(state: InterlockConditions) -> str | None:
    """Return why neither pulse nor arming is possible now though the stimulator may stay as it is, or None."""
    fresh = state.signal_age_s is not None and state.signal_age_s <= SIGNAL_FRESH_S
    return None if fresh else "no samples arrive"


def wait_reason(state: InterlockConditions) -> str | None:
    """Return why the next pulse must wait, in words, or None."""
    if not state.armed:
        return "the stimulator is not armed"
    if state.response_pending:
        return "the response to the last pulse is not known yet"
    return no_samples_reason(state)


def refusal(
    state: InterlockConditions,
    bounds: PulseBounds,
    step_limiter: StepLimiter,
    current_ma: float,
    width_ms: float,
    pulse_rate_hz: float,
) -> str | None:
    """Return why this pulse may not be delivered now, in words; None if it may."""
    why = disarm_reason(state) or wait_reason(state) or bounds.refusal(current_ma, width_ms, pulse_rate_hz)
    highest_ma = step_limiter.highest_ma(width_ms)
    if why is None and current_ma > highest_ma + _SLACK:
        return f"{current_ma:g} mA is too large a step up; at most {highest_ma:.3g} mA may follow"
    return why
