"""English sentences that already hold their parameters, translated by the templates that they were made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_PLACE = re.compile(r"\{(\w*)\}")
_MOST_KEPT = 2048
"""Sentences kept with their translation: more than a procedure's screen shows at a time."""
_MOST_DEPTH = 3
"""How deep a parameter may itself hold a sentence with parameters."""
_LEAST_LETTERS = 6
"""Letters of its own from which on a template differs from other text; a shorter one, such as ``{low} to {high}``,
counts only where its parameters are single words or are known themselves.
"""
_MOST_CHARACTERS = 1000
"""A longer text is no sentence of the engine: it is not searched for templates."""
_LABEL, _SENTENCE_END = ": ", ". "


class Sentences:
    """Templates with named places in braces, and their translations.

    A sentence without parameters is looked up; any other is compared with the templates, those with most words of
    their own first, so that the closest one wins. A parameter that is itself a sentence is translated too.
    """

    def __init__(self, translations: Mapping[str, str]) -> None:
        """Take translation by English template."""
        self._whole = {english: text for english, text in translations.items() if not _PLACE.search(english)}
        templates = [(english, text) for english, text in translations.items() if _PLACE.search(english)]
        templates.sort(key=lambda pair: -_letters(pair[0]))
        self._templates = [
            (_pattern(english), text, _letters(english) >= _LEAST_LETTERS) for english, text in templates
        ]
        self.translate = lru_cache(_MOST_KEPT)(lambda text: self._translated(text, 0) or text)

    def _translated(self, text: str, depth: int) -> str | None:
        """Return the translation of ``text``; None where nothing knows it."""
        if text in self._whole:
            return self._whole[text]
        if depth >= _MOST_DEPTH or not 0 < len(text) <= _MOST_CHARACTERS:
            return None
        return self._by_template(text, depth) or self._capitalised(text, depth) or self._in_parts(text, depth)

    def _by_template(self, text: str, depth: int) -> str | None:
        for pattern, translation, is_clear in self._templates:
            found = pattern.fullmatch(text)
            if found is None:
                continue
            known = {name: self._translated(value, depth + 1) for name, value in found.groupdict().items()}
            values = found.groupdict()
            if is_clear or all(known[name] is not None or " " not in values[name] for name in values):
                return translation.format(**{name: known[name] or values[name] for name in values})
        return None

    def _capitalised(self, text: str, depth: int) -> str | None:
        """Return the translation of a sentence that goes on in another one, and so begins with a small letter."""
        if not text[0].islower():
            return None
        sentence = text[0].upper() + text[1:]
        return self._whole.get(sentence) or self._by_template(sentence, depth)

    def _in_parts(self, text: str, depth: int) -> str | None:
        """Return the translation of a label and its text, or of sentences in a row, as far as they are known."""
        if text.endswith(".") and text[:-1] in self._whole:
            return f"{self._whole[text[:-1]]}."
        label, colon, rest = text.partition(_LABEL)
        if colon and label in self._whole:
            return f"{self._whole[label]}{_LABEL}{self._translated(rest, depth) or rest}"
        at = text.find(_SENTENCE_END)
        while at >= 0:
            head = self._translated(text[: at + 1], depth + 1)
            if head is not None:
                tail = text[at + 2 :]
                return f"{head} {self._translated(tail, depth) or tail}"
            at = text.find(_SENTENCE_END, at + 1)
        return None


def _letters(english: str) -> int:
    """Return how many letters of its own a template has."""
    return sum(char.isalpha() for char in _PLACE.sub("", english))


def _pattern(english: str) -> re.Pattern[str]:
    """Return the pattern of the sentences that the template ``english`` makes; a place may be empty."""
    parts = _PLACE.split(english)
    words = (re.escape(part) if at % 2 == 0 else f"(?P<{part}>.*?)" for at, part in enumerate(parts))
    return re.compile("".join(words), re.DOTALL)
