"""Protocols by the words that clinicians use: ``fds``, ``isb``, ``piriformis``, ``carpal``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from guidance.citations import ProtocolError
from guidance.protocol.library import all_names, load_sheet
from guidance.protocol.sheet import Sheet

_ITSELF = 2.0
_CLOSE = 0.7
_MOST = 5


def resolve(word: str) -> str:
    """The identifier that ``word`` means: an identifier, or a name that one protocol alone has.

    Raises ProtocolError that suggests the nearest.
    """
    if word in all_names():
        return word
    known = dict(_known())
    meant = [name for name, words in known.items() if _plain(word) in words]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise ProtocolError(f"{word!r} may be any of the protocols {', '.join(meant)}; name one.")
    near = [name for name, _ in _ranked(word, known)][:_MOST] or ["generic-block"]
    raise ProtocolError(
        f"No protocol is called {word!r}; the nearest: {', '.join(near)}. The command protocols list shows all."
    )


def search(words: str) -> list[str]:
    """Identifiers of the protocols that ``words`` may mean, the likeliest first."""
    return [name for name, _ in _ranked(words, dict(_known()))]


def _known() -> Iterator[tuple[str, list[str]]]:
    """Each protocol with its names and words; one that does not hold has its identifier alone."""
    for name in all_names():
        try:
            yield name, _words(load_sheet(name).sheet)
        except ProtocolError:
            yield name, [_plain(name)]


def _words(sheet: Sheet) -> list[str]:
    muscles = [muscle.name for muscle in sheet.target.muscles.values()]
    nerve = [sheet.target.nerve.value] if sheet.target.nerve.value else []
    return [_plain(word) for word in (sheet.id, sheet.title, *sheet.also, *muscles, *nerve)]


def _plain(word: str) -> str:
    return " ".join(re.findall(r"\w+", word.lower()))


def _ranked(words: str, known: dict[str, list[str]]) -> list[tuple[str, float]]:
    wanted = _plain(words)
    if not wanted:
        return []
    scores = [
        (name, _ITSELF if _plain(name) == wanted else max(_likeness(wanted, text) for text in texts))
        for name, texts in known.items()
    ]
    return sorted((pair for pair in scores if pair[1] >= _CLOSE), key=lambda pair: (-pair[1], pair[0]))


def _likeness(wanted: str, text: str) -> float:
    """1 for the same, less for a part of it, less still for a likeness to it or to one of its words."""
    parts = text.split()
    if wanted == text:
        return 1.0
    if set(wanted.split()) <= set(parts):
        return 0.95
    if any(part.startswith(wanted) for part in parts):
        return 0.9
    return 0.85 * max(difflib.SequenceMatcher(None, wanted, other).ratio() for other in (text, *parts))
