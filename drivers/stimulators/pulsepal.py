"""PulsePal 2 (Sanworks): timing and analogue command for an isolated stimulator. It isolates nothing by itself.

The stimulator behind it makes the current, by its own scale in mA a volt. Times are in steps of 50 us.

An earlier client may leave in it a running train, continuous loop mode (which outlives abort and disconnect), bursts, a
second phase, a custom train, a delay, links to the trigger inputs and their modes, and a resting voltage. Arming ends
all of these on every channel used. The device acknowledges each; firmware 22 also returns it, except loop mode. Other
channels stay as they are, except that abort ends their trains too. The joystick can start a train at any time: no
command locks it.
"""

from __future__ import annotations

import math
import struct

from drivers.base import DeviceRefused, LimitExceeded, Limits, OptionRefused, Outcome, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, RequestedPulse
from drivers.stimulators.serial_stimulator import SerialStimulator
from drivers.toolkit.address import choice_option, number_option, split_options
from drivers.toolkit.limit_checks import ROUNDING

CYCLE_MS = 0.05
VOLTS, TRIGGER_V = 10.0, 5.0
_TRIGGER_MS = 1.0
_LEAST_FIRMWARE = 20
_STEP_MA = 0.01

_OP = 213
_HANDSHAKE, _PARAMETER, _TRIGGER, _FIXED, _ABORT, _DISCONNECT, _LOOP = 72, 74, 77, 79, 80, 81, 82
_REVERSED_RETURN, _RETURN = 92, 93
"""Commands that return all settings: of the development firmware, and of firmware 22. Other firmware ignores them."""

_BIPHASIC, _VOLTS_1, _VOLTS_2, _WIDTH_1, _GAP, _BURST, _BURST_GAP, _TRAIN, _DELAY = 1, 2, 3, 4, 7, 8, 9, 10, 11
_LINK_1, _LINK_2, _CUSTOM, _CUSTOM_TARGET, _CUSTOM_LOOP, _REST, _TRIGGER_MODE = 12, 13, 14, 15, 16, 17, 128
_SIZES = {_VOLTS_1: "<H", _VOLTS_2: "<H", _REST: "<H"} | dict.fromkeys(range(4, 12), "<I")
_NONE = (
    _BIPHASIC, _BURST, _BURST_GAP, _DELAY, _LINK_1, _LINK_2, _CUSTOM, _CUSTOM_TARGET, _CUSTOM_LOOP,
)  # fmt: skip
_LONGEST_GAP = 72_000_000
"""An hour, the longest possible gap: if a train goes on in spite of everything, its next pulse comes after that."""

_RETURNS_FIRMWARE = 22
_RETURNED = "<32I12H26B"
_RETURNED_ORDER = (
    _WIDTH_1, 5, 6, _GAP, _BURST, _BURST_GAP, _TRAIN, _DELAY, _VOLTS_1, _VOLTS_2, _REST, _BIPHASIC, _CUSTOM,
    _CUSTOM_TARGET, _CUSTOM_LOOP, _LINK_1, _LINK_2,
)  # fmt: skip
_REVERSED_S = 0.15
"""Wait for the development firmware to send its 178 bytes: some ms over USB, and one delay of the computer."""


def volts_code(volts: float) -> int:
    """Return the 16-bit code of ``volts`` (-10 to 10 V)."""
    return round((volts + VOLTS) / (2 * VOLTS) * 65_535)


def parameter(code: int, channel: int, value: int) -> bytes:
    """Return the command that sets parameter ``code`` of ``channel`` (1 to 4)."""
    return bytes((_OP, _PARAMETER, code, channel)) + struct.pack(_SIZES.get(code, "<B"), value)


def returned(data: bytes) -> dict[tuple[int, int], int]:
    """Parse the settings that the device returned; the keys are (code, channel)."""
    values = struct.unpack(_RETURNED, data)
    settings = {
        (code, channel): values[4 * at + channel - 1]
        for at, code in enumerate(_RETURNED_ORDER)
        for channel in range(1, 5)
    }
    return settings | {(_TRIGGER_MODE, 1): values[-2], (_TRIGGER_MODE, 2): values[-1]}


