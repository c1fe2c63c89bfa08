"""The differences between two protocols, key by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from guidance.citations import Sourced
from guidance.protocol.overrides import value_text
from guidance.protocol.sheet import Sheet

_NOT_COMPARED = ("refs.", "also.")


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """The values under the dotted ``key`` on both sides, with their sources, as text; None if there is none."""

    key: str
    left: str | None
    right: str | None


def differences(left: Sheet, right: Sheet) -> list[KeyDifference]:
    """List the keys whose values differ, in file order; citations and search words are not compared."""
    a, b = _flat(left), _flat(right)
    keys = [key for key in dict.fromkeys((*a, *b)) if not key.startswith(_NOT_COMPARED)]
    return [KeyDifference(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]


def _flat(item: Any, path: str = "") -> dict[str, str]:
    if isinstance(item, Sourced):
        return {path: value_text(item.model_dump(exclude_none=True))}
    if isinstance(item, BaseModel):
        parts = {name: getattr(item, name) for name in type(item).model_fields}
    elif isinstance(item, dict):
        parts = item
    elif isinstance(item, tuple):
        parts = {str(place): part for place, part in enumerate(item, 1)}
    else:
        return {} if item is None else {path: str(item)}
    flat: dict[str, str] = {}
    for name, part in parts.items():
        flat |= _flat(part, f"{path}.{name}" if path else str(name))
    return flat
