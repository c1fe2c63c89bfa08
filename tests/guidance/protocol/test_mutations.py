"""Five hundred typing errors: each is refused in one sentence or changes nothing; none crashes or is read in part."""

from __future__ import annotations

import json
import random
import re
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from guidance.citations import tables_of
from guidance.protocol import ProtocolError, names
from guidance.protocol.library import text_of
from guidance.protocol.model import protocol_of
from guidance.protocol.placeholders import fill
from guidance.protocol.reading import json_schema, sheet_of
from guidance.protocol.sheet import Sheet
from tests.guidance.protocol.mutations import Mutated, mutated

SLIPS = 500
ONLY_THE_LOADER = re.compile(
    r"cites|finite number|first of two|2 ms after|must not be above|must be below|is outside|is above|no table|"
    r"no procedure can run"
)
"""Faults between several keys, or in types that JSON lacks: no schema can find them."""


def slip(seed: int) -> tuple[str, Mutated]:
    name = names()[seed % len(names())]
    return name, mutated(seed, text_of(name))


def load_result(text: str) -> Sheet | ProtocolError:
    """Return the sheet of ``text``, or the ProtocolError; any other exception propagates."""
    try:
        sheet = sheet_of(tables_of(text, "mine.toml"), "mine.toml")
        protocol_of(sheet, "mine.toml")
    except ProtocolError as fault:
        return fault
    return sheet


def is_in_words(fault: ProtocolError) -> bool:
    return all(re.fullmatch(r"mine\.toml[: ].{10,}[.;?]?", sentence) for sentence in fault.faults)


def as_toml(value: Any) -> Any:
    """Convert a sheet to plain TOML types."""
    return json.loads(json.dumps(value))


def is_whole(sheet: Sheet, text: str) -> bool:
    """Return whether the sheet holds exactly the values of the file."""
    return bool(as_toml(sheet.model_dump(exclude_unset=True)) == fill(tomllib.loads(text), "f"))


@pytest.mark.parametrize("batch", range(10))
def test_every_typing_error_is_refused_in_one_sentence_or_changes_nothing(batch: int) -> None:
    for seed in range(batch, SLIPS, 10):
        name, mutation = slip(seed)
        result = load_result(mutation.text)
        if isinstance(result, ProtocolError):
            assert is_in_words(result), (mutation.what, result.faults)
        else:
            assert tomllib.loads(mutation.text) == tomllib.loads(text_of(name)), (name, mutation.what)
            assert is_whole(result, mutation.text), (name, mutation.what)


def test_most_slips_are_faults() -> None:
    refused = sum(isinstance(load_result(slip(seed)[1].text), ProtocolError) for seed in range(SLIPS))
    assert refused > 0.85 * SLIPS


@pytest.mark.parametrize("batch", range(4))
def test_changed_bytes_never_crash_and_never_give_a_partial_sheet(batch: int) -> None:
    for seed in range(batch, 400, 4):
        rng = random.Random(seed)
        letters = list(text_of(names()[seed % len(names())]))
        for _ in range(rng.randint(1, 4)):
            letters[rng.randrange(len(letters))] = rng.choice(["", "\0", "\n", '"', "]", "=", "9", "é", "\ud7ff", "x"])
        text = "".join(letters)
        result = load_result(text)
        if isinstance(result, ProtocolError):
            assert is_in_words(result), (seed, result.faults)
        else:
            assert is_whole(result, text), seed


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    Draft202012Validator.check_schema(json_schema())
    return Draft202012Validator(json_schema())


@pytest.mark.parametrize("name", names())
def test_every_protocol_holds_by_the_editors_schema(schema: Draft202012Validator, name: str) -> None:
    assert [error.message for error in schema.iter_errors(tomllib.loads(text_of(name)))] == []


def test_the_editors_schema_and_the_loader_agree_on_every_slip(schema: Draft202012Validator) -> None:
    compared = 0
    for seed in range(0, SLIPS, 2):
        name, mutation = slip(seed)
        try:
            tables = tomllib.loads(mutation.text)
        except tomllib.TOMLDecodeError:
            continue
        result, by_schema = load_result(mutation.text), schema.is_valid(tables)
        beyond = isinstance(result, ProtocolError) and ONLY_THE_LOADER.search(" ".join(result.faults))
        assert beyond or by_schema == (not isinstance(result, ProtocolError)), (name, mutation.what, result)
        compared += not beyond
    assert compared > SLIPS / 4
