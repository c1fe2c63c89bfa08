"""Simulated stimulator behind a pseudo-terminal, which any program may open."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import time
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Given:
    """A pulse at the output: the current through the electrode, with its sign."""

    at_s: float
    current_ma: float
    width_ms: float


class Device(Protocol):
    """A stimulator as a state machine: bytes in, bytes out, and the pulses that left it."""

    @property
    def given(self) -> list[Given]:
        """Pulses given so far, in order."""

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host; return the device's reply."""


class Served:
    """``device`` at ``path`` until ``unplug``; ``received`` holds every byte that came."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.received = b""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._waker, self._woken = socket.socketpair()
        self._thread: threading.Thread | None = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._woken.fileno()], [], [])
            if self._master not in ready:
                return
            data = os.read(self._master, 4096)
            self.received += data
            reply = self.device.feed(data)
            while reply:
                reply = reply[os.write(self._master, reply) :]

    def unplug(self) -> None:
        """Unplug; a second call does nothing."""
        if self._thread is None:
            return
        self._waker.send(b"\0")
        self._thread.join()
        self._thread = None
        for end in (self._master, self._slave):
            os.close(end)
        self._waker.close()
        self._woken.close()


@contextlib.contextmanager
def served(device: Device) -> Iterator[Served]:
    """Serve ``device`` behind a terminal of its own."""
    wire = Served(device)
    try:
        yield wire
    finally:
        wire.unplug()


def now_s() -> float:
    """Return the host's monotonic clock in s."""
    return time.monotonic()
