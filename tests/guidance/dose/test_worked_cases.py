"""The calculator against cases worked by hand. Each names its sources and shows the arithmetic.

``[138]`` and the like are sources of the project's clinical reference; the others are keys of ``protocols/drugs.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from guidance.dose.cumulative_dose import read_dose, total_of
from guidance.dose.drugs import load
from guidance.dose.limits import Rule, limit_of
from guidance.dose.patient import DosePatient
from guidance.dose.rescue import rescue
from guidance.dose.text import DoseError, Epinephrine, parse_amount

TABLE = load()
AT_1_200_000 = Epinephrine(5.0)


@dataclass(frozen=True, slots=True)
class Single:
    """One drug: its limit in mg and which rule binds."""

    why: str
    drug: str
    patient: DosePatient
    mg: float
    rule: Rule
    added: Epinephrine | None = None


LIMITS = [
    # [138], lidocaine-topical-label: 4.5 mg/kg, at most 300 mg. 4.5 x 60 = 270 < 300.
    Single("lidocaine plain, light adult", "lidocaine", DosePatient(60), 270.0, "weight"),
    # 4.5 x 70 = 315 > 300.
    Single("lidocaine plain at 70 kg: the absolute limit binds", "lidocaine", DosePatient(70), 300.0, "absolute"),
    # [138], lidocaine-dental-label: 7 mg/kg, at most 500 mg. 7 x 70 = 490 < 500.
    Single("lidocaine with epinephrine", "lidocaine", DosePatient(70), 490.0, "weight", AT_1_200_000),
    # 7 x 80 = 560 > 500.
    Single("lidocaine with epinephrine, 80 kg", "lidocaine", DosePatient(80), 500.0, "absolute", AT_1_200_000),
    # Epinephrine 1:400 000 is 2.5 ug/mL, weaker than the 1:200 000 that the sources name: 4.5 x 60 = 270, not 420.
    Single("too weak epinephrine raises nothing", "lidocaine", DosePatient(60), 270.0, "weight", Epinephrine(2.5)),
    # [138]: 2 to 2.5 mg/kg, formulary-bs 2; the lower stands. 2 x 70 = 140 < 175.
    Single("bupivacaine plain", "bupivacaine", DosePatient(70), 140.0, "weight"),
    # bupivacaine-restated: at most 175 mg. 2 x 95 = 190 > 175.
    Single("bupivacaine plain, 95 kg", "bupivacaine", DosePatient(95), 175.0, "absolute"),
    # [138]: 3 mg/kg, at most 225 mg with epinephrine. 3 x 70 = 210 < 225; at 75 kg both are 225.
    Single("bupivacaine with epinephrine", "bupivacaine", DosePatient(70), 210.0, "weight", AT_1_200_000),
    Single("bupivacaine where both rules meet", "bupivacaine", DosePatient(75), 225.0, "absolute", AT_1_200_000),
    # [138]: 3 mg/kg with and without; [139]: 300 mg. 3 x 70 = 210.
    Single("ropivacaine plain", "ropivacaine", DosePatient(70), 210.0, "weight"),
    Single("ropivacaine with epinephrine is no more", "ropivacaine", DosePatient(70), 210.0, "weight", AT_1_200_000),
    # 3 x 110 = 330 > 300.
    Single("ropivacaine, 110 kg", "ropivacaine", DosePatient(110), 300.0, "absolute"),
    # [138]: 4.4 to 5 mg/kg; the lower stands. 4.4 x 60 = 264 < 300 [139].
    Single("mepivacaine plain", "mepivacaine", DosePatient(60), 264.0, "weight"),
    # [138]: 7 mg/kg; carbocaine-label: not usually above 400 mg. 7 x 70 = 490 > 400.
    Single("mepivacaine with epinephrine", "mepivacaine", DosePatient(70), 400.0, "absolute", AT_1_200_000),
    # chloroprocaine-ch: 11 mg/kg, at most 800 mg; with epinephrine 1:200 000 14 mg/kg, at most 1000 mg. 11 x 70 = 770.
    Single("chloroprocaine plain", "chloroprocaine", DosePatient(70), 770.0, "weight"),
    # 14 x 70 = 980.
    Single("chloroprocaine with epinephrine", "chloroprocaine", DosePatient(70), 980.0, "weight", AT_1_200_000),
    # levobupivacaine-uk: a single dose of at most 150 mg; rcem-levobupivacaine: 2 mg/kg. 2 x 80 = 160 > 150.
    Single("levobupivacaine", "levobupivacaine", DosePatient(80), 150.0, "absolute"),
    # The sources give nothing for a block with epinephrine: the limit without it holds. 2 x 60 = 120.
    Single("levobupivacaine, epinephrine added", "levobupivacaine", DosePatient(60), 120.0, "weight", AT_1_200_000),
    # etg-toxicology, frca-prilocaine: 6 mg/kg; prilocaine-uk: 400 mg. 6 x 60 = 360.
    Single("prilocaine", "prilocaine", DosePatient(60), 360.0, "weight"),
    # 130 kg at 165 cm: 130 / 1.65^2 = 47.8 kg/m2, obese. Ideal weight of a woman 165 - 105 = 60 kg. 3 x 60 = 180.
    Single("an obese woman", "ropivacaine", DosePatient(130, 40, 165, "female"), 180.0, "weight"),
    # The same without a sex: the lower of 60 and 65 kg.
    Single("obese, sex not given", "ropivacaine", DosePatient(130, 40, 165), 180.0, "weight"),
    # A man of 120 kg at 180 cm: 37.0 kg/m2. 180 - 100 = 80 kg. 2 x 80 = 160 < 175.
    Single("an obese man", "bupivacaine", DosePatient(120, 40, 180, "male"), 160.0, "weight"),
    # 95 kg at 180 cm: 29.3 kg/m2, not obese: 2 x 95 = 190 > 175.
    Single("heavy but not obese", "bupivacaine", DosePatient(95, 40, 180, "male"), 175.0, "absolute"),
    # Levobupivacaine goes by lean weight (rcem-levobupivacaine). A woman of 100 kg at 150 cm: 44.44 kg/m2;
    # 9270 x 100 / (8780 + 244 x 44.44) = 927000 / 19624.4 = 47.237 kg; 2 x 47.237 = 94.47.
    Single("lean weight", "levobupivacaine", DosePatient(100, 40, 150, "female"), 94.474, "weight"),
    # 12 years and 38 kg: naropin-mims covers 12 years on. 3 x 38 = 114.
    Single("an adolescent that the source covers", "ropivacaine", DosePatient(38, 12), 114.0, "weight"),
]  # fmt: skip


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: case.why)
def test_the_limit_equals_the_worked_case(case: Single) -> None:
    limit = limit_of(TABLE, case.drug, case.patient, case.added)
    assert limit.mg == pytest.approx(case.mg, rel=1e-5)
    assert limit.rule == case.rule
    assert limit.is_whole


@dataclass(frozen=True, slots=True)
class Mixed:
    """Several doses of one patient, and the sum of their fractions."""

    why: str
    doses: list[str]
    fraction: float
    patient: DosePatient = field(default_factory=lambda: DosePatient(70))


MIXTURES = [
    # Fractions summed (weinberg-mixtures, aap-table). Ropivacaine 0.5 % 30 mL = 150 mg of 3 x 70 = 210.
    Mixed("one dose", ["ropivacaine 0.5% 30mL"], 150 / 210),
    # Weinberg's correspondent: 10 mL ropivacaine 1 % (100 mg) and 10 mL lidocaine 2 % (200 mg) in a patient of 40 kg.
    # 100 / (3 x 40) + 200 / (4.5 x 40) = 0.8333 + 1.1111 = 1.944.
    Mixed(
        "a mixture in a small patient",
        ["ropivacaine 1% 10mL", "lidocaine 2% 10mL"],
        100 / 120 + 200 / 180,
        DosePatient(40, 30),
    ),
    # Lidocaine 1 % 20 mL with 1:200 000 = 200 mg of min(490, 500); bupivacaine 0.25 % 20 mL = 50 mg of 140.
    Mixed(
        "one part with epinephrine",
        ["lidocaine 1% 20mL epinephrine 1:200 000", "bupivacaine 2.5mg/mL 20 mL"],
        200 / 490 + 50 / 140,
    ),
    # A repeat 90 min later counts as if the first were all there: 2 x 20 mL x 5 mg/mL = 200 of 210.
    Mixed("a repeated dose", ["ropivacaine 0.5% 20mL 90min ago", "ropivacaine 0.5% 20mL"], 200 / 210),
    # The same drug with and without epinephrine, each against its own limit: 100 / 300 + 100 / 490.
    Mixed(
        "with and without epinephrine",
        ["lidocaine 100mg 1h ago", "lidocaine 1% 10mL adrenaline 5ug/mL"],
        100 / 300 + 100 / 490,
    ),
    # Exactly the limit: 0.75 % is 7.5 mg/mL; 28 mL x 7.5 = 210 of 210.
    Mixed("the limit itself", ["ropivacaine 0,75 % 28 mL"], 1.0),
    # Bupivacaine 0.5 % 40 mL = 200 mg at 100 kg: 2 x 100 = 200, but at most 175.
    Mixed("above the absolute limit, not the one by weight", ["bupivacaine 0.5% 40mL"], 200 / 175, DosePatient(100)),
]  # fmt: skip


@pytest.mark.parametrize("case", MIXTURES, ids=lambda case: case.why)
def test_the_fraction_equals_the_worked_case(case: Mixed) -> None:
    doses = [read_dose(TABLE, parse_amount(text)) for text in case.doses]
    total = total_of(TABLE, case.patient, doses)
    assert total.fraction == pytest.approx(case.fraction, rel=1e-9)


def test_the_limit_itself_is_reached_and_not_exceeded() -> None:
    total = total_of(TABLE, DosePatient(70), [read_dose(TABLE, parse_amount("ropivacaine 0.75% 28mL"))])
    assert total.alarms
    assert not total.is_over


@pytest.mark.parametrize(
    ("drug", "patient", "words"),
    [
        # xylocaine-mpf-label: the limits of healthy adults. bupivacaine-adults-label: in adults.
        ("lidocaine", DosePatient(20, 6), "18 years"),
        ("bupivacaine", DosePatient(60, 15), "18 years"),
        # naropin-mims: from 12 years on.
        ("ropivacaine", DosePatient(38, 11.9), "12 years"),
        # [140] would have a 30 % reduction below 6 months, of limits that do not cover an infant: refused.
        ("bupivacaine", DosePatient(5, 0.3), "18 years"),
        # So light that it may be a child, and no age.
        ("lidocaine", DosePatient(22), "age"),
    ],
)
def test_a_patient_whom_the_sources_do_not_cover_is_refused_in_one_sentence(
    drug: str, patient: DosePatient, words: str
) -> None:
    with pytest.raises(DoseError, match=words):
        limit_of(TABLE, drug, patient)


@pytest.mark.parametrize("kg", [0.0, -70.0, 0.5, 351.0, 70000.0, float("nan"), float("inf")])
def test_a_weight_that_no_patient_has_is_refused(kg: float) -> None:
    with pytest.raises(DoseError, match="cannot be"):
        DosePatient(kg)


@pytest.mark.parametrize(("age", "height"), [(-1.0, 170.0), (121.0, 170.0), (40.0, 1.7), (40.0, 300.0)])
def test_an_age_or_height_that_no_patient_has_is_refused(age: float, height: float) -> None:
    with pytest.raises(DoseError, match="cannot be"):
        DosePatient(70, age, height)


def test_without_a_weight_only_the_absolute_limit_is_known_and_no_weight_is_assumed() -> None:
    limit = limit_of(TABLE, "ropivacaine", DosePatient())
    assert not limit.is_whole
    assert limit.weight is None
    assert limit.mg == 300.0


def test_epinephrine_too_strong_for_a_block_is_refused() -> None:
    with pytest.raises(DoseError, match="stronger"):
        limit_of(TABLE, "lidocaine", DosePatient(70), Epinephrine(1000.0))


def test_a_very_small_adult_should_be_given_less() -> None:
    notes = limit_of(TABLE, "ropivacaine", DosePatient(39, 60)).notes
    assert any("less should be given" in note for note in notes)
    assert not limit_of(TABLE, "ropivacaine", DosePatient(40, 60)).notes


# ASRA as [143, 144] and asra-2020-restated give it: below 70 kg 1.5 mL/kg, then 0.25 mL/kg/min; above, 100 mL, then
# 200 to 250 mL over 15 to 20 min, which is 10 to 16.7 mL/min; never above 12 mL/kg (aagbi).
RESCUES = [
    (DosePatient(50), 75.0, (12.5, 12.5), 600.0),
    (DosePatient(69), 103.5, (17.25, 17.25), 828.0),
    (DosePatient(70), 100.0, (10.0, 250 / 15), 840.0),  # the 840 mL that aagbi's example for 70 kg names
    (DosePatient(100), 100.0, (10.0, 250 / 15), 1200.0),
    (DosePatient(12, 2), 18.0, (3.0, 3.0), 144.0),  # a child is rescued too
    (DosePatient(120, 40, 160, "female"), 82.5, (13.75, 13.75), 660.0),  # by ideal weight, 160 - 105 = 55 kg (wikem)
]


@pytest.mark.parametrize(("patient", "bolus_ml", "rate", "most_ml"), RESCUES)
def test_the_lipid_rescue_volumes_equal_the_worked_case(
    patient: DosePatient, bolus_ml: float, rate: tuple[float, float], most_ml: float
) -> None:
    card = rescue(TABLE, patient)
    assert card is not None
    assert card.bolus_ml == pytest.approx(bolus_ml)
    assert card.infusion_ml_per_min == pytest.approx(rate)
    assert card.most_ml == pytest.approx(most_ml)


def test_only_a_light_patient_needs_a_pump() -> None:
    light, heavy = rescue(TABLE, DosePatient(39.9)), rescue(TABLE, DosePatient(40))
    assert light is not None
    assert heavy is not None
    assert light.needs_pump
    assert not heavy.needs_pump


def test_there_is_no_rescue_volume_without_a_weight() -> None:
    assert rescue(TABLE, DosePatient()) is None
