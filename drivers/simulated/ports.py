"""Where a host reaches the simulated amplifier: a pseudo-terminal, or a TCP socket."""

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
    """One byte stream to at most one host at a time; none of the calls blocks."""

    address: str
    _rest = b""

    @abstractmethod
    def waits_on(self) -> int | None:
        """Return the descriptor that becomes readable, or None where the host's coming has to be polled for."""

    @abstractmethod
    def read(self) -> bytes:
        """Bytes that have arrived, empty without any."""

    def write(self, data: bytes) -> bool:
        """Hand over ``data``; False where it was lost whole because the host does not read. Frames are never cut."""
        self._rest = self._rest[self._send(self._rest) :] if self._rest else b""
        if self._rest:
            return False
        self._rest = data[self._send(data) :]
        return True

    @abstractmethod
    def _send(self, data: bytes) -> int:
        """Send what there is room for; how many bytes that was. Without a host all of it is gone."""

    @abstractmethod
    def newly_opened(self) -> bool:
        """Return True once after each time a host has opened the port."""

    @abstractmethod
    def unplug(self) -> None:
        """Pull the plug: the host loses the stream and cannot open it again."""

    @abstractmethod
    def plug(self) -> None:
        """Put the plug back: the same address works again."""

    @abstractmethod
    def close(self) -> None:
        """Unplug and leave nothing behind."""


class PtyPort(SimulatedPort):
    """A pseudo-terminal behind a symbolic link, so that the address stays when it is unplugged and put back.

    The kernel tells no one when a terminal is opened; ``read`` finds out, within one turn of the server's loop.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ona-")
        self._link = Path(self._folder.name) / "amplifier"
        self.address = f"ona:{self._link}"
        self._master: int | None = None
        self._open = self._news = False
        self.plug()

    def waits_on(self) -> int | None:
        """Return the master side while a host holds the other."""
        return self._master if self._open else None

    def plug(self) -> None:
        """Make a new terminal and point the link at it."""
        if self._master is not None:
            return
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._link.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        """Close the terminal under the host's hands."""
        if self._master is not None:
            self._link.unlink()
            os.close(self._master)
        self._master, self._open = None, False

    def read(self) -> bytes:
        """Bytes from the host; notices that it came or went."""
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
        """Return True once after each time a host has opened the port."""
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

    def waits_on(self) -> int | None:
        """Return the host's socket, or the listening one."""
        waiting = self._client or self._listener
        return None if waiting is None else waiting.fileno()

    def plug(self) -> None:
        """Listen, at the same port as before."""
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
        """Bytes from the host; takes a waiting one where there is none."""
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
        """Return True once after each time a host has connected."""
        news, self._news = self._news, False
        return news

    def close(self) -> None:
        """Hang up and stop listening."""
        self.unplug()
