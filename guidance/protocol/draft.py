"""Drafts of a site's own file: a copy of a protocol under a new name, or an empty override of one."""

from __future__ import annotations

import json
import re

from pydantic import TypeAdapter, ValidationError

from guidance.citations import ProtocolError
from guidance.protocol.library import names, text_of
from guidance.protocol.ranges import Id

SCHEMA_FILE = "protocol.schema.json"

_CHANGES = """\
# Changes to the protocol {name}, merged into it key by key. Copy here only what you change:
#
#     [stimulus]
#     max_current_ma = {{ value = 3.0, source = "site", certainty = "sourced" }}
#     [refs]
#     site = "Minutes of the department, 2026-01-31"
#
# A number is replaced whole, with its source. A limit that is widened needs a reason, which goes into the note:
#
#     [override.reasons]
#     "stimulus.max_current_ma" = "..."

[override]
author = {author}
"""


def draft(new_id: str, like: str, author: str | None) -> str:
    """Write the TOML of a new protocol ``new_id`` like ``like``, or of ``author``'s override of a shipped one.

    Raises ProtocolError for an invalid identifier, and for an override without an author.
    """
    try:
        TypeAdapter(Id).validate_python(new_id)
    except ValidationError:
        raise ProtocolError(
            f"{new_id!r} cannot name a protocol: small letters, digits and hyphens, a letter first, at most 60."
        ) from None
    if new_id in names():
        if not (author or "").strip():
            raise ProtocolError(f"{new_id} is a protocol of the program; to change it, name yourself with --author.")
        return _CHANGES.format(name=new_id, author=json.dumps(author, ensure_ascii=False))
    text = re.sub(r'^id = ".*"$', f'id = "{new_id}"', text_of(like), count=1, flags=re.MULTILINE)
    return f"#:schema ./{SCHEMA_FILE}\n{text}"
