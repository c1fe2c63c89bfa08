"""Reading of a document from TOML: valid as a whole, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from guidance.citations.error_sentences import error_sentence
from guidance.citations.items import UNSOURCED, Document, cited
from guidance.common.toml import NotToml, tables_of_toml

M = TypeVar("M", bound=Document)


class ProtocolError(Exception):
    """A protocol, drug table or override is not valid.

    ``faults`` has a sentence for each fault, with file, key, value and what is allowed; the first is the message.
    """

    def __init__(self, *faults: str) -> None:
        """Take at least one of ``faults``."""
        super().__init__(faults[0])
        self.faults = faults


def read(model: type[M], text: str, file: str) -> M:
    """Read ``text`` in TOML as a ``model``; errors name ``file``. Raises ProtocolError."""
    return build(model, tables_of(text, file), file)


def tables_of(text: str, file: str) -> dict[str, Any]:
    """Return the tables in TOML ``text`` of ``file``. Raises ProtocolError."""
    try:
        return tables_of_toml(text)
    except NotToml as fault:
        raise ProtocolError(f"{file} is not TOML: {fault}.") from None


def build(model: type[M], tables: Mapping[str, Any], file: str) -> M:
    """Return ``tables`` of ``file`` as a ``model``. Raises ProtocolError."""
    try:
        document = model.model_validate(_frozen(dict(tables)))
    except ValidationError as fault:
        errors = sorted(fault.errors(), key=lambda error: error["type"] == "missing")
        raise ProtocolError(*(error_sentence(file, error, model) for error in errors)) from None
    uncited = [
        f"{file}: {path} cites {key!r}, which is not in [refs]; add it there, or write source = 'unsourced' and "
        "certainty = 'unsourced'."
        for path, item in cited(document)
        for key in item.sources
        if key not in document.refs and key != UNSOURCED
    ]
    if uncited:
        raise ProtocolError(*uncited)
    return document


def _frozen(value: Any) -> Any:
    """Return ``value`` with its lists as tuples."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
