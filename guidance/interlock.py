"""What must hold for a pulse to be delivered. Pure: state and request in, a refusal in words out, or None."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Limits
from guidance.protocol import Protocol

ABSOLUTE_MAX_CURRENT_MA = 6.0
ABSOLUTE_MAX_WIDTH_MS = 1.0
ABSOLUTE_MAX_RATE_HZ = 5.0
ABSOLUTE_MAX_CHARGE_UC = 2.0
STEP_UP_SHARE = 0.30
STEP_UP_MA = 0.1
SIGNAL_FRESH_S = 0.25
SCREEN_ALIVE_S = 1.0

_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be asked of the stimulator: the least of the device's, the protocol's and the absolute limits."""

    max_current_ma: float
    min_width_ms: float
    max_width_ms: float
    max_rate_hz: float
    current_step_ma: float

    @classmethod
    def least(cls, device: Limits, protocol: Protocol, max_current_ma: float | None = None) -> Bounds:
        """The least of all limits; ``max_current_ma`` may tighten them further."""
        currents = [device.max_current_ma, protocol.max_current_ma, ABSOLUTE_MAX_CURRENT_MA]
        return cls(
            max_current_ma=min([*currents, max_current_ma] if max_current_ma is not None else currents),
            min_width_ms=device.min_width_ms,
            max_width_ms=min(device.max_width_ms, ABSOLUTE_MAX_WIDTH_MS),
            max_rate_hz=min(device.max_rate_hz, protocol.max_rate_hz, ABSOLUTE_MAX_RATE_HZ),
            current_step_ma=device.current_step_ma,
        )

    def refusal(self, current_ma: float, width_ms: float, rate_hz: float) -> str | None:
        """Why a pulse of these values may not be delivered at this rate, or None."""
        if not 0.0 <= current_ma <= self.max_current_ma + _SLACK:
            return f"{current_ma:g} mA is above the limit of {self.max_current_ma:g} mA"
        if not self.min_width_ms - _SLACK <= width_ms <= self.max_width_ms + _SLACK:
            return f"a width of {width_ms:g} ms is outside {self.min_width_ms:g} to {self.max_width_ms:g} ms"
        if not 0.0 < rate_hz <= self.max_rate_hz + _SLACK:
            return f"{rate_hz:g} pulses a second are more than the limit of {self.max_rate_hz:g}"
        if current_ma * width_ms > ABSOLUTE_MAX_CHARGE_UC + _SLACK:
            return (
                f"{current_ma:g} mA for {width_ms:g} ms are {current_ma * width_ms:.2f} uC, above the limit of "
                f"{ABSOLUTE_MAX_CHARGE_UC:g} uC"
            )
        return None

    def step_up(self, previous_ma: float | None, wanted_ma: float) -> float:
        """``wanted_ma``, or as near to it as one step up from ``previous_ma`` and the limit may go."""
        highest = self.max_current_ma
        if previous_ma is not None:
            highest = min(highest, highest_step(previous_ma))
        return min(wanted_ma, highest)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state that a pulse depends on; ages in s, None where it never was."""

    armed: bool
    screen_age_s: float | None
    signal_age_s: float | None
    answer_pending: bool
    storage_ok: bool
    lead_off: bool
    device_fault: str | None
    headless: bool


def highest_step(previous_ma: float) -> float:
    """The highest current that may follow ``previous_ma``: 30 % or 0.1 mA more, whichever is greater."""
    return max(previous_ma * (1 + STEP_UP_SHARE), previous_ma + STEP_UP_MA)


def disarming(state: Conditions) -> str | None:
    """Why the stimulator must be off, in words; None while it may stay armed."""
    if not state.headless and (state.screen_age_s is None or state.screen_age_s > SCREEN_ALIVE_S):
        return "the screen has not answered for a second"
    if not state.storage_ok:
        return "the record of the procedure cannot be written"
    if state.device_fault is not None:
        return f"the amplifier reports a fault ({state.device_fault})"
    if state.lead_off:
        return "an electrode is off"
    return None


def withholding(state: Conditions) -> str | None:
    """Why the next pulse must wait, in words; None if nothing speaks against it."""
    if not state.armed:
        return "the stimulator is not armed"
    if state.signal_age_s is None or state.signal_age_s > SIGNAL_FRESH_S:
        return "no samples arrive"
    if state.answer_pending:
        return "the last pulse has not been answered"
    return None


def refusal(
    state: Conditions, bounds: Bounds, current_ma: float, width_ms: float, rate_hz: float, previous_ma: float | None
) -> str | None:
    """Why this pulse may not be delivered now, in words; None if it may."""
    why = disarming(state) or withholding(state) or bounds.refusal(current_ma, width_ms, rate_hz)
    if why is None and previous_ma is not None and current_ma > highest_step(previous_ma) + _SLACK:
        return f"{current_ma:g} mA is too large a step up from {previous_ma:g} mA"
    return why
