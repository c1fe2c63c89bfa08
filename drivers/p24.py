"""Hasomed P24 (ScienceMode4): a CE-marked surface stimulator on USB, 0.5 mA steps. Single pulses at its low level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drivers.address import choice_option, split_options
from drivers.base import CommandOutcome, DeviceRefused, Limits, Outcome, StimulatorInfo
from drivers.pulser import LONGEST_WIDTH_MS, MOST_RATE_HZ, RequestedPulse
from drivers.ranges import ROUNDING
from drivers.science_mode import (
    ERRORS,
    MOST_MA,
    STEP_MA,
    UNDELIVERED,
    CommandNumber,
    Packet,
    PacketReader,
    channel_config,
    encode,
    point,
)
from drivers.serial_pulser import SerialPulser

CHANNELS = ("red", "blue", "black", "white")
LIMITS = Limits(MOST_MA, STEP_MA, 0.01, LONGEST_WIDTH_MS, MOST_RATE_HZ)
NOTE = (
    "P24 stimulates in steps of 0.5 mA: too coarse for the threshold of a needle, made for the skin. Below 2 mA a step "
    "up is larger than the 30 % that may follow a pulse, and is refused: begin at 2 mA or above to be able to rise."
)
_BETWEEN_US = 100


class P24(SerialPulser):
    """A P24 at ``rest``: ``PORT`` or ``PORT?channel=blue`` (red, blue, black, white of the yellow connector).

    Its pulse has two phases, so that no charge stays: the current, 0.1 ms of nothing, the current the other way round.
    """

    def __init__(self, rest: str) -> None:
        """Open it: asks for its number and version, and changes nothing."""
        address = f"p24:{rest}"
        url, options = split_options(address, rest, ("channel",))
        self._channel = CHANNELS.index(choice_option(address, options, "channel", CHANNELS) or "red")
        self._reader = PacketReader()
        self._number = 0
        self._waits: dict[int, Callable[[bytes], None]] = {}
        super().__init__(StimulatorInfo("P24", "", address, LIMITS, notes=(NOTE,)), url)

    def _greet(self) -> None:
        """Ask who it is; the one that was lost must be the one that comes back."""
        known, told = self.info.serial, list[str]()
        self._reader, self._waits = PacketReader(), {}
        self._await(
            lambda: self._ask(CommandNumber.DEVICE_ID, b"", lambda body: told.append(_text(body))),
            lambda: bool(told),
            3,
            0.5,
        )
        if known and told[0] != known:
            raise DeviceRefused(f"{self.info.address} is P24 {told[0]} now; connect {known} again.")
        self.info = replace(self.info, serial=told[0])

    def _arm(self) -> None:
        self._ask(CommandNumber.LOW_LEVEL_INIT, b"\0", lambda body: self._armed(body[0] if body else 0))

    def _armed(self, result: int) -> None:
        error = DeviceRefused(f"{self.info.address} was not armed: {_error(result)}.") if result else None
        self._outcomes.append(CommandOutcome("enable", error))

    def _disarm(self) -> None:
        self._ask(CommandNumber.LOW_LEVEL_STOP, b"", lambda _: None)

    def _send(self, asked: RequestedPulse) -> None:
        """Give the pulse at once; the current goes down to the step."""
        steps = int(asked.current_ma / STEP_MA * (1 + ROUNDING))
        current_ma, width_us = steps * STEP_MA, round(asked.width_ms * 1e3)
        points = point(current_ma, width_us) + point(0.0, _BETWEEN_US) + point(-current_ma, width_us)
        body = channel_config(self._channel, points, execute=True)
        self._ask(CommandNumber.CHANNEL_CONFIG, body, lambda answer: self._told(current_ma, answer[0] if answer else 0))
        self._sent()

    def _told(self, current_ma: float, result: int) -> None:
        if not result:
            self._deliver(current_ma, Outcome.DELIVERED)
        elif result in UNDELIVERED:
            self._deliver(0.0, Outcome.NOT_DELIVERED)
        else:
            self._refuse(_error(result))

    def _ask(self, command: CommandNumber, body: bytes, answered: Callable[[bytes], None]) -> None:
        """Send a command; ``answered`` is given the body of its answer. One never answered is forgotten."""
        number, self._number = self._number, (self._number + 1) % 64
        self._waits[number] = answered
        self._write(encode(Packet(command, number, body)))

    def _hear(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if packet.command in (CommandNumber.GENERAL_ERROR, CommandNumber.UNKNOWN):
                self._refuse(_error(packet.body[0] if packet.body else 0))
            elif packet.command % 2 and packet.number in self._waits:
                self._waits.pop(packet.number)(packet.body)


def _error(result: int) -> str:
    return f"it reports {ERRORS.get(result, f'error {result}')}"


def _text(body: bytes) -> str:
    return body[1:11].split(b"\0")[0].decode("ascii", "replace").strip()
