"""Ports of the simulated amplifier for its host: a pseudo-terminal or a TCP socket."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

if sys.platform != "win32":
    import pty
    import tty

READ_BYTES = 65_536


class SimulatedPort(ABC):
    """Byte stream to at most one host at a time; no call blocks."""

    address: str
    _rest = b""

    @abstractmethod
    def readable_descriptor(self) -> int | None:
        """Return the descriptor that becomes readable, or None where the arrival of a host must be polled."""

    @abstractmethod
    def read(self) -> bytes:
        """Return the bytes that have arrived, if any."""

    def write(self, data: bytes) -> bool:
        """Send ``data``; return False where all of it was dropped because the host does not read. No frame is cut."""
        self._rest = self._rest[self._send(self._rest) :] if self._rest else b""
        if self._rest:
            return False
        self._rest = data[self._send(data) :]
        return True

    @abstractmethod
    def _send(self, data: bytes) -> int:
        """Send as many bytes as fit and return their number; without a host all of them are dropped."""

    @abstractmethod
    def newly_opened(self) -> bool:
        """Return True once each time a host has opened the port."""

    @abstractmethod
    def unplug(self) -> None:
        """Unplug: the host loses the stream and cannot open it again."""

    @abstractmethod
    def plug(self) -> None:
        """Plug in: the same address works again."""

    @abstractmethod
    def close(self) -> None:
        """Unplug and remove the address."""


class PtyPort(SimulatedPort):
    """A pseudo-terminal behind a symbolic link, so that the address stays the same after unplugging.

    The kernel does not signal that a terminal was opened; ``read`` notices it within one turn of the server's loop.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ona-")
        self._link = Path(self._folder.name) / "amplifier"
        self.address = f"ona:{self._link}"
        self._master: int | None = None
        self._open = self._news = False
        self.plug()

    def readable_descriptor(self) -> int | None:
        """Return the master side while a host has the other side open."""
        return self._master if self._open else None

    def plug(self) -> None:
        """Create a new terminal and point the link at it."""
        if self._master is not None:
            return
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._link.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        """Close the terminal while the host uses it."""
        if self._master is not None:
            self._link.unlink()
            os.close(self._master)
        self._master, self._open = None, False

    def read(self) -> bytes:
        """Return bytes from the host; notice that it opened or closed the port."""
        if self._master is None:
            return b""
        try:
            data = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            self._arrived(self._master)
            return b""
        except OSError:
            self._open = False
            return b""
        self._arrived(self._master)
        return data

    def _arrived(self, master: int) -> None:
        if not self._open:
            tty.setraw(master)
            self._open = self._news = True

    def _send(self, data: bytes) -> int:
        if self._master is None or not self._open:
            return len(data)
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def newly_opened(self) -> bool:
        """Return True once each time a host has opened the port."""
        news, self._news = self._news, False
        return news

    def close(self) -> None:
        """Close the terminal and remove the link."""
        self.unplug()
        self._folder.cleanup()


class SocketPort(SimulatedPort):
    """A listening TCP socket that serves one host at a time."""

    def __init__(self, host: str, port: int) -> None:
        """Listen at ``host``:``port``; port 0 takes a free one."""
        self._where = (host, port)
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._news = False
        self.plug()
        self.address = f"ona:socket://{self._where[0]}:{self._where[1]}"

    def readable_descriptor(self) -> int | None:
        """Return the host's socket, or the listening socket."""
        waiting = self._client or self._listener
        return None if waiting is None else waiting.fileno()

    def plug(self) -> None:
        """Listen at the same port as before."""
        if self._listener is not None:
            return
        self._listener = socket.create_server(self._where, backlog=1)
        self._listener.setblocking(False)
        self._where = self._listener.getsockname()[:2]

    def unplug(self) -> None:
        """Close the host's connection and stop listening."""
        self._hang_up()
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def read(self) -> bytes:
        """Return bytes from the host; accept a waiting host where none is connected."""
        if self._client is None and not self._accepted():
            return b""
        try:
            data = self._client.recv(READ_BYTES) if self._client else b""
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return data

    def _accepted(self) -> bool:
        if self._listener is None:
            return False
        try:
            self._client, _ = self._listener.accept()
        except BlockingIOError:
            return False
        self._client.setblocking(False)
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._news = True
        return True

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _send(self, data: bytes) -> int:
        if self._client is None:
            return len(data)
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._hang_up()
            return len(data)

    def newly_opened(self) -> bool:
        """Return True once each time a host has connected."""
        news, self._news = self._news, False
        return news

    def close(self) -> None:
        """Close the connection and stop listening."""
        self.unplug()
