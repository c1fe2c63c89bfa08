"""Numbers in the sentences of a sheet: ``{proximity.lower_bound_ma}`` stands for the sheet's own value.

A step or a refusal that names a current then agrees with the sheet's bounds, also where a site changes one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guidance.citations import ProtocolError

_NAME = re.compile(r"\{([a-z_]+(?:\.[a-z_0-9]+)+)\}")
_TABLES = ("accept", "refuse", "risks")


def fill(tables: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return ``tables`` of ``file`` with each name in braces replaced by its value. Raises ProtocolError."""
    filled = dict(tables)
    for name in _TABLES:
        rows = tables.get(name)
        if isinstance(rows, Mapping):
            filled[name] = {key: _row(row, tables, f"{file}: {name}.{key}") for key, row in rows.items()}
    steps = tables.get("steps")
    if isinstance(steps, list | tuple):
        filled["steps"] = [_row(step, tables, f"{file}: steps.{place}") for place, step in enumerate(steps, 1)]
    return filled


def _row(row: Any, tables: Mapping[str, Any], where: str) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {key: _text(value, tables, where) if isinstance(value, str) else value for key, value in row.items()}


def _text(text: str, tables: Mapping[str, Any], where: str) -> str:
    return _NAME.sub(lambda found: _value(found[1], tables, where), text)


def _value(name: str, tables: Mapping[str, Any], where: str) -> str:
    """Return the value under the dotted ``name`` as text; the sheet must have it."""
    item: Any = tables
    for part in name.split("."):
        item = item.get(part) if isinstance(item, Mapping) else None
    value = item.get("value") if isinstance(item, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"{where} names {{{name}}}, which is no number of this sheet; give it, or leave it out.")
    return f"{value:g}"
