"""A whole live procedure in virtual time: real session, engine, driver and simulated device; no thread, no waiting.

Time passes only where the program would wait, so a minute of a procedure takes some seconds and is the same each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.base import Amplifier, DeviceError, DeviceLost, DeviceNotFound
from drivers.ona.amplifier import OnaAmplifier
from drivers.simulated.device import OnaDevice
from drivers.simulated.faults import Faults
from drivers.simulated.patient import Patient
from drivers.transport.reader import BytePort, Chunk
from guidance.common.errors import UserError
from guidance.contracts.commands import Arm, FrameAck, OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.engine.settings import Mode, Settings
from guidance.processes import ExitOutcome, outcome_of
from guidance.processes.screen_channel import ScreenChannel
from guidance.protocol import load
from guidance.session import Host, LiveJob
from tests.support.virtual_clock import VirtualClock

Line = dict[str, Any]

_STEP_NS = 4_000_000


class Wire:
    """A port whose other end is a device in this process."""

    def __init__(self, bench: VirtualBench) -> None:
        self.name = "virtual"
        self._bench = bench
        self._waiting = b""

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        clock, until_ns = self._bench.clock, self._bench.clock.now_ns + int(timeout_s * 1e9)
        while True:
            if not self._bench.plugged:
                raise DeviceLost("virtual is gone: it was unplugged.")
            data, self._waiting = self._waiting + self._bench.device.tick(clock.now_ns), b""
            if data:
                return [(clock.now_ns, data)]
            if clock.now_ns >= until_ns:
                return []
            clock.pass_until(min(clock.now_ns + _STEP_NS, until_ns))

    def write(self, data: bytes) -> None:
        if not self._bench.plugged:
            raise DeviceLost("virtual is gone: it was unplugged.")
        self._bench.written += data
        self._waiting += self._bench.device.feed(data, self._bench.clock.now_ns)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class Seat:
    """A screen in this process that acknowledges frames until it is frozen; ``send`` queues a command."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._frames = 0
        self._queue: list[OperatorCommand] = []
        self.gone = self.frozen = False
        self.shown: list[Snapshot] = []
        self.notices: list[str] = []

    def ready(self) -> None:
        """Do nothing: no screen waits."""

    def send(self, message: OperatorCommand) -> None:
        self._queue.append(message)

    def messages(self) -> list[OperatorCommand]:
        received, self._queue = self._queue, []
        if not self.frozen and not self.gone:
            self._frames += 1
            received.append(FrameAck(self._frames))
        return received

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        if at_once or self._frames % 20 == 0:
            self.shown.append(draw())

    def notify(self, sentence: str) -> None:
        self.notices.append(sentence)


class VirtualBench:
    """A device and a clock; faults are scheduled, then a procedure ``run``s and its records are ``lines``."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = VirtualClock()
        monkeypatch.setattr("guidance.processes.screen_channel.time", self.clock)
        self.host = Host(self.clock, self.open_device)
        self.faults = Faults(rng=np.random.default_rng(1))
        patient = Patient(1, sample_rate_hz=5000, channels=1, scenario="hold", start_mm=6.0)
        self.device = OnaDevice(patient, serial="V-1", faults=self.faults)
        self.plugged = True
        self.written = b""
        self.store = folder / "store"
        self.seat = Seat(self.clock)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Schedule ``act`` for ``seconds`` from now."""
        self.clock.after(seconds, act)

    def set_after(self, seconds: float, fault: str, value: str) -> None:
        self.after(seconds, lambda: self.faults.set(fault, value))

    def unplug(self) -> None:
        self.plugged = False

    def replug(self) -> None:
        """Plug the device in again; for the device its port is newly opened."""
        self.plugged = True
        self.device.port_opened(self.clock.now_ns)

    def arm_after(self, seconds: float) -> None:
        self.after(seconds, lambda: self.seat.send(Arm()))

    def run(
        self, duration_s: float, mode: Mode = Mode.MANUAL, *, screen: bool = False, events: str | None = None,
        stimulator: str | None = None, **settings: Any,
    ) -> ExitOutcome:  # fmt: skip
        """Run a procedure of ``duration_s`` of device time; returns how it ended."""
        chosen = Settings(load("generic-block"), mode, headless=not screen, **settings)
        screen_channel: ScreenChannel = self.seat
        try:
            job = LiveJob(
                chosen, str(self.store), "ona:virtual", events, duration_s, stimulator=stimulator, host=self.host
            )
            delivery_fault = job.open().run(screen_channel, lambda: False)
        except (UserError, DeviceError) as fault:
            return outcome_of(fault)
        return ExitOutcome(1, delivery_fault) if delivery_fault else ExitOutcome(0)

    @property
    def is_enabled(self) -> bool:
        """Return whether the device's stimulator is enabled."""
        return self.device._stim.enabled

    @property
    def lines(self) -> list[Line]:
        """Return the records of the newest procedure's journal."""
        journal = max(self.store.glob("*/events.jsonl"))
        return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]

    def of(self, kind: str, **fields: Any) -> list[Line]:
        """Return the records of ``kind`` with the given fields."""
        return [line for line in self.lines if line["kind"] == kind and all(line[key] == fields[key] for key in fields)]

    def open_device(self, address: str) -> Amplifier:
        """Connect the driver to the device, whatever the address."""
        return OnaAmplifier(address, address=address, clock=self.clock, open_port=self._open).connect()

    def _open(self, _url: str) -> BytePort:
        if not self.plugged:
            raise DeviceNotFound("There is no port virtual; connect the device.")
        return Wire(self)
