"""One channel of an Intan RHS as a stimulator: single biphasic pulses, each new amplitude read back.

RHX accepts amplitudes that the chip then refuses without an error, so each is checked against 255 steps here. It has
no watchdog: a train is single pulses, each sent by ``service`` when it is due. A program that hangs sends none.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from drivers.base import CommandOutcome, DeviceError, DeviceLost, DeviceRefused, LimitExceeded, Limits
from drivers.rhx.commands import RhxCommands
from drivers.toolkit.limit_checks import ROUNDING, check_pulse, check_range

STEPS = 255
KEY = "f1"
MAX_PULSE_RATE_HZ = 10.0
STALE_S = 0.2
"""Longest time that a pulse may wait in the queue; nobody expects an older one."""
_MAX_OUTCOMES = 256

QueuedCommand = tuple[str, Callable[[], None]]


def limits_of(step_ua: float, sample_rate_hz: float) -> Limits:
    """Return the limits of a channel with this step size, at a sampling rate of ``sample_rate_hz``."""
    step_ma = step_ua / 1000
    return Limits(STEPS * step_ma, step_ma, max(0.05, 1e3 / sample_rate_hz), 5.0, MAX_PULSE_RATE_HZ)


class RhxStimulator:
    """Stimulator on ``channel``. A thread of its own carries out its commands in order, so no call waits for RHX.

    It is not a ReaderThread: it sends, but only the commands that ``service`` or a call has queued. RHX takes up to
    seconds for a command, and the thread that reads the signal cannot wait that long.
    """

    def __init__(self, commands: RhxCommands, channel: str, limits: Limits) -> None:
        self._commands, self._channel, self._limits = commands, channel, limits
        self._jobs: queue.SimpleQueue[QueuedCommand | None] = queue.SimpleQueue()
        self._outcomes: deque[CommandOutcome] = deque(maxlen=_MAX_OUTCOMES)
        self._enabled = self._touched = False
        self._set: tuple[float, float] | None = None
        self._train: tuple[float, float, float] | None = None
        self._due_s = 0.0
        self._thread = threading.Thread(target=self._work, name=f"stimulator {channel}", daemon=True)
        self._thread.start()

    def enable(self, on: bool) -> None:
        """Arm or disarm; disarming withdraws the waiting commands."""
        self._enabled = on
        if on:
            self._due_s = time.monotonic()
            self._jobs.put(("enable", self._arm))
            return
        self._withdraw()
        self._jobs.put(("enable", self._disarm))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse. Raises LimitExceeded, and DeviceRefused while it is off."""
        current_ma = self._stepped(current_ma, width_ms)
        if not self._enabled:
            raise DeviceRefused(f"The stimulator {self._channel} is off; arm it first.")
        until_s = time.monotonic() + STALE_S
        self._jobs.put(("pulse_once", lambda: self._fire(current_ma, width_ms, until_s)))

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train of single pulses that ``service`` sends; ``rate_hz`` 0 ends it."""
        check_range("rate", rate_hz, 0.0, self._limits.max_rate_hz, "Hz")
        current_ma = self._stepped(current_ma, width_ms)
        self._train = (current_ma, width_ms, rate_hz) if rate_hz else None
        self._due_s = time.monotonic()
        self._outcomes.append(CommandOutcome("set_pulses", None))

    def service(self) -> None:
        """Send the next pulse of the train if it is due; missed pulses are not made up for."""
        now_s = time.monotonic()
        if self._train and self._enabled and now_s >= self._due_s:
            current_ma, width_ms, pulse_rate_hz = self._train
            self._due_s = now_s + 1 / pulse_rate_hz
            self.pulse_once(current_ma, width_ms)

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands since the last call, in order."""
        return [self._outcomes.popleft() for _ in range(len(self._outcomes))]

    def close(self) -> None:
        """Switch the output off, if it was ever on, and end the thread."""
        self._enabled, self._train = False, None
        self._withdraw()
        if self._touched:
            self._jobs.put(("enable", self._disarm))
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            name, act = job
            try:
                act()
            except DeviceError as error:
                self._outcomes.append(CommandOutcome(name, error))
                if isinstance(error, DeviceLost):
                    self._enabled, self._train = False, None
            else:
                self._outcomes.append(CommandOutcome(name, None))

    def _withdraw(self) -> None:
        """Drop the waiting commands; the outcome of each is that it was withdrawn."""
        for _ in range(self._jobs.qsize()):
            job = self._jobs.get()
            if job is not None:
                error = DeviceRefused("It was switched off before the command was carried out.")
                self._outcomes.append(CommandOutcome(job[0], error))

    def _arm(self) -> None:
        """Set the channel to give one biphasic pulse, negative first, on the trigger key and on nothing else."""
        self._touched, self._set = True, None
        for name, value in (
            ("source", f"keypress{KEY}"),
            ("triggeredgeorlevel", "edge"),
            ("shape", "biphasic"),
            ("polarity", "negativefirst"),
            ("pulseortrain", "singlepulse"),
            ("firstphaseamplitudemicroamps", 0),
            ("secondphaseamplitudemicroamps", 0),
            ("stimenabled", "true"),
        ):
            self._commands.set(f"{self._channel}.{name}", value)
        self._commands.upload(self._channel)

    def _disarm(self) -> None:
        self._commands.set(f"{self._channel}.stimenabled", "false")
        self._commands.upload(self._channel)

    def _fire(self, current_ma: float, width_ms: float, until_s: float) -> None:
        if self._set != (current_ma, width_ms):
            self._shape(current_ma, width_ms)
        if not self._enabled or time.monotonic() > until_s:
            raise DeviceRefused(f"The stimulator {self._channel} was not ready in time; no pulse was sent.")
        self._commands.execute(f"manualstimtriggerpulse {KEY}")

    def _shape(self, current_ma: float, width_ms: float) -> None:
        """Set both phases alike, so that no charge stays, and read each back."""
        self._set = None
        for phase in ("first", "second"):
            self._commands.set(f"{self._channel}.{phase}phaseamplitudemicroamps", round(current_ma * 1000, 3))
            self._commands.set(f"{self._channel}.{phase}phasedurationmicroseconds", round(width_ms * 1000, 3))
        self._commands.upload(self._channel)
        self._set = current_ma, width_ms

    def _stepped(self, current_ma: float, width_ms: float) -> float:
        """Round the current down to the step, never above the request. Raises LimitExceeded."""
        check_pulse(self._limits, current_ma, width_ms)
        steps = math.floor(current_ma / self._limits.current_step_ma * (1 + ROUNDING))
        if not 1 <= steps <= STEPS:
            raise LimitExceeded(f"A current of {current_ma:g} mA is not 1 to {STEPS} steps; nothing was changed.")
        return steps * self._limits.current_step_ma
