"""Scripted amplifier behind a pseudo-terminal or a socket, written from the protocol, with its own COBS and CRC."""

from __future__ import annotations

import os
import pty
import select
import socket
import struct
import threading
import time
import tty
from collections.abc import Callable, Sequence
from dataclasses import dataclass

INFO, SAMPLES, STIM, STATUS, ACK, BUTTON = 1, 2, 3, 4, 5, 6
HELLO, START, STOP, STIM_SET, STIM_ENABLE, HEARTBEAT, STIM_ONCE = range(0x81, 0x88)


def crc16(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def stuff(data: bytes) -> bytes:
    out = bytearray()
    for group in data.split(b"\0"):
        rest = group
        while len(rest) >= 254:
            out += b"\xff" + rest[:254]
            rest = rest[254:]
        out += bytes((len(rest) + 1,)) + rest
    return bytes(out)


def unstuff(data: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        out += data[at + 1 : at + code]
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def frame(frame_type: int, seq: int, body: bytes = b"") -> bytes:
    payload = bytes((frame_type, seq)) + body
    return stuff(payload + struct.pack("<H", crc16(payload))) + b"\0"


def text(value: str) -> bytes:
    raw = value.encode()
    return bytes((len(raw),)) + raw


def info_body(
    channels: Sequence[tuple[float, float, str]] = ((50.0, 400_000.0, "needle"), (100.0, 5000.0, "surface")),
    protocol: int = 1,
    sample_rate_hz: int = 20_000,
    limits: tuple[int, int, int, int, int] = (5000, 10, 50, 1000, 10_000),
    capabilities: int = 0xF,
    serial: str = "S-1",
) -> bytes:
    head = struct.pack("<BBIIHHHII", protocol, len(channels), sample_rate_hz, *limits, capabilities)
    signals = b"".join(struct.pack("<ff", scale, reach) + text(name) for scale, reach, name in channels)
    return head + signals + text("Fake") + text(serial) + text("1.2.3")


def samples_body(first: int, rows: Sequence[Sequence[int]], flags: int = 0, channels: int = 2) -> bytes:
    values = b"".join(value.to_bytes(3, "little", signed=True) for row in rows for value in row)
    return struct.pack("<IBBB", first % 2**32, len(rows), channels, flags) + values


def stim_body(sample: int, requested: int = 500, delivered: int = 500, impedance: int = 250, flags: int = 0) -> bytes:
    return struct.pack("<IIIIHHB", sample % 2**32, 1500, requested, delivered, 100, impedance, flags)


def status_body(sample: int = 0, state: int = 1, fault: int = 0, lead_off: int = 0, battery: int = 80) -> bytes:
    return struct.pack("<IBBBBH", sample % 2**32, state, fault, lead_off, battery, 0xFFFF)


@dataclass(frozen=True)
class Received:
    type: int
    seq: int
    body: bytes
    at_s: float


Replies = list[tuple[int, bytes]]


class FakeOna:
    """Fake that acknowledges every command with 0 and HELLO with ``info`` too, unless ``script(command)`` replies."""

    def __init__(self, connect: Callable[[], int], release: Callable[[], None]) -> None:
        self.info = info_body()
        self.script: Callable[[Received], Replies | None] = lambda _: None
        self.received: list[Received] = []
        self.broken = 0
        self._connect, self._release = connect, release
        self._seq, self._fd = 0, -1
        self._changed, self._sending = threading.Condition(), threading.Lock()
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def send(self, frame_type: int, body: bytes = b"") -> None:
        with self._sending:
            self.send_bytes(self.next_frame(frame_type, body))

    def next_frame(self, frame_type: int, body: bytes = b"") -> bytes:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        return frame(frame_type, seq, body)

    def send_bytes(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def kinds(self) -> list[int]:
        return [command.type for command in self.received]

    def wait_for(self, kind: int, count: int = 1) -> Received:
        """Return the ``count``-th command of ``kind``; fail after 2 s."""

        def found() -> list[Received]:
            return [command for command in self.received if command.type == kind]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, 2.0), f"no {kind:#x}, only {self.kinds()}"
            return found()[count - 1]

    def unplug(self) -> None:
        self._waker.send(b"\0")
        self._thread.join()
        self._release()
        self._waker.close()
        self._woken.close()

    def _serve(self) -> None:
        self._fd = self._connect()
        rest = b""
        while True:
            ready, _, _ = select.select([self._fd, self._woken.fileno()], [], [])
            if self._fd not in ready:
                return
            data = os.read(self._fd, 4096)
            if not data:
                return
            *frames, rest = (rest + data).split(b"\0")
            for encoded in frames:
                self._take(unstuff(encoded))

    def _take(self, payload: bytes) -> None:
        if len(payload) < 4 or crc16(payload[:-2]) != int.from_bytes(payload[-2:], "little"):
            self.broken += 1
            return
        command = Received(payload[0], payload[1], payload[2:-2], time.monotonic())
        with self._changed:
            self.received.append(command)
            self._changed.notify_all()
        replies = self.script(command)
        for reply in self._usual(command) if replies is None else replies:
            self.send(*reply)

    def _usual(self, command: Received) -> Replies:
        ack = (ACK, bytes((command.seq, 0)))
        return [ack, (INFO, self.info)] if command.type == HELLO else [ack]


def on_pty() -> tuple[FakeOna, str]:
    """Return a fake and the terminal to open."""
    master, slave = pty.openpty()
    tty.setraw(slave)

    def release() -> None:
        os.close(master)
        os.close(slave)

    return FakeOna(lambda: master, release), os.ttyname(slave)


def on_socket() -> tuple[FakeOna, str]:
    """Return a fake and the socket:// to open."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def connect() -> int:
        accepted.append(listener.accept()[0])
        return accepted[0].fileno()

    def release() -> None:
        for opened in (listener, *accepted):
            opened.close()

    return FakeOna(connect, release), f"socket://127.0.0.1:{listener.getsockname()[1]}"
