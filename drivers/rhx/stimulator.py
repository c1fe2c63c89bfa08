"""The stimulator of an Intan RHS: single pulses, each of them triggered once its parameters are read back.

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

from drivers.base import CommandOutcome, DeviceError, DeviceLost, DeviceRefused, LimitExceeded
from drivers.rhx.commands import RhxCommands
from drivers.rhx.output import Output
from drivers.toolkit.limit_checks import ROUNDING, check_pulse, check_range

STALE_S = 0.4
"""Longest time from the request for a pulse, or from the end of the arming that it waited for, to its trigger: a reply
of RHX may take over 0.3 s, and whoever requested it gives it up after 0.5 s."""

LONGEST_S = 0.8
"""Longest time from the request in any case: a pulse that comes 1 s after its request counts as unrequested."""

_MAX_OUTCOMES = 256

QueuedCommand = tuple[str, Callable[[], None]]


class RhxStimulator:
    """Stimulator on ``output``. A thread of its own carries out its commands in order, so no call waits for RHX.

    It is not a ReaderThread: it sends, but only the commands that ``service`` or a call has queued. RHX takes up to
    seconds for a command, and the thread that reads the signal cannot wait that long.
    """

    def __init__(self, commands: RhxCommands, output: Output) -> None:
        self._commands, self.output, self._limits = commands, output, output.limits
        self._name = "the stimulator " + "+".join(output.wiring.channels)
        self._jobs: queue.SimpleQueue[QueuedCommand | None] = queue.SimpleQueue()
        self._outcomes: deque[CommandOutcome] = deque(maxlen=_MAX_OUTCOMES)
        self._enabled = False
        self._armed_s = -math.inf
        self._train: tuple[float, float, float] | None = None
        self._due_s = 0.0
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def enable(self, on: bool) -> None:
        """Arm or disarm; disarming withdraws the waiting commands."""
        self._enabled = on
        if on:
            self._due_s = time.monotonic()
            self._jobs.put(("enable", self._arm))
            return
        self._withdraw()
        self._jobs.put(("enable", self.output.disarm))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse. Raises LimitExceeded, and DeviceRefused while it is off."""
        current_ma = self._stepped(current_ma, width_ms)
        if not self._enabled:
            raise DeviceRefused(f"{self._name.capitalize()} is off; arm it first.")
        requested_s = time.monotonic()
        self._jobs.put(("pulse_once", lambda: self._fire(current_ma, width_ms, requested_s)))

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
        """Trigger no further pulse, and end the thread; ``output`` is restored by the caller, RHX stopped."""
        self._enabled, self._train = False, None
        self._withdraw()
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            name, act = job
            try:
                act()
            except DeviceError as error:
                self._outcomes.append(CommandOutcome(name, error))
                if name == "enable" or isinstance(error, DeviceLost):
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
        self.output.arm()
        self._armed_s = time.monotonic()

    def _fire(self, current_ma: float, width_ms: float, requested_s: float) -> None:
        key = self.output.make_ready(current_ma, width_ms) if self._enabled else ""
        now_s = time.monotonic()
        is_late = now_s - max(requested_s, self._armed_s) > STALE_S or now_s - requested_s > LONGEST_S
        if not self._enabled or is_late:
            raise DeviceRefused(f"{self._name.capitalize()} was not ready in time; no pulse was sent.")
        self.output.note_trigger(current_ma, width_ms)
        self._commands.execute(f"manualstimtriggerpulse {key}")

    def _stepped(self, current_ma: float, width_ms: float) -> float:
        """Round the current down to the step, never above the request. Raises LimitExceeded."""
        check_pulse(self._limits, current_ma, width_ms)
        most = round(self._limits.max_current_ma / self._limits.current_step_ma)
        steps = math.floor(current_ma / self._limits.current_step_ma * (1 + ROUNDING))
        if not 1 <= steps <= most:
            raise LimitExceeded(f"A current of {current_ma:g} mA is not 1 to {most} steps; nothing was changed.")
        return round(steps * self._limits.current_step_ma, 6)
