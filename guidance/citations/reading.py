"""From TOML to a document, whole or not at all."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from guidance.citations.error_sentences import error_sentence
from guidance.citations.items import UNSOURCED, Document, cited

M = TypeVar("M", bound=Document)


class ProtocolError(Exception):
    """A protocol, drug table or override does not hold: which file, which key, what value, what is allowed.

    ``faults`` has a sentence for each fault; the first is what the exception says.
    """

    def __init__(self, *faults: str) -> None:
        """For at least one of ``faults``."""
        super().__init__(faults[0])
        self.faults = faults


def read(model: type[M], text: str, file: str) -> M:
    """The ``model`` in TOML ``text`` of ``file`` (named in errors). Raises ProtocolError."""
    return build(model, tables_of(text, file), file)


def tables_of(text: str, file: str) -> dict[str, Any]:
    """The tables in TOML ``text`` of ``file``. Raises ProtocolError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProtocolError(f"{file} is not TOML: {fault}.") from None
    except RecursionError:
        raise ProtocolError(f"{file} is not usable: its values are nested too deep.") from None


def build(model: type[M], tables: Mapping[str, Any], file: str) -> M:
    """The ``model`` that ``tables`` of ``file`` say. Raises ProtocolError."""
    try:
        document = model.model_validate(_frozen(dict(tables)))
    except ValidationError as fault:
        errors = sorted(fault.errors(), key=lambda error: error["type"] == "missing")
        raise ProtocolError(*(error_sentence(file, error, model) for error in errors)) from None
    uncited = [
        f"{file}: {path} cites {key!r}, which [refs] does not explain; add it there, or write source = 'unsourced' and "
        "certainty = 'unsourced'."
        for path, item in cited(document)
        for key in item.sources
        if key not in document.refs and key != UNSOURCED
    ]
    if uncited:
        raise ProtocolError(*uncited)
    return document


def _frozen(value: Any) -> Any:
    """``value`` with its lists as tuples."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
