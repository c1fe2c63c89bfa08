"""Trigger of a stimulator whose dial sets the current: a serial port's RTS or DTR line, or a byte to a trigger box."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Any

import serial

from drivers.base import DeviceLost, Limits, OptionRefused, Outcome, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, PulsingStimulator, RequestedPulse
from drivers.toolkit.address import name_option, number_option, split_options
from drivers.transport.port import refuse_port

LIMITS = Limits(50.0, 0.01, 0.01, MAX_WIDTH_MS, MAX_PULSE_RATE_HZ)
"""Range of currents that may be entered for its dial: the stimulator's own limits cannot be read."""

_PULSE_MS, _LONGEST_MS = 2.0, 50.0
"""Usual and longest time that the line stays high."""
_DIAL = "The trigger sets no current: turn the stimulator's dial, and enter with + and - what it shows."
_LINES = (
    "Opening the port raises its RTS and DTR lines for a moment on most systems: switch the stimulator's output on "
    "once this program runs, not before."
)


class TtlTrigger(PulsingStimulator):
    """A trigger at ``rest``: ``PORT?line=rts``, ``PORT?line=dtr`` or ``PORT?byte=0x41``.

    ``pulse_ms`` is how long the line stays high. ``stimulator`` names the stimulator for screen, record and note, and
    ``max_ma`` is the most that its dial gives. A trigger cannot be withdrawn and is not confirmed: only the recording
    shows whether a pulse followed it.
    """

    OPTIONS = ("line", "byte", "pulse_ms", "stimulator", "max_ma")

    def __init__(self, rest: str) -> None:
        """Parse the address; ``connect`` opens the port, both lines low as soon as the system allows it."""
        address = f"ttl:{rest}"
        self._url, options = split_options(address, rest, self.OPTIONS)
        line, byte = options.get("line"), options.get("byte")
        if (line is None) == (byte is None) or line not in (None, "rts", "dtr"):
            raise OptionRefused(f"{address}: add how the stimulator is triggered: ?line=rts, ?line=dtr or ?byte=0x41.")
        self._line, self._byte = line, None if byte is None else _byte(address, byte)
        pulse_ms = number_option(address, options, "pulse_ms") or _PULSE_MS
        if pulse_ms > _LONGEST_MS:
            raise OptionRefused(f"{address}: pulse_ms is at most {_LONGEST_MS:g}.")
        self._pulse_ns = round(pulse_ms * 1e6)
        self._low_at_ns: int | None = None
        self._serial: Any = None
        notes = (_DIAL, _LINES) if line else (_DIAL,)
        name = name_option(address, options, "stimulator")
        most_ma = min(LIMITS.max_current_ma, number_option(address, options, "max_ma") or LIMITS.max_current_ma)
        limits = replace(LIMITS, max_current_ma=most_ma)
        model = f"{name} by trigger" if name else "Trigger"
        super().__init__(StimulatorInfo(model, "", address, limits, sets_current=False, notes=notes))

    def _connect(self) -> None:
        with refuse_port(self._url):
            opened = serial.serial_for_url(self._url, do_not_open=True, baudrate=115_200, timeout=0, write_timeout=0.1)
            opened.exclusive = True
            opened.rts = opened.dtr = False
            opened.open()
        self._serial = opened

    def _arm(self) -> None:
        self._lower()
        self._armed()

    def _disarm(self) -> None:
        self._lower()

    def _send(self, pulse: RequestedPulse) -> None:
        with self._lost_when_gone():
            if self._byte is not None:
                self._serial.write(bytes((self._byte,)))
            else:
                setattr(self._serial, str(self._line), True)
        self._sent()
        self._low_at_ns = time.monotonic_ns() + self._pulse_ns
        self._deliver(pulse.current_ma, Outcome.UNCONFIRMED)

    def _poll(self) -> None:
        """Lower the line when its time is over, and check that the port is still there."""
        with self._lost_when_gone():
            if self._low_at_ns is not None and time.monotonic_ns() >= self._low_at_ns:
                self._lower()
            if self._serial.in_waiting:
                self._serial.read(self._serial.in_waiting)

    def _lower(self) -> None:
        self._low_at_ns = None
        if self._line:
            with self._lost_when_gone():
                setattr(self._serial, self._line, False)

    @contextlib.contextmanager
    def _lost_when_gone(self) -> Any:
        try:
            yield
        except (OSError, serial.SerialException) as error:
            raise DeviceLost(f"{self.info.address} is gone ({error}): it was unplugged; connect it again.") from error

    def _release(self) -> None:
        opened, self._serial = self._serial, None
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.close()


def _byte(address: str, text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value <= 255:
        raise OptionRefused(f"{address}: byte={text} is not a byte; write 0 to 255, or 0x00 to 0xff.")
    return value
