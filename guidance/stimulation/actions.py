"""What the controller requests of a stimulator, for the host to carry out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SwitchOutput:
    """Request to arm or disarm the output."""

    on: bool


@dataclass(frozen=True, slots=True)
class FirePulse:
    """Request for one pulse."""

    current_ma: float
    width_ms: float


@dataclass(frozen=True, slots=True)
class SetTrain:
    """Request for a train, of a device that gives no single pulses; it gives the train while its output is on."""

    current_ma: float
    width_ms: float
    pulse_rate_hz: float


Action = SwitchOutput | FirePulse | SetTrain


@dataclass(slots=True)
class PendingPulse:
    """A pulse requested at device time ``t`` in s; ``reported_sample`` is where the device reports that it began."""

    t: float
    current_ma: float
    width_ms: float
    reported_sample: int | None = None
