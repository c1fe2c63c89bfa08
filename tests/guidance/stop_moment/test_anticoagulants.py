"""Intervals for anticoagulants: by drug, class of dose, renal function and depth, with a source, never as safe."""

from __future__ import annotations

import pytest

from guidance.citations import cited
from guidance.protocol import names
from guidance.stop_moment.anticoagulants import DoseClass, Renal, advise, load_anticoagulants


@pytest.mark.parametrize(
    ("drug", "dose", "renal", "hours"),
    [
        ("lmwh", "low", "normal", 12.0), ("lmwh", "low", "below-30", 24.0), ("lmwh", "high", "normal", 24.0),
        ("lmwh", "high", "below-30", 48.0), ("rivaroxaban", "low", "normal", 24.0),
        ("rivaroxaban", "low", "below-30", 30.0), ("rivaroxaban", "high", "normal", 72.0),
        ("apixaban", "low", "normal", 36.0), ("apixaban", "high", "normal", 72.0),
        ("dabigatran", "high", "normal", 72.0), ("lmwh", "low", "below-50", 12.0),
    ],
)  # fmt: skip
def test_the_interval_is_the_guidelines(drug: str, dose: DoseClass, renal: Renal, hours: float) -> None:
    assert advise(drug, dose, renal, hours, "deep").hours == hours
    assert advise(drug, dose, renal, hours, "neuraxial-like").has_passed is True
    assert advise(drug, dose, renal, hours - 1.0, "deep").has_passed is False


def test_renal_function_that_is_not_known_takes_the_longer_interval() -> None:
    assert advise("lmwh", "low", "unknown", 13.0, "deep").hours == 24.0


def test_no_time_is_given_where_the_guideline_gives_none() -> None:
    advice = advise("rivaroxaban", "high", "below-30", 200.0, "deep")
    assert (advice.hours, advice.has_passed) == (None, None)
    assert "until the level is below 30 ng/mL" in advice.text
    assert "INR is normal" in advise("vka", "low", "normal", 100.0, "deep").text


def test_the_intervals_do_not_apply_to_a_superficial_block_and_the_sentence_states_it() -> None:
    advice = advise("lmwh", "high", "below-30", 1.0, "superficial")
    assert advice.hours is None
    assert "does not apply its intervals to superficial" in advice.text


def test_a_depth_that_is_not_known_counts_as_deep() -> None:
    assert advise("lmwh", "low", "normal", 2.0, None).hours == 12.0


@pytest.mark.parametrize("since_h", [None, 0.0, 11.0, 12.0, 500.0])
def test_no_sentence_calls_a_block_safe_and_each_names_its_source(since_h: float | None) -> None:
    for drug in load_anticoagulants().drugs:
        for dose in ("low", "high"):
            for depth in ("deep", "superficial", None):
                text = advise(drug, dose, "normal", since_h, depth).text
                assert "safe" not in text.lower()
                assert "ESAIC/ESRA 2022" in text


def test_the_table_cites_every_number_and_is_no_protocol() -> None:
    table = load_anticoagulants()
    used = {key for _, item in cited(table) for key in item.sources}
    assert used == set(table.refs)
    assert "anticoagulants" not in names()
