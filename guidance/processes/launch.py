"""Two processes: the engine's, which owns what must outlive the screen, and the screen's, which owns the terminal."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from drivers.base import DeviceError
from guidance.common.errors import DONE, FAILED, UserError
from guidance.common.start_lines import StageReporter, StartLines, lines_of, report_nowhere
from guidance.processes.exit_status import ExitOutcome, outcome_of
from guidance.processes.hang_watch import HeadlessChannel
from guidance.processes.link import EngineLink
from guidance.processes.observers import ObservedScreenChannel, Observers
from guidance.processes.screen_channel import NoScreenChannel, ScreenChannel, SocketScreenChannel
from guidance.processes.sockets import folder_notice
from guidance.processes.takeover import ReplaceableScreenChannel

SWITCH_S = 0.0005
"""Longest time, in s, for which one thread of the engine keeps the others waiting."""

_END_S = 3.0

ENDING = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Signals that end a run without a screen in order; the last comes where its terminal is closed."""

ScreenMain = Callable[[EngineLink], str | None]
"""Shows a procedure on this process's terminal until the operator leaves; returns the folder of the procedure whose
note is to be signed, or None.
"""


class Session(Protocol):
    """A procedure or replay, opened and ready."""

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Run to the end; returns a sentence about what went wrong, or None."""


class EngineJob(Protocol):
    """A job that is pickled from the screen's process to the engine's; ``stages`` are what it reports as it opens."""

    @property
    def stages(self) -> tuple[str, ...]:
        """What opens, in order."""

    def open(self, report: StageReporter = report_nowhere) -> Session:
        """Open the session, and ``report`` each stage. Raises UserError and DeviceError."""


def run_headless(job: EngineJob) -> ExitOutcome:
    """Run ``job`` in this process, without a screen; Ctrl-C, SIGTERM and the end of its terminal end it in order."""
    stop = threading.Event()
    for number in ENDING:
        signal.signal(number, lambda *_: stop.set())
    with HeadlessChannel() as channel:
        return _run(job, channel, stop)


def run_with_screen(job: EngineJob, load_screen: Callable[[], ScreenMain] | None = None) -> ExitOutcome:
    """Run ``job`` in a process of its own, with the screen that ``load_screen`` loads in this process.

    Until the job runs, lines on the terminal show what opens. Ctrl-C and SIGTERM end the job in order. When the screen
    fails, the engine goes on until one of these signals arrives.
    """
    lines = lines_of(job.stages)
    with _signals_blocked():
        engine, link = start_engine(job)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: engine.terminate())
    opening = _Opening(link, lines)
    run_screen = (load_screen or _default_screen)()
    outcome = opening.outcome()
    failed, folder_to_sign = (False, None) if outcome else _show(link, run_screen)
    _await_end(engine, link)
    outcome = outcome or link.outcome or ExitOutcome(FAILED, "The engine's process died; nothing more was recorded.")
    if failed and outcome.status == DONE:
        return ExitOutcome(FAILED, "The screen failed; the procedure was recorded to its end.")
    return replace(outcome, folder_to_sign=folder_to_sign)


class _Opening:
    """The wait for an engine that opens, in a thread of its own: meanwhile this process loads the screen."""

    def __init__(self, link: EngineLink, lines: StartLines) -> None:
        self._link, self._lines = link, lines
        self._outcome: ExitOutcome | None = None
        self._thread = threading.Thread(target=self._wait, name="opening", daemon=True)
        self._thread.start()

    def outcome(self) -> ExitOutcome | None:
        """Wait until the engine has opened; return None, or how it failed, which the lines then show."""
        self._thread.join()
        if self._outcome is None:
            self._lines.erase()
        else:
            self._lines.fail()
        return self._outcome

    def _wait(self) -> None:
        self._outcome = self._link.first(self._lines.report)


def _default_screen() -> ScreenMain:
    from guidance.ui import run_screen

    return run_screen


def start_engine(job: EngineJob) -> tuple[BaseProcess, EngineLink]:
    """Start the engine's process on ``job``; returns the process, and the screen's end of the link to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    engine = context.Process(target=_engine, args=(job, there), name="needle-guidance-engine")
    engine.start()
    there.close()
    return engine, EngineLink(here)


def _show(link: EngineLink, run_screen: ScreenMain) -> tuple[bool, str | None]:
    """Show the screen until the operator leaves. Returns whether it failed, and the folder of the procedure whose note
    is to be signed. After a failure, returns only once the engine has ended without a screen.
    """
    try:
        return False, run_screen(link)
    except SystemExit:
        NoScreenChannel().notify(
            "The screen failed; the procedure goes on without it, with the stimulator off. Ctrl-C ends it."
        )
        link.drain(None)
        return True, None


def _await_end(engine: BaseProcess, link: EngineLink) -> None:
    """Wait for the engine to end; one that goes on after the screen has ended is terminated, then killed."""
    for stop_engine in (engine.terminate, engine.kill):
        if link.drain(_END_S):
            break
        stop_engine()
    if link.outcome and link.outcome.is_taken_over:
        _release(engine)
    else:
        engine.join()


def _release(engine: BaseProcess) -> None:
    """Let this process end before ``engine``, which another terminal has taken over."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    children: set[BaseProcess] = getattr(multiprocessing.process, "_children", set())
    children.discard(engine)  # or multiprocessing would wait for it as this process exits; it has no public way


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block Ctrl-C and SIGTERM, also for a process that is started meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _engine(job: EngineJob, connection: Connection) -> None:
    """Run the engine's process, without terminal and keyboard; SIGTERM ends it in order."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    if hasattr(os, "setsid"):
        os.setsid()
    first = SocketScreenChannel(connection)
    screen_channel = _replaceable(first)
    outcome = _run(job, screen_channel, stop, first.report_stage)
    screen_channel.close(outcome)
    sys.exit(outcome.status)


def _replaceable(first: SocketScreenChannel) -> SocketScreenChannel | ReplaceableScreenChannel:
    """Let other terminals take over from the screen at ``first``, where this system allows that."""
    try:
        return ReplaceableScreenChannel(first)
    except (
        UserError,
        AttributeError,
    ):  # Windows has no local sockets; the observers' notice names a fault of the folder
        return first


def _run(
    job: EngineJob, screen_channel: ScreenChannel, stop: threading.Event, report: StageReporter = report_nowhere
) -> ExitOutcome:
    """Open ``job``, which reports each stage, and run it to its end."""
    try:
        session = job.open(report)
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()  # what is loaded by now stays loaded; a garbage collection of it would delay the engine
        with _observed(screen_channel) as channel:
            channel.ready()
            fault_sentence = session.run(channel, stop.is_set)
    except (UserError, DeviceError) as fault:
        return outcome_of(fault)
    except MemoryError:
        return ExitOutcome(FAILED, "This computer has no memory left; close other programs, then start again.")
    return ExitOutcome(FAILED, fault_sentence) if fault_sentence else ExitOutcome(DONE)


@contextlib.contextmanager
def _observed(screen_channel: ScreenChannel) -> Iterator[ScreenChannel]:
    """Add observers to ``screen_channel``; where there can be none, the procedure goes on without them."""
    try:
        observer_list = Observers()
    except UserError as fault:
        if folder_notice() is None:  # or the session reports it
            screen_channel.notify(str(fault))
        yield screen_channel
        return
    try:
        yield ObservedScreenChannel(screen_channel, observer_list)
    finally:
        observer_list.close()
