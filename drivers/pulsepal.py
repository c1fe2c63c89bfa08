"""PulsePal 2 (Sanworks): timing and analogue command for an isolated stimulator. It isolates nothing by itself.

The stimulator behind it makes the current, by its own scale in mA a volt. Times are in steps of 50 us.
"""

from __future__ import annotations

import math
import struct

from drivers.address import choice_option, number_option, split_options
from drivers.base import CommandOutcome, LimitExceeded, Limits, OptionRefused, Outcome, StimulatorInfo
from drivers.pulser import LONGEST_WIDTH_MS, MOST_RATE_HZ, RequestedPulse
from drivers.ranges import ROUNDING
from drivers.serial_pulser import SerialPulser

CYCLE_MS = 0.05
VOLTS, TRIGGER_V = 10.0, 5.0
_TRIGGER_MS = 1.0
_LEAST_FIRMWARE = 20
_STEP_MA = 0.01

_OP = 213
_HANDSHAKE, _PARAMETER, _TRIGGER, _FIXED, _ABORT, _DISCONNECT = 72, 74, 77, 79, 80, 81
_BIPHASIC, _VOLTS_1, _WIDTH_1, _DELAY, _TRAIN, _LINK_1, _LINK_2, _CUSTOM, _REST = 1, 2, 4, 11, 10, 12, 13, 14, 17
_BURST = 8
_SIZES = {_VOLTS_1: "<H", _REST: "<H"} | dict.fromkeys(range(4, 12), "<I")


def volts_code(volts: float) -> int:
    """What stands for ``volts`` (-10 to 10 V) in 16 bits."""
    return round((volts + VOLTS) / (2 * VOLTS) * 65_535)


def parameter(code: int, channel: int, value: int) -> bytes:
    """The command that sets parameter ``code`` of ``channel`` (1 to 4)."""
    return bytes((_OP, _PARAMETER, code, channel)) + struct.pack(_SIZES.get(code, "<B"), value)


