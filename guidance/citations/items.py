"""Values and statements with their sources, as pydantic models; a file is a ``Document`` of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

T = TypeVar("T")

UNSOURCED = "unsourced"
Certainty = Literal["sourced", "secondary", "derived", "conflicting", "unsourced"]
CERTAINTIES: tuple[str, ...] = get_args(Certainty)
"""Certainty of a number. ``sourced``: read in an abstract, an excerpt or a single page of the cited work, not in its
full text. ``secondary``: the cited work restates another source. ``derived``: computed from sourced numbers.
``conflicting``: the sources disagree; the note says how. ``unsourced``: general knowledge, to be verified.
"""


@dataclass(frozen=True, slots=True)
class Within:
    """Range of a float or int, from ``low`` to ``high`` in ``unit``, both included.

    Written as ``Annotated[float, Within(0.01, 6.0, "mA")]``.
    """

    low: float
    high: float
    unit: str

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the validation: a number in range, never a bool or text."""
        return core_schema.no_info_after_validator_function(self._check, handler(kind))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON Schema of the range, for editors."""
        return handler(core) | {"minimum": self.low, "maximum": self.high, "description": f"{self} allowed"}

    def _check(self, value: float) -> float:
        if not self.low <= value <= self.high:
            raise PydanticCustomError("range", "allowed is {allowed}", {"allowed": str(self)})
        return value

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise PydanticCustomError("rising", "the first value must not be above the second")
    return value


TEXT_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
Text = Annotated[str, Field(max_length=2000, pattern=TEXT_PATTERN)]
"""A line of text without control characters, and not blank."""
RefKey = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Rising = AfterValidator(_rising)
"""Validator of a pair (low, high): ``Annotated[tuple[Milliamps, Milliamps], Rising]``."""


class Strict(BaseModel):
    """A table of a file: no unknown keys, no conversion of types, frozen."""

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
    """A statement with its source; subclasses add the fields of the statement."""

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
    """A value with its source; or ``value`` None, with the reason in ``missing``."""

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
        stated = [self.value is not None, self.source is not None, self.certainty is not None]
        if any(stated) == (self.missing is not None) or any(stated) != all(stated):
            raise PydanticCustomError("whole", "give value, source and certainty, or else missing with the reason")
        _agree(self.source, self.certainty)
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``[refs]`` or ``("unsourced",)``; empty for a missing value."""
        return (self.source,) if isinstance(self.source, str) else self.source or ()

    @property
    def unsourced(self) -> bool:
        """Whether the value has no source and must be shown so."""
        return self.certainty == UNSOURCED


class Document(Strict):
    """A file; subclasses add its tables. ``refs`` maps keys to citations."""

    refs: dict[RefKey, Text] = Field(default_factory=dict)


def cited(item: object, path: str = "") -> Iterator[tuple[str, Cited | Sourced[Any]]]:
    """Yield every sourced value or statement in ``item``, with its dotted path."""
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
