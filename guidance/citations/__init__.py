"""Numbers and statements with their sources: how TOML files write them, and how they are read.

    start_current_ma = { value = 1.0, source = "hadzic-18", certainty = "sourced" }
    rate_hz          = { value = 2.0, source = "unsourced", certainty = "unsourced", note = "usual setting" }
    volume_ml        = { missing = "no source names one" }

    [refs]
    hadzic-18 = "Hadzic, ch. 18, accessanesthesiology bookid=518 sectionid=41534305"

A file is a pydantic model derived from ``Document``; its fields are ``Sourced[...]``, or models derived from ``Cited``
where a whole statement has one source. The same model gives the JSON Schema. ``read`` reads the drug table and the
protocols alike.
"""

from guidance.citations.items import (
    CERTAINTIES,
    UNSOURCED,
    Certainty,
    Cited,
    Document,
    RefKey,
    Rising,
    Sourced,
    Strict,
    Text,
    Within,
    cited,
)
from guidance.citations.reading import ProtocolError, build, read, tables_of

__all__ = [
    "CERTAINTIES", "UNSOURCED", "Certainty", "Cited", "Document", "ProtocolError", "RefKey", "Rising", "Sourced",
    "Strict", "Text", "Within", "build", "cited", "read", "tables_of",
]  # fmt: skip
