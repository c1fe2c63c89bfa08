"""Commands under way to an Open Needle Amplifier: sent in order, answered by ACK, sent again, given up. No I/O.

One command is under way at a time, so that one sent again can never overtake a later one; heartbeats run beside it.
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
"""Between two sendings of STIM_ONCE: a pulse carried out has been reported by then, and is not given twice. Nor do
late answers ever bring pulses closer to each other than five a second."""

MAX_OUTCOMES = 256

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
    """One command: the sequence numbers it was sent with, the newest last, and its ACK's result once there is one."""

    kind: CommandKind
    body: bytes
    seqs: list[int] = field(default_factory=list)
    due_ns: int = 0
    result: int | None = None
    withdrawn: bool = False
    settled: bool = False

    @property
    def error(self) -> DeviceError | None:
        """Why a settled command was not carried out, or None where it was."""
        name = self.kind.name
        if self.withdrawn:
            return DeviceRefused(f"{name} was withdrawn: the stimulator was switched off before it was carried out.")
        if not self.result:
            return None
        why = _RESULTS.get(self.result, f"answered {self.result}, which the protocol does not know")
        refusal = LimitExceeded if self.result == 3 else DeviceRefused
        return refusal(f"The amplifier refused {name}: it {why}.")


class Commands:
    """The commands of one connection; ``name`` is what errors call the device.

    ``send(kind, body)`` puts a frame on the wire and returns its sequence number.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name, self._send = name, send
        self._queue: deque[SentCommand] = deque()
        self._beats: list[int] = []
        self._beat_due_ns: int | None = None
        self._pulse_free_ns = 0
        self._outcomes: deque[CommandOutcome] = deque(maxlen=MAX_OUTCOMES)

    def request(self, kind: CommandKind, body: bytes, now_ns: int) -> SentCommand:
        """Send a command, at once or when those before it are settled."""
        command = SentCommand(kind, body)
        self._queue.append(command)
        if self._queue[0] is command:
            self._transmit(command, now_ns)
        return command

    def withdraw(self) -> None:
        """Forget all commands not yet settled, so that the next is sent at once and none is sent after it."""
        for command in self._queue:
            command.withdrawn = True
            self._settle(command)
        self._queue.clear()

    def start_beat(self, now_ns: int) -> None:
        """Begin the heartbeats, which ``service`` sends: they end by themselves where it is no longer called."""
        if self._beat_due_ns is None:
            self._beat_due_ns = now_ns + BEAT_NS

    def stop_beat(self) -> None:
        """End the heartbeats."""
        self._beat_due_ns = None
        self._beats.clear()

    def acknowledge(self, seq: int, result: int, now_ns: int) -> SentCommand | None:
        """Take an ACK and return the command that it settles. One for no command under way (late, or twice) changes
        nothing.
        """
        if seq in self._beats:
            self._beats.clear()
        elif self._queue and seq in self._queue[0].seqs:
            command = self._queue[0]
            command.result = result
            if seq == command.seqs[-1]:
                return self._next(now_ns)
        return None

    def confirm(self, kind: CommandKind) -> None:
        """Take it that the device carried ``kind`` out, as it shows: it is not sent again for want of an ACK."""
        if self._queue and self._queue[0].kind is kind and self._queue[0].result is None:
            self._queue[0].result = 0

    def service(self, now_ns: int) -> SentCommand | None:
        """Send what is due: the next heartbeat, or a command again; return the command that this settles.

        Raises DeviceLost after four without a response.
        """
        if self._beat_due_ns is not None and now_ns >= self._beat_due_ns:
            self._beat(now_ns)
        if self._queue and now_ns >= self._queue[0].due_ns:
            return self._overdue(self._queue[0], now_ns)
        return None

    def due_ns(self) -> int | None:
        """When ``service`` next has something to do, or None."""
        dues = [] if self._beat_due_ns is None else [self._beat_due_ns]
        if self._queue:
            dues.append(self._queue[0].due_ns)
        return min(dues, default=None)

    def take_outcomes(self) -> list[CommandOutcome]:
        """Hand out the outcomes of stimulator commands settled since the last call, in order."""
        outcomes = list(self._outcomes)
        self._outcomes.clear()
        return outcomes

    def _beat(self, now_ns: int) -> None:
        """Send a heartbeat; one not answered is sent again by the next."""
        if len(self._beats) == ATTEMPTS:
            raise DeviceLost(f"{self._name} did not answer {ATTEMPTS} heartbeats; check its cable and power.")
        self._beats.append(self._send(CommandKind.HEARTBEAT, b""))
        self._beat_due_ns = now_ns + BEAT_NS

    def _overdue(self, command: SentCommand, now_ns: int) -> SentCommand | None:
        """Send again, or give up; but where an earlier sending was answered, the newest has only had its time."""
        if command.result is not None:
            return self._next(now_ns)
        if len(command.seqs) == ATTEMPTS:
            raise DeviceLost(
                f"{self._name} did not answer {command.kind.name}, sent {ATTEMPTS} times; check its cable and power."
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
        """Send ``command`` now; a single pulse that comes too soon after another, when it is due."""
        command.due_ns = now_ns + ACK_NS
        if command.kind is CommandKind.STIM_ONCE:
            if now_ns < self._pulse_free_ns:
                command.due_ns = self._pulse_free_ns
                return
            command.due_ns = self._pulse_free_ns = now_ns + PULSE_NS
        command.seqs.append(self._send(command.kind, command.body))

    def _settle(self, command: SentCommand) -> None:
        command.settled = True
        if command.kind is CommandKind.STIM_ENABLE and command.result:
            self.stop_beat()
        if command.kind in (CommandKind.STIM_SET, CommandKind.STIM_ENABLE, CommandKind.STIM_ONCE):
            self._outcomes.append(CommandOutcome(command.kind.name, command.error))
