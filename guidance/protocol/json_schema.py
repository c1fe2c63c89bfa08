"""The JSON Schema of a protocol's file, for editors that check while one writes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from guidance.protocol.sheet import Sheet

TITLE = "needle-guidance protocol"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a protocol. What ties the values of several keys together, the loader alone can say."""
    schema: dict[str, Any] = TypeAdapter(Annotated[Sheet, Field(discriminator="kind")]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE} | schema
