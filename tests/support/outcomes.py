"""Outcomes of pulses, for tests and benchmarks of what receives them."""

from __future__ import annotations

from drivers.base import Outcome, Pulse
from guidance.contracts.events import PulseOutcome, Response
from guidance.engine.records import stimulus_of


def outcome(
    sample: int = 0, t: float = 0.0, current_ma: float | None = 0.5, width_ms: float | None = 0.1,
    *, detected: bool = True, amplitude_uv: float | None = 300.0, contaminated: bool = False,
    amplitude_sd_uv: float | None = None, p_value: float | None = None,
) -> PulseOutcome:  # fmt: skip
    """Build a delivered pulse and the main channel's response to it."""
    response = Response(
        sample, "EMG", detected, p_value, amplitude_uv, None, contaminated, amplitude_sd_uv=amplitude_sd_uv
    )
    return outcome_of(Pulse(sample, current_ma=current_ma, width_ms=width_ms, outcome=Outcome.DELIVERED), response, t)


def outcome_of(pulse: Pulse, response: Response, t: float = 0.0) -> PulseOutcome:
    """Combine the record of ``pulse`` with ``response``."""
    return PulseOutcome(stimulus_of(pulse), response, t)
