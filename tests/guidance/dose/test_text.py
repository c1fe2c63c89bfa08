"""Amounts as clinicians write them are understood; doubtful ones are refused rather than guessed."""

from __future__ import annotations

import pytest

from guidance.dose.cumulative_dose import read_dose
from guidance.dose.drugs import load
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.dose.text import (
    DoseError,
    Epinephrine,
    WrittenAmount,
    concentration_mg_per_ml,
    epinephrine,
    parse_amount,
    volume_ml,
)

UNDERSTOOD = {
    "ropivacaine 0.5% 30mL": WrittenAmount("ropivacaine", 5.0, 30.0),
    "Ropivacaine 0,5 % , 30 ml": WrittenAmount("Ropivacaine", 5.0, 30.0),
    "30 mL ropivacaine 5 mg/ml": WrittenAmount("ropivacaine", 5.0, 30.0),
    "lidocaine 1% 10mL epinephrine 1:200000": WrittenAmount("lidocaine", 10.0, 10.0, None, Epinephrine(5.0)),
    "lidocaine 1% with adrenaline 1:200,000 10 mL": WrittenAmount("lidocaine", 10.0, 10.0, None, Epinephrine(5.0)),
    "lidocaine 1% epi 1 : 100 000": WrittenAmount("lidocaine", 10.0, None, None, Epinephrine(10.0)),
    "lidocaine 2% epinephrine 5 mcg/mL 5mL": WrittenAmount("lidocaine", 20.0, 5.0, None, Epinephrine(5.0)),
    "lidocaine 2% 5mL epinephrine": WrittenAmount("lidocaine", 20.0, 5.0, None, Epinephrine(None)),
    "bupivacaine 25mg 40min ago": WrittenAmount("bupivacaine", None, None, 25.0, None, 40.0),
    "bupivacaine 25 mg 1.5h ago": WrittenAmount("bupivacaine", None, None, 25.0, None, 90.0),
    "2-chloroprocaine 3% 20mL": WrittenAmount("2-chloroprocaine", 30.0, 20.0),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_a_dose_is_understood(text: str) -> None:
    assert parse_amount(text) == UNDERSTOOD[text]


REFUSED = {
    "": "not understood",
    "30mL": "not understood",
    "ropivacaine .5% 30mL": "not understood",
    "ropivacaine 0.5% 30mL 10mL": "a volume twice",
    "ropivacaine 0.5% lidocaine 1%": "a concentration twice",
    "ropivacaine 0.5%; 30mL": "not understood",
    "ropivacaine 50% 30mL": "no concentration",
    "ropivacaine 0% 30mL": "no concentration",
    "ropivacaine 0.5% 0mL": "cannot be",
    "ropivacaine 0.5% 5000mL": "cannot be",
    "ropivacaine 0.5% -5mL": "not understood",
    "ropivacaine 0.5% 30cc": "not understood",
    "ropivacaine 0.5 30mL": "not understood",
    "bupivacaine 25mg 100h ago": "ago is longer",
    "lidocaine 1% 5mL epinephrine 1:0": "1:0",
    "lidocaine 1% 5mL epi 5ug/mL epi 5ug/mL": "epinephrine twice",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_doubtful_amount_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(DoseError, match=REFUSED[text]):
        parse_amount(text)


@pytest.mark.hazard("wrong-drug-unit")
@pytest.mark.parametrize("text", ["0.5", "5", "0.5 mg", "0.5%%", "half", "", "5mg/L", "5ug/mL", "nan%"])
def test_a_concentration_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(DoseError, match="unit"):
        concentration_mg_per_ml(text)


@pytest.mark.hazard("wrong-drug-unit")
@pytest.mark.parametrize("text", ["30", "3L", "30 cc", "1e2mL", "", "-3mL"])
def test_a_volume_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(DoseError, match="unit"):
        volume_ml(text)


@pytest.mark.parametrize("text", ["200000", "1/200000", "5 mg/mL", "weak"])
def test_an_unreadable_strength_of_epinephrine_is_refused(text: str) -> None:
    with pytest.raises(DoseError, match="strength"):
        epinephrine(text)


def test_mg_that_contradict_concentration_and_volume_are_refused() -> None:
    with pytest.raises(DoseError, match="150 mg, not 15 mg"):
        read_dose(load(), parse_amount("ropivacaine 0.5% 30mL 15mg"))


def test_a_dose_without_an_amount_is_refused() -> None:
    with pytest.raises(DoseError, match="concentration and volume"):
        read_dose(load(), parse_amount("ropivacaine 0.5%"))


@pytest.mark.parametrize(
    ("solution", "words"),
    [
        ("ropivacaine 0.5% 30mL", "a solution is"),
        ("ropivacaine", "a solution is"),
        ("ropivacaine 0.5% + naropin 0.2%", "twice"),
        ("lidocaine 1% epi 1:200000 + ropivacaine 0.5% epi 1:100000", "two strengths"),
        ("ropivacaine 0.5% +", "not understood"),
        ("cocaine 1%", "No local anaesthetic"),
    ],
)
def test_an_unusable_solution_is_refused(solution: str, words: str) -> None:
    with pytest.raises(DoseError, match=words):
        plan_of(load(), DosePatient(70), solution)


def test_epinephrine_in_a_syringe_is_with_everything_in_it() -> None:
    plan = plan_of(load(), DosePatient(70), "lidocaine 1% epinephrine 1:200000 + bupivacaine 0.25%")
    assert [part.epinephrine for part in plan.solution] == [Epinephrine(5.0), Epinephrine(5.0)]


def test_a_trade_name_is_the_drug() -> None:
    assert plan_of(load(), DosePatient(70), "Naropin 0.5%") == plan_of(load(), DosePatient(70), "ropivacaine 0.5%")
