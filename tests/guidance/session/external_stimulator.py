"""A simulated external stimulator with the simulated amplifier, in virtual time: its pulses reach the patient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivers.base import DeviceLost, DeviceNotFound
from drivers.simulated.device import OnaDevice
from drivers.simulated.patient import Patient
from drivers.transport.reader import Chunk
from tests.drivers.stimulators.wire import Device
from tests.guidance.session.virtual import VirtualBench

_TIMED = (
    "drivers.stimulators.base",
    "drivers.stimulators.serial_stimulator",
    "guidance.session.amplifier_with_stimulator",
)


class StimulatorWire:
    """A port whose other end is ``bench.stimulator``."""

    name = "virtual-stimulator"

    def __init__(self, bench: ExternalStimulatorBench) -> None:
        self._bench = bench
        self._waiting = b""

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        self._look()
        if not self._waiting and timeout_s:
            self._bench.clock.sleep(timeout_s)
        data, self._waiting = self._waiting, b""
        return [(self._bench.clock.now_ns, data)] if data else []

    def write(self, data: bytes) -> None:
        self._look()
        known = len(self._bench.stimulator.given)
        self._waiting += self._bench.stimulator.feed(data)
        for pulse in self._bench.stimulator.given[known:]:
            self._bench.strike(abs(pulse.current_ma), pulse.width_ms)

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _look(self) -> None:
        if not self._bench.joined:
            raise DeviceLost("virtual-stimulator is gone: it was unplugged.")


class ExternalStimulatorBench(VirtualBench):
    """``late_s(index)`` is the delay from the request to pulse number ``index`` of the stimulator, in s.

    ``cut`` keeps its pulses from the patient, as a disconnected cable does.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, stimulator: Device, drift_ppm: float) -> None:
        super().__init__(folder, monkeypatch)
        for module in _TIMED:
            monkeypatch.setattr(f"{module}.time", self.clock)
        monkeypatch.setattr("drivers.stimulators.serial_stimulator.open_port", self._open_stimulator)
        patient = Patient(1, sample_rate_hz=5000, channels=1, scenario="hold", start_mm=6.0)
        self.device = OnaDevice(patient, serial="V-1", faults=self.faults, drift_ppm=drift_ppm)
        self.stimulator = stimulator
        self.joined, self.cut = True, False
        self.struck_ns: list[int] = []
        jitter = np.random.default_rng(3)
        self.late_s: Callable[[int], float] = lambda _: float(0.012 + 0.001 * jitter.random())

    def strike(self, current_ma: float, width_ms: float) -> None:
        """Deliver a pulse after its delay."""
        if current_ma > 0 and not self.cut:
            self.after(self.late_s(len(self.struck_ns)), lambda: self._reach(current_ma, width_ms))

    def _reach(self, current_ma: float, width_ms: float) -> None:
        self.device.feed(b"", self.clock.now_ns)
        self.struck_ns.append(self.clock.now_ns)
        self.device.give_foreign_pulse(current_ma, width_ms, self.clock.now_ns)

    def _open_stimulator(self, _url: str) -> StimulatorWire:
        if not self.joined:
            raise DeviceNotFound("There is no port virtual-stimulator; connect the device.")
        return StimulatorWire(self)