class PulsePal(SerialStimulator):
    """A PulsePal at ``rest``: ``PORT?ma_per_v=10`` with the options of this class's ``OPTIONS``.

    ``ma_per_v`` is the stimulator's scale. ``channel`` (1 by default) carries the pulse: its height sets the current,
    its width the width. With ``demand=CHANNEL`` that channel instead holds a steady voltage for the current, and
    ``channel`` gives a trigger of 5 V; the width is then the stimulator's own, ``width_ms``. ``max_ma`` is the most
    current that the stimulator can give.
    """

    OPTIONS = ("ma_per_v", "channel", "demand", "width_ms", "max_ma")

    def __init__(self, rest: str) -> None:
        """Parse the address; ``connect`` requests the firmware version and changes nothing."""
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
        self._received = b""
        self._firmware: int | None = None
        self._unconfirmed = 0
        self._returning = False
        self._settings: dict[tuple[int, int], int] = {}
        limits = _limits(scale, number_option(address, options, "max_ma"), width_ms)
        notes = (f"PulsePal commands {scale:g} mA a volt; what the stimulator behind it delivers is not measured.",)
        super().__init__(StimulatorInfo("PulsePal", "", address, limits, notes=notes), url)

    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where the stimulator cannot deliver such a pulse; widths are whole steps of 0.05 ms."""
        super().check(current_ma, width_ms)
        cycles = width_ms / CYCLE_MS
        if self._demand is None and abs(cycles - round(cycles)) > 1e-6:
            raise LimitExceeded(
                f"A width of {width_ms:g} ms is not a whole number of PulsePal's {CYCLE_MS:g} ms steps."
            )

    def _greet(self) -> None:
        self._received, self._firmware, self._unconfirmed, self._returning = b"", None, 0, False
        self._settings.clear()
        self._await(lambda: self._write(bytes((_OP, _HANDSHAKE))), lambda: self._firmware is not None, 3, 0.5)
        if self._firmware is not None and self._firmware < _LEAST_FIRMWARE:
            raise OptionRefused(f"{self.info.address} is a PulsePal 1; only PulsePal 2 is known to this program.")
        self._refuse_reversed()

    def _refuse_reversed(self) -> None:
        """Refuse the development firmware that reports version 21 and swaps state and channel of the loop command.

        The command that ends loop mode elsewhere starts it there, with a pulse. Only that firmware returns its settings
        on this request.
        """
        if self._firmware is None or self._firmware >= _RETURNS_FIRMWARE:
            return
        self._received = b""
        self._returning = True
        self._write(bytes((_OP, _REVERSED_RETURN)))
        if self._wait(lambda: bool(self._received), _REVERSED_S):
            raise DeviceRefused(
                f"{self.info.address} runs a development firmware on which the command that ends continuous loops "
                "starts them; load a released firmware."
            )
        self._returning = False

    def _arm(self) -> None:
        """Set every channel used so that only this program starts it and nothing keeps it running."""
        self._settings.clear()
        self._unconfirmed, self._received, self._returning = 0, b"", False
        used = [channel for channel in (self._channel, self._demand) if channel is not None]
        settings = [self._setting(*wanted) for channel in used for wanted in _wanted(channel)]
        settings += [self._setting(_TRIGGER_MODE, trigger_input, 0) for trigger_input in (1, 2)]
        self._unconfirmed += len(used)
        loops_off = (bytes((_OP, _LOOP, channel, 0)) for channel in used)
        self._write(b"".join((bytes((_OP, _ABORT)), *loops_off, *settings)))

    def _acknowledged(self) -> None:
        """Continue arming: read the settings back from a firmware that returns them."""
        if self._firmware is not None and self._firmware >= _RETURNS_FIRMWARE:
            self._returning, self._received = True, b""
            self._write(bytes((_OP, _RETURN)))
        else:
            self._armed()

    def _read_back(self) -> None:
        """End arming: compare the settings that the device holds with those set."""
        self._returning = False
        read_back = returned(self._received[: struct.calcsize(_RETURNED)])
        wrong = [key for key, value in self._settings.items() if read_back[key] != value]
        if wrong:
            code, channel = wrong[0]
            value, wanted = read_back[wrong[0]], self._settings[wrong[0]]
            self._settings.clear()
            self._refuse_arming(
                f"it reads back {value} where parameter {code} of channel {channel} was set to {wanted}; switch "
                "it off and on"
            )
        else:
            self._armed()

    def _disarm(self) -> None:
        self._write(bytes((_OP, _ABORT)))
        if self._demand is not None:
            self._hold(0.0)

    def _leave(self) -> None:
        self._disarm()
        self._write(bytes((_OP, _DISCONNECT)))

    def _send(self, pulse: RequestedPulse) -> None:
        """Set what differs from the pulse before; the trigger follows once everything is confirmed."""
        volts = pulse.current_ma / self._scale
        width_ms = pulse.width_ms
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
        if self._settings.get((code, channel)) != value:
            self._write(self._setting(code, channel, value))

    def _setting(self, code: int, channel: int, value: int) -> bytes:
        """Return the command that sets the parameter; its confirmation is awaited from now on."""
        self._settings[code, channel] = value
        self._unconfirmed += 1
        return parameter(code, channel, value)

    def _fire_if_confirmed(self) -> None:
        pulse = self._pending
        if pulse is None or pulse.sent_ns is not None or self._unconfirmed:
            return
        self._write(bytes((_OP, _TRIGGER, 1 << (self._channel - 1))))
        self._sent()
        self._deliver(pulse.current_ma, Outcome.UNCONFIRMED)

    def _receive(self, data: bytes) -> None:
        if self._firmware is None:
            self._greeted(data)
        elif self._returning:
            self._received += data
            if len(self._received) >= struct.calcsize(_RETURNED) and self._arming_since_ns is not None:
                self._read_back()
        else:
            self._confirmed(data)

    def _confirmed(self, data: bytes) -> None:
        for byte in data:
            if byte == 1:
                self._unconfirmed = max(self._unconfirmed - 1, 0)
            elif self._unconfirmed:
                self._unconfirmed = 0
                self._settings.clear()
                why = f"it replied {byte} to a setting instead of confirming it; switch it off and on"
                self._refuse_arming(why)
                self._refuse(why)
        if self._unconfirmed == 0 and self._arming_since_ns is not None:
            self._acknowledged()
        else:
            self._fire_if_confirmed()

    def _greeted(self, data: bytes) -> None:
        self._received = (self._received + data)[-64:]
        at = self._received.find(b"K")
        if at >= 0 and len(self._received) >= at + 5:
            (self._firmware,) = struct.unpack_from("<I", self._received, at + 1)


def _wanted(channel: int) -> list[tuple[int, int, int]]:
    """Return the settings of arming on ``channel``, (code, channel, value), with which a trigger gives one pulse."""
    rest = volts_code(0.0)
    values = [*((code, 0) for code in _NONE), (_VOLTS_2, rest), (_REST, rest), (_GAP, _LONGEST_GAP)]
    return [(code, channel, value) for code, value in values]


def _check_wiring(address: str, channel: int, demand: int | None, width_ms: float | None) -> None:
    if demand == channel:
        raise OptionRefused(f"{address}: pulse and demand cannot share channel {channel}; name two.")
    if demand is not None and width_ms is None:
        raise OptionRefused(f"{address}: with demand= the stimulator makes the width; state it: &width_ms=MS.")
    if demand is None and width_ms is not None:
        raise OptionRefused(f"{address}: width_ms= needs demand=; without demand= PulsePal makes the width.")


def _limits(scale: float, max_ma: float | None, width_ms: float | None) -> Limits:
    """Return the currents that PulsePal can command; the step is that of its 16 bits, at least 0.01 mA."""
    highest_ma = min(VOLTS * scale, max_ma or math.inf)
    step_ma = math.ceil(2 * VOLTS / 65_535 * scale / _STEP_MA * (1 - ROUNDING)) * _STEP_MA
    return Limits(highest_ma, step_ma, width_ms or CYCLE_MS, width_ms or MAX_WIDTH_MS, MAX_PULSE_RATE_HZ)
