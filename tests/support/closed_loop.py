"""An engine in a closed loop with a simulated patient, in virtual time; the test sends the operator's commands."""

from __future__ import annotations

from typing import Any

from drivers.base import Block, Button
from drivers.simulated.in_process import InProcessAmplifier
from drivers.simulated.patient import Patient
from guidance.contracts.commands import Arm, OperatorCommand
from guidance.contracts.events import Record, TimedRecord
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.session.device import LiveDevice
from guidance.session.stimulation_setup import stimulation_within
from guidance.stimulation.control import Stimulation


class ClosedLoop:
    """Closed loop of engine and patient. ``run`` lets time pass; ``made`` holds all records. It is armed after 1 s."""

    def __init__(self, mode: Mode = Mode.AUTO, *, seed: int = 1, start_mm: float = 2.0, **settings: Any) -> None:
        self.patient = Patient(seed, sample_rate_hz=10_000, scenario="hold", start_mm=start_mm, still=True)
        self.amplifier = InProcessAmplifier(self.patient)
        chosen = Settings(load("generic-block"), mode, **settings)
        self.stimulation: Stimulation = stimulation_within(chosen, self.amplifier.limits)
        self.engine = Engine(chosen, self.amplifier.info, "2026-01-01T00:00:00+00:00", self.stimulation)
        self.made: list[TimedRecord] = []
        self._device = LiveDevice(self.amplifier, requests_pulses=True)
        self._pressed: tuple[Button, ...] = ()
        self.run(1.0)
        self.run(0.01, Arm())

    def run(self, seconds: float, *messages: OperatorCommand) -> None:
        """Send ``messages``, then let ``seconds`` pass."""
        until = self.amplifier.t + seconds - 1e-9
        while self.amplifier.t < until:
            (block,) = self._device.read(0.0)
            self._step(block, messages)
            messages = ()

    def press(self, button: int, *, pressed: bool = True) -> None:
        """Press or release a button of the amplifier."""
        self._pressed = (Button(self.patient.sample, button, pressed),)
        self.run(0.01)

    def of(self, kind: type[Record]) -> list[Any]:
        """Return the records of ``kind`` so far."""
        return [made.record for made in self.made if isinstance(made.record, kind)]

    def _step(self, block: Block, messages: tuple[OperatorCommand, ...]) -> None:
        pressed, self._pressed = self._pressed, ()
        whole = Block(block.first_sample, block.samples, block.pulses, arrived_ns=block.arrived_ns, buttons=pressed)
        for _ in range(self._device.take_skipped()):
            self.made += self.engine.pulse_skipped()
        self.made += self.engine.step([whole], round(self.amplifier.t * 1e9), messages)
        self._device.act(self.engine.actions)
