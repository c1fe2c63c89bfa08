"""Simulated patient as a device in this process: no bytes, no clock but its own samples, as fast as it is read.

Every read makes the next block, however late it comes, so a whole procedure in virtual time is the same each time.
"""

from __future__ import annotations

from drivers.base import (
    Amplifier,
    Block,
    Channel,
    CommandOutcome,
    DeviceInfo,
    DeviceRefused,
    LimitExceeded,
    Limits,
    Outcome,
    Pulse,
    Simulation,
    Stimulator,
)
from drivers.simulated.patient import Patient
from drivers.simulated.stimulator import COMPLIANCE_V

LIMITS = Limits(
    max_current_ma=6.0, current_step_ma=0.01, min_width_ms=0.05, max_width_ms=1.0, max_rate_hz=10.0, single_pulses=True
)
"""Limits of the simulated ONA amplifier."""

_OFFSET = 0.3
"""Samples into the block at which a pulse begins: a real pulse never falls on a sample's instant."""


class InProcessAmplifier(Amplifier, Stimulator, Simulation):
    """Amplifier and stimulator before ``patient``; single pulses only, each delivered in the block read next."""

    limits = LIMITS

    def __init__(self, patient: Patient, *, block_s: float = 0.01) -> None:
        """Make blocks of ``block_s`` seconds, with at most one pulse in each."""
        self.patient = patient
        front = patient.front_end
        step_uv = front.scale_nv_per_lsb / 1000
        self.info = DeviceInfo(
            model="Simulated patient",
            serial="",
            address="simulated:",
            sample_rate_hz=float(patient.sample_rate_hz),
            channels=tuple(Channel(name, front.range_uv, step_uv) for name in patient.muscles.names),
            limits=LIMITS,
            measures_impedance=True,
        )
        self._block = round(block_s * patient.sample_rate_hz)
        self._pending: tuple[float, float] | None = None
        self._on = False

    @property
    def t(self) -> float:
        """Seconds of signal made so far."""
        return self.patient.sample / self.patient.sample_rate_hz

    @property
    def pulse_is_due(self) -> bool:
        """Whether the next block will hold a pulse."""
        return self._pending is not None

    def start(self) -> None:
        """Do nothing: blocks begin with the first read."""

    def read(self, timeout_s: float = 0.0) -> list[Block]:  # noqa: ARG002 - a block is ready at once
        """Return the next block, whose arrival time is that of its last sample."""
        first = self.patient.sample
        pulses = self._deliver(first)
        stimuli = [(_OFFSET, p.current_ma, p.width_ms) for p in pulses if p.current_ma and p.width_ms]
        samples = self.patient.advance(self._block, stimuli)
        return [Block(first, samples, pulses, arrived_ns=round(self.t * 1e9))]

    def close(self) -> None:
        """Switch the output off."""
        self._on, self._pending = False, None

    def enable(self, on: bool) -> None:
        """Arm or disarm the output."""
        self._on = on
        self._pending = self._pending if on else None

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse in the next block. Raises LimitExceeded, and DeviceRefused while the output is off."""
        limits = self.limits
        if not (0 < current_ma <= limits.max_current_ma and limits.min_width_ms <= width_ms <= limits.max_width_ms):
            raise LimitExceeded(f"A pulse of {current_ma:g} mA and {width_ms:g} ms is beyond the simulated amplifier.")
        if not self._on:
            raise DeviceRefused("The simulated amplifier is off; arm it first.")
        self._pending = (current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Refuse a train: DeviceRefused."""
        raise DeviceRefused(
            f"The simulated amplifier gives single pulses, no train of {rate_hz:g} a second ({current_ma:g} mA, "
            f"{width_ms:g} ms)."
        )

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return no outcome: a refusal is raised at once."""
        return []

    def steer(self, words: str) -> None:
        """Do nothing: the owner of the patient moves the needle."""

    def _deliver(self, first: int) -> tuple[Pulse, ...]:
        pending, self._pending = self._pending, None
        if pending is None:
            return ()
        current_ma, width_ms = pending
        impedance_kohm = self.patient.impedance_kohm(first)
        delivered_ma = min(current_ma, COMPLIANCE_V / impedance_kohm)
        pulse = Pulse(
            sample=first,
            offset_ns=round(_OFFSET / self.patient.sample_rate_hz * 1e9),
            current_ma=delivered_ma,
            requested_ma=current_ma,
            width_ms=width_ms,
            impedance_kohm=impedance_kohm,
            outcome=Outcome.DELIVERED,
            compliance=delivered_ma < current_ma,
        )
        return (pulse,)