class PulsePal(SerialPulser):
    """A PulsePal at ``rest``: ``PORT?ma_per_v=10`` with the options of this class's ``OPTIONS``.

    ``ma_per_v`` is the stimulator's scale. ``channel`` (1) carries the pulse: its height is the current, its width the
    width. With ``demand=CHANNEL`` that channel holds the current as a steady voltage instead, and ``channel`` gives a
    trigger of 5 V; the width is then the stimulator's own, ``width_ms``. ``max_ma`` is what the stimulator can give.
    """

    OPTIONS = ("ma_per_v", "channel", "demand", "width_ms", "max_ma")

    def __init__(self, rest: str) -> None:
        """Open it: shakes hands, and changes nothing."""
        address = f"pulsepal:{rest}"
        url, options = split_options(address, rest, self.OPTIONS)
        channels = ("1", "2", "3", "4")
        self._channel = int(choice_option(address, options, "channel", channels) or 1)
        demand = choice_option(address, options, "demand", channels)
        self._demand = int(demand) if demand else None
        scale = number_option(address, options, "ma_per_v")
        if scale is None:
            raise OptionRefused(
                f"{address} leaves out the stimulator's scale: add ?ma_per_v=MA, the mA it gives for a volt."
            )
        width_ms = number_option(address, options, "width_ms")
        _check_wiring(address, self._channel, self._demand, width_ms)
        self._scale = scale
        self._said = b""
        self._firmware: int | None = None
        self._unconfirmed = 0
        self._stored: dict[tuple[int, int], int] = {}
        limits = _limits(scale, number_option(address, options, "max_ma"), width_ms)
        notes = (f"PulsePal commands {scale:g} mA a volt; what the stimulator behind it delivers is not measured.",)
        super().__init__(StimulatorInfo("PulsePal", "", address, limits, notes=notes), url)

    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where it cannot deliver such a pulse: widths are whole steps of 0.05 ms."""
        super().check(current_ma, width_ms)
        cycles = width_ms / CYCLE_MS
        if self._demand is None and abs(cycles - round(cycles)) > 1e-6:
            raise LimitExceeded(f"A width of {width_ms:g} ms is no whole number of PulsePal's {CYCLE_MS:g} ms steps.")

    def _greet(self) -> None:
        self._said, self._firmware, self._unconfirmed = b"", None, 0
        self._stored.clear()
        self._await(lambda: self._write(bytes((_OP, _HANDSHAKE))), lambda: self._firmware is not None, 3, 0.5)
        if self._firmware is not None and self._firmware < _LEAST_FIRMWARE:
            raise OptionRefused(f"{self.info.address} is a PulsePal 1; only PulsePal 2 is known to this program.")

    def _arm(self) -> None:
        """Nothing but this program may start the channel: the trigger inputs are unlinked from it."""
        self._stored.clear()
        for channel in filter(None, (self._channel, self._demand)):
            for code in (_LINK_1, _LINK_2, _CUSTOM, _BIPHASIC):
                self._set(code, channel, 0)
            self._set(_BURST, channel, 0)
            self._set(_DELAY, channel, 0)
            self._set(_REST, channel, volts_code(0.0))
        self._outcomes.append(CommandOutcome("enable", None))

    def _disarm(self) -> None:
        self._write(bytes((_OP, _ABORT)))
        if self._demand is not None:
            self._hold(0.0)

    def _leave(self) -> None:
        self._disarm()
        self._write(bytes((_OP, _DISCONNECT)))

    def _send(self, asked: RequestedPulse) -> None:
        """Set what differs from the pulse before; the trigger follows when all of it is confirmed."""
        volts = asked.current_ma / self._scale
        width_ms = asked.width_ms
        if self._demand is not None:
            self._hold(volts)
            volts, width_ms = TRIGGER_V, _TRIGGER_MS
        cycles = round(width_ms / CYCLE_MS)
        self._set(_VOLTS_1, self._channel, volts_code(volts))
        self._set(_WIDTH_1, self._channel, cycles)
        self._set(_TRAIN, self._channel, cycles)
        self._fire_if_confirmed()

    def _hold(self, volts: float) -> None:
        self._unconfirmed += 1
        self._write(bytes((_OP, _FIXED, self._demand or 0)) + struct.pack("<H", volts_code(volts)))

    def _set(self, code: int, channel: int, value: int) -> None:
        if self._stored.get((code, channel)) == value:
            return
        self._stored[code, channel] = value
        self._unconfirmed += 1
        self._write(parameter(code, channel, value))

    def _fire_if_confirmed(self) -> None:
        asked = self._asked
        if asked is None or asked.sent_ns is not None or self._unconfirmed:
            return
        self._write(bytes((_OP, _TRIGGER, 1 << (self._channel - 1))))
        self._sent()
        self._deliver(asked.current_ma, Outcome.UNCONFIRMED)

    def _hear(self, data: bytes) -> None:
        if self._firmware is None:
            self._greeted(data)
            return
        for byte in data:
            if byte == 1:
                self._unconfirmed = max(self._unconfirmed - 1, 0)
            elif self._unconfirmed:
                self._unconfirmed = 0
                self._stored.clear()
                self._refuse(f"it answered {byte} to a setting instead of confirming it; switch it off and on")
        self._fire_if_confirmed()

    def _greeted(self, data: bytes) -> None:
        self._said = (self._said + data)[-64:]
        at = self._said.find(b"K")
        if at >= 0 and len(self._said) >= at + 5:
            (self._firmware,) = struct.unpack_from("<I", self._said, at + 1)


def _check_wiring(address: str, channel: int, demand: int | None, width_ms: float | None) -> None:
    if demand == channel:
        raise OptionRefused(f"{address}: pulse and demand cannot share channel {channel}; name two.")
    if demand is not None and width_ms is None:
        raise OptionRefused(f"{address}: with demand= the stimulator makes the width; say which: &width_ms=MS.")
    if demand is None and width_ms is not None:
        raise OptionRefused(f"{address}: width_ms= goes with demand= alone; without it the width is PulsePal's.")


def _limits(scale: float, max_ma: float | None, width_ms: float | None) -> Limits:
    """What PulsePal can ask of the stimulator; the step is that of its 16 bits, in hundredths of a mA at least."""
    highest_ma = min(VOLTS * scale, max_ma or math.inf)
    step_ma = math.ceil(2 * VOLTS / 65_535 * scale / _STEP_MA * (1 - ROUNDING)) * _STEP_MA
    return Limits(highest_ma, step_ma, width_ms or CYCLE_MS, width_ms or LONGEST_WIDTH_MS, MOST_RATE_HZ)
