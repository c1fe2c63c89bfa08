"""Two processes: the engine's, which owns what must outlive the screen, and the screen's, which owns the terminal."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

from drivers.base import DeviceError, DeviceLost, OptionRefused
from guidance.desk import Desk, NoScreen, ScreenDesk
from guidance.faults import BAD_ARGUMENTS, DEVICE_LOST, DONE, FAILED, Fault
from guidance.messages import Message
from guidance.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: the exit status, and a sentence where something was amiss."""

    status: int
    sentence: str | None = None


class Session(Protocol):
    """A procedure or replay, opened and ready."""

    def run(self, desk: Desk, stopping: Callable[[], bool]) -> str | None:
        """Run to its end; a sentence says what was amiss, if anything."""


class Job(Protocol):
    """What to run; it crosses from one process to the other."""

    def open(self) -> Session:
        """The session. Raises Fault and DeviceError."""


def run_headless(job: Job) -> Outcome:
    """Run ``job`` in this process, without a screen; Ctrl-C and SIGTERM end it in order."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        return _finished(job.open().run(NoScreen(), stop.is_set))
    except (Fault, DeviceError) as fault:
        return _failed(fault)


def run_with_screen(job: Job) -> Outcome:
    """Run ``job`` in a process of its own with the screen in this one; the terminal is touched only once it runs."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    engine = context.Process(target=_engine, args=(job, there), name="needle-guidance-engine")
    engine.start()
    there.close()
    link = EngineLink(here)
    try:
        first = link.first()
        if first is None:
            from guidance.ui import run_screen

            run_screen(link)
    finally:
        here.close()
        engine.join()
    return link.outcome or first or Outcome(FAILED, "The engine's process died; nothing more was recorded.")


class EngineLink:
    """The screen's end of the wire to the engine's process."""

    def __init__(self, wire: Connection) -> None:
        """Talk over ``wire``."""
        self._wire = wire
        self.outcome: Outcome | None = None

    def first(self) -> Outcome | None:
        """Wait for the engine to have opened what it needs: None, or how it failed."""
        try:
            message = self._wire.recv()
        except EOFError:
            return Outcome(FAILED, "The engine's process died before it began.")
        return message if isinstance(message, Outcome) else None

    def fileno(self) -> int:
        """Descriptor that is readable when something waits."""
        return self._wire.fileno()

    def receive(self) -> Snapshot | None:
        """The newest waiting Snapshot, or None. Raises EOFError when the engine's process is gone."""
        newest: Snapshot | None = None
        try:
            while self._wire.poll():
                message = self._wire.recv()
                if isinstance(message, Outcome):
                    self.outcome = message
                else:
                    newest = message
        except EOFError:
            if newest is None:
                raise
        return newest

    def send(self, message: Message) -> None:
        """Hand ``message`` to the engine."""
        self._wire.send(message)


def _engine(job: Job, wire: Connection) -> None:
    """The engine's process: no terminal, no keyboard; ends in order on SIGTERM and when its work is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    desk = ScreenDesk(wire)
    try:
        session = job.open()
        wire.send(None)
        outcome = _finished(session.run(desk, lambda: stop.is_set() or desk.gone))
    except (Fault, DeviceError) as fault:
        outcome = _failed(fault)
    try:
        wire.send(outcome)
    except OSError:
        sys.exit(outcome.status)


def _finished(amiss: str | None) -> Outcome:
    return Outcome(FAILED, amiss) if amiss else Outcome(DONE)


def _failed(fault: Fault | DeviceError) -> Outcome:
    if isinstance(fault, Fault):
        return Outcome(fault.status, str(fault))
    if isinstance(fault, OptionRefused):
        return Outcome(BAD_ARGUMENTS, str(fault))
    return Outcome(DEVICE_LOST if isinstance(fault, DeviceLost) else FAILED, str(fault))
