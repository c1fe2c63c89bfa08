"""Ports: bytes in and out of a serial port, a pseudo-terminal or a socket, each chunk stamped on arrival.

A thread waits for bytes and queues them, so the stamps do not depend on when the program reads.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from serial import SerialTimeoutException

from drivers.base import DeviceLost
from drivers.transport.reader_thread import ReaderThread

WRITE_TIMEOUT_S = 0.1
READ_BYTES = 16_384
POLL_S = 0.05
MAX_CHUNKS = 8192
"""Chunks queued before the reader drops more: a program that stalls for seconds loses frames, and their numbers
show it."""

Chunk = tuple[int, bytes]


class BytePort(Protocol):
    """What a driver uses of an open port."""

    name: str

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        """Return what has arrived as (monotonic ns, bytes), waiting at most ``timeout_s``. Raises DeviceLost."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises DeviceLost."""

    def close(self) -> None:
        """Release the port."""


class Port(ABC):
    """An open byte stream. One thread calls ``read`` and ``write``; the reader's own thread only queues."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._closing = threading.Event()
        self._reader = ReaderThread[Chunk](f"reader of {name}", self._follow)

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        """Return all chunks that have arrived as (monotonic ns, bytes); wait at most ``timeout_s`` for the first.

        Raises DeviceLost once the stream has ended and everything from before its end has been returned.
        """
        chunks: list[Chunk] = []
        try:
            while (chunk := self._reader.next(0.0 if chunks else timeout_s)) is not None:
                chunks.append(chunk)
        except DeviceLost as lost:
            if not chunks:
                raise DeviceLost(str(lost)) from None
        return chunks

    @property
    def waiting(self) -> int:
        """Number of chunks that have arrived and wait to be read."""
        return self._reader.waiting

    def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises DeviceLost where the device is gone or accepts nothing for 0.1 s."""
        if self._closing.is_set():
            raise DeviceLost(f"{self.name} has been closed.")
        deadline = time.monotonic() + WRITE_TIMEOUT_S
        try:
            while data:
                data = data[self._send(data, deadline) :]
        except TimeoutError:
            raise DeviceLost(
                f"{self.name} accepts no more data: the device does not read; switch it off and on."
            ) from None
        except OSError as error:
            raise self._gone(error) from error

    def close(self) -> None:
        """End the reader and release the port; a second call does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake()
        self._reader.join()
        self._release()

    def _follow(self) -> DeviceLost:
        try:
            while not self._closing.is_set():
                self._receive()
        except OSError as error:
            return self._gone(error)
        return DeviceLost(f"{self.name} has been closed.")

    def _put(self, stamp_ns: int, data: bytes) -> None:
        if self._reader.waiting < MAX_CHUNKS:
            self._reader.put((stamp_ns, data))

    def _gone(self, error: OSError) -> DeviceLost:
        why = error.strerror or str(error)
        return DeviceLost(f"{self.name} is gone ({why}): it was unplugged or switched off; connect it again.")

    @abstractmethod
    def _receive(self) -> None:
        """Wait for bytes and queue them; return from time to time to check ``_closing``. Raises OSError at the end."""

    @abstractmethod
    def _send(self, data: bytes, deadline: float) -> int:
        """Write and return the number of bytes written by ``deadline`` (monotonic s). Raises TimeoutError, OSError."""

    @abstractmethod
    def _wake(self) -> None:
        """Make ``_receive`` return."""

    @abstractmethod
    def _release(self) -> None:
        """Close the underlying descriptor or serial object."""


class DescriptorPort(Port):
    """A port that ``select`` can wait for: a serial descriptor (POSIX) or a socket (everywhere)."""

    def __init__(
        self,
        name: str,
        fd: int,
        receive: Callable[[int], bytes],
        send: Callable[[bytes], int],
        release: Callable[[], None],
    ) -> None:
        super().__init__(name)
        self._fd, self._receive_some, self._send_some, self._release_below = fd, receive, send, release
        self._waker, self._woken = socket.socketpair()
        self._reader.start()

    def _receive(self) -> None:
        ready, _, _ = select.select([self._fd, self._woken.fileno()], [], [])
        stamp_ns = time.monotonic_ns()
        if self._fd not in ready:
            return
        try:
            data = self._receive_some(READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError("the connection was closed")
        self._put(stamp_ns, data)

    def _send(self, data: bytes, deadline: float) -> int:
        try:
            return self._send_some(data)
        except BlockingIOError:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([], [self._fd], [], left_s)[1]:
                raise TimeoutError from None
            return 0

    def _wake(self) -> None:
        self._waker.send(b"\0")

    def _release(self) -> None:
        self._release_below()
        self._waker.close()
        self._woken.close()


class PolledPort(Port):
    """A port read through pyserial itself: Windows, and pyserial's other kinds (``loop://``, ``rfc2217://``)."""

    def __init__(self, name: str, serial: Any) -> None:
        super().__init__(name)
        self._serial = serial
        serial.timeout = POLL_S
        serial.write_timeout = WRITE_TIMEOUT_S
        self._reader.start()

    def _receive(self) -> None:
        first: bytes = self._serial.read(1)
        if first:
            stamp_ns = time.monotonic_ns()
            self._put(stamp_ns, first + self._serial.read(min(self._serial.in_waiting, READ_BYTES)))

    def _send(self, data: bytes, _deadline: float) -> int:
        try:
            written: int = self._serial.write(data)
        except SerialTimeoutException:
            raise TimeoutError from None
        return written

    def _wake(self) -> None:
        """Do nothing: a read ends within POLL_S."""

    def _release(self) -> None:
        self._serial.close()
