"""Numbers with sources: valid forms are read, others refused in a sentence."""

from __future__ import annotations

from typing import Annotated

import pytest

from guidance.citations import Cited, Document, ProtocolError, Rising, Sourced, Strict, Text, Within, cited, read

Milliamps = Annotated[float, Within(0.01, 6.0, "mA")]


class Row(Cited):
    response: Text


class Table(Strict):
    start_ma: Sourced[Milliamps]
    span_ma: Sourced[Annotated[tuple[Milliamps, Milliamps], Rising]] | None = None
    sites: Sourced[Annotated[int, Within(1, 9, "sites")]] | None = None


class File(Document):
    table: Table
    rows: tuple[Row, ...] = ()


GOOD = 'start_ma = { value = 1.0, source = "a-2001", certainty = "sourced" }'
REFS = '\n[refs]\na-2001 = "A. 2001"\nb-2002 = "B. 2002"\n'


def file(table: str, rest: str = "") -> str:
    return f"[table]\n{table}\n{rest}{REFS}"


def refusal(text: str) -> str:
    with pytest.raises(ProtocolError) as refused:
        read(File, text, "f.toml")
    return str(refused.value)


def test_a_value_comes_with_source_certainty_and_note() -> None:
    item = read(File, file(GOOD.replace(" }", ', note = "at contact" }')), "f.toml").table.start_ma
    assert (item.value, item.sources, item.certainty, item.note) == (1.0, ("a-2001",), "sourced", "at contact")
    assert not item.unsourced


def test_several_sources_may_bear_one_value() -> None:
    both = GOOD.replace('"a-2001"', '["a-2001", "b-2002"]').replace('"sourced"', '"conflicting"')
    assert read(File, file(both), "f.toml").table.start_ma.sources == ("a-2001", "b-2002")


def test_a_value_without_a_source_is_marked_unsourced() -> None:
    item = read(File, file(GOOD.replace('"a-2001"', '"unsourced"').replace('"sourced"', '"unsourced"')), "f.toml")
    assert item.table.start_ma.unsourced


def test_what_is_missing_is_none_with_a_reason() -> None:
    item = read(File, file('start_ma = { missing = "no source names one" }'), "f.toml").table.start_ma
    assert (item.value, item.missing, item.sources) == (None, "no source names one", ())


def test_a_whole_number_is_a_current_but_a_half_is_no_count() -> None:
    assert read(File, file(GOOD.replace("1.0", "1")), "f.toml").table.start_ma.value == 1.0
    half = 'sites = { value = 1.5, source = "a-2001", certainty = "sourced" }'
    assert "table.sites.value = 1.5" in refusal(file(f"{GOOD}\n{half}"))


def test_every_sourced_item_is_found_with_its_path() -> None:
    rows = '[[rows]]\nresponse = "r"\nsource = "unsourced"\ncertainty = "unsourced"\n'
    found = dict(cited(read(File, file(GOOD, rows), "f.toml")))
    assert list(found) == ["table.start_ma", "rows.1"]


@pytest.mark.parametrize("value", ["0.009", "6.001", "-1.0", "0", "1e6"])
def test_a_value_out_of_range_is_refused_with_the_range_and_its_unit(value: str) -> None:
    sentence = refusal(file(GOOD.replace("1.0", value)))
    assert sentence.startswith("f.toml: table.start_ma.value = ")
    assert "0.01 to 6 mA" in sentence


@pytest.mark.parametrize("value", ["0.01", "6.0"])
def test_the_ends_of_a_range_belong_to_it(value: str) -> None:
    assert read(File, file(GOOD.replace("1.0", value)), "f.toml").table.start_ma.value == float(value)


REFUSED = {
    "a value and a reason why there is none": (GOOD.replace(" }", ', missing = "x" }'), "value, source and certainty"),
    "a value alone": ("start_ma = { value = 1.0 }", "value, source and certainty"),
    "nothing at all": ("start_ma = {}", "value, source and certainty"),
    "a source alone": ('start_ma = { source = "a-2001", certainty = "sourced" }', "value, source and certainty"),
    "unsourced, yet certain": (GOOD.replace('"a-2001"', '"unsourced"'), "both be 'unsourced'"),
    "a source, yet unsourced": (GOOD.replace('"sourced"', '"unsourced"'), "both be 'unsourced'"),
    "a source that is not in refs": (GOOD.replace("a-2001", "c-2003"), "'c-2003'"),
    "a source that is a number": (GOOD.replace('"a-2001"', "2001"), "table.start_ma.source = 2001"),
    "no sources": (GOOD.replace('"a-2001"', "[]"), "table.start_ma.source"),
    "a note with control characters": (GOOD.replace(" }", ', note = "\\u001b[2J" }'), "one line of text"),
    "a note of two lines": (GOOD.replace(" }", ', note = "a\\nb" }'), "one line of text"),
    "a key with control characters": (GOOD.replace(" }", ', "\\u001b[2J" = 1 }'), "is not a key"),
    "an empty note": (GOOD.replace(" }", ', note = " " }'), "table.start_ma.note"),
    "a truth": (GOOD.replace("1.0", "true"), "table.start_ma.value = True"),
    "a date": (GOOD.replace("1.0", "2001-01-01"), "table.start_ma.value"),
    "no number": (GOOD.replace("1.0", "nan"), "finite"),
    "a pair backwards": (f"{GOOD}\n{GOOD.replace('start_ma', 'span_ma').replace('1.0', '[2.0, 1.0]')}", "first"),
    "a slip in a key": (GOOD.replace("start_ma", "start_mA"), "did you mean start_ma"),
    "a slip in a unit": (GOOD.replace("start_ma", "start_ua"), "did you mean start_ma"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_not_whole_is_refused_in_a_sentence(fault: str) -> None:
    text, words = REFUSED[fault]
    sentence = refusal(file(text))
    assert sentence.startswith("f.toml: table")
    assert words in sentence
    assert sentence.isprintable()


def test_a_statement_without_a_source_is_refused() -> None:
    assert "rows.1.source is missing" in refusal(file(GOOD, '[[rows]]\nresponse = "r"\ncertainty = "sourced"\n'))


def test_values_nested_beyond_reason_are_refused() -> None:
    assert "f.toml" in refusal("x = " + "[" * 20_000 + "]" * 20_000)
