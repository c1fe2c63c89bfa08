"""What happens at every key, and the keys that turn pages and arm."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from textual import actions, events
from textual.binding import Binding
from textual.command import CommandPalette

from guidance.contracts.commands import Arm
from guidance.language import mark, tr
from guidance.ui import keys
from guidance.ui.appearance import Appearance
from guidance.ui.arming import CONFIRM_WITHIN_S, Arming, Stage
from guidance.ui.command_actions import CommandActions
from guidance.ui.key_timing import Bursts
from guidance.ui.link import Link
from guidance.ui.pages import ScreenPage
from guidance.ui.procedure_screen import ProcedureScreen
from guidance.ui.widgets.entry import EntryResult
from guidance.ui.widgets.help import named_keys

_ASIDE = (ScreenPage.HELP, ScreenPage.RESCUE)
_NOT_NOW = mark("does nothing on this page now")
_PASTED = mark("pasted text, not keys: nothing done")


class KeyActions(CommandActions):
    """The keys of the screen's app. While there is a stimulator, every key without an action now stops it."""

    _key_bindings: Sequence[Binding]
    """The bindings of all keys, by the user's keymap."""

    def __init__(self, link: Link, silence_s: float, appearance: Appearance, procedure_screen: ProcedureScreen) -> None:
        super().__init__(link, silence_s, appearance, procedure_screen)
        self._arming, self._bursts = Arming(), Bursts()
        self._before_help = ScreenPage.GUIDE

    def turn_to(self, page: ScreenPage) -> None:
        """Show ``page``."""
        self.page = page
        self._procedure_screen.turn_to(page, self.newest)
        self._refresh_status()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Return whether the key of ``action`` is active now; while a line takes text, only ``break_off`` is."""
        is_blocked = bool(self._procedure_screen.entry.what) and action != "break_off"
        return not is_blocked and keys.holds(action, parameters, self.page_state)

    def on_key(self, event: events.Key) -> None:
        """Handle every key before its action: an inactive key stops, and any key but the second ends arming.

        In pasted text that the terminal does not mark, no key after the first does anything, and it stops.
        """
        if self._is_searching and not self.is_armed():
            return  # the search takes the keys
        if self.is_early(event):
            event.prevent_default()
            if self.is_armed():
                self._stop()
            return
        self._repeats.see(event.key, time.monotonic())
        is_burst = self._bursts.see(event.key, event.time)
        if self._procedure_screen.entry.what and event.key == keys.RESCUE_KEY:
            self._procedure_screen.entry.close()
        if self._procedure_screen.entry.what:
            self._write(event, is_burst=is_burst)
            return
        if is_burst:
            self._drop_pasted(event)
            return
        binding = self._procedure_screen.active_bindings.get(event.key)
        if binding is None or binding.binding.action != "go":
            self._arming.forget()
        if binding is None:
            self._stop_at_unknown(event.key)
        self._refresh_status()

    def _drop_pasted(self, event: events.Key) -> None:
        """Do nothing for a key of pasted text, except that it stops."""
        event.prevent_default()
        self._arming.forget()
        self._leaving.forget()
        self._stop()
        self._noted(tr(_PASTED))
        self._refresh_status()

    def _stop_at_unknown(self, key: str) -> None:
        """Stop at a key without an action now, and show why."""
        is_armed = self.is_armed()
        self._stop()
        name = keys.shown(key)
        stopped = tr("STOP: key {key} does nothing here", key=name)
        self._noted(stopped if is_armed else tr("key {key} does nothing here", key=name))

    def on_paste(self, event: events.Paste) -> None:
        """Add the text to the open line; without one, a paste stops like an inactive key."""
        if self._procedure_screen.entry.what:
            self._procedure_screen.entry.paste(event.text)
        else:
            self._arming.forget()
            self._stop()
            self._noted(tr(_PASTED))

    def on_click(self) -> None:
        """Stop at a touch anywhere on the screen, also on the search; a touch between the two keys ends arming."""
        self._arming.forget()
        if self.is_armed():
            self._stop()
            self._noted(tr("STOP: the screen was touched"))

    def action_go(self) -> None:
        """Arm, if arming was just requested; otherwise turn to the next page."""
        now_s = time.monotonic()
        if self._arming.confirm(now_s):
            self._send(Arm())
        elif self._arming.is_late(now_s):
            self._arming.forget()
            self._noted(tr("not armed: more than {seconds} s after the first key", seconds=f"{CONFIRM_WITHIN_S:g}"))
        elif not self._repeats.is_repeat and self._arming.stage(now_s) is not Stage.CONFIRMED:
            self._turn(1)
        self._refresh_status()

    def action_previous(self) -> None:
        """Turn to the previous page."""
        if not self._repeats.is_repeat:
            self._turn(-1)

    def action_help(self) -> None:
        """Turn to the help, or back from it."""
        self._turn_aside(ScreenPage.HELP)

    @property
    def _is_searching(self) -> bool:
        return isinstance(self.screen, CommandPalette)

    def close_search(self) -> None:
        """Close the search for commands, so that the next key acts on the procedure."""
        if self._is_searching:
            self.pop_screen()

    def action_search_commands(self) -> None:
        """Open the search in all keys and what they do; never while the stimulator is armed."""
        not_now, page, active = tr(_NOT_NOW), self.page_state, dict[str, str]()
        for each in keys.KEY_ACTIONS:
            _, action, parameters = actions.parse(each.action)
            if keys.holds(action, parameters, page):
                active.setdefault(each.name, each.action)
        self.search_commands(
            [
                (
                    f"{words}   {shown}",
                    partial(self._do, active.get(name), shown),
                    None if name in active else not_now,
                )
                for name, shown, words in named_keys(self._key_bindings, page.notes)
                if name != "commands"
            ],
            tr("Search keys and commands"),
        )

    async def _do(self, action: str | None, key: str) -> None:
        """Do what was found, as its key would; a stimulator that was armed meanwhile is switched off instead."""
        if self.is_armed():
            self._stop()
        elif action is None:
            self._noted(tr("key {key} does nothing here", key=key))
        else:
            await self.run_action(action)

    def action_rescue(self) -> None:
        """Switch the stimulator off and turn to the rescue card, or back from it."""
        self._stop()
        self._turn_aside(ScreenPage.RESCUE)

    def _turn_aside(self, page: ScreenPage) -> None:
        if self.page is page:
            self.turn_to(self._before_help)
            return
        if self.page not in _ASIDE:
            self._before_help = self.page
        self.turn_to(page)

    def _turn(self, step: int) -> None:
        beside = self._before_help if self.page in _ASIDE else self.page_state.beside(step)
        if beside is not None:
            self.turn_to(beside)

    def action_request_arm(self) -> None:
        """Request arming, which the next key confirms."""
        moment = self.newest.stop_moment if self.newest else None
        if moment is not None and not moment.is_complete and not self.is_armed():
            self.turn_to(ScreenPage.STOP)
        elif not self.is_armed():
            self._arming.request(time.monotonic())
        self._refresh_status()

    def _write(self, event: events.Key, *, is_burst: bool) -> None:
        """Pass a key to the open line; a key that writes nothing stops. In pasted text a line's end is a space."""
        self._leaving.forget()
        entry = self._procedure_screen.entry
        is_line_end = is_burst and event.key == "enter"
        done = entry.take("space" if is_line_end else event.key, " " if is_line_end else event.character)
        if done is EntryResult.FOREIGN:
            self._stop_at_unknown(event.key)
        if done is EntryResult.LEFT:
            self._stop()
        what, text = entry.what, entry.written_text
        if done in {EntryResult.SUBMITTED, EntryResult.LEFT}:
            entry.close()
        if done is EntryResult.SUBMITTED and text:
            self._written(what, text)
        event.prevent_default()
        self._refresh_status()
