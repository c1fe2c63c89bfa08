"""An amplifier and a stimulator on clocks of their own, as one device."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import numpy as np

from drivers.base import Amplifier, Block, CommandOutcome, DeviceError, DeviceLost, Pulse, Stimulator, Tap
from drivers.stimulators.external import Delivery, SeparateStimulator
from guidance.device_check.clock import HostClock


class AmplifierWithStimulator(Amplifier, Stimulator):
    """What the amplifier records, with the pulses the stimulator was asked for where the host's clock puts them.

    Either one lost is the device lost: without the amplifier nothing is seen, without the stimulator nothing is known
    of its output.
    """

    def __init__(self, amplifier: Amplifier, stimulator: SeparateStimulator) -> None:
        """Both opened; both are closed with this."""
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
        """The amplifier by itself."""
        return self._amplifier

    def start(self) -> None:
        """Begin to stream. Raises DeviceLost, DeviceRefused."""
        self._amplifier.start()

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Blocks that have arrived, the pulses of which something is known by now with the last. Raises DeviceLost."""
        self.stimulator.service()
        blocks = [*self._kept_blocks, *self._read_amplifier(timeout_s)]
        self._kept_blocks = []
        self.stimulator.service()
        pulses = self._pulses()
        return [*blocks, self._block_with(pulses)] if pulses else blocks

    def reopen(self) -> None:
        """Connect again to whichever is gone, the stimulator's output off. Raises DeviceError."""
        try:
            self._kept_blocks += self._read_amplifier(0.0)
        except DeviceLost:
            self._amplifier.reopen()
        try:
            self.stimulator.service()
        except DeviceLost:
            self.stimulator.reopen()

    def close(self) -> None:
        """Switch the stimulator off and release both."""
        try:
            self.stimulator.close()
        finally:
            self._amplifier.close()

    def tap(self, take: Tap) -> None:
        """As the amplifier's: the bytes of its line alone."""
        self._amplifier.tap(take)

    def probe(self) -> float | None:
        """As the amplifier's."""
        return self._amplifier.probe()

    def enable(self, on: bool) -> None:
        """Arm or disarm the stimulator."""
        self.stimulator.enable(on)

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Ask the stimulator for one pulse."""
        self.stimulator.pulse_once(current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Ask the stimulator for a train."""
        self.stimulator.set_pulses(current_ma, width_ms, rate_hz)

    def take_outcomes(self) -> list[CommandOutcome]:
        """What became of the commands."""
        return self.stimulator.take_outcomes()

    def _read_amplifier(self, timeout_s: float) -> list[Block]:
        """What the amplifier has recorded; if it is gone, nobody sees what the stimulator does."""
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
        """An amplifier's own stimulator is not the one in use; where nothing fires, what it reports is kept."""
        return replace(block, pulses=()) if block.pulses and self.stimulator.info.fires else block

    def _pulses(self) -> tuple[Pulse, ...]:
        """The pulses to tell; one asked for before the first samples waits for them."""
        self._pending_deliveries += self.stimulator.take_deliveries()
        located = [(delivery, self._clock.sample_at(delivery.requested_ns)) for delivery in self._pending_deliveries]
        self._pending_deliveries = [delivery for delivery, sample in located if sample is None]
        return tuple(_pulse(delivery, sample) for delivery, sample in located if sample is not None)

    def _block_with(self, pulses: tuple[Pulse, ...]) -> Block:
        """A Block without samples."""
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
