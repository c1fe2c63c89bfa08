from __future__ import annotations

import errno
import os
import pty
import socket
import statistics
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import serial

from drivers.base import DeviceLost, DeviceNotFound, DeviceRefused
from drivers.transport import reader as port_reader
from drivers.transport.port import open_port
from drivers.transport.reader import DescriptorPort, PolledPort, Port


class Terminal:
    """A pseudo-terminal and the port opened at its other end."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.port = open_port(self.path)

    def unplug(self) -> None:
        for fd in (self.master, self._slave):
            with suppress(OSError):
                os.close(fd)

    def close(self) -> None:
        self.port.close()
        self.unplug()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def read_until(port: Port, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunks = port.read(1.0)
        assert chunks, f"only {len(data)} of {size} bytes came"
        data += b"".join(chunk for _, chunk in chunks)
    return data


def test_bytes_go_both_ways_unchanged(terminal: Terminal) -> None:
    every = bytes(range(256))
    os.write(terminal.master, every)
    assert read_until(terminal.port, 256) == every
    terminal.port.write(every)
    assert os.read(terminal.master, 256) == every


def test_nothing_arrived_is_an_empty_list_after_the_timeout(terminal: Terminal) -> None:
    assert terminal.port.read() == []
    began = time.monotonic()
    assert terminal.port.read(0.05) == []
    assert 0.04 < time.monotonic() - began < 0.5


def test_the_stamp_is_that_of_arrival_not_of_reading(terminal: Terminal) -> None:
    before = time.monotonic_ns()
    os.write(terminal.master, b"x")
    while not terminal.port.waiting:
        time.sleep(0.001)
    after = time.monotonic_ns()
    time.sleep(0.05)
    ((stamp_ns, data),) = terminal.port.read()
    assert data == b"x"
    assert before <= stamp_ns <= after


def test_a_waiting_reader_is_woken_within_a_fraction_of_a_millisecond(terminal: Terminal) -> None:
    delays = []
    for _ in range(200):
        written = time.monotonic_ns()
        os.write(terminal.master, b"x")
        terminal.port.read(1.0)
        delays.append(time.monotonic_ns() - written)
    assert statistics.median(delays) < 2_000_000


def test_an_unplugged_device_is_lost_after_its_last_bytes(terminal: Terminal) -> None:
    os.write(terminal.master, b"last")
    while not terminal.port.waiting:
        time.sleep(0.001)
    terminal.unplug()
    assert read_until(terminal.port, 4) == b"last"
    for _ in range(2):
        with pytest.raises(DeviceLost, match=r"unplugged or switched off; connect it again\.$"):
            terminal.port.read(1.0)
    with pytest.raises(DeviceLost, match=terminal.path):
        terminal.port.write(b"x")


def test_a_device_that_does_not_read_holds_a_write_up_for_a_tenth_of_a_second(terminal: Terminal) -> None:
    began = time.monotonic()
    with pytest.raises(DeviceLost, match="accepts no more data"):
        terminal.port.write(bytes(1_000_000))
    assert time.monotonic() - began < 1.0


def test_closing_ends_the_reader_at_once_and_twice_is_allowed(terminal: Terminal) -> None:
    threads = threading.active_count()
    began = time.monotonic()
    terminal.port.close()
    terminal.port.close()
    assert time.monotonic() - began < 0.2
    assert threading.active_count() == threads - 1
    with pytest.raises(DeviceLost, match="closed"):
        terminal.port.write(b"x")


def test_a_program_that_stalls_loses_bytes_but_not_its_memory(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_reader, "MAX_CHUNKS", 3)
    for stamp in range(10):
        terminal.port._put(stamp, b"x")
    assert [stamp for stamp, _ in terminal.port.read()] == [0, 1, 2]


def test_a_port_in_use_is_refused(terminal: Terminal) -> None:
    with pytest.raises(DeviceRefused, match="in use by another program; close it"):
        open_port(terminal.path)


def test_a_port_is_free_again_after_closing(terminal: Terminal) -> None:
    terminal.port.close()
    terminal.port = open_port(terminal.path)


@pytest.mark.parametrize(
    "url", ["/dev/none-such", "none-such://x", "COM77", "socket://127.0.0.1:1", "socket://[", "socket://h:99999"]
)
def test_what_is_not_there_is_not_found(url: str) -> None:
    with pytest.raises(DeviceNotFound, match=r"(There is no port|Nothing replies at|is not an address)"):
        open_port(url)


def test_what_is_no_serial_port_is_refused() -> None:
    with pytest.raises(DeviceRefused, match="cannot be used as a serial port"):
        open_port(os.devnull)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (serial.SerialException(errno.EACCES, "denied"), DeviceRefused, "group dialout"),
        (
            serial.SerialException("could not open port 'COM3': PermissionError(13)"),
            DeviceRefused,
            "close other programs",
        ),
        (serial.SerialException("could not open port 'COM3': FileNotFoundError(2)"), DeviceNotFound, "no port COM3"),
        (serial.SerialException(errno.EBUSY, "busy"), DeviceRefused, "in use"),
    ],
)
def test_a_port_that_cannot_be_opened_is_refused_with_the_reason(
    error: Exception, kind: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(serial, "serial_for_url", fail)
    with pytest.raises(kind, match=words):
        open_port("COM3")


def test_a_socket_is_read_to_its_end() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = open_port(f"socket://127.0.0.1:{listener.getsockname()[1]}")
        stack.callback(port.close)
        assert isinstance(port, DescriptorPort)
        peer, _ = listener.accept()
        with peer:
            port.write(b"hello")
            assert peer.recv(16) == b"hello"
            peer.sendall(bytes(100_000))
        assert read_until(port, 100_000) == bytes(100_000)
        with pytest.raises(DeviceLost, match="connection was closed"):
            port.read(1.0)


@pytest.mark.parametrize("url", ["/nowhere/at/all", "socket://localhost:9", "socket://localhost:none"])
def test_an_error_of_opening_names_the_port_as_the_driver_does(url: str) -> None:
    with pytest.raises(DeviceNotFound, match="lines:there"):
        open_port(url, name="lines:there")


def test_the_loss_of_a_port_names_it_as_the_driver_does() -> None:
    port = open_port("loop://", name="lines:there")
    port.close()
    with pytest.raises(DeviceLost, match="lines:there"):
        port.write(b"x")


def test_other_kinds_are_read_through_pyserial() -> None:
    port = open_port("loop://")
    assert isinstance(port, PolledPort)
    port.write(b"round")
    assert read_until(port, 5) == b"round"
    with pytest.raises(DeviceLost, match="accepts no more data"):
        port.write(bytes(100_000))
    port.close()
    port.close()
