"""Errors of a file as sentences: file, key, value, and what is allowed."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any

from pydantic_core import ErrorDetails

from guidance.citations.items import TEXT_PATTERN, Document

_ALTERNATIVES = {"constrained-str"}
_NO_LINE = "must be one line of text"
_SHOWN = 60
"""Most characters of a key or value in a message."""
_CLOSE = 0.75
"""Similarity (0 to 1) from which a known key is suggested for an unknown one; difflib's default is 0.6."""


def error_sentence(file: str, error: ErrorDetails, model: type[Document]) -> str:
    """Return one sentence for ``error``: where it is, and what is allowed."""
    where = _where(error)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _known(model), 3, _CLOSE)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; remove it."
        return f"{file}: {where} is not a key of this file{hint}"
    if error["type"] == "missing":
        return f"{file}: {where} is missing."
    what = _NO_LINE if error["type"] == "string_pattern_mismatch" and _is_text(error) else error["msg"]
    what = what.replace("Input should", "must", 1).replace("String should", "must", 1)
    if isinstance(error["input"], dict):
        return f"{file}: {where or 'the file'}: {what}."
    return f"{file}: {where} = {_shown(error['input'])}: {what}."


def _is_text(error: ErrorDetails) -> bool:
    return bool(error.get("ctx", {}).get("pattern") == TEXT_PATTERN)


def _where(error: ErrorDetails) -> str:
    """Return the dotted path of the error; list items count from 1, and names of alternatives are left out."""
    parts = [str(part + 1) if isinstance(part, int) else part for part in error["loc"]]
    return ".".join(_harmless(part) for part in parts if "[" not in part and part not in _ALTERNATIVES)


def _harmless(key: str) -> str:
    return key if key.isprintable() and len(key) <= _SHOWN else _shown(key)


def _shown(value: object) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


@cache
def _known(model: type[Document]) -> list[str]:
    """Return every key that a file of this ``model`` may have, at any depth."""
    return sorted(_keys(model.model_json_schema()))


def _keys(schema: Any) -> set[str]:
    """Return every key in ``schema``, at any depth."""
    if isinstance(schema, list):
        return {key for item in schema for key in _keys(item)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    return own | {key for item in schema.values() for key in _keys(item)}
