"""A site's override of a protocol: merged key by key, each change with its author, limits loosened with a reason.

    [override]
    author = "Dr A. Example, department of anaesthesia, 2026-03-01"
    [override.reasons]
    "stimulus.max_current_ma" = "obese patients; decided on 2026-02-10"

    [stimulus]
    max_current_ma = { value = 5.5, source = "site", certainty = "sourced" }
    [refs]
    site = "Minutes of the department, 2026-02-10"

A number is replaced as a whole, and a reworded statement needs its own source, so that no source is cited for something
it does not say.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from guidance.citations import Document, ProtocolError, Strict, Text, build
from guidance.protocol.limits import loosens
from guidance.protocol.model import Change

_FIXED = ("id", "kind")
_SOURCE = {"source", "certainty"}


class _OverridesHead(Strict):
    author: Text
    reasons: dict[str, Text] = Field(default_factory=dict)


class _Override(Document):
    override: _OverridesHead


def is_override(tables: Mapping[str, Any]) -> bool:
    """Return whether ``tables`` override a protocol rather than being one."""
    return "override" in tables


def merge_override(
    base: Mapping[str, Any], over: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Merge ``over`` of ``file`` into ``base``; return the tables and the changes. Raises ProtocolError."""
    head = build(_Override, {"override": over["override"]}, file).override
    values = {key: value for key, value in over.items() if key != "override"}
    fixed = [key for key in _FIXED if key in values]
    if fixed:
        raise ProtocolError(f"{file}: {fixed[0]} = {values[fixed[0]]!r}: a site's file cannot change it; remove it.")
    faults = [f"{file}: {fault}" for fault in (*_misattributed(base, values, ""), *_changed_citations(base, values))]
    if faults:
        raise ProtocolError(*faults)
    tables = _merge(base, values)
    changes = tuple(_changes(base, tables, head, ""))
    _check_reasons(changes, head, file)
    return tables, changes


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    together = dict(base)
    for key, value in over.items():
        old = base.get(key)
        both = isinstance(value, dict) and isinstance(old, dict) and not _is_value(value) and not _is_value(old)
        together[key] = _merge(old, value) if both else value  # type: ignore[arg-type]
    return together


def _misattributed(base: Mapping[str, Any], over: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the statements that ``over`` rewords but that would keep their old source."""
    words = [key for key, value in over.items() if not isinstance(value, dict) and base.get(key) != value]
    if "source" in base and words and not set(over) >= _SOURCE:
        yield f"{path}{words[0]} is changed but keeps the old source; give source and certainty beside it."
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict) and not _is_value(base[key]):
            yield from _misattributed(base[key], value, f"{path}{key}.")


def _changed_citations(base: Mapping[str, Any], over: Mapping[str, Any]) -> Iterator[str]:
    """Yield the citations of the protocol that ``over`` would replace."""
    refs, cited = over.get("refs"), base.get("refs", {})
    for key, citation in refs.items() if isinstance(refs, dict) else ():
        if key in cited and cited[key] != citation:
            yield f"refs.{key} is a source of the protocol; cite yours under another key."


def _is_value(table: Any) -> bool:
    """Return whether ``table`` is a value with its source."""
    return isinstance(table, dict) and ("value" in table or "missing" in table)


def _changes(base: Mapping[str, Any], new: Mapping[str, Any], head: _OverridesHead, path: str) -> Iterator[Change]:
    for key, value in new.items():
        old, here = base.get(key), f"{path}{key}"
        if old == value:
            continue
        if isinstance(value, dict) and not _is_value(value) and isinstance(old, dict | None):
            yield from _changes(old or {}, value, head, f"{here}.")
        elif not here.startswith("refs."):
            wider = loosens(here, _bare(old), _bare(value))
            yield Change(here, value_text(old), value_text(value), head.author, head.reasons.get(here), wider)


def _check_reasons(changes: tuple[Change, ...], head: _OverridesHead, file: str) -> None:
    faults = [
        f"{file}: {change.key} loosens a limit from {change.old} to {change.new}; say why under [override.reasons], "
        f'"{change.key}" = "...", or leave the limit as it is.'
        for change in changes
        if change.loosens and not change.reason
    ]
    keys = [change.key for change in changes]
    faults += [_unused_reason(file, key, keys) for key in head.reasons if key not in keys]
    if faults:
        raise ProtocolError(*faults)


def _unused_reason(file: str, key: str, changed: list[str]) -> str:
    near = difflib.get_close_matches(key, changed, 1)
    hint = f"did you mean {near[0]!r}?" if near else "remove it."
    return f"{file}: override.reasons.{key} gives a reason for what the file does not change; {hint}"


def _bare(item: Any) -> Any:
    """Return the value alone if it is a number or numbers, otherwise None; the sheet refuses other types."""
    value = item.get("value") if isinstance(item, dict) else item
    numbers = value if isinstance(value, list) else [value]
    sound = numbers and all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers)
    return value if sound else None


def value_text(item: Any) -> str:
    """Format a value with its source, or a text, for a clinician."""
    if item is None:
        return "nothing"
    if isinstance(item, list):
        return f"{len(item)} entries"
    if not _is_value(item):
        return str(item)
    if "missing" in item:
        return f"missing ({item['missing']})"
    value = item["value"]
    text = " to ".join(map(str, value)) if isinstance(value, list) else str(value)
    source = item.get("source", "no source")
    return f"{text} ({', '.join(source) if isinstance(source, list) else source})"
