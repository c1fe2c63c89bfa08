"""Clinical scores of a plan: spasticity (MAS, Tardieu), pain (NRS), range of motion, goals (GAS).

The scales are those in common use; none of them was read in its first publication.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from guidance.common.errors import UsageError

_PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TARDIEU = re.compile(r"(?:([0-5])\s+)?(\d{1,3})/(\d{1,3})")
_MAS = {"0": 0.0, "1": 1.0, "1+": 1.5, "2": 2.0, "3": 3.0, "4": 4.0}
"""Grades of the modified Ashworth scale; 1+ lies between 1 and 2, and is drawn there."""
_MOST_DEGREES = 360.0


@dataclass(frozen=True, slots=True)
class ScoreKind:
    """A scale: its ``title``, the allowed values in words, the unit of its number, and whether less is better."""

    key: str
    title: str
    allowed: str
    unit: str
    less_is_better: bool
    needs_place: bool = True


KINDS = {
    kind.key: kind
    for kind in (
        ScoreKind("mas", "Modified Ashworth", "0, 1, 1+, 2, 3 or 4", "grade", less_is_better=True),
        ScoreKind(
            "tardieu", "Tardieu, R2 - R1", "[QUALITY] R1/R2, degrees at fast and slow stretch, such as '2 40/95'",
            "degrees", less_is_better=True,
        ),
        ScoreKind("nrs", "Pain (NRS)", "a number from 0 to 10", "of 10", less_is_better=True, needs_place=False),
        ScoreKind("range", "Range of motion", "degrees from 0 to 360", "degrees", less_is_better=False),
        ScoreKind("gas", "Goal attainment", "a whole number from -2 to 2", "of -2 to 2", less_is_better=False),
    )
}  # fmt: skip
"""The scales by key. Better is what most plans aim at: less spasticity, less pain, more motion, more of the goal."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score under ``key``, such as ``mas.elbow-flexors``: its ``text`` as entered, and the ``number`` to draw."""

    key: str
    text: str
    number: float

    @property
    def kind(self) -> ScoreKind:
        """The scale."""
        return KINDS[self.key.partition(".")[0]]

    @property
    def title(self) -> str:
        """The scale and the place, in words."""
        return title_of(self.key)


def title_of(key: str) -> str:
    """Return the scale and the place of a score's ``key``, in words."""
    kind, _, place = key.partition(".")
    return f"{KINDS[kind].title}{f', {place.replace(chr(45), chr(32))}' if place else ''}"


def read_scores(entries: Sequence[str]) -> tuple[Score, ...]:
    """Read entries KEY=VALUE. Raises UsageError for an unknown scale, an impossible value, or a key given twice."""
    found: dict[str, Score] = {}
    for entry in entries:
        key, sign, text = entry.partition("=")
        if not sign:
            raise UsageError(f"{entry!r} is not KEY=VALUE, such as mas.elbow-flexors=2.")
        score = read_score(key.strip().lower(), text.strip())
        if score.key in found:
            raise UsageError(f"{score.key} is given twice; one entry holds one value of each scale.")
        found[score.key] = score
    return tuple(found.values())


def read_score(key: str, text: str) -> Score:
    """Read the value ``text`` of the score ``key``. Raises UsageError."""
    name, _, place = key.partition(".")
    kind = KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, KINDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"the scales are {', '.join(KINDS)}."
        raise UsageError(f"{key!r} begins with no scale of a plan; {hint}")
    if (place or kind.needs_place) and not _PLACE.fullmatch(place):
        raise UsageError(f"{key!r} needs a place in small letters after the point, such as {name}.elbow-flexors.")
    number = _number(name, text)
    if number is None:
        raise UsageError(f"{key}={text}: {kind.title} is {kind.allowed}.")
    return Score(key, text, number)


def _number(kind: str, text: str) -> float | None:
    """Return the number of the value ``text`` on the scale ``kind``; None where it is no value of it."""
    if kind == "mas":
        return _MAS.get(text)
    if kind == "tardieu":
        found = _TARDIEU.fullmatch(text)
        r1, r2 = (float(found[2]), float(found[3])) if found else (1.0, 0.0)
        return r2 - r1 if r1 <= r2 <= _MOST_DEGREES else None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    low, high = {"nrs": (0.0, 10.0), "range": (0.0, _MOST_DEGREES), "gas": (-2.0, 2.0)}[kind]
    whole = kind != "gas" or number.is_integer()
    return number if low <= number <= high and whole else None
