"""Commands to an Open Needle Amplifier: sent in order, acknowledged by ACK, repeated, given up. No I/O.

One command is under way at a time, so a repeated one can never overtake a later one. Heartbeats run beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.base import CommandOutcome, DeviceError, DeviceLost, DeviceRefused, LimitExceeded
from drivers.ona.messages import CommandKind

ACK_NS = 100_000_000
ATTEMPTS = 4
BEAT_NS = 100_000_000
PULSE_NS = 200_000_000
"""Time between two sendings of STIM_ONCE. A delivered pulse has been reported by then, so none is given twice. A late
ACK cannot bring pulses closer than five a second either."""

LATE_NS, LATE_TIMES = 120_000_000, 3
"""Age of an ACK from which it is late: 100 ms are allowed, and the line takes some; and
so many in a row that no stall explains them."""

MAX_OUTCOMES = 256

_NOT_IN_THIS_STATE = 4
_RESULTS = {
    1: "does not know the command",
    2: "found its body malformed",
    3: "found a value out of range; nothing was changed",
    4: "cannot do it in this state",
    5: "reports a fault: switch the stimulator off, clear the cause, then on again",
}

Send = Callable[[int, bytes], int]


@dataclass(slots=True)
class SentCommand:
    """One command, its sequence numbers (one a sending, newest last), and the result in its ACK (None: no ACK yet)."""

    kind: CommandKind
    body: bytes
    seqs: list[int] = field(default_factory=list)
    due_ns: int = 0
    result: int | None = None
    withdrawn: bool = False
    settled: bool = False

    @property
    def error(self) -> DeviceError | None:
        """Reason why a settled command was not carried out; None where it was."""
        name = self.kind.name
        if self.withdrawn:
            return DeviceRefused(f"{name} was withdrawn: the stimulator was switched off before it was carried out.")
        if not self.result:
            return None
        why = _RESULTS.get(self.result, f"replied {self.result}, which the protocol does not know")
        refusal = LimitExceeded if self.result == 3 else DeviceRefused
        return refusal(f"The amplifier refused {name}: it {why}.")


def _is_running(command: SentCommand, result: int) -> bool:
    """Return whether START, sent again for want of an ACK, is refused because the first one was carried out."""
    return command.kind is CommandKind.START and result == _NOT_IN_THIS_STATE and len(command.seqs) > 1


class Commands:
    """The commands of one connection; errors name the device ``name``.

    ``send(kind, body)`` sends a frame and returns its sequence number.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name, self._send = name, send
        self._queue: deque[SentCommand] = deque()
        self._beats: list[int] = []
        self._beat_due_ns: int | None = None
        self._pulse_free_ns = 0
        self._sent_ns: dict[int, int] = {}
        self._late = 0
        self._outcomes: deque[CommandOutcome] = deque(maxlen=MAX_OUTCOMES)

    @property
    def are_late(self) -> bool:
        """Whether the newest ACKs all came late."""
        return self._late >= LATE_TIMES

    def request(self, kind: CommandKind, body: bytes, now_ns: int) -> SentCommand:
        """Send a command at once, or when those before it are settled."""
        command = SentCommand(kind, body)
        self._queue.append(command)
        if self._queue[0] is command:
            self._transmit(command, now_ns)
        return command

    def withdraw(self) -> None:
        """Drop all unsettled commands, so that the next is sent at once and none of them after it."""
        for command in self._queue:
            command.withdrawn = True
            self._settle(command)
        self._queue.clear()

    def start_beat(self, now_ns: int) -> None:
        """Start the heartbeats, which ``service`` sends: they end by themselves when it is no longer called."""
        if self._beat_due_ns is None:
            self._beat_due_ns = now_ns + BEAT_NS

    def stop_beat(self) -> None:
        """End the heartbeats."""
        self._beat_due_ns = None
        self._beats.clear()

    def acknowledge(self, seq: int, result: int, now_ns: int, arrived_ns: int | None = None) -> SentCommand | None:
        """Process an ACK and return the command that it settles.

        An ACK that belongs to no command under way (late or repeated) changes nothing.
        """
        sent_ns = self._sent_ns.pop(seq, None)
        if sent_ns is not None:
            is_late = (now_ns if arrived_ns is None else arrived_ns) - sent_ns > LATE_NS
            self._late = self._late + 1 if is_late else 0
        if seq in self._beats:
            self._beats.clear()
        elif self._queue and seq in self._queue[0].seqs:
            command = self._queue[0]
            command.result = 0 if _is_running(command, result) else result
            if seq == command.seqs[-1]:
                return self._next(now_ns)
        return None

    def confirm(self, kind: CommandKind) -> None:
        """Record that the device carried out ``kind``, as its report shows: it is not repeated for want of an ACK."""
        if self._queue and self._queue[0].kind is kind and self._queue[0].result is None:
            self._queue[0].result = 0

    def service(self, now_ns: int) -> SentCommand | None:
        """Send what is due: the next heartbeat, or a command once more; return the command that this settles.

        Raises DeviceLost after four sendings without an ACK.
        """
        if self._beat_due_ns is not None and now_ns >= self._beat_due_ns:
            self._beat(now_ns)
        if self._queue and now_ns >= self._queue[0].due_ns:
            return self._overdue(self._queue[0], now_ns)
        return None

    def due_ns(self) -> int | None:
        """Return the time at which ``service`` next has something to do, or None."""
        dues = [] if self._beat_due_ns is None else [self._beat_due_ns]
        if self._queue:
            dues.append(self._queue[0].due_ns)
        return min(dues, default=None)

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of stimulator commands settled since the last call, in order."""
        outcomes = list(self._outcomes)
        self._outcomes.clear()
        return outcomes

    def _beat(self, now_ns: int) -> None:
        """Send a heartbeat; the next one replaces one without an ACK."""
        if len(self._beats) == ATTEMPTS:
            raise DeviceLost(f"{self._name} did not acknowledge {ATTEMPTS} heartbeats; check its cable and power.")
        self._beats.append(self._send_at(now_ns, CommandKind.HEARTBEAT, b""))
        self._beat_due_ns = now_ns + BEAT_NS

    def _overdue(self, command: SentCommand, now_ns: int) -> SentCommand | None:
        """Send again, or give up; settle where an earlier sending was acknowledged and only the newest was not."""
        if command.result is not None:
            return self._next(now_ns)
        if len(command.seqs) == ATTEMPTS:
            raise DeviceLost(
                f"{self._name} did not acknowledge {command.kind.name}, sent {ATTEMPTS} times; check its cable and "
                "power."
            )
        self._transmit(command, now_ns)
        return None

    def _next(self, now_ns: int) -> SentCommand:
        settled = self._queue.popleft()
        self._settle(settled)
        if self._queue:
            self._transmit(self._queue[0], now_ns)
        return settled

    def _transmit(self, command: SentCommand, now_ns: int) -> None:
        """Send ``command`` now; delay a single pulse that follows another too soon until it is due."""
        command.due_ns = now_ns + ACK_NS
        if command.kind is CommandKind.STIM_ONCE:
            if now_ns < self._pulse_free_ns:
                command.due_ns = self._pulse_free_ns
                return
            command.due_ns = self._pulse_free_ns = now_ns + PULSE_NS
        command.seqs.append(self._send_at(now_ns, command.kind, command.body))

    def _send_at(self, now_ns: int, kind: CommandKind, body: bytes) -> int:
        seq = self._send(kind, body)
        self._sent_ns[seq] = now_ns
        return seq

    def _settle(self, command: SentCommand) -> None:
        command.settled = True
        if command.kind is CommandKind.STIM_ENABLE and command.result:
            self.stop_beat()
        if command.kind in (CommandKind.STIM_SET, CommandKind.STIM_ENABLE, CommandKind.STIM_ONCE):
            self._outcomes.append(CommandOutcome(command.kind.name, command.error))
