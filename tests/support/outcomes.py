"""Outcomes of pulses, for tests and benchmarks of what receives them."""

from __future__ import annotations

from drivers.base import Outcome, Pulse
from guidance.contracts.events import PulseOutcome, Response
from guidance.contracts.sweep_wave import SweepWave
from guidance.engine.records import stimulus_of


def outcome(
    sample: int = 0, t: float = 0.0, current_ma: float | None = 0.5, width_ms: float | None = 0.1,
    *, detected: bool = True, amplitude_uv: float | None = 300.0, contaminated: bool = False,
    amplitude_sd_uv: float | None = None, p_value: float | None = None, latency_ms: float | None = None,
    wave: SweepWave | None = None,
) -> PulseOutcome:  # fmt: skip
    """Build a delivered pulse, the main channel's response to it, and the sweep's samples ``wave``."""
    response = Response(
        sample, "EMG", detected, p_value, amplitude_uv, latency_ms, contaminated, amplitude_sd_uv=amplitude_sd_uv
    )
    return outcome_of(
        Pulse(sample, current_ma=current_ma, width_ms=width_ms, outcome=Outcome.DELIVERED), response, t, wave
    )


def outcome_of(pulse: Pulse, response: Response, t: float = 0.0, wave: SweepWave | None = None) -> PulseOutcome:
    """Combine the record of ``pulse`` with ``response`` and the sweep's samples."""
    return PulseOutcome(stimulus_of(pulse), response, t, wave)
