"""Checks of requested pulses against a stimulator's limits: a value is refused, never clipped."""

from __future__ import annotations

from drivers.base import LimitExceeded, Limits

ROUNDING = 1e-9
"""Relative tolerance: a decimal value times 1000 misses its whole number by floating-point rounding alone."""


def check_range(what: str, value: float, low: float, high: float, unit: str) -> None:
    """Raise LimitExceeded where ``value`` is not a number from ``low`` to ``high``, in ``unit``."""
    if not low * (1 - ROUNDING) <= value <= high * (1 + ROUNDING):
        raise LimitExceeded(
            f"A {what} of {value:.9g} {unit} is outside what the stimulator can do ({low:g} to {high:g} {unit}); "
            "nothing was changed."
        )


def check_pulse(limits: Limits, current_ma: float, width_ms: float) -> None:
    """Raise LimitExceeded where the pulse is outside ``limits``."""
    check_range("current", current_ma, 0.0, limits.max_current_ma, "mA")
    check_range("pulse width", width_ms, limits.min_width_ms, limits.max_width_ms, "ms")
    if current_ma < limits.current_step_ma * (1 - ROUNDING):
        raise LimitExceeded(
            f"A current of {current_ma:g} mA is below the stimulator's smallest, {limits.current_step_ma:g} mA; "
            "nothing was changed."
        )
