"""A form: items in their order, the answers so far, and which item is at hand. It knows no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from guidance.common.text import one_line

MOST_CHARACTERS = 1000
"""Longest answer to an item; longer text belongs in a document of its own (the same bound as a field of the note)."""


def _free_text(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class FormChoice:
    """An answer that is offered: its ``value``, and the ``words`` shown for it (empty: the value itself)."""

    value: str
    words: str = ""

    @property
    def shown(self) -> str:
        """The words on the screen."""
        return self.words or self.value


@dataclass(frozen=True, slots=True)
class FormItem:
    """A question.

    ``allowed`` states what an answer may be. ``choices`` are offered by number, which needs no Enter in a ``quick``
    item; a ``closed`` item takes nothing else. ``read`` returns a typed answer in its standard form, or raises
    ValueError with the end of a sentence. ``find`` returns choices for the text typed so far. Enter visits an item that
    is ``usual``; others only arrows and mouse.
    """

    key: str
    label: str
    allowed: str
    choices: tuple[FormChoice, ...] = ()
    closed: bool = False
    quick: bool = False
    required: bool = True
    usual: bool = True
    section: str = ""
    read: Callable[[str], str] = field(default=_free_text, repr=False)
    find: Callable[[str], Sequence[FormChoice]] | None = field(default=None, repr=False)

    def offered(self, typed: str) -> tuple[FormChoice, ...]:
        """Return the choices to show while ``typed`` is in the line."""
        return tuple(self.find(typed)) if self.find else self.choices

    def answer_of(self, typed: str) -> str:
        """Return the answer that ``typed`` stands for: a choice by its number or its beginning, or the text itself.

        Raises ValueError with a sentence.
        """
        text = one_line(typed)
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"{self.label}: {len(text)} characters are too many; an answer has up to 1000.")
        number = int(text) - 1 if text.isascii() and text.isdecimal() and len(text) <= 2 and not self.find else -1
        if 0 <= number < len(self.choices):
            return self.choices[number].value
        if self.closed and not self.find:
            text = self._completed(text)
        try:
            return self.read(text)
        except ValueError as fault:
            raise ValueError(f"{self.label} {fault}.") from None

    def _completed(self, text: str) -> str:
        """Return the only choice that begins with ``text``; ``text`` itself if there is none."""
        low = text.casefold()
        exact = [each.value for each in self.choices if each.value.casefold() == low]
        begun = [each.value for each in self.choices if each.shown.casefold().startswith(low)]
        found = exact or begun
        if len(found) != 1:
            raise ValueError(f"{self.label} must be {self.allowed}.")
        return found[0]


class Form:
    """The state of a form. ``at`` is the index of the item at hand; behind the last stands the end of the form."""

    def __init__(
        self,
        items: Sequence[FormItem],
        answers: Mapping[str, str] | None = None,
        origins: Mapping[str, str] | None = None,
    ) -> None:
        """Begin at the first open item; ``origins`` states where an answer comes from that nobody entered here."""
        self.items = tuple(items)
        self.answers, self.origins = dict(answers or {}), dict(origins or {})
        self.at = -1
        self.to_next_open()

    @property
    def here(self) -> FormItem | None:
        """The item at hand; None at the end."""
        return self.items[self.at] if self.at < len(self.items) else None

    @property
    def missing(self) -> tuple[FormItem, ...]:
        """The required items without an answer."""
        return tuple(item for item in self.items if item.required and item.key not in self.answers)

    @property
    def counts(self) -> tuple[int, int]:
        """Number of required items that have an answer, and of all required ones."""
        required = sum(item.required for item in self.items)
        return required - len(self.missing), required

    def replace_items(self, items: Sequence[FormItem]) -> None:
        """Use ``items`` from now on; the item at hand stays if it is among them."""
        key = self.here.key if self.here else None
        self.items = tuple(items)
        self.at = next((number for number, item in enumerate(items) if item.key == key), min(self.at, len(items)))

    def move(self, step: int) -> None:
        """Go ``step`` items on, at most to the end."""
        self.at = min(max(self.at + step, 0), len(self.items))

    def go_to(self, key: str) -> None:
        """Go to the item ``key``; to the end if there is none."""
        self.at = next((number for number, item in enumerate(self.items) if item.key == key), len(self.items))

    def to_next_open(self) -> None:
        """Go to the next usual item without an answer, then to the first required one, then to the end."""
        after = [item for item in self.items[self.at + 1 :] if item.usual and item.key not in self.answers]
        following = next(iter([*after, *self.missing]), None)
        self.go_to(following.key if following else "")

    def answer(self, typed: str) -> str:
        """Answer the item at hand; return its key. Raises ValueError with a sentence, and then changes nothing."""
        if self.here is None:
            raise ValueError("The form is at its end.")
        key = self.here.key
        self.answers[key] = self.here.answer_of(typed)
        self.origins.pop(key, None)
        return key

    def clear(self) -> None:
        """Remove the answer to the item at hand."""
        if self.here is not None:
            self.answers.pop(self.here.key, None)
            self.origins.pop(self.here.key, None)
