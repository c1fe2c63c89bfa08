"""What holds of an entry after its corrections: each is itself an entry, and may be corrected."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.contracts.corrections import corrected_root, entries_now

Entry = dict[str, Any]


def entry(seq: int, what: str = "injection", **fields: Any) -> Entry:
    return {"seq": seq, "t": float(seq), "what": what, "fields": fields}


def correction(seq: int, corrects: object, now: object) -> Entry:
    return entry(seq, "correction", corrects=corrects, now=now)


def held(*entries: Entry) -> dict[int, tuple[object, tuple[int, ...]]]:
    """Return what holds of each entry, and which corrections changed it."""
    return {each.seq: (each.fields, each.corrected_by) for each in entries_now(entries)}


FIRST = entry(1, volume_ml=10.0, drug="ropivacaine")


def test_an_entry_without_a_correction_holds_as_it_was_entered() -> None:
    assert held(FIRST) == {1: (FIRST["fields"], ())}


def test_a_correction_changes_only_the_fields_that_it_names() -> None:
    assert held(FIRST, correction(2, 1, {"volume_ml": 5.0})) == {1: ({"volume_ml": 5.0, "drug": "ropivacaine"}, (2,))}


def test_a_withdrawn_entry_holds_no_more() -> None:
    (now,) = entries_now([FIRST, correction(2, 1, None)])
    assert (now.fields, now.mark) == (None, "withdrawn")


def test_a_later_correction_of_the_same_entry_holds() -> None:
    corrected = held(FIRST, correction(2, 1, None), correction(3, 1, {"volume_ml": 7.0}))
    assert corrected == {1: ({"volume_ml": 7.0, "drug": "ropivacaine"}, (2, 3))}


def test_a_withdrawn_correction_lets_the_entry_hold_as_before() -> None:
    assert held(FIRST, correction(2, 1, None), correction(3, 2, None)) == {1: (FIRST["fields"], ())}


def test_a_corrected_correction_holds_with_its_new_fields() -> None:
    chain = (FIRST, correction(2, 1, {"volume_ml": 5.0}), correction(3, 2, {"volume_ml": 6.0}))
    assert held(*chain) == {1: ({"volume_ml": 6.0, "drug": "ropivacaine"}, (2, 3))}
    assert held(*chain, correction(4, 3, None))[1] == ({"volume_ml": 5.0, "drug": "ropivacaine"}, (2,))
    assert corrected_root(3, chain) == 1


def test_ten_thousand_corrections_of_corrections_are_resolved() -> None:
    chain = [FIRST, *(correction(seq, seq - 1, None) for seq in range(2, 10_002))]
    assert held(*chain)[1] == (FIRST["fields"], ())


@pytest.mark.parametrize("corrects", [None, "1", True, 2, 99, -1, 1.0, [1]])
def test_a_correction_that_names_no_earlier_entry_changes_nothing(corrects: object) -> None:
    assert held(FIRST, correction(2, corrects, None)) == {1: (FIRST["fields"], ())}


@pytest.mark.parametrize("now", ["10 mL", 5.0, [1]])
def test_a_correction_without_proper_fields_changes_nothing(now: object) -> None:
    assert held(FIRST, correction(2, 1, now)) == {1: (FIRST["fields"], ())}


@given(st.lists(st.tuples(st.integers(0, 40), st.one_of(st.none(), st.floats(0.1, 50.0))), max_size=40))
def test_what_holds_is_what_undoing_and_redoing_one_by_one_gives(steps: list[tuple[int, float | None]]) -> None:
    """The model: a table of what each record does, changed step by step, from which the entry is built anew."""
    entries = [FIRST]
    does: dict[int, Any] = {}
    for target, volume_ml in steps:
        seq = len(entries) + 1
        corrects = 1 + target % (seq - 1)
        now = None if volume_ml is None else {"volume_ml": volume_ml}
        entries.append(correction(seq, corrects, now))
        does[seq] = (corrects, now)
    assert held(*entries)[1][0] == _rebuilt(1, FIRST["fields"], does)


def _rebuilt(seq: int, begin: Any, does: dict[int, Any]) -> Any:
    """Return what holds of the record ``seq``: for a correction "off" if it is withdrawn."""
    value = begin
    for later, (corrects, now) in does.items():
        if corrects == seq:
            effect = _rebuilt(later, now, does)
            if effect == "off":
                continue
            withdrawn = None if seq == 1 else "off"
            base = FIRST["fields"] if seq == 1 else {}
            value = withdrawn if effect is None else base | effect
    return value
