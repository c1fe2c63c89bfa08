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
from dataclasses import dataclass

from drivers.base import CommandOutcome, DeviceError, DeviceLost, DeviceRefused, LimitExceeded, PulseSkipped
from drivers.rhx.commands import RhxCommands
from drivers.rhx.output import Output
from drivers.toolkit.limit_checks import ROUNDING, check_pulse, check_range

STALE_S = 0.35
"""Longest time from the request for a pulse to its trigger; a later one is skipped. A reply of RHX seldom takes over
0.3 s, its samples come in portions of 30 ms, and whoever requested the pulse waits 0.5 s for its report."""

_MAX_OUTCOMES = 256
_PULSE = "pulse_once"
_LATE, _OFF = "{} was not ready in time; no pulse was sent.", "It was switched off before the command was carried out."

QueuedCommand = tuple[str, Callable[[], None]]


@dataclass(slots=True)
class _Requested:
    """Pulse that was requested at ``since_s``; ``is_over``: it was triggered, or its outcome is known."""

    current_ma: float
    width_ms: float
    since_s: float
    is_over: bool = False


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
        self._requested: deque[_Requested] = deque()
        self._lock = threading.Lock()
        self._train: tuple[float, float, float] | None = None
        self._due_s = 0.0
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def enable(self, on: bool) -> None:
        """Arm or disarm; disarming withdraws the waiting commands."""
        self._enabled = on
        if on:
            self._due_s = time.monotonic()
            self._jobs.put(("enable", self.output.arm))
            return
        self._withdraw()
        self._jobs.put(("enable", self.output.disarm))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse. Raises LimitExceeded, and DeviceRefused while it is off."""
        current_ma = self._stepped(current_ma, width_ms)
        if not self._enabled:
            raise DeviceRefused(f"{self._name.capitalize()} is off; arm it first.")
        requested = _Requested(current_ma, width_ms, time.monotonic())
        self._requested.append(requested)
        self._jobs.put((_PULSE, lambda: self._fire(requested)))

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train of single pulses that ``service`` sends; ``rate_hz`` 0 ends it."""
        check_range("rate", rate_hz, 0.0, self._limits.max_rate_hz, "Hz")
        current_ma = self._stepped(current_ma, width_ms)
        self._train = (current_ma, width_ms, rate_hz) if rate_hz else None
        self._due_s = time.monotonic()
        self._outcomes.append(CommandOutcome("set_pulses", None))

    def service(self) -> None:
        """Skip pulses that are late, and send the next one of the train if it is due; none is made up for."""
        now_s = time.monotonic()
        while self._requested and (self._requested[0].is_over or self._is_late(self._requested[0])):
            self._skip(self._requested.popleft(), _LATE)
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
                if name != _PULSE:  # its outcome is reported where it is known
                    self._outcomes.append(CommandOutcome(name, None))

    def _withdraw(self) -> None:
        """Drop the waiting commands; the outcome of each is that it was withdrawn."""
        for requested in self._requested:
            self._skip(requested, _OFF)
        for _ in range(self._jobs.qsize()):
            job = self._jobs.get()
            if job is not None and job[0] != _PULSE:
                self._outcomes.append(CommandOutcome(job[0], DeviceRefused(_OFF)))

    def _fire(self, requested: _Requested) -> None:
        """Trigger the pulse once it is set and read back, unless it is late by then or was skipped already."""
        if not requested.is_over:
            current_ma, width_ms = requested.current_ma, requested.width_ms
            try:
                key = self.output.make_ready(current_ma, width_ms) if self._enabled else ""
            except DeviceError:
                requested.is_over = True
                raise
            with self._lock:
                if self._enabled and not requested.is_over and not self._is_late(requested):
                    requested.is_over = True
                    self.output.note_trigger(current_ma, width_ms)
                    self._commands.execute(f"manualstimtriggerpulse {key}")
                    self._outcomes.append(CommandOutcome(_PULSE, None))
        self._skip(requested, _LATE)

    def _skip(self, requested: _Requested, why: str) -> None:
        """Give up a pulse that was not triggered, and report that once."""
        with self._lock:
            if not requested.is_over:
                requested.is_over = True
                error = PulseSkipped(why.format(self._name.capitalize()))
                self._outcomes.append(CommandOutcome(_PULSE, error))

    def _is_late(self, requested: _Requested) -> bool:
        return time.monotonic() - requested.since_s > STALE_S

    def _stepped(self, current_ma: float, width_ms: float) -> float:
        """Round the current down to the step, never above the request. Raises LimitExceeded."""
        check_pulse(self._limits, current_ma, width_ms)
        most = round(self._limits.max_current_ma / self._limits.current_step_ma)
        steps = math.floor(current_ma / self._limits.current_step_ma * (1 + ROUNDING))
        if not 1 <= steps <= most:
            raise LimitExceeded(f"A current of {current_ma:g} mA is not 1 to {most} steps; nothing was changed.")
        return round(steps * self._limits.current_step_ma, 6)
