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
    """A pulse requested at device time ``t`` and host time ``host_s`` in s (None: no clock runs).

    ``reported_sample`` is where the device reports that it began.
    """

    t: float
    current_ma: float
    width_ms: float
    reported_sample: int | None = None
    host_s: float | None = None

    def age_s(self, t: float, host_s: float | None) -> float:
        """Return the seconds since the request, by whichever clock has run further: either may stand still."""
        by_host_s = 0.0 if host_s is None or self.host_s is None else host_s - self.host_s
        return max(t - self.t, by_host_s)
