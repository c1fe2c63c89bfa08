"""Simulated device behind a pseudo-terminal: paced by its own clock, commanded by bytes, unplugged by the test."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import time
import tty
from abc import ABC, abstractmethod
from pathlib import Path

TICK_S = 0.002


class PtyDevice(ABC):
    """Device that sends ``sample_rate_hz`` samples a second while ``streaming``; ``path`` survives replugging.

    ``received`` holds all bytes that the host has written.
    """

    def __init__(self, folder: Path, sample_rate_hz: float, *, streaming: bool) -> None:
        self.sample_rate_hz, self.streaming = sample_rate_hz, streaming
        self.received = b""
        self.sent = 0
        self.path = str(folder / "port")
        self._waker, self._woken = socket.socketpair()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.plug()

    @abstractmethod
    def bytes_of(self, first: int, count: int) -> bytes:
        """Return the bytes of ``count`` samples from number ``first`` on."""

    @abstractmethod
    def reply_to(self, data: bytes) -> bytes:
        """Return the device's immediate reply to ``data``."""

    def plug(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        link = Path(self.path)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if self._thread is None:
            return
        self._waker.send(b"\0")
        self._thread.join()
        self._woken.recv(16)
        self._thread = None
        Path(self.path).unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def close(self) -> None:
        self.unplug()
        self._waker.close()
        self._woken.close()

    def send(self, data: bytes) -> None:
        """Send ``data`` between two samples."""
        with self._lock, contextlib.suppress(BlockingIOError):
            os.write(self._master, data)

    def skip(self, count: int) -> None:
        """Drop the next ``count`` samples."""
        with self._lock:
            self.sent += count
            self._began_s -= count / self.sample_rate_hz

    def restart_clock(self) -> None:
        """Continue from the current sample at the current rate."""
        self._began_s = time.monotonic() - self.sent / self.sample_rate_hz

    def _serve(self) -> None:
        self.restart_clock()
        while True:
            ready, _, _ = select.select([self._master, self._woken.fileno()], [], [], TICK_S)
            if self._woken.fileno() in ready:
                return
            if self._master in ready:
                self._take(os.read(self._master, 4096))
            if not self.streaming:
                self.restart_clock()
                continue
            with self._lock:
                due = int((time.monotonic() - self._began_s) * self.sample_rate_hz) - self.sent
                data = self.bytes_of(self.sent, due) if due > 0 else b""
                self.sent += max(due, 0)
            self.send(data)

    def _take(self, data: bytes) -> None:
        self.received += data
        reply = self.reply_to(data)
        if reply:
            self.send(reply)
