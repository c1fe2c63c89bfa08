"""What every screen's app does with its link: draw and acknowledge the newest Snapshot, report silence, and request the
end of the engine.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import events
from textual.app import App

from guidance.common.memory import RELEASE_S, release_free
from guidance.common.text import clean
from guidance.contracts.commands import FrameAck, OperatorCommand, Quit
from guidance.contracts.snapshot import SCREEN_TAKEN, Snapshot
from guidance.language import tr
from guidance.ui.appearance import Appearance
from guidance.ui.arming import CONFIRM_WITHIN_S
from guidance.ui.fault_file import LOGGER, FaultFile
from guidance.ui.leaving import Leaving
from guidance.ui.link import GONE, Link, LinkWatcher
from guidance.ui.theme import choose

FRAME_S = 0.05
BACKLOG_CHECK_S = 0.005
"""How soon to check again whether the terminal has taken the last frame."""
QUIT_WAIT_S = 2.0
"""How long the screen waits for the engine to end before it leaves."""
SILENCE_S = 1.0
"""How long no Snapshot may come before the screen reports silence."""
LEAVING = ("quit", "break_off", "sign")
"""The actions that take two presses while a procedure runs."""

_log = logging.getLogger(LOGGER)


class LinkedApp(App[str]):
    """An app that draws the newest Snapshot of ``link``, at most 20 times a second, acknowledges each drawn one with a
    FrameAck, and reports ``silence_s`` seconds without a Snapshot.
    """

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    newest: Snapshot | None = None
    """The Snapshot received last."""
    _folder_to_sign: str | None = None
    """Folder of the procedure whose note the operator wants to sign: the result of the app."""

    def __init__(self, link: Link, silence_s: float, appearance: Appearance) -> None:
        self._chosen = choose(appearance.theme)
        super().__init__()
        self._link, self._silence_s, self._is_observer = link, silence_s, appearance.is_observer
        self._received_s = self._drawn_s = time.monotonic()
        self._frames = 0
        self._fault_file, self._leaving = FaultFile(), Leaving()
        self._draw_is_due = self._quitting = self._stopped = False
        self._ready_s: float | None = None

    @abstractmethod
    def _show(self, snapshot: Snapshot) -> None:
        """Draw ``snapshot``."""

    @abstractmethod
    def _refresh_status(self) -> None:
        """Show what the screen itself knows, whether or not a Snapshot has come."""

    @abstractmethod
    def _show_stopped(self) -> None:
        """Show that the engine has died."""

    @abstractmethod
    def _show_ending(self) -> None:
        """Show that the screen has requested the end."""

    @property
    @abstractmethod
    def _is_at_rest(self) -> bool:
        """Whether the engine need not send Snapshots now."""

    @property
    def _is_over(self) -> bool:
        """Whether nothing runs that would have to end."""
        return self._stopped or (self.newest is not None and self.newest.ended is not None)

    def _stop(self) -> None:
        """Switch the stimulator off, if there is one."""

    def _fatal_error(self) -> None:
        """End with one sentence; Textual would print a traceback with all variables, such as the patient's name."""
        fault = sys.exc_info()[1]
        _log.critical("the screen ended", exc_info=fault)
        path = self._fault_file.path
        where = " " + tr("The traceback is in {path}.", path=path) if path else ""
        self.bell()
        self.panic(
            Text(
                clean(tr("display fault: {fault}. The screen ends.", fault=f"{type(fault).__name__}: {fault}") + where)
            )
        )
        self._stop()

    def on_mount(self) -> None:
        """Begin to receive from the engine."""
        _log.addHandler(self._fault_file)
        self.register_theme(self._chosen)
        self.theme = self._chosen.name
        self._watch = LinkWatcher(self._link, lambda: self.call_later(self._receive))
        self.set_interval(self._silence_s / 2, self._refresh_status)
        self.set_interval(RELEASE_S, release_free)

    def on_unmount(self) -> None:
        """Stop receiving from the engine."""
        self._watch.close()
        _log.removeHandler(self._fault_file)

    def _receive(self) -> None:
        try:
            snapshot = self._link.receive()
        except GONE:
            self._engine_gone()
            return
        if snapshot is not None:
            self._received_s = time.monotonic()
            if snapshot.journal is not None and not self._is_observer:
                self._fault_file.keep_in(Path(snapshot.journal.folder))
            self._take(snapshot)
        self._watch.arm()

    def _take(self, snapshot: Snapshot) -> None:
        self.newest = snapshot
        if self._ready_s is None:
            self._ready_s = time.monotonic()
        if snapshot.ended in {"operator", SCREEN_TAKEN} or (snapshot.ended and self._quitting):
            self.exit(self._folder_to_sign)
        elif not self._draw_is_due:
            self._draw_is_due = True
            wait_s = max(self._drawn_s + FRAME_S - self._received_s, 0.001)
            # Not set_timer: one that is late on a busy machine is never called, and the screen would stand still.
            asyncio.get_running_loop().call_later(wait_s, self.call_later, self._draw)

    def _draw(self) -> None:
        if self._is_behind():
            self.set_timer(BACKLOG_CHECK_S, self._draw)
            return
        self._draw_is_due = False
        self._drawn_s = time.monotonic()
        self._frames += 1
        if self.newest is None:
            return
        self._show(self.newest)
        self._refresh_status()
        self.call_after_refresh(self._acknowledge_frame, FrameAck(self._frames))

    def _acknowledge_frame(self, ack: FrameAck) -> None:
        """Acknowledge a frame once the terminal has it, so that the engine knows that the screen shows it."""
        if self._is_behind():
            self.set_timer(BACKLOG_CHECK_S, partial(self._acknowledge_frame, ack))
        else:
            self._send(ack)

    def _is_behind(self) -> bool:
        return bool(getattr(self._driver, "backlog", 0))

    def _silent_s(self) -> int | None:
        """Return for how many seconds an expected Snapshot has been missing; None if none is missing."""
        silent_s = time.monotonic() - self._received_s
        return round(silent_s) if silent_s > self._silence_s and not self._is_at_rest else None

    def _engine_gone(self) -> None:
        self._stopped = self.newest is None or self.newest.ended is None
        if self._stopped:
            self._show_stopped()

    def _send(self, message: OperatorCommand) -> None:
        with suppress(*GONE):  # receive() raises it too, after the Snapshots that the engine had still sent
            self._link.send(message)

    def is_early(self, event: events.Key) -> bool:
        """Return whether ``event`` was typed before the first Snapshot came: nobody saw what it would do.

        While none has come at all, the keys that leave are not early.
        """
        if self._ready_s is not None:
            return event.time < self._ready_s
        binding = self.screen.active_bindings.get(event.key)
        return binding is None or binding.binding.action not in LEAVING

    def on_key(self, event: events.Key) -> None:
        """Drop a key from before the first Snapshot, and the first press of a key that leaves when another follows."""
        if self.is_early(event):
            event.prevent_default()
            return
        binding = self.screen.active_bindings.get(event.key)
        if binding is None or binding.binding.action not in LEAVING:
            self._leaving.forget()
            self._refresh_status()

    def on_paste(self, event: events.Paste) -> None:
        """Drop the first press of a key that leaves: pasted text is no press."""
        del event
        self._leaving.forget()
        self._refresh_status()

    async def action_quit(self) -> None:
        """Leave at the second press; at once if nothing runs that would have to end."""
        self._press("quit", self._end)

    async def action_break_off(self) -> None:
        """Switch the stimulator off, then leave as with ``q``: who presses this chord in need wants the current off."""
        self._stop()
        self._press("quit", self._end)

    def _press(self, what: str, leave: Callable[[], None]) -> None:
        """Call ``leave`` now if nothing has to end; else at the second press, once no other key has followed it."""
        if self._is_over or self._quitting:
            leave()
            return
        loop = asyncio.get_running_loop()  # and not set_timer, as in _take
        if self._leaving.press(what, time.monotonic()):
            loop.call_later(self._leaving.least_gap_s, self.call_later, self._leave_if_meant, leave)
        loop.call_later(CONFIRM_WITHIN_S + BACKLOG_CHECK_S, self.call_later, self._refresh_status)
        self._refresh_status()

    def _leave_if_meant(self, leave: Callable[[], None]) -> None:
        if self._leaving.is_confirmed:
            self._leaving.forget()
            leave()
            self._refresh_status()

    def _end(self) -> None:
        """Request the end and wait for it up to QUIT_WAIT_S; leave at once if the engine has ended or the end was
        requested before.
        """
        if self._is_over or self._quitting:
            self.exit(self._folder_to_sign)
            return
        self._quitting = True
        self._show_ending()
        self._send(Quit())
        self.set_timer(QUIT_WAIT_S, self._leave)

    def _leave(self) -> None:
        if not self._stopped:
            self.exit(self._folder_to_sign)


def show_on_terminal(app: LinkedApp) -> str | None:
    """Show ``app`` on this process's terminal until the operator leaves it; return its result.

    After a fault of the display it writes one sentence to the terminal and exits with a status other than 0.
    """
    gc.freeze()  # imported objects stay for good; collecting through them would block the screen for 75 ms at a time
    _discard_typed_ahead()
    folder_to_sign = app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
    return folder_to_sign


def _discard_typed_ahead() -> None:
    """Discard what was typed while the program loaded, where the terminal can."""
    try:
        import termios
    except ImportError:  # Windows
        return
    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
