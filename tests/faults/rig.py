"""One run of ``needle-guidance run --headless`` in virtual time at the faulty device, and what came of it."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from drivers.base import Amplifier, DeviceLost, DeviceNotFound
from drivers.ona.amplifier import OnaAmplifier
from drivers.transport.reader import BytePort, Chunk
from guidance.session import Host
from tests.faults.device import Device, GivenPulse
from tests.faults.disk import FaultyDisk
from tests.support.command_line import command
from tests.support.virtual_clock import START_NS, VirtualClock

_STEP_NS = 2_000_000
_READ_S = 0.01
"""Longest wait for samples, in s, in place of the program's 4 ms: rounds without anything new cost most of the time.
The output goes off up to 6 ms later for it.
"""


class Killed(BaseException):
    """The process was killed; what it does on its way out reaches neither the disk nor the device."""


class Line:
    """The serial line to the device. ``plugged``, ``stalled`` and ``takes_bytes`` are its faults."""

    name = "faulty"

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        rig, until_ns = self._rig, self._rig.clock.now_ns + int(timeout_s * 1e9)
        while True:
            self._require()
            chunks = rig.arrived()
            if chunks or rig.clock.now_ns >= until_ns:
                return chunks
            rig.clock.pass_until(min(rig.clock.now_ns + _STEP_NS, until_ns))

    def write(self, data: bytes) -> None:
        self._require()
        if self._rig.takes_bytes and not self._rig.killed:
            self._rig.device.receive(data, self._rig.clock.now_ns)

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _require(self) -> None:
        if not self._rig.plugged:
            raise DeviceLost("faulty is gone: it was unplugged.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. ``lines`` are the journal's; times on the device's account are ns of the virtual clock."""

    status: object
    err: str
    lines: tuple[dict[str, Any], ...]
    pulses: tuple[GivenPulse, ...]
    on_spans: tuple[tuple[int, int | None], ...]
    lasted_s: float

    def alarms(self, *, active: bool = True) -> dict[str, float]:
        """Return the host time in s of the first alarm of each code."""
        found: dict[str, float] = {}
        for line in self.lines:
            if line["kind"] == "alarm" and line["active"] is active:
                found.setdefault(line["code"], seconds(line["mono_ns"]))
        return found

    def off_after(self, since_s: float) -> float | None:
        """Return the seconds from ``since_s`` until the output was off for the first time; None where it was not on."""
        for began_ns, ended_ns in self.on_spans:
            if ended_ns is None:
                return float("inf")
            if seconds(ended_ns) >= since_s >= seconds(began_ns):
                return seconds(ended_ns) - since_s
        return None


def seconds(ns: int) -> float:
    """Return a time of the virtual clock as s since the start of the run."""
    return (ns - START_NS) / 1e9


class Rig:
    """Clock, device, line, disk. Schedule faults with ``after``, then ``run`` once."""

    def __init__(self, folder: Path, seed: int = 1, *, single_pulses: bool = True) -> None:
        self.clock = VirtualClock()
        self.device = Device(seed, single_pulses=single_pulses)
        self.disk = FaultyDisk(self.clock)
        self.store = folder / "store"
        self.host = Host(self.clock, self._open_device, disk=self.disk)
        self.plugged = self.takes_bytes = True
        self.killed = False
        self.stalled_until_ns = 0

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Schedule ``act`` for ``seconds`` after the start."""
        self.clock.after(seconds, act)

    def kill(self) -> None:
        """Kill the program here: from now on it changes nothing."""
        self.killed = self.disk.dead = True
        raise Killed

    def arrived(self) -> list[Chunk]:
        """Return what the device has sent by now, unless the line is stalled."""
        now_ns = self.clock.now_ns
        self.device.tick(now_ns)
        if now_ns < self.stalled_until_ns or not self.device.outgoing:
            return []
        data, self.device.outgoing = b"".join(self.device.outgoing), []
        return [(now_ns, data)]

    def run(self, duration_s: float = 10.0, *options: str) -> Outcome:
        """Run the program for ``duration_s``."""
        words = ("--headless", "--no-audio", "--mode", "manual", "--current", "1", "--duration", f"{duration_s:g}")
        status, err = None, ""
        try:
            with mock.patch("guidance.session.live.READ_S", _READ_S):
                done = command("run", "--device", "ona:faulty", "--store", self.store, *words, *options, host=self.host)
            status, err = done.status, done.err
        except Killed:
            status = "killed"
        finally:
            gc.unfreeze()
        return self.outcome(status, err)

    def outcome(self, status: object, err: str) -> Outcome:
        """Return what came of the run so far."""
        now_ns = self.clock.now_ns
        self.device.tick(now_ns)
        journals = sorted(self.store.glob("*/events.jsonl"))
        text = journals[-1].read_text("utf-8") if journals else ""
        lines = tuple(
            json.loads(line) for line in text.splitlines() if line.startswith('{"kind') and line.endswith("}")
        )
        spans = tuple((began, ended) for began, ended in self.device.on_spans)
        return Outcome(status, err, lines, tuple(self.device.pulses), spans, seconds(now_ns))

    def _open_device(self, address: str) -> Amplifier:
        return OnaAmplifier("faulty", address=address, clock=self.clock, open_port=self._open).connect()

    def _open(self, _url: str) -> BytePort:
        if not self.plugged:
            raise DeviceNotFound("There is no port faulty; connect the device.")
        self.device.opened(self.clock.now_ns)
        return Line(self)
