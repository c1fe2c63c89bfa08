"""The screen's process: draws the engine's Snapshots, at most 20 a second, and sends the operator's commands."""

from __future__ import annotations

import time

from textual.binding import BindingsMap
from textual.driver import Driver

from guidance.contracts.snapshot import Snapshot
from guidance.language import tr
from guidance.ui import keys, pages
from guidance.ui.appearance import Appearance
from guidance.ui.driver import metered
from guidance.ui.key_actions import KeyActions
from guidance.ui.keymap import bindings
from guidance.ui.link import Link
from guidance.ui.linked import SILENCE_S, show_on_terminal
from guidance.ui.pages import ScreenPage
from guidance.ui.procedure_screen import ProcedureScreen
from guidance.ui.widgets.keys import ShownKeys


class GuidanceApp(KeyActions):
    """The screen of a procedure: live, replayed or observed. Its engine is at the other end of ``link``."""

    def __init__(self, link: Link, silence_s: float = SILENCE_S, appearance: Appearance | None = None) -> None:
        appearance = appearance or Appearance()
        self._key_bindings = bindings(appearance.keymap)
        screen = ProcedureScreen(self._key_bindings, is_observer=appearance.is_observer)
        super().__init__(link, silence_s, appearance, screen)
        self._bindings = BindingsMap(self._key_bindings)

    def get_driver_class(self) -> type[Driver]:
        """Return the terminal's driver, with a meter where the platform allows one."""
        return metered(super().get_driver_class())

    def get_default_screen(self) -> ProcedureScreen:
        """Return the one screen."""
        return self._procedure_screen

    def _take(self, snapshot: Snapshot) -> None:
        before, was_armed, self.newest = self.newest, self.is_armed(), snapshot
        if self.is_armed():
            self.close_search()  # every key and touch stops from now on
        if before is not None:
            self.announce(before.past, snapshot.past)
        if before is None:
            self.turn_to(pages.first(snapshot))
        elif self.page in {ScreenPage.PREPARE, ScreenPage.STOP} and self.is_armed() and not was_armed:
            self.turn_to(ScreenPage.GUIDE)
        super()._take(snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        self._procedure_screen.show(snapshot)

    def _refresh_status(self) -> None:
        """Show what the screen itself knows: whether the engine is silent, the stage of arming, and the keys."""
        if not self._stopped:
            self._procedure_screen.show_silence(self._silent_s())
        if self.is_armed():
            self._arming.forget()
        self._procedure_screen.leave.show_question(*self._question())
        self._procedure_screen.show_stage(self._arming.stage(time.monotonic()))
        is_armed = self.is_armed() and not self._stopped
        self._procedure_screen.keys.offer(self._shown_keys(armed=is_armed), tr(keys.STOP) if is_armed else None)

    def _shown_keys(self, *, armed: bool) -> ShownKeys:
        """Return the keys that do something now, and what they do."""
        if self._procedure_screen.entry.what and not self._stopped:
            return keys.entry_keys(armed=armed)
        active = self._procedure_screen.active_bindings.values()
        return keys.shown_keys(active, self.page_state, alone=self._stopped)

    @property
    def _is_at_rest(self) -> bool:
        return self.newest is not None and (self.newest.paused or self.newest.ended is not None)

    @property
    def _is_over(self) -> bool:
        return self._is_observer or super()._is_over

    def _show_stopped(self) -> None:
        self._procedure_screen.show_stopped()
        self.call_after_refresh(self._refresh_status)

    def _show_ending(self) -> None:
        self._procedure_screen.title_line.show_ending()
        self._stop()

    def _question(self) -> tuple[str, str]:
        """Return the key to press again, as shown, and what it does then; an empty key if none is to be confirmed."""
        pending = self._leaving.pending_action(time.monotonic())
        key = next((binding.key_display for binding in self._key_bindings if binding.action == pending), None)
        return (key or "", tr("end and sign") if pending == "sign" else tr("end"))

    async def action_sign(self) -> None:
        """End the procedure as with ``q``, and exit with its folder, so that its note is signed."""
        self._press("sign", self._end_to_sign)

    def _end_to_sign(self) -> None:
        journal = self.newest.journal if self.newest else None
        self._folder_to_sign = journal.folder if journal else None
        self._end()


def run_screen(link: Link, appearance: Appearance | None = None) -> str | None:
    """Show the screen on this process's terminal until the operator leaves or the procedure ends.

    Returns the folder of the procedure whose note the operator wants to sign, None where no note is to be signed.
    After a fault of the display it writes one sentence to the terminal and exits with a status other than 0.
    """
    return show_on_terminal(GuidanceApp(link, appearance=appearance))
