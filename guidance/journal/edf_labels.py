"""Labels of EDF and BDF signals: the type, then the name, in 16 letters that stay distinct and keep the side.

The standard texts are "EMG" and a blank before the name (https://www.edfplus.info/specs/edftexts.html), so that MNE and
others know the type of the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from drivers.base import ChannelKind, channel_kind

LETTERS = 16
"""Length of the field in the header."""

_EMG = "EMG "
_TYPED = re.compile(r"(EEG|ECG|EOG|ERG|EMG|MEG|MCG|EP|Temp|Resp|SaO2|Light|Sound|Event)\b")
_SIDES = {"left": "L", "right": "R", "l": "L", "r": "R", "li": "L", "re": "R", "links": "L", "rechts": "R"}


def edf_labels(names: Sequence[str]) -> list[str]:
    """Return a label of at most 16 letters for each channel name, no two alike."""
    labels: list[str] = []
    for position, name in enumerate(names, start=1):
        labels.append(next(label for label in _candidates(name, position) if label not in labels))
    return labels


def _candidates(name: str, position: int) -> Iterator[str]:
    plain = " ".join("".join(letter if " " <= letter <= "~" else " " for letter in name).split())
    prefix, rest = _prefix_and_name(plain)
    rest = rest or str(position)
    yield prefix + _shortened(rest, LETTERS - len(prefix))
    for number in range(position, 10_000):
        end = f" {number}"
        yield prefix + _shortened(rest, LETTERS - len(prefix) - len(end)) + end


def _prefix_and_name(name: str) -> tuple[str, str]:
    """Split a label into its type and its name; one without a type is an EMG channel's if it may show a muscle."""
    found = _TYPED.match(name)
    if found and name[found.end() :].strip(" -_:"):
        return f"{found[1]} ", name[found.end() :].strip(" -_:")
    if channel_kind(name) not in {ChannelKind.MUSCLE, ChannelKind.UNNAMED}:
        return "", name
    numbered = re.fullmatch(r"(?i:emg)[ _-]?(\d*)", name)
    return _EMG, numbered[1] if numbered else name


def _shortened(name: str, most: int) -> str:
    """Return ``name`` in ``most`` letters: its words cut to equal lengths and joined, numbers and the side whole."""
    if len(name) <= most:
        return name
    words = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z0-9\s]+", name)
    sides = [_SIDES[word.casefold()] for word in words if word.casefold() in _SIDES]
    side = f" {sides[0]}" if sides else ""
    words = [word for word in words if word.casefold() not in _SIDES and re.match(r"\w", word)]
    for length in range(most, 0, -1):
        joined = "".join(word if word.isdigit() else word[:length].capitalize() for word in words)
        if len(joined) + len(side) <= most:
            return joined + side
    return name[: most - len(side)].strip() + side
