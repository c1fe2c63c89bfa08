"""Forms of answers to the fields of the note, read strictly; all accept "not done: why" and "not assessed: why"."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date

from guidance.common.text import one_line

NOT_DONE = ("not done", "not assessed")
_REASON = re.compile(rf"({'|'.join(NOT_DONE)})\s*(?::\s*(.*))?", re.IGNORECASE)
_MAX_LETTERS = 1000
"""Longer text does not fit a field of the note; it belongs in a document of its own."""


class FieldForm(ABC):
    """The form that the answer to a field must have."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What an answer may be, as part of a sentence."""

    @abstractmethod
    def _read(self, text: str) -> str:
        """Return ``text`` in its standard form. Raises ValueError."""

    def read(self, text: str) -> str:
        """Return ``text``, or "not done: why", in its standard form. Raises ValueError that states what is allowed."""
        line = one_line(text)
        left_out = _REASON.fullmatch(line)
        if left_out and not left_out[2]:
            raise ValueError(f"needs a reason: '{left_out[1].lower()}: why'")
        if left_out:
            return f"{left_out[1].lower()}: {left_out[2]}"
        if not line or len(line) > _MAX_LETTERS:
            raise ValueError(f"must be {self.allowed}, or 'not done: why'")
        try:
            return self._read(line)
        except ValueError:
            raise ValueError(f"must be {self.allowed}, or 'not done: why'") from None


@dataclass(frozen=True, slots=True)
class TextField(FieldForm):
    """Free text on one line."""

    @property
    def allowed(self) -> str:
        """What an answer may be, as part of a sentence."""
        return f"one line of 1 to {_MAX_LETTERS} characters"

    def _read(self, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True)
class NumberField(FieldForm):
    """A number of ``unit`` from ``low`` to ``high``."""

    unit: str
    low: float
    high: float

    @property
    def allowed(self) -> str:
        """What an answer may be, as part of a sentence."""
        return f"a number of {self.unit} from {self.low:g} to {self.high:g}"

    def _read(self, text: str) -> str:
        number = float(text.removesuffix(self.unit).strip())
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise ValueError
        return f"{number:g}"


@dataclass(frozen=True, slots=True)
class DateField(FieldForm):
    """A date."""

    @property
    def allowed(self) -> str:
        """What an answer may be, as part of a sentence."""
        return "a date such as 1970-12-31"

    def _read(self, text: str) -> str:
        return date.fromisoformat(text).isoformat()


@dataclass(frozen=True, slots=True)
class ChoiceField(FieldForm):
    """One of ``options``; ``meanings`` explain them. Where they are classes in order, ``numbered``, 2 is the second."""

    options: tuple[str, ...]
    meanings: tuple[str, ...] = ()
    numbered: bool = False

    @property
    def allowed(self) -> str:
        """What an answer may be, as part of a sentence."""
        return f"one of {', '.join(self.options)}"

    def _read(self, text: str) -> str:
        for number, option in enumerate(self.options, 1):
            if text.lower() == option.lower() or (self.numbered and text == str(number)):
                return option
        raise ValueError


def is_left_out(answer: str) -> bool:
    """Return whether ``answer`` states that something was not done or not assessed, and why."""
    return answer.startswith(tuple(f"{line}:" for line in NOT_DONE))
