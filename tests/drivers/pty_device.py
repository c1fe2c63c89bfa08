"""Simulated devices, paced by their own clock: behind a pseudo-terminal, or behind a TCP port."""

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


class PacedDevice(ABC):
    """Device that sends ``sample_rate_hz`` samples a second while ``streaming``; a test commands and unplugs it.

    ``received`` holds all bytes that the host has written.
    """

    def __init__(self, sample_rate_hz: float, *, streaming: bool) -> None:
        self.sample_rate_hz, self.streaming = sample_rate_hz, streaming
        self.received = b""
        self.sent = 0
        self._line = -1
        self._waker, self._woken = socket.socketpair()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.restart_clock()
        self.plug()

    @abstractmethod
    def bytes_of(self, first: int, count: int) -> bytes:
        """Return the bytes of ``count`` samples from number ``first`` on."""

    @abstractmethod
    def reply_to(self, data: bytes) -> bytes:
        """Return the device's immediate reply to ``data``."""

    @abstractmethod
    def _open(self) -> None:
        """Open the device's end of the line."""

    @abstractmethod
    def _release(self) -> None:
        """Close the device's end of the line."""

    def plug(self) -> None:
        self._open()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if self._thread is None:
            return
        self._waker.send(b"\0")
        self._thread.join()
        self._woken.recv(16)
        self._thread = None
        self._release()

    def close(self) -> None:
        self.unplug()
        self._waker.close()
        self._woken.close()

    def send(self, data: bytes) -> None:
        """Send ``data`` between two samples."""
        with self._lock, contextlib.suppress(BlockingIOError, ConnectionError):
            os.write(self._line, data)

    def skip(self, count: int) -> None:
        """Drop the next ``count`` samples."""
        with self._lock:
            self.sent += count
            self._began_s -= count / self.sample_rate_hz

    def restart_clock(self) -> None:
        """Continue from the current sample at the current rate."""
        self._began_s = time.monotonic() - self.sent / self.sample_rate_hz

    def _serve(self) -> None:
        self._serve_host()

    def _serve_host(self) -> bool:
        """Serve the host at ``_line``. Return True once it has closed its end, False once ``unplug`` ends it."""
        self.restart_clock()
        while True:
            ready, _, _ = select.select([self._line, self._woken.fileno()], [], [], TICK_S)
            if self._woken.fileno() in ready:
                return False
            if self._line in ready and not self._take():
                return True
            if not self.streaming:
                self.restart_clock()
                continue
            with self._lock:
                due = int((time.monotonic() - self._began_s) * self.sample_rate_hz) - self.sent
                data = self.bytes_of(self.sent, due) if due > 0 else b""
                self.sent += max(due, 0)
            self.send(data)

    def _take(self) -> bool:
        """Receive bytes and reply; return whether the host is still there."""
        try:
            data = os.read(self._line, 4096)
        except ConnectionError:
            return False
        self.received += data
        reply = self.reply_to(data) if data else b""
        if reply:
            self.send(reply)
        return bool(data)


class PtyDevice(PacedDevice):
    """Device behind a pseudo-terminal at ``path``, which survives replugging."""

    def __init__(self, folder: Path, sample_rate_hz: float, *, streaming: bool) -> None:
        self.path = str(folder / "port")
        super().__init__(sample_rate_hz, streaming=streaming)

    def _open(self) -> None:
        self._line, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._line, False)
        link = Path(self.path)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))

    def _release(self) -> None:
        Path(self.path).unlink(missing_ok=True)
        os.close(self._line)
        os.close(self._slave)


class TcpDevice(PacedDevice):
    """Device behind a TCP port of this computer, ``host_port``, which survives replugging; one host at a time."""

    def __init__(self, sample_rate_hz: float, *, streaming: bool) -> None:
        self.host_port = "127.0.0.1:0"
        super().__init__(sample_rate_hz, streaming=streaming)

    def _open(self) -> None:
        host, _, port = self.host_port.partition(":")
        self._listener = socket.create_server((host, int(port)))
        self.host_port = f"{host}:{self._listener.getsockname()[1]}"

    def _release(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while self._serve_next():
            pass

    def _serve_next(self) -> bool:
        """Wait for a host and serve it. Return False once ``unplug`` ends it."""
        ready, _, _ = select.select([self._listener, self._woken], [], [])
        if self._woken in ready:
            return False
        host, _ = self._listener.accept()
        with host:
            host.setblocking(False)
            self._line = host.fileno()
            return self._serve_host()
