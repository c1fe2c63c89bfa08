"""Reading a sheet from TOML, completely or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from guidance.citations import ProtocolError, build, tables_of
from guidance.protocol.consistency import contradictions
from guidance.protocol.model import Protocol, protocol_of
from guidance.protocol.placeholders import fill
from guidance.protocol.ranges import LATEST_WINDOW_MS, SHORTEST_WINDOW_MS
from guidance.protocol.sheet import KINDS, Sheet


def parse(text: str, source: str) -> Protocol:
    """Parse the protocol in the TOML ``text`` of file ``source``. Raises ProtocolError naming file, key and fault."""
    return protocol_of(sheet_of(tables_of(text, source), source), source)


def sheet_of(tables: Mapping[str, Any], source: str) -> Sheet:
    """Build the sheet from ``tables`` of file ``source``. Raises ProtocolError."""
    kind = tables.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        problem = "kind is missing" if "kind" not in tables else f"kind = {kind!r}: is unknown"
        raise ProtocolError(f"{source}: {problem}; allowed is {', '.join(map(repr, KINDS))}.")
    build(KINDS[kind], tables, source)  # a wrong table is refused before a step that names what was in it
    sheet: Sheet = build(KINDS[kind], fill(tables, source), source)
    faults = [f"{source}: {fault}." for fault in contradictions(sheet)]
    if faults:
        raise ProtocolError(*faults)
    return sheet


def check_window(value: Any, source: str) -> tuple[float, float]:
    """Check ``value`` as a response window (start, end) in ms after the pulse. Raises ProtocolError with ``source``."""
    if not (isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value)):
        raise ProtocolError(f"{source}: a window is two times in ms, such as 2 25.")
    start, end = float(value[0]), float(value[1])
    if not 0.0 <= start < end <= LATEST_WINDOW_MS or end - start < SHORTEST_WINDOW_MS:
        raise ProtocolError(
            f"{source}: the window {start:g} to {end:g} ms is outside the sweep, which runs from 0 to "
            f"{LATEST_WINDOW_MS:g} ms after the pulse and must be at least {SHORTEST_WINDOW_MS:g} ms long."
        )
    return start, end


TITLE = "needle-guidance protocol"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a protocol. Only the loader checks rules between several keys."""
    schema: dict[str, Any] = TypeAdapter(Annotated[Sheet, Field(discriminator="kind")]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE} | schema
