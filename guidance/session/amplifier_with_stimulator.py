"""An amplifier and an external stimulator, each on its own clock, as one device."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import numpy as np

from drivers.base import Amplifier, Block, CommandOutcome, DeviceError, DeviceLost, Pulse, Stimulator, Tap
from drivers.stimulators.external import Delivery, SeparateStimulator
from guidance.device_check.clock import HostClock


class AmplifierWithStimulator(Amplifier, Stimulator):
    """The amplifier's blocks with the stimulator's pulses, which the host's clock locates among the samples.

    The loss of either is the loss of the device: without the amplifier there is no signal, without the stimulator its
    output is not known.
    """

    def __init__(self, amplifier: Amplifier, stimulator: SeparateStimulator) -> None:
        """Use both, already open; ``close`` closes both."""
        self._amplifier, self.stimulator = amplifier, stimulator
        self.limits = stimulator.limits
        limits = stimulator.limits if stimulator.info.fires else None
        self.info = replace(amplifier.info, limits=limits, stimulator=stimulator.info)
        self._clock = HostClock(self.info.sample_rate_hz)
        self._pending_deliveries: list[Delivery] = []
        self._kept_blocks: list[Block] = []
        self._end = 0

    @property
    def amplifier(self) -> Amplifier:
        """The amplifier without the stimulator."""
        return self._amplifier

    def start(self) -> None:
        """Begin to stream. Raises DeviceLost, DeviceRefused."""
        self._amplifier.start()

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Return the blocks that have arrived; the last holds the pulses whose outcome is known. Raises DeviceLost."""
        self.stimulator.service()
        blocks = [*self._kept_blocks, *self._read_amplifier(timeout_s)]
        self._kept_blocks = []
        self.stimulator.service()
        pulses = self._pulses()
        return [*blocks, self._block_with(pulses)] if pulses else blocks

    def reopen(self) -> None:
        """Reconnect whichever was lost, the stimulator's output off. Raises DeviceError."""
        try:
            self._kept_blocks += self._read_amplifier(0.0)
        except DeviceLost:
            self._amplifier.reopen()
        try:
            self.stimulator.service()
        except DeviceLost:
            self.stimulator.reopen()

    def close(self) -> None:
        """Switch the stimulator off and close both."""
        try:
            self.stimulator.close()
        finally:
            self._amplifier.close()

    def tap(self, take: Tap) -> None:
        """Pass on the bytes of the amplifier's line only."""
        self._amplifier.tap(take)

    def probe(self) -> float | None:
        """Probe the amplifier."""
        return self._amplifier.probe()

    def enable(self, on: bool) -> None:
        """Arm or disarm the stimulator."""
        self.stimulator.enable(on)

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Request one pulse from the stimulator."""
        self.stimulator.pulse_once(current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Request a train from the stimulator."""
        self.stimulator.set_pulses(current_ma, width_ms, rate_hz)

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands."""
        return self.stimulator.take_outcomes()

    def _read_amplifier(self, timeout_s: float) -> list[Block]:
        """Read the amplifier; when it is lost, switch the stimulator off, for nothing shows its effect."""
        try:
            blocks = [self._without_pulses(block) for block in self._amplifier.read(timeout_s)]
        except DeviceLost:
            with contextlib.suppress(DeviceError):
                self.stimulator.enable(False)
            raise
        for block in blocks:
            self._clock.take(block)
            self._end = block.end_sample
        return blocks

    def _without_pulses(self, block: Block) -> Block:
        """Drop the pulses of the amplifier's own stimulator, unless the external one never fires by itself."""
        return replace(block, pulses=()) if block.pulses and self.stimulator.info.fires else block

    def _pulses(self) -> tuple[Pulse, ...]:
        """Return the pulses that can be located; one requested before the first samples waits for them."""
        self._pending_deliveries += self.stimulator.take_deliveries()
        located = [(delivery, self._clock.sample_at(delivery.requested_ns)) for delivery in self._pending_deliveries]
        self._pending_deliveries = [delivery for delivery, sample in located if sample is None]
        return tuple(_pulse(delivery, sample) for delivery, sample in located if sample is not None)

    def _block_with(self, pulses: tuple[Pulse, ...]) -> Block:
        """Build a Block without samples that holds ``pulses``."""
        nothing = np.zeros((0, len(self.info.channels)), np.float32)
        return Block(self._end, nothing, pulses, arrived_ns=time.monotonic_ns())


def _pulse(delivery: Delivery, sample: int) -> Pulse:
    return Pulse(
        sample=max(sample, 0),
        current_ma=delivery.current_ma,
        requested_ma=delivery.requested_ma,
        width_ms=delivery.width_ms,
        outcome=delivery.outcome,
        compliance=delivery.compliance,
        requested_ns=delivery.requested_ns,
    )
