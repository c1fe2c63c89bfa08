"""A page of choices: each by its key, by arrows and Enter, by mouse or touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from guidance.common.text import clean


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One choice: its ``name`` for the program, the ``key`` that takes it, and its ``words``."""

    name: str
    key: str
    words: str
    details: str = ""


class MenuPage(Screen[None]):
    """A menu; ``chosen`` receives the name of the entry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Open", key_display="ENTER", priority=True),
        Binding("escape", "leave", "Back"),
    ]
    DEFAULT_CSS = "MenuPage OptionList { height: 1fr; padding: 1; } MenuPage .about { max-height: 8; }"

    def __init__(self, heading: str, entries: Sequence[MenuEntry], about: str = "", message: str = "") -> None:
        super().__init__()
        self._heading, self.entries, self._about, self._message = heading, tuple(entries), about, message

    def compose(self) -> ComposeResult:
        """Lay out heading, entries, a text about them, a message and the keys."""
        yield Static(Text(self._heading, no_wrap=True, overflow="ellipsis"), classes="head", markup=False)
        yield OptionList(*(Option(_row(entry), id=entry.name) for entry in self.entries))
        yield Static(Text(clean(self._message)), classes="message", id="message", markup=False)
        yield Static(Text(clean(self._about)), classes="about", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Highlight the first entry."""
        options = self.query_one(OptionList)
        options.focus()
        options.highlighted = 0

    def chosen(self, name: str) -> None:
        """Act on the entry ``name``."""

    def show_message(self, text: str) -> None:
        """Show ``text`` below the entries."""
        self.query_one("#message", Static).update(Text(clean(text)))

    def on_key(self, event: events.Key) -> None:
        """Take the entry whose key is pressed."""
        entry = next((each for each in self.entries if each.key == (event.character or "").lower()), None)
        if entry is not None:
            event.stop()
            self.chosen(entry.name)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Take the entry that was clicked."""
        self.chosen(message.option.id or "")

    def action_take(self) -> None:
        """Take the highlighted entry."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.chosen(self.entries[at].name)

    def action_leave(self) -> None:
        """Leave the page."""
        self.dismiss()


def _row(entry: MenuEntry) -> Text:
    row = Text(no_wrap=True, overflow="ellipsis")
    row.append(f" {entry.key.upper()} ", style="reverse bold")
    row.append(f"  {clean(entry.words):<24}", style="bold")
    row.append(f" {clean(entry.details)}", style="dim")
    return row
