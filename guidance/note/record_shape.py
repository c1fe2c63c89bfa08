"""Validation of events read from a journal: others may have changed the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from guidance.contracts import events
from guidance.contracts.corrections import CORRECTION

FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]
OptionalNumber = FiniteNumber | None


class _Loose(BaseModel):
    """A model that ignores unknown fields, as readers of the event stream must."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _EventHead(_Loose):
    kind: str
    seq: int
    t: Annotated[float, Field(ge=0.0, lt=1e8, allow_inf_nan=False)]


class _Device(_Loose):
    sample_rate_hz: Annotated[float, Field(gt=0.0, lt=1e9, allow_inf_nan=False)]
    channels: list[str] = []


class _Start(_Loose):
    device: _Device
    wall_time: str
    live: bool | None = None
    simulated: bool | None = None


class _ProgramFields(_Loose):
    """The fields of an entry that the program writes."""

    volume_ml: OptionalNumber = None
    weight_kg: OptionalNumber = None
    height_cm: OptionalNumber = None
    fraction: OptionalNumber = None
    fraction_at_least: OptionalNumber = None
    mg: dict[str, FiniteNumber] | None = None
    total_mg: dict[str, FiniteNumber] | None = None
    limits: dict[str, str] | None = None
    drug: str | None = None
    concentration: str | None = None


class _Correction(_ProgramFields):
    """The fields of an entry that corrects another."""

    corrects: int
    now: _ProgramFields | None
    text: str
    reason: str


class _Verified(_Loose):
    present_ma: FiniteNumber
    present_answered: int
    absent_ma: FiniteNumber
    absent_answered: int
    pulses_each: int
    width_ms: FiniteNumber


_KINDS = {
    kind.kind: TypeAdapter(kind)
    for kind in (
        events.Start, events.Command, events.Stimulus, events.Response, events.Proximity, events.Alarm, events.Signal,
        events.Entry, events.End, events.Activity,
    )
}  # fmt: skip
_ENTRIES: dict[str, type[_Loose]] = {"verification": _Verified, CORRECTION: _Correction}
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def first_invalid_line(records: Sequence[dict[str, Any]]) -> int | None:
    """Return the number (from 1) of the first of ``records`` that is not a valid event, None if all are valid."""
    return next((number for number, event in enumerate(records, 1) if not _fits(event, first=number == 1)), None)


def _fits(event: dict[str, Any], *, first: bool) -> bool:
    try:
        _check(event, first=first)
    except (ValidationError, ValueError):
        return False
    return True


def _check(event: dict[str, Any], *, first: bool) -> None:
    """Check one event. Raises ValidationError or ValueError if it is not valid."""
    head = _EventHead.model_validate(event)
    if first != (head.kind == "start"):
        raise ValueError
    if head.kind in _KINDS:
        _KINDS[head.kind].validate_json(to_json(event), strict=True)
    if head.kind == "start":
        _check_time(_Start.model_validate(event).wall_time)
    elif head.kind == "entry":
        _ENTRIES.get(event["what"], _ProgramFields).model_validate(event["fields"])


def _check_time(text: str) -> None:
    """Check that ``text`` is a time with its UTC offset and a plausible year. Raises ValueError."""
    began = datetime.fromisoformat(text)
    if began.tzinfo is None or not _FIRST_YEAR <= began.year < _LAST_YEAR:
        raise ValueError
