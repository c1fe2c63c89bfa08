"""Test benches: every stimulator of the registry with its simulation, for tests that hold for all."""

from __future__ import annotations

import contextlib
import os
import pty
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drivers import open_stimulator
from drivers.stimulators.external import Delivery, SeparateStimulator
from tests.drivers.stimulators.sim_p24 import SimP24
from tests.drivers.stimulators.sim_pulsepal import SimPulsePal
from tests.drivers.stimulators.sim_stimjim import SimStimJim
from tests.drivers.stimulators.wire import Device, Given, Served


@dataclass
class NoDevice:
    """Receiver of bytes that never replies; the byte 0x41 triggers a pulse."""

    given: list[Given] = field(default_factory=list)

    def feed(self, data: bytes) -> bytes:
        """Record a pulse for each trigger byte."""
        self.given += [Given(time.monotonic(), 1.0, 0.1) for byte in data if byte == 0x41]
        return b""


@dataclass
class Bench:
    """A driver and the simulation that it drives."""

    stimulator: SeparateStimulator
    served: Served

    @property
    def given(self) -> list[Given]:
        return self.served.device.given

    def serve_until(self, done: Callable[[], bool], seconds: float = 1.5) -> None:
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, "nothing came of it"
            self.stimulator.service()
            time.sleep(0.001)

    def pulse(self, current_ma: float, width_ms: float) -> Delivery:
        """Request one pulse and return its outcome."""
        self.stimulator.pulse_once(current_ma, width_ms)
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            self.stimulator.service()
            if deliveries := self.stimulator.take_deliveries():
                return deliveries[0]
            time.sleep(0.001)
        raise AssertionError("nothing is known of the pulse")

    def serve(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.stimulator.service()
            time.sleep(0.001)


DEVICES: dict[str, tuple[Callable[[], Device], str]] = {
    "stimjim": (SimStimJim, "stimjim:{path}"),
    "pulsepal": (SimPulsePal, "pulsepal:{path}?ma_per_v=1"),
    "p24": (SimP24, "p24:{path}"),
    "ttl": (NoDevice, "ttl:{path}?byte=0x41"),
    "hand": (NoDevice, "hand"),
}


@contextlib.contextmanager
def bench(name: str, device: Device | None = None, options: str = "") -> Iterator[Bench]:
    """Connect the driver ``name`` to ``device``, else to its usual simulation."""
    make, address = DEVICES[name]
    wire = Served(device or make())
    try:
        with contextlib.closing(open_stimulator(address.format(path=wire.path) + options)) as stimulator:
            yield Bench(stimulator, wire)
    finally:
        wire.unplug()


@contextlib.contextmanager
def silent_port() -> Iterator[str]:
    """Provide a terminal at which nothing replies."""
    master, slave = pty.openpty()
    try:
        yield os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)
