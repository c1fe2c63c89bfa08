"""Numbers and statements that name their source: how they are written in TOML, and read.

    start_current_ma = { value = 1.0, source = "hadzic-18", certainty = "sourced" }
    rate_hz          = { value = 2.0, source = "unsourced", certainty = "unsourced", note = "usual setting" }
    volume_ml        = { missing = "no source names one" }

    [refs]
    hadzic-18 = "Hadzic, ch. 18, accessanesthesiology bookid=518 sectionid=41534305"

A file is a pydantic model derived from ``Document``; its fields are ``Sourced[...]``, or models derived from ``Cited``
where a whole statement has one source. The same model gives the JSON Schema. The drug table and the protocols are read
by this one door, ``read``.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

T = TypeVar("T")
M = TypeVar("M", bound="Document")

UNSOURCED = "unsourced"
Certainty = Literal["sourced", "secondary", "derived", "conflicting", "unsourced"]
"""How sure a number is. ``sourced``: read in an abstract, an excerpt or a single page of what is cited, not in its full
text. ``secondary``: what is cited restates another source. ``derived``: computed from sourced numbers.
``conflicting``: the sources disagree; the note says how. ``unsourced``: general knowledge, to be verified.
"""

_ALTERNATIVES = {"constrained-str"}
_SHOWN = 60
_CLOSE = 0.75


class ProtocolError(Exception):
    """A protocol, drug table or override does not hold: which file, which key, what value, what is allowed.

    ``faults`` has a sentence for each fault; the first is what the exception says.
    """

    def __init__(self, *faults: str) -> None:
        """For at least one of ``faults``."""
        super().__init__(faults[0])
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Within:
    """Marks a float (or int) as lying in ``low`` to ``high`` of ``unit``, both included:
    ``Annotated[float, Within(0.01, 6.0, "mA")]``.
    """

    low: float
    high: float
    unit: str

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validation: a number, never a bool or a text, in range."""
        return core_schema.no_info_after_validator_function(self._check, handler(kind))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The same for an editor."""
        return handler(core) | {"minimum": self.low, "maximum": self.high, "description": f"{self} allowed"}

    def _check(self, value: float) -> float:
        if not self.low <= value <= self.high:
            raise PydanticCustomError("range", "allowed is {allowed}", {"allowed": str(self)})
        return value

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise PydanticCustomError("rising", "the first of two must not be above the second")
    return value


Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
RefKey = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Rising = AfterValidator(_rising)
"""Marks a pair as low and high: ``Annotated[tuple[Milliamps, Milliamps], Rising]``."""


class Strict(BaseModel):
    """A table of a file: no unknown key, no value taken for another type, nothing changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _agree(source: str | tuple[str, ...] | None, certainty: Certainty | None) -> None:
    if (source == UNSOURCED) != (certainty == UNSOURCED):
        raise PydanticCustomError("source", "source and certainty must both be 'unsourced', or neither")


_AGREE: dict[str, Any] = {
    "if": {"properties": {"source": {"const": UNSOURCED}}, "required": ["source"]},
    "then": {"properties": {"certainty": {"const": UNSOURCED}}},
    "else": {"properties": {"certainty": {"not": {"const": UNSOURCED}}}},
}

Source = RefKey | Annotated[tuple[RefKey, ...], Field(min_length=1, max_length=8)]
"""Keys of ``[refs]``: one, or several; or ``unsourced``."""


class Cited(Strict):
    """A statement with its source; derive from it and add what is stated."""

    model_config = ConfigDict(json_schema_extra=_AGREE)

    source: Source
    certainty: Certainty
    note: Text | None = None

    @model_validator(mode="after")
    def _sources_agree(self) -> Self:
        _agree(self.source, self.certainty)
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``[refs]``, or ``("unsourced",)``."""
        return (self.source,) if isinstance(self.source, str) else self.source


class Sourced(Strict, Generic[T]):
    """A value with its source, or ``value`` None and in ``missing`` the reason why there is none."""

    model_config = ConfigDict(
        json_schema_extra=_AGREE
        | {
            "oneOf": [
                {"required": ["value", "source", "certainty"], "properties": {"missing": False}},
                {"required": ["missing"], "properties": {"value": False, "source": False, "certainty": False}},
            ]
        }
    )

    value: T | None = None
    source: Source | None = None
    certainty: Certainty | None = None
    note: Text | None = None
    missing: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        said = [self.value is not None, self.source is not None, self.certainty is not None]
        if any(said) == (self.missing is not None) or any(said) != all(said):
            raise PydanticCustomError("whole", "give value, source and certainty, or else missing with the reason")
        _agree(self.source, self.certainty)
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``[refs]``, ``("unsourced",)``, or nothing for a value that is missing."""
        return (self.source,) if isinstance(self.source, str) else self.source or ()

    @property
    def unsourced(self) -> bool:
        """Whether the value must be shown as unsourced."""
        return self.certainty == UNSOURCED


class Document(Strict):
    """A file: what derives from it adds its tables. ``refs``: citation by key."""

    refs: dict[RefKey, Text] = Field(default_factory=dict)


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
        raise ProtocolError(*(_sentence(file, error, model) for error in errors)) from None
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


def cited(item: object, path: str = "") -> Iterator[tuple[str, Cited | Sourced[Any]]]:
    """Every sourced value or statement in ``item``, with its dotted path."""
    if isinstance(item, Cited | Sourced):
        yield path, item
    if isinstance(item, BaseModel):
        parts: Iterable[tuple[Any, object]] = ((name, getattr(item, name)) for name in type(item).model_fields)
    elif isinstance(item, Mapping):
        parts = item.items()
    elif isinstance(item, tuple):
        parts = enumerate(item, 1)
    else:
        return
    for name, part in parts:
        yield from cited(part, f"{path}.{name}" if path else str(name))


def _frozen(value: Any) -> Any:
    """``value`` with its lists as tuples."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


@cache
def _known(model: type[Document]) -> list[str]:
    """Every key that a file of this ``model`` may have, wherever."""
    return sorted(_keys(model.model_json_schema()))


def _keys(schema: Any) -> set[str]:
    """Every key that ``schema`` knows, at any depth."""
    if isinstance(schema, list):
        return {key for item in schema for key in _keys(item)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    return own | {key for item in schema.values() for key in _keys(item)}


def _sentence(file: str, error: ErrorDetails, model: type[Document]) -> str:
    """What is wrong, where, and what is allowed."""
    where = _where(error)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _known(model), 3, _CLOSE)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; remove it."
        return f"{file}: {where} is not a key of this file{hint}"
    if error["type"] == "missing":
        return f"{file}: {where} is missing."
    what = error["msg"].replace("Input should", "must", 1)
    if isinstance(error["input"], dict):
        return f"{file}: {where or 'the file'}: {what}."
    return f"{file}: {where} = {_shown(error['input'])}: {what}."


def _where(error: ErrorDetails) -> str:
    """The dotted path of the fault; places in lists count from 1, and the names of alternatives are left out."""
    parts = [str(part + 1) if isinstance(part, int) else part for part in error["loc"]]
    return ".".join(part for part in parts if "[" not in part and part not in _ALTERNATIVES)


def _shown(value: object) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


CERTAINTIES: tuple[str, ...] = get_args(Certainty)
