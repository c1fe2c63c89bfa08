"""Properties of every dose: fractions grow with the dose, add up, and do not depend on the notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.dose.cumulative_dose import GivenDose, SolutionPart, aliquot, left_ml, read_dose, total_of
from guidance.dose.drugs import load
from guidance.dose.formatting import left, percent
from guidance.dose.limits import limit_of
from guidance.dose.patient import DosePatient
from guidance.dose.text import Epinephrine, concentration_mg_per_ml, parse_amount, volume_ml

TABLE = load()

drugs = st.sampled_from(sorted(TABLE.anaesthetic))
weights = st.floats(40.0, 200.0)
masses = st.floats(0.1, 1000.0)
additions = st.sampled_from([None, Epinephrine(5.0), Epinephrine(10.0)])
doses = st.builds(GivenDose, drug=drugs, mg=masses, epinephrine=additions)
patients = st.builds(
    DosePatient,
    weight_kg=weights,
    age_years=st.just(40.0),
    height_cm=st.none() | st.floats(130.0, 210.0),
    sex=st.sampled_from([None, "female", "male"]),
)


def fraction(patient: DosePatient, *given_doses: GivenDose) -> float:
    return total_of(TABLE, patient, given_doses).fraction


@given(drugs, additions, weights, weights)
def test_a_heavier_patient_never_has_a_lower_limit(
    drug: str, added: Epinephrine | None, one_kg: float, other_kg: float
) -> None:
    light, heavy = sorted((one_kg, other_kg))
    lower, higher = (limit_of(TABLE, drug, DosePatient(kg), added).mg for kg in (light, heavy))
    assert lower <= higher


@given(drugs, patients)
def test_epinephrine_never_lowers_a_limit(drug: str, patient: DosePatient) -> None:
    assert limit_of(TABLE, drug, patient).mg <= limit_of(TABLE, drug, patient, Epinephrine(5.0)).mg


@given(drugs, patients, additions)
def test_a_limit_exceeds_neither_of_its_rules(drug: str, patient: DosePatient, added: Epinephrine | None) -> None:
    limit = limit_of(TABLE, drug, patient, added)
    assert limit.weight is not None
    assert limit.mg <= (limit.absolute.value or 0.0)
    assert limit.mg <= (limit.per_kg.value or 0.0) * limit.weight.kg
    assert limit.weight.kg <= (patient.weight_kg or 0.0)


@given(patients, doses, masses)
def test_more_of_a_drug_is_a_greater_fraction(patient: DosePatient, dose: GivenDose, more_mg: float) -> None:
    greater = GivenDose(dose.drug, dose.mg + more_mg, epinephrine=dose.epinephrine)
    assert fraction(patient, dose) < fraction(patient, greater)


@given(patients, doses, doses)
def test_the_fractions_of_two_doses_add_up_in_either_order(
    patient: DosePatient, one: GivenDose, other: GivenDose
) -> None:
    both = fraction(patient, one, other)
    assert both == pytest.approx(fraction(patient, one) + fraction(patient, other))
    assert both == fraction(patient, other, one)


@given(patients, drugs, additions, masses, masses)
def test_a_mixture_of_a_drug_with_itself_is_the_drug(
    patient: DosePatient, drug: str, added: Epinephrine | None, one_mg: float, other_mg: float
) -> None:
    mixed = fraction(patient, GivenDose(drug, one_mg, epinephrine=added), GivenDose(drug, other_mg, epinephrine=added))
    assert mixed == pytest.approx(fraction(patient, GivenDose(drug, one_mg + other_mg, epinephrine=added)))


@given(patients, doses, drugs, st.floats(1.0, 40.0))
def test_what_is_left_brings_the_total_to_the_limit_and_no_further(
    patient: DosePatient, before: GivenDose, drug: str, mg_per_ml: float
) -> None:
    solution = [SolutionPart(drug, mg_per_ml)]
    total = total_of(TABLE, patient, [before])
    millilitres = left_ml(TABLE, patient, solution, total)
    if total.alarms:
        assert millilitres == pytest.approx(0.0, abs=1e-6)
    else:
        assert fraction(patient, before, *aliquot(solution, millilitres)) == pytest.approx(1.0)


@given(st.integers(1, 500))
def test_percent_and_mg_per_ml_are_two_ways_to_write_one_concentration(hundredths: int) -> None:
    mg_per_ml = hundredths / 10
    assert concentration_mg_per_ml(f"{hundredths / 100:.2f} %") == pytest.approx(mg_per_ml)
    assert concentration_mg_per_ml(f"{mg_per_ml:.1f}mg/mL") == pytest.approx(mg_per_ml)


@given(drugs, st.integers(1, 50), st.integers(1, 200))
def test_concentration_and_volume_are_the_mass_and_survive_being_written(drug: str, tenths: int, ml: int) -> None:
    dose = read_dose(TABLE, parse_amount(f"{drug} {tenths / 10:g}% {ml} mL"))
    assert dose.mg == pytest.approx(tenths * ml)
    assert volume_ml(f"{dose.volume_ml:g} mL") == dose.volume_ml
    again = read_dose(TABLE, parse_amount(f"{dose.drug} {dose.mg_per_ml:g}mg/mL {dose.volume_ml:g}mL"))
    assert again.mg == pytest.approx(dose.mg)


@given(st.floats(0.0, 3.0))
def test_fractions_round_up_and_what_is_left_rounds_down(value: float) -> None:
    assert float(percent(value).removesuffix(" %")) >= value * 100.0 - 1e-6
    assert float(left(value).removesuffix(" mL")) <= value + 1e-8
