"""Opening of a port by URL: a serial port, a pseudo-terminal, ``socket://HOST:PORT``, or another URL of pyserial."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

import serial

from drivers.base import DeviceNotFound, DeviceRefused
from drivers.transport.reader import BytePort, DescriptorPort, PolledPort, Port

BAUD = 921_600
CONNECT_TIMEOUT_S = 2.0

_ABSENT = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}
_FORBIDDEN = {errno.EACCES, errno.EPERM}
_BUSY = {errno.EBUSY, errno.EAGAIN}
_OPEN_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError)

if sys.platform != "win32":
    import termios

    # pyserial does not convert this error where the descriptor closes while it is being configured
    _OPEN_ERRORS += (termios.error,)


PortOpener = Callable[[str], BytePort]
"""Function that opens the port at a URL, as ``open_port`` does."""


def open_port(url: str, baud: int = BAUD, name: str = "") -> Port:
    """Open the port at ``url`` for this program alone, a serial one at ``baud``; its reader thread runs.

    Errors call it ``name``, such as the device's address (else ``url``). ``socket://`` is connected without pyserial,
    which reads single bytes and lets writes wait for each other. Raises DeviceNotFound where there is nothing,
    DeviceRefused where the port is busy or forbidden.
    """
    name = name or url
    if url.lower().startswith("socket://"):
        return _socket_port(url, name)
    with refuse_port(name):
        opened = serial.serial_for_url(url, baudrate=baud, timeout=0, exclusive=True)
    if os.name == "posix" and isinstance(opened, serial.Serial):
        return _descriptor_port(name, opened)
    return PolledPort(name, opened)


@contextlib.contextmanager
def refuse_port(name: str) -> Iterator[None]:
    """Convert an error of opening the port ``name`` within the context to DeviceNotFound or DeviceRefused."""
    try:
        yield
    except _OPEN_ERRORS as error:
        _refuse(name, error)


def _descriptor_port(name: str, opened: Any) -> Port:
    """Read a native port at its descriptor, with the low latency that some drivers offer and none needs."""
    with contextlib.suppress(ValueError, NotImplementedError):
        opened.set_low_latency_mode(True)
    fd: int = opened.fileno()
    return DescriptorPort(name, fd, lambda size: os.read(fd, size), lambda data: os.write(fd, data), opened.close)


def _socket_port(url: str, name: str) -> Port:
    try:
        parts = urlsplit(url)
        connected = socket.create_connection((parts.hostname, parts.port or 0), CONNECT_TIMEOUT_S)
    except ValueError as error:
        raise DeviceNotFound(f"{name} is not an address ({error}); write socket://HOST:PORT.") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise DeviceNotFound(
            f"Nothing replies at {name} ({why}); start the device's server or correct the address."
        ) from error
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setblocking(False)
    return DescriptorPort(name, connected.fileno(), connected.recv, connected.send, connected.close)


def _refuse(name: str, error: Exception) -> NoReturn:
    """Raise the error that names in one sentence why the port ``name`` could not be opened and what to do."""
    number = _number(error)
    if number in _FORBIDDEN:
        raise DeviceRefused(
            f"{name} may not be opened by this user or is in use: close other programs, or (on Linux) add the user to "
            "the group dialout and log in again."
        ) from error
    if number in _BUSY:
        raise DeviceRefused(f"{name} is in use by another program; close it and try again.") from error
    if number in _ABSENT or isinstance(error, ValueError):
        raise DeviceNotFound(f"There is no port {name}; connect the device or correct the address.") from error
    raise DeviceRefused(f"{name} cannot be used as a serial port ({error}); choose another.") from error


def _number(error: Exception) -> int | None:
    """Return the errno behind ``error``; on Windows pyserial keeps only the cause's name, in its text."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    names = {"FileNotFoundError": errno.ENOENT, "PermissionError": errno.EACCES}
    return next((number for name, number in names.items() if name in str(error)), None)
