"""Hasomed P24 (ScienceMode4): a CE-marked surface stimulator on USB, 0.5 mA steps. Single pulses at its low level.

An earlier client may leave two things in it: pulses of the mid level, which gives them by itself, and a low level with
configured channels. Arming stops both, starts the low level anew, and reads the status back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drivers.base import DeviceRefused, Limits, Outcome, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, RequestedPulse
from drivers.stimulators.science_mode import (
    ERRORS,
    MAX_CURRENT_MA,
    STEP_MA,
    UNDELIVERED,
    CommandNumber,
    Packet,
    PacketReader,
    channel_config,
    encode,
    point,
)
from drivers.stimulators.serial_stimulator import SerialStimulator
from drivers.toolkit.address import choice_option, split_options
from drivers.toolkit.limit_checks import ROUNDING

CHANNELS = ("red", "blue", "black", "white")
LIMITS = Limits(MAX_CURRENT_MA, STEP_MA, 0.01, MAX_WIDTH_MS, MAX_PULSE_RATE_HZ)
NOTE = (
    "P24 is made for the skin: it stimulates in steps of 0.5 mA, too coarse for a needle's threshold. Below 2 mA a "
    "step up is larger than the 30 % that may follow a pulse, and is refused: start at 2 mA or above to be able to "
    "rise."
)
_BETWEEN_US = 100
"""Pause between the two phases of a pulse, in us."""
_LOW_LEVEL = 1
"""Status of a stimulator that gives a pulse only on request; 2 and 3 belong to the mid level."""


class P24(SerialStimulator):
    """A P24 at ``rest``: ``PORT`` or ``PORT?channel=blue`` (red, blue, black, white of the yellow connector).

    Its pulse has two phases, so that no charge stays: the current, a pause of 0.1 ms, the current reversed.
    """

    def __init__(self, rest: str) -> None:
        """Parse the address; ``connect`` requests the serial number and changes nothing."""
        address = f"p24:{rest}"
        url, options = split_options(address, rest, ("channel",))
        self._channel = CHANNELS.index(choice_option(address, options, "channel", CHANNELS) or "red")
        self._reader = PacketReader()
        self._number = 0
        self._reply_handlers: dict[int, Callable[[bytes], None]] = {}
        super().__init__(StimulatorInfo("P24", "", address, LIMITS, notes=(NOTE,)), url)

    def _greet(self) -> None:
        """Request the serial number; on reopening it must be the number of the device that was lost."""
        known, serials = self.info.serial, list[str]()
        self._reader, self._reply_handlers = PacketReader(), {}
        self._await(
            lambda: self._request(CommandNumber.DEVICE_ID, b"", lambda body: serials.append(_text(body))),
            lambda: bool(serials),
            3,
            0.5,
        )
        if known and serials[0] != known:
            raise DeviceRefused(f"{self.info.address} is P24 {serials[0]} now; connect {known} again.")
        self.info = replace(self.info, serial=serials[0])

    def _arm(self) -> None:
        """Stop both levels (one that was never started may refuse), start the low level, request the status."""
        for command in (CommandNumber.MID_LEVEL_STOP, CommandNumber.LOW_LEVEL_STOP):
            self._request(command, b"", lambda _: None)
        self._request(CommandNumber.LOW_LEVEL_INIT, b"\0", lambda body: self._initialised(body[0] if body else 0))

    def _initialised(self, result: int) -> None:
        if result:
            self._refuse_arming(_error(result))
        else:
            self._request(CommandNumber.STIM_STATUS, b"", self._status)

    def _status(self, body: bytes) -> None:
        if len(body) > 1 and not body[0] and body[1] == _LOW_LEVEL:
            self._armed()
        else:
            self._refuse_arming("it reads back a state other than single pulses at its low level; switch it off and on")

    def _disarm(self) -> None:
        self._request(CommandNumber.LOW_LEVEL_STOP, b"", lambda _: None)

    def _send(self, pulse: RequestedPulse) -> None:
        """Give the pulse at once; the current is rounded down to the step."""
        steps = int(pulse.current_ma / STEP_MA * (1 + ROUNDING))
        current_ma, width_us = steps * STEP_MA, round(pulse.width_ms * 1e3)
        points = point(current_ma, width_us) + point(0.0, _BETWEEN_US) + point(-current_ma, width_us)
        body = channel_config(self._channel, points, execute=True)
        self._request(
            CommandNumber.CHANNEL_CONFIG, body, lambda reply: self._settle(current_ma, reply[0] if reply else 0)
        )
        self._sent()

    def _settle(self, current_ma: float, result: int) -> None:
        if not result:
            self._deliver(current_ma, Outcome.DELIVERED)
        elif result in UNDELIVERED:
            self._deliver(0.0, Outcome.NOT_DELIVERED)
        else:
            self._refuse(_error(result))

    def _request(self, command: CommandNumber, body: bytes, on_reply: Callable[[bytes], None]) -> None:
        """Send a command and call ``on_reply`` with the body of its reply, if one comes."""
        number, self._number = self._number, (self._number + 1) % 64
        self._reply_handlers[number] = on_reply
        self._write(encode(Packet(command, number, body)))

    def _receive(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if packet.command in (CommandNumber.GENERAL_ERROR, CommandNumber.UNKNOWN):
                self._refuse(_error(packet.body[0] if packet.body else 0))
            elif packet.command % 2 and packet.number in self._reply_handlers:
                self._reply_handlers.pop(packet.number)(packet.body)


def _error(result: int) -> str:
    return f"it reports {ERRORS.get(result, f'error {result}')}"


def _text(body: bytes) -> str:
    return body[1:11].split(b"\0")[0].decode("ascii", "replace").strip()
