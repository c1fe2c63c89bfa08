"""One connection to an Open Needle Amplifier: bytes in, frames handed on; commands out, their answers awaited."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.base import Tap
from drivers.framing import Frame, FrameReader, encode
from drivers.ona_commands import ACK_NS, Commands, SentCommand, Then
from drivers.ona_messages import CommandKind, MalformedError, Reply, parse_ack
from drivers.port_reader import Port

OnFrame = Callable[[Frame, int], None]


class OnaLink:
    """``on_frame(frame, arrived_ns)`` is given every frame but ACK, in order; it may raise DeviceLost, and
    MalformedError where one is to be counted as bad.

    ``tap`` gets every byte of the line.

    Nothing happens on its own: bytes are taken, and commands sent again, within ``pump`` alone.
    """

    def __init__(self, port: Port, reader: FrameReader, on_frame: OnFrame, tap: Tap | None = None) -> None:
        self.commands = Commands(f"The amplifier at {port.name}", self._send)
        self.heard_ns = time.monotonic_ns()
        self._port, self._reader, self._on_frame, self.tap = port, reader, on_frame, tap
        self._seq = 0
        reader.resync()

    def ask(self, kind: CommandKind, body: bytes) -> SentCommand:
        """Send a command without waiting for its answer. Raises DeviceLost."""
        return self.commands.ask(kind, body, time.monotonic_ns())

    def ask_and_wait(self, kind: CommandKind, then: Then | None = None) -> SentCommand:
        """Send a command, which is settled on return. Raises DeviceLost after 0.4 s without an answer."""
        command = self.commands.ask(kind, b"", time.monotonic_ns(), then)
        while not command.settled:
            self.pump(ACK_NS / 1e9, lambda: command.settled)
        return command

    def pump(self, timeout_s: float, ready: Callable[[], bool]) -> None:
        """Take what has arrived and send what is due, for at most ``timeout_s`` until ``ready``. Raises DeviceLost.

        What has arrived is taken first, so that an answer is never called late because the program was.
        """
        until_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        self._take(0.0)
        self.commands.service(time.monotonic_ns())
        while not ready() and (now_ns := time.monotonic_ns()) < until_ns:
            due_ns = self.commands.due_ns()
            wake_ns = until_ns if due_ns is None else min(until_ns, due_ns)
            self._take(max(0, wake_ns - now_ns) / 1e9)
            self.commands.service(time.monotonic_ns())

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def _take(self, timeout_s: float) -> None:
        for arrived_ns, data in self._port.read(timeout_s):
            self.heard_ns = arrived_ns
            if self.tap:
                self.tap(data, sent=False)
            for frame in self._reader.feed(data):
                self._dispatch(frame, arrived_ns)

    def _dispatch(self, frame: Frame, arrived_ns: int) -> None:
        try:
            if frame.type == Reply.ACK:
                seq, result = parse_ack(frame.body)
                self.commands.answered(seq, result, time.monotonic_ns())
            else:
                self._on_frame(frame, arrived_ns)
        except MalformedError:
            self._reader.bad += 1

    def _send(self, kind: int, body: bytes) -> int:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        data = encode(kind, seq, body)
        if self.tap:
            self.tap(data, sent=True)
        self._port.write(data)
        return seq
