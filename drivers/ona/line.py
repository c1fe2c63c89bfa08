"""The open line to an Open Needle Amplifier: what arrives is passed on, and commands are sent when they are due."""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock, Tap
from drivers.ona.commands import ACK_NS, SentCommand
from drivers.ona.frames import FrameReader
from drivers.ona.link import LinkEvent, OnaLink
from drivers.ona.messages import CommandKind
from drivers.transport.reader import BytePort


class OnaLine:
    """Line over ``port``. Each event goes to ``take`` with its time of arrival, and so does each time of arrival of
    bytes to ``mark_received``; ``link`` is the protocol's state.

    Nothing is sent or received but in a call. All calls may raise DeviceLost, and what ``take`` raises.
    """

    def __init__(
        self,
        port: BytePort,
        reader: FrameReader,
        clock: Clock,
        take: Callable[[LinkEvent, int], None],
        mark_received: Callable[[int], None],
    ) -> None:
        self._port, self._clock, self._take, self._mark_received = port, clock, take, mark_received
        self.link = OnaLink(f"The amplifier at {port.name}", reader)
        self.tap: Tap | None = None

    def request(self, kind: CommandKind, body: bytes = b"") -> SentCommand:
        """Send a command without waiting for its ACK."""
        command = self.link.request(kind, body, self._clock.monotonic_ns())
        self._flush()
        return command

    def request_and_wait(self, kind: CommandKind) -> SentCommand:
        """Send a command and wait until it is settled. Raises DeviceLost after 0.4 s without an ACK."""
        command = self.request(kind)
        while not command.settled:
            self.exchange(ACK_NS / 1e9, lambda: command.settled)
        return command

    def send_off(self) -> None:
        """Send STIM_ENABLE 0 and STOP, and expect no ACK."""
        self.link.send_off()
        self._flush()

    def exchange(self, timeout_s: float, is_ready: Callable[[], bool]) -> None:
        """Read what has arrived and send what is due until ``is_ready``, at most ``timeout_s``.

        What has arrived is read first, so that no ACK counts as late because the program was late.
        """
        until_ns = self._clock.monotonic_ns() + int(timeout_s * 1e9)
        self._receive_and_send(0.0)
        while not is_ready() and (now_ns := self._clock.monotonic_ns()) < until_ns:
            due_ns = self.link.commands.due_ns()
            wake_ns = until_ns if due_ns is None else min(until_ns, due_ns)
            self._receive_and_send(max(0, wake_ns - now_ns) / 1e9)

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _receive_and_send(self, timeout_s: float) -> None:
        for arrived_ns, data in self._port.read(timeout_s):
            self._mark_received(arrived_ns)
            if self.tap:
                self.tap(data, sent=False)
            for event in self.link.receive_data(data, self._clock.monotonic_ns(), arrived_ns):
                self._take(event, arrived_ns)
        now_ns = self._clock.monotonic_ns()
        for event in self.link.service(now_ns):
            self._take(event, now_ns)
        self._flush()

    def _flush(self) -> None:
        if not (data := self.link.data_to_send()):
            return
        if self.tap:
            self.tap(data, sent=True)
        self._port.write(data)
