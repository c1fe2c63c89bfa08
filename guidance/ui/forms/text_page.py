"""A page that shows a text, with an optional line below it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from guidance.common.text import clean
from guidance.ui.forms.line import AnswerLine


class TextPage(Screen[None]):
    """A text that scrolls; with a ``prompt``, a line whose content Enter gives to ``submitted``."""

    HEADING = "TEXT"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll(10)", "Scroll", key_display="PGUP PGDN ↑ ↓"),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("escape", "leave", "Back"),
    ]
    DEFAULT_CSS = """
    TextPage VerticalScroll { height: 1fr; padding: 0 1; }
    TextPage .prompt { height: auto; max-height: 3; padding: 0 1; }
    """

    def __init__(self, heading: str, text: str, prompt: str = "", value: str = "") -> None:
        super().__init__()
        self._heading, self._text, self._prompt, self._value = heading, text, prompt, value

    def compose(self) -> ComposeResult:
        """Lay out heading, text, line, message and keys."""
        yield Static(Text(clean(self._heading), no_wrap=True, overflow="ellipsis"), classes="head", markup=False)
        with VerticalScroll(can_focus=not self._prompt):
            yield Static(self._shown(), markup=False)
        if self._prompt:
            yield Static(Text(clean(self._prompt)), classes="prompt", markup=False)
            yield AnswerLine(
                {
                    "enter": self.action_submit,
                    "down": partial(self.action_scroll, 1),
                    "up": partial(self.action_scroll, -1),
                    "pagedown": partial(self.action_scroll, 10),
                    "pageup": partial(self.action_scroll, -10),
                }
            )
        yield Static(classes="message", id="message", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Prepare the page once it is laid out."""
        self.begin()

    def begin(self) -> None:
        """Put the value in the line, ready to be changed."""
        if self._prompt:
            line = self.query_one(AnswerLine)
            line.value = self._value
            line.focus()

    @property
    def text(self) -> VerticalScroll:
        """The part that scrolls."""
        return self.query_one(VerticalScroll)

    def _shown(self) -> Text:
        return Text("\n".join(clean(line) for line in self._text.splitlines()))

    def submitted(self, text: str) -> None:
        """Act on the content of the line."""

    def show_message(self, text: str) -> None:
        """Show ``text`` above the keys."""
        self.query_one("#message", Static).update(Text(clean(text)))

    def on_answer_line_not_taken(self, message: AnswerLine.NotTaken) -> None:
        """Show why a text was not taken."""
        self.show_message(message.why)

    def action_submit(self) -> None:
        """Give the content of the line to ``submitted``."""
        self.submitted(self.query_one(AnswerLine).value if self._prompt else "")

    def action_scroll(self, rows: int) -> None:
        """Scroll the text by ``rows``."""
        self.text.scroll_relative(y=rows, animate=False)

    def action_leave(self) -> None:
        """Leave the page."""
        self.dismiss()
