"""Protocol of one connection to an Open Needle Amplifier: bytes in, frames out; commands in, bytes out. No I/O."""

from __future__ import annotations

from drivers.base import CommandOutcome
from drivers.ona.commands import Commands, SentCommand
from drivers.ona.frames import FrameReader, OnaFrame, encode
from drivers.ona.messages import CommandKind, MalformedError, Reply, is_single_pulse, parse_ack

LinkEvent = OnaFrame | SentCommand
"""Item that the device sent: a frame, or instead of an ACK the command that it settled."""

_ON_COMMANDS = frozenset((int(Reply.ACK), int(Reply.STIM)))
"""Types of the frames that report on a command under way."""


class OnaLink:
    """State of one connection; errors name the device ``name``.

    The events do not depend on how the bytes were cut. Times are ns of the monotonic clock. After each call,
    ``data_to_send`` returns the bytes to be sent.
    """

    def __init__(self, name: str, reader: FrameReader) -> None:
        self.commands = Commands(name, self._send)
        self._reader = reader
        self._seq = 0
        self._outgoing = b""
        reader.resync()

    def receive_data(self, data: bytes, now_ns: int, arrived_ns: int | None = None) -> list[LinkEvent]:
        """Return the events that ``data`` completes, in order. Never raises, whatever the bytes.

        ``arrived_ns`` is when it had arrived, where that is not now.
        """
        events: list[LinkEvent] = []
        for frame in self._reader.feed(data):
            if frame.type not in _ON_COMMANDS:
                if frame.type == Reply.SAMPLES:
                    self.commands.confirm(CommandKind.START)
                events.append(frame)
            elif (event := self._event(frame, now_ns, arrived_ns)) is not None:
                events.append(event)
        return events

    def request(self, kind: CommandKind, body: bytes, now_ns: int) -> SentCommand:
        """Send a command at once, or when those before it are settled; return it without waiting for its ACK."""
        return self.commands.request(kind, body, now_ns)

    def send_off(self) -> None:
        """Send STIM_ENABLE 0 and STOP, whatever else is under way, and expect no ACK."""
        self.commands.stop_beat()
        self.commands.withdraw()
        self._send(CommandKind.STIM_ENABLE, b"\0")
        self._send(CommandKind.STOP, b"")

    def service(self, now_ns: int) -> list[LinkEvent]:
        """Send what is due; return the command that its timeout has settled. Raises DeviceLost after four sendings."""
        settled = self.commands.service(now_ns)
        return [] if settled is None else [settled]

    def data_to_send(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        data = self._outgoing
        if data:
            self._outgoing = b""
        return data

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands to the stimulator since the last call, in order."""
        return self.commands.take_outcomes()

    def count_bad(self) -> None:
        """Count a frame whose body does not follow the protocol as bad."""
        self._reader.bad += 1

    def _event(self, frame: OnaFrame, now_ns: int, arrived_ns: int | None) -> LinkEvent | None:
        """Apply ``frame`` to the commands under way; return the event to pass on, if any."""
        if frame.type == Reply.STIM and is_single_pulse(frame.body):
            self.commands.confirm(CommandKind.STIM_ONCE)
        if frame.type != Reply.ACK:
            return frame
        try:
            seq, result = parse_ack(frame.body)
        except MalformedError:
            self.count_bad()
            return None
        return self.commands.acknowledge(seq, result, now_ns, arrived_ns)

    def _send(self, kind: int, body: bytes) -> int:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        self._outgoing += encode(kind, seq, body)
        return seq
