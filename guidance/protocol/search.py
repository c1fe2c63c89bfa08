"""Search for protocols by the words that clinicians use: ``fds``, ``isb``, ``piriformis``, ``carpal``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from guidance.citations import ProtocolError
from guidance.protocol.library import all_names, load_sheet
from guidance.protocol.sheet import Sheet

_ITSELF = 2.0
"""The score of the identifier itself: above every likeness, which is at most 1."""
_CLOSE = 0.7
"""The lowest likeness that is listed (a judgement: typing errors pass, other words do not)."""
_MOST = 5
"""The most suggestions for an unknown name: one line of a terminal."""


def resolve(word: str) -> str:
    """Return the identifier for ``word``: an identifier, or a name that exactly one protocol has.

    Raises ProtocolError with the nearest names.
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
    """List the identifiers of protocols that ``words`` may mean, the most likely first."""
    return [name for name, _ in _ranked(words, dict(_known()))]


def _known() -> Iterator[tuple[str, list[str]]]:
    """Yield each protocol with its search words; an invalid one has only its identifier."""
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
    """Return 1 for equal texts, less for a part, and less still for a similar text or word."""
    parts = text.split()
    if wanted == text:
        return 1.0
    if set(wanted.split()) <= set(parts):
        return 0.95
    if any(part.startswith(wanted) for part in parts):
        return 0.9
    return 0.85 * max(difflib.SequenceMatcher(None, wanted, other).ratio() for other in (text, *parts))
