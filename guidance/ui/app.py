"""The screen's process: draws what the engine sends, at most 20 times a second, and says what the operator wants."""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import suppress
from functools import partial

from textual.binding import BindingsMap
from textual.driver import Driver

from guidance.messages import Credit, Message, Quit
from guidance.parting import Parting
from guidance.snapshot import Snapshot
from guidance.ui import keys, pages
from guidance.ui.bedside import Bedside
from guidance.ui.driver import metered
from guidance.ui.hands import Hands
from guidance.ui.keymap import bindings
from guidance.ui.link import GONE, Link, Watch
from guidance.ui.look import Look
from guidance.ui.pages import Page
from guidance.ui.theme import choose

FRAME_S = 0.05
LOOK_AGAIN_S = 0.005
"""How soon to see again whether the terminal has taken the last frame."""
QUIT_WAIT_S = 2.0
SILENCE_S = 1.0


class GuidanceApp(Hands):
    """Draws the newest Snapshot of ``link`` and pays a Credit for each drawn; ``silence_s`` without one is told."""

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    def __init__(
        self, link: Link, silence_s: float = SILENCE_S, look: Look | None = None, parting: Parting | None = None
    ) -> None:
        look = look or Look()
        self._parting = parting or Parting()
        self._chosen = choose(look.theme)
        made = bindings(look.keymap)
        super().__init__(Bedside(made, looks_on=look.looks_on), looks_on=look.looks_on)
        self._bindings = BindingsMap(made)
        self._link = link
        self._silence_s = silence_s
        self._heard_s = self._drawn_s = time.monotonic()
        self._frames = 0
        self._draw_is_due = False
        self._quitting = False
        self._stopped = False

    def get_driver_class(self) -> type[Driver]:
        """The terminal, with a meter where there can be one."""
        return metered(super().get_driver_class())

    def get_default_screen(self) -> Bedside:
        """The one screen."""
        return self._bedside

    def on_mount(self) -> None:
        """Begin to listen to the engine."""
        self.register_theme(self._chosen)
        self.theme = self._chosen.name
        self._watch = Watch(self._link, lambda: self.call_later(self._receive))
        self.set_interval(self._silence_s / 2, self._tell)

    def on_unmount(self) -> None:
        """Listen no longer."""
        self._watch.close()

    def _receive(self) -> None:
        try:
            snapshot = self._link.receive()
        except GONE:
            self._engine_gone()
            return
        if snapshot is not None:
            self._take(snapshot)
        self._watch.arm()

    def _take(self, snapshot: Snapshot) -> None:
        is_first, was_armed, self.newest = self.newest is None, self.is_armed(), snapshot
        self._heard_s = time.monotonic()
        if is_first:
            self.turn_to(pages.first(snapshot))
        elif self.page is Page.PREPARE and self.is_armed() and not was_armed:
            self.turn_to(Page.GUIDE)
        if snapshot.ended == "operator" or (snapshot.ended and self._quitting):
            self.exit()
        elif not self._draw_is_due:
            self._draw_is_due = True
            wait_s = max(self._drawn_s + FRAME_S - self._heard_s, 0.001)
            # Not set_timer: one that is late on a busy machine is never called, and the screen would stand still.
            asyncio.get_running_loop().call_later(wait_s, self.call_later, self._draw)

    def _draw(self) -> None:
        if self._is_behind():
            self.set_timer(LOOK_AGAIN_S, self._draw)
            return
        self._draw_is_due = False
        self._drawn_s = time.monotonic()
        self._frames += 1
        if self.newest is None:
            return
        self._bedside.show(self.newest)
        self._tell()
        self.call_after_refresh(self._pay, Credit(self._frames))

    def _pay(self, credit: Credit) -> None:
        """Pay for a frame once the terminal has it: the engine is to know whether anybody can see."""
        if self._is_behind():
            self.set_timer(LOOK_AGAIN_S, partial(self._pay, credit))
        else:
            self._send(credit)

    def _is_behind(self) -> bool:
        return bool(getattr(self._driver, "backlog", 0))

    def _tell(self) -> None:
        """Show what the screen itself knows: silence, how far arming has come, and the keys."""
        silent_s = time.monotonic() - self._heard_s
        at_rest = self.newest is not None and (self.newest.paused or self.newest.ended is not None)
        is_long = silent_s > self._silence_s and not at_rest
        if not self._stopped:
            self._bedside.show_silence(round(silent_s) if is_long else None)
        if self.is_armed():
            self._arming.forget()
        self._bedside.show_stage(self._arming.stage(time.monotonic()))
        held = keys.words(self._bedside.active_bindings.values(), self.scene, alone=self._stopped)
        self._bedside.keys.offer(held, "STOP" if self.is_armed() and not self._stopped else None)

    def _engine_gone(self) -> None:
        self._stopped = self.newest is None or self.newest.ended is None
        if self._stopped:
            self._bedside.show_stopped()
            self.call_after_refresh(self._tell)

    def _send(self, message: Message) -> None:
        with suppress(*GONE):  # receive() tells of it too, after what the engine still had to say
            self._link.send(message)

    async def action_quit(self) -> None:
        """Stop the stimulator, ask the engine to end and wait for it a little; at once if it has ended or was asked."""
        over = self._stopped or (self.newest is not None and self.newest.ended is not None)
        if over or self._quitting or self._looks_on:
            self.exit()
            return
        self._quitting = True
        self._bedside.title_line.show_ending()
        self._stop()
        self._send(Quit())
        self.set_timer(QUIT_WAIT_S, self._leave)

    async def action_sign(self) -> None:
        """Leave as with the key for it, and leave word which note is to be signed."""
        journal = self.newest.journal if self.newest else None
        self._parting.folder = journal.folder if journal else None
        await self.action_quit()

    def _leave(self) -> None:
        if not self._stopped:
            self.exit()


def run_screen(link: Link, look: Look | None = None, parting: Parting | None = None) -> None:
    """Show the screen on this process's terminal until the operator leaves or the procedure ends; ``parting`` takes
    what is to be done then.

    Exits with a status other than 0 after a fault of the display, whose traceback is on the terminal by then.
    """
    gc.freeze()  # what is imported by now stays; walking through it would hold the screen for 75 ms at a time
    app = GuidanceApp(link, look=look, parting=parting)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
