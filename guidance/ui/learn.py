"""The screen of the course on EMG: five pages, by keys alone. No engine runs and no device is open."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Protocol

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from guidance.contracts.lesson import Lesson
from guidance.ui.appearance import Appearance
from guidance.ui.arming import CONFIRM_WITHIN_S
from guidance.ui.leaving import Leaving
from guidance.ui.theme import choose
from guidance.ui.widgets.hints import KeyLine
from guidance.ui.widgets.leave import LeaveLine
from guidance.ui.widgets.lesson import LessonPage

SOUND_CHECK_S = 0.1
"""How often the screen looks whether a sound has ended."""
_KEYS = (("n", "next"), ("backspace", "back"), ("1-5", "page"), ("space", "sound"), ("q q", "leave"))


class PageSound(Protocol):
    """What plays the sound of a page."""

    def start(self, page: int) -> None:
        """Play the sound of ``page``."""

    def poll(self) -> str:
        """Return what the sound does: empty, ``playing``, or why there is none."""

    def stop(self) -> None:
        """Stop the sound."""


class LearnScreen(Screen[None], inherit_bindings=False):
    """The page, the question whether to leave, and the keys."""

    DEFAULT_CSS = "LearnScreen { background: $background; }"

    def __init__(self) -> None:
        super().__init__()
        self.lesson_page, self.leave = LessonPage(), LeaveLine()

    def compose(self) -> ComposeResult:
        """Lay out the parts."""
        yield self.lesson_page
        yield self.leave
        yield KeyLine(_KEYS)


class LearnApp(App[str]):
    """The course: ``lesson`` returns page 1 to ``pages``, ``sound`` plays it."""

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,enter", "turn(1)", "next"),
        Binding("backspace", "turn(-1)", "back"),
        *(Binding(str(digit), f"page({digit})", "page") for digit in range(1, 6)),
        Binding("space", "sound", "sound"),
        Binding("q", "leave", "leave"),
        Binding("ctrl+c", "leave", show=False, priority=True),
    ]

    def __init__(
        self,
        lesson: Callable[[int], Lesson],
        pages: int,
        sound: PageSound,
        page: int = 1,
        appearance: Appearance | None = None,
    ) -> None:
        """Begin with ``page``."""
        self._chosen = choose((appearance or Appearance()).theme)
        super().__init__()
        self._lesson, self._pages, self._sound, self.page = lesson, pages, sound, page
        self._learn_screen, self._leaving = LearnScreen(), Leaving()

    def get_default_screen(self) -> LearnScreen:
        """Return the one screen."""
        return self._learn_screen

    def on_mount(self) -> None:
        """Show the first page."""
        self.register_theme(self._chosen)
        self.theme = self._chosen.name
        self.action_page(self.page)
        self.set_interval(SOUND_CHECK_S, self._refresh)

    def on_unmount(self) -> None:
        """Stop the sound."""
        self._sound.stop()

    def on_key(self, event: events.Key) -> None:
        """Drop the first press of ``q`` when another key follows."""
        if event.key not in ("q", "ctrl+c"):
            self._leaving.forget()
            self._refresh()

    def action_turn(self, pages: int) -> None:
        """Go forward or back; at the ends, stay."""
        self.action_page(min(max(self.page + pages, 1), self._pages))

    def action_page(self, page: int) -> None:
        """Show ``page``, in silence."""
        if page > self._pages:
            return
        self.page = page
        self._sound.stop()
        self._learn_screen.lesson_page.turn_to(self._lesson(page), f"{page} of {self._pages}")
        self._refresh()

    def action_sound(self) -> None:
        """Play the page's sound; stop it where it plays."""
        if self._sound.poll() == "playing":
            self._sound.stop()
        else:
            self._sound.start(self.page)
        self._refresh()

    def action_leave(self) -> None:
        """Leave at the second press."""
        if self._leaving.press("leave", time.monotonic()):
            self.exit()
            return
        self.set_timer(CONFIRM_WITHIN_S, self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._learn_screen.lesson_page.show_sound(self._sound.poll())
        is_pending = bool(self._leaving.pending_action(time.monotonic()))
        self._learn_screen.leave.show_question("q" if is_pending else "", "leave")
