"""Pulses in the stimulator's units: mA, ms and Hz converted to whole uA, us and mHz, checked and never clipped."""

from __future__ import annotations

import math
import struct

from drivers.base import LimitExceeded, Limits
from drivers.toolkit.limit_checks import ROUNDING, check_range


def train_body(limits: Limits, current_ma: float, width_ms: float, pulse_rate_hz: float) -> bytes:
    """Return the body of STIM_SET. Raises LimitExceeded beyond ``limits``."""
    current_ua, width_us = _current_ua(limits, current_ma), _width_us(limits, width_ms)
    return struct.pack("<IHI", current_ua, width_us, _rate_mhz(limits, pulse_rate_hz))


def single_body(limits: Limits, current_ma: float, width_ms: float) -> bytes:
    """Return the body of STIM_ONCE. Raises LimitExceeded beyond ``limits``."""
    return struct.pack("<IH", _current_ua(limits, current_ma), _width_us(limits, width_ms))


def _current_ua(limits: Limits, current_ma: float) -> int:
    """Round the current down to the stimulator's step, never above the request. A request of 0 stays 0."""
    check_range("current", current_ma, 0.0, limits.max_current_ma, "mA")
    step_ua = round(limits.current_step_ma * 1000)
    current_ua = math.floor(current_ma * 1000 / step_ua * (1 + ROUNDING)) * step_ua
    if current_ma > 0 and not current_ua:
        raise LimitExceeded(
            f"A current of {current_ma:g} mA is below the stimulator's smallest, {limits.current_step_ma:g} mA; "
            "nothing was changed."
        )
    return current_ua


def _width_us(limits: Limits, width_ms: float) -> int:
    check_range("pulse width", width_ms, limits.min_width_ms, limits.max_width_ms, "ms")
    return round(width_ms * 1000)


def _rate_mhz(limits: Limits, pulse_rate_hz: float) -> int:
    """Convert the rate to millihertz; 0 means no train, single pulses only."""
    check_range("rate", pulse_rate_hz, 0.0, limits.max_rate_hz, "Hz")
    return round(pulse_rate_hz * 1000)
