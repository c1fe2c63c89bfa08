"""The line that takes an answer. What is pasted into it is cleaned; too long a text is refused and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from guidance.common.text import clean
from guidance.ui.forms.model import MOST_CHARACTERS

_GOES_ON = " /.,:%-"
"""Signs that follow the first digit of a text, such as 2/10, and do not begin an answer."""


class AnswerLine(Input):
    """An input of one line.

    ``keys`` are the page's own keys, with what they do. They are handled here, in the order in which keys arrive, so
    that fast typing never overtakes them. A digit up to ``picks`` in the empty line is given to ``pick`` at once; a
    sign that goes on with a number, such as the stroke of 2/10, is given to ``unpick``, which returns the digit if it
    was the beginning of a text.
    """

    DEFAULT_CSS = """
    AnswerLine, AnswerLine:focus { height: 1; border: none; padding: 0 1; background: $boost; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.submit", "Go on", key_display="ENTER")]

    @dataclass
    class NotTaken(Message):
        """A text was not taken; ``why`` is a sentence."""

        why: str

    def __init__(
        self,
        keys: Mapping[str, Callable[[], None]],
        pick: Callable[[int], None] = lambda _number: None,
        unpick: Callable[[], str] = str,
    ) -> None:
        super().__init__(max_length=MOST_CHARACTERS, select_on_focus=False)
        self._keys, self._pick, self._unpick = keys, pick, unpick
        self._was_pick = False
        self.cursor_blink = False  # nothing moves on these pages but what the user moves
        self.picks = 0

    async def _on_key(self, event: events.Key) -> None:
        number = int(event.character) if event.character and event.character in "123456789" else 0
        is_pick = not self.value and 0 < number <= self.picks
        was_pick, self._was_pick = self._was_pick, is_pick
        if was_pick and not self.value and event.character and event.character in _GOES_ON:
            self.value = self._unpick()
            self.cursor_position = len(self.value)
        if not is_pick and event.key not in self._keys:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if is_pick:
            self._pick(number)
        else:
            self._keys[event.key]()

    def _on_paste(self, event: events.Paste) -> None:
        """Add the pasted text on one line, without control characters; refuse one that does not fit."""
        text = clean(event.text).strip()
        if len(self.value) + len(text) > MOST_CHARACTERS:
            self.post_message(
                self.NotTaken(f"The pasted text has {len(text)} characters, and the line takes {MOST_CHARACTERS}.")
            )
        else:
            self.insert_text_at_cursor(text)
        event.stop()
        event.prevent_default()
