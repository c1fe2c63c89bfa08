"""StimJim (open-ephys): an isolated current stimulator of +-3.33 mA on a USB serial port, ASCII commands.

Its firmware casts the current to 16 bits without a check: a request for 4 mA delivers -2.7 mA without an error. So this
driver refuses more than 3.3 mA, reads every setting back before a pulse, and reports the current measured.

An earlier client may leave running trains (T, U), a trigger input that starts one, or an output in a driven mode.
Arming ends all of them; the device acknowledges each by a line. The stored train used is set and read back with its
pulse.
"""

from __future__ import annotations

from drivers.base import Limits, Outcome, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, RequestedPulse
from drivers.stimulators.serial_stimulator import SerialStimulator
from drivers.stimulators.stimjim_messages import (
    Acknowledged,
    Booted,
    Complete,
    Measured,
    StimJimMessage,
    StoredTrain,
    TextReader,
)
from drivers.toolkit.address import choice_option, split_options

SLOT = 99
"""The stored train used, the last of 100: the others stay as their owner left them."""

LIMITS = Limits(
    max_current_ma=3.3, current_step_ma=0.001, min_width_ms=0.02, max_width_ms=MAX_WIDTH_MS,
    max_rate_hz=MAX_PULSE_RATE_HZ,
)  # fmt: skip

_CURRENT, _GROUNDED = 1, 3
_STOP = ("T-1", "U-1")
_ALL_STOP = "".join(f"{command}\n" for command in _STOP).encode()
_ARMING = (*_STOP, "R0,-1", "R1,-1", f"M0,{_GROUNDED}", f"M1,{_GROUNDED}")
"""No train, no input that starts one, both outputs grounded: the line that confirms a command repeats it."""

_OPEN_SHARE, _SHORT_SHARE = 0.1, 0.9
"""Shares of the requested current: a pulse below the first is not delivered, one below the second was limited by the
voltage."""


class StimJim(SerialStimulator):
    """A StimJim at ``rest``: ``PORT`` or ``PORT?output=1``. Its pulse is one negative phase: the needle is cathode."""

    def __init__(self, rest: str) -> None:
        """Parse the address; ``connect`` requests the settings of one stored train and changes nothing."""
        address = f"stimjim:{rest}"
        url, options = split_options(address, rest, ("output",))
        self._output = int(choice_option(address, options, "output", ("0", "1")) or 0)
        self._reader = TextReader()
        self._stored: StoredTrain | None = None
        self._wanted: StoredTrain | None = None
        self._verified = False
        self._delivered: int | None = None
        self._awaited: set[str] = set()
        super().__init__(StimulatorInfo("StimJim", "", address, LIMITS), url)

    def _greet(self) -> None:
        self._stored, self._verified = None, False
        self._await(lambda: self._write(f"S{SLOT}\n".encode()), lambda: self._stored is not None, tries=4, each_s=0.5)

    def _arm(self) -> None:
        self._verified = False
        self._awaited = set(_ARMING)
        self._write("".join(f"{command}\n" for command in _ARMING).encode())

    def _disarm(self) -> None:
        self._write(_ALL_STOP)

    def _send(self, pulse: RequestedPulse) -> None:
        """Store the train where it is not stored already; the pulse follows once its echo is correct."""
        wanted = self._train_of(pulse)
        if wanted == self._wanted and self._verified:
            self._fire()
            return
        self._wanted, self._verified = wanted, False
        self._write(wanted.command())

    def _train_of(self, pulse: RequestedPulse) -> StoredTrain:
        """Return a train of one stage whose period is longer than its duration, so that it ends after one pulse."""
        width_us = round(pulse.width_ms * 1e3)
        amplitudes, modes = [0, 0], [_GROUNDED, _GROUNDED]
        amplitudes[self._output], modes[self._output] = -round(pulse.current_ma * 1e3), _CURRENT
        stage = amplitudes[0], amplitudes[1], width_us
        return StoredTrain(SLOT, (modes[0], modes[1]), width_us + 1000, width_us + 500, (stage,))

    def _fire(self) -> None:
        self._delivered = None
        self._write(f"T{SLOT}\n".encode())
        self._sent()

    def _receive(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self._take(message)

    def _take(self, message: StimJimMessage) -> None:
        if isinstance(message, StoredTrain):
            self._stored = message
            self._echoed(message)
        elif isinstance(message, Complete):
            self._delivered = message.pulses
        elif isinstance(message, Measured) and message.stage == 0 and self._delivered is not None:
            self._measured(abs(message.values[self._output]) / 1e3)
        elif isinstance(message, Booted):
            self._verified = False
        elif isinstance(message, Acknowledged):
            self._awaited.discard(message.command)
            if not self._awaited:
                self._armed()

    def _echoed(self, echo: StoredTrain) -> None:
        """Fire only if the device has stored the train as requested."""
        if self._pending is None or self._pending.sent_ns is not None or echo.index != SLOT:
            return
        if echo == self._wanted:
            self._verified = True
            self._fire()
        else:
            self._refuse("it did not store the pulse as requested; switch it off and on")

    def _measured(self, current_ma: float) -> None:
        pulse, delivered = self._pending, self._delivered
        self._delivered = None
        if pulse is None or pulse.sent_ns is None:
            return
        share = current_ma / pulse.current_ma
        if not delivered or share < _OPEN_SHARE:
            self._deliver(0.0 if not delivered else current_ma, Outcome.NOT_DELIVERED)
        else:
            self._deliver(current_ma, Outcome.DELIVERED, compliance=share < _SHORT_SHARE)
