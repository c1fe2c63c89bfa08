"""A guard against tests that pass on nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def some(items: Iterable[Item]) -> list[Item]:
    """Return ``items`` as a list. Fails where there are none: a loop over them would check nothing."""
    checked = list(items)
    assert checked, "there is nothing to check"
    return checked
