"""What a clinical review found wrong in protocols and doses, each as the right value or the rule."""

from __future__ import annotations

import pytest

from guidance.dose.drugs import load as load_drugs
from guidance.dose.patient import DosePatient
from guidance.dose.rescue import rescue
from guidance.dose.rescue_card import lines_of
from guidance.protocol import names
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BotulinumProtocol, NerveBlock, PainInjectionProtocol, Product, Sheet
from guidance.protocol.strict import LEG_NERVES

DRUGS = load_drugs()
ONA: Product = "onabotulinumtoxinA"


def block(name: str) -> NerveBlock:
    sheet = load_sheet(name).sheet
    assert isinstance(sheet, NerveBlock)
    return sheet


def toxin(name: str) -> BotulinumProtocol:
    sheet = load_sheet(f"botulinum-{name}").sheet
    assert isinstance(sheet, BotulinumProtocol)
    return sheet


def blocks() -> list[NerveBlock]:
    return [sheet for name in names() if isinstance(sheet := load_sheet(name).sheet, NerveBlock)]


def steps(sheet: Sheet) -> str:
    return " ".join(step.do for step in sheet.steps)


def latency(name: str, muscle: str) -> tuple[float, float] | None:
    return load_sheet(name).sheet.target.muscles[muscle].m_latency_ms.value


def test_the_striatal_toe_is_treated_in_the_extensor_never_in_the_flexor() -> None:
    assert "hitchhiker toe" not in toxin("fhl").also
    extensor = toxin("extensor-hallucis-longus")
    assert {"hitchhiker toe", "striatal toe"} <= set(extensor.also)
    dose = extensor.dose[ONA]
    assert (dose.start_u.value, dose.range_u.value, dose.sites.value) == (50.0, (20.0, 100.0), (1, 2))


def test_no_alias_is_a_complaint_or_names_the_opposite_movement() -> None:
    aliases = {word for name in names() for word in load_sheet(name).sheet.also}
    assert not aliases & {"foot drop", "carpal tunnel", "cubital tunnel"}


@pytest.mark.parametrize("sheet", blocks(), ids=lambda sheet: sheet.id)
def test_the_step_at_the_lower_bound_comes_from_the_sheets_own_bounds(sheet: NerveBlock) -> None:
    bound = sheet.proximity.lower_bound_ma.value
    if sheet.id == "saphenous":
        assert "gone at" not in steps(sheet)
        assert "no motor end point" in steps(sheet)
    else:
        assert f"gone at {bound:g} mA" in steps(sheet)


def test_the_lumbar_plexus_is_never_sought_below_its_bound() -> None:
    assert "0.2 mA" not in steps(block("lumbar-plexus"))
    assert "above 0.5 and up to 1 mA" in steps(block("lumbar-plexus"))


def test_the_lumbar_plexus_has_its_depth_guard_test_dose_risks_and_neuraxial_rule() -> None:
    plexus = block("lumbar-plexus")
    assert "transverse process" in steps(plexus)
    assert "test dose" in steps(plexus)
    assert "Epidural spread in 15 %" in plexus.risks["epidural"].text
    assert plexus.anticoagulation is not None
    assert plexus.anticoagulation.depth.value == "neuraxial-like"


def test_a_session_has_one_limit_for_each_product_and_indication_in_one_place() -> None:
    assert DRUGS.session_limit(ONA, "cervical dystonia") == 300.0
    assert DRUGS.session_limit(ONA, "spasticity") == 400.0
    assert DRUGS.toxin[ONA].sessions["cervical dystonia"].reinject_weeks.value == 10.0
    assert "session_max_u" not in BotulinumProtocol.model_json_schema()["$defs"]["DoseLimits"]["properties"]
    assert not any("session" in limit.where for entry in DRUGS.toxin.values() for limit in entry.limits)


def test_plantar_flexion_is_accepted_at_the_popliteal_fossa_before_dorsiflexion_and_eversion() -> None:
    popliteal = block("popliteal")
    assert list(popliteal.accept) == ["inversion", "plantar-flexion", "dorsiflexion", "eversion"]
    assert popliteal.accept["plantar-flexion"].certainty == "conflicting"
    assert "taboada-2003" in popliteal.accept["plantar-flexion"].sources
    assert "plantar-flexion" not in popliteal.refuse


def test_eversion_at_the_buttock_states_that_it_needs_a_supplement_and_dorsiflexion_is_listed() -> None:
    accept = block("sciatic-transgluteal").accept
    assert "expect to supplement" in (accept["eversion"].note or "")
    assert "dorsiflexion" in accept


@pytest.mark.parametrize(
    ("name", "muscle", "span"),
    [
        ("axillary-median", "thenar", (8.0, 13.0)), ("interscalene", "deltoid", (3.0, 5.5)),
        ("interscalene", "biceps", (3.8, 6.5)), ("interscalene", "triceps", (3.4, 7.4)),
        ("popliteal", "muscles-of-the-foot", (10.5, 16.0)),
        ("sciatic-transgluteal", "muscles-of-the-foot", (16.0, 26.0)),
        ("sciatic-anterior", "muscles-of-the-foot", (15.0, 24.0)),
        ("mid-humeral-radial", "wrist-and-finger-extensors", (4.7, 6.7)),
        ("tibial-ankle", "abductor-hallucis-and-toe-flexors", (2.9, 6.1)),
    ],
)  # fmt: skip
def test_the_latencies_are_those_that_the_sources_support(name: str, muscle: str, span: tuple[float, float]) -> None:
    assert latency(name, muscle) == span


@pytest.mark.parametrize("sheet", blocks(), ids=lambda sheet: sheet.id)
def test_a_leg_blocks_window_reaches_35_ms_and_holds_every_expected_response(sheet: NerveBlock) -> None:
    window = sheet.response.window_ms.value
    assert window is not None
    if sheet.target.nerve.value in LEG_NERVES:
        assert window[1] >= 35.0
    for muscle in sheet.target.muscles.values():
        for span in (muscle.m_latency_ms.value, muscle.h_latency_ms.value):
            assert span is None or span[1] <= window[1]


def test_no_latency_of_a_target_muscle_is_missing_without_a_reason() -> None:
    missing = [
        m.m_latency_ms.missing for sheet in blocks() for m in sheet.target.muscles.values() if not m.m_latency_ms.value
    ]
    assert all(missing)


def test_obturator_rests_on_no_letter_as_a_source() -> None:
    obturator = block("obturator")
    assert obturator.proximity.target_ma.certainty == "secondary"
    assert obturator.accept["adductors"].certainty == "secondary"


def test_no_limit_of_a_local_anaesthetic_rests_on_a_topical_label_or_on_a_page_that_restates_labels() -> None:
    lidocaine = DRUGS.anaesthetic["lidocaine"]
    assert lidocaine.max_mg_per_kg.sources == ("xylocaine-mpf-label",)
    assert (lidocaine.max_mg.value, lidocaine.max_mg_epinephrine.value) == (300.0, 500.0)
    assert not {"lidocaine-topical-label", "label-restated"} & set(DRUGS.refs)


@pytest.mark.parametrize(
    ("name", "span"), [("femoral", (20.0, 40.0)), ("popliteal", (30.0, 40.0)), ("infraclavicular", (20.0, 30.0))]
)
def test_a_volume_is_a_range_not_a_point(name: str, span: tuple[float, float]) -> None:
    assert block(name).injection.volume_ml.value == span


def test_toxin_limits_of_the_wrist_flexors_are_the_labels_and_a_muscle_of_two_heads_is_one() -> None:
    assert toxin("fcr").limits[ONA].muscle_max_u.value == 50.0
    assert toxin("fcu").limits[ONA].muscle_max_u.value == 50.0
    assert "both heads together" in (toxin("gastrocnemius").limits[ONA].muscle_max_u.note or "")
    assert "together" in (toxin("hamstrings-lateral").dose[ONA].start_u.note or "")


def test_a_needle_reaches_piriformis() -> None:
    injection = load_sheet("piriformis").sheet
    assert isinstance(injection, PainInjectionProtocol)
    for length in (toxin("piriformis").needle.length_mm.value, injection.needle.length_mm.value):
        assert length is not None
        assert length[1] >= 100.0


def test_the_tibial_nerve_has_a_sheet_for_the_knee_and_one_for_the_ankle() -> None:
    ankle, knee = block("tibial-ankle"), block("tibial-knee")
    assert list(ankle.accept) == ["toes"]
    assert "plantar-flexion" in knee.accept
    assert (ankle.stimulus.start_current_ma.value, ankle.proximity.target_ma.value) == (0.8, 0.4)
    assert ankle.needle.length_mm.value == (20.0, 30.0)


def test_the_ulnar_nerve_is_blocked_above_the_elbow_not_in_its_sulcus() -> None:
    assert "2 to 3 cm proximal to the elbow, not in the sulcus" in steps(block("elbow-ulnar"))


def test_the_interscalene_block_accepts_the_whole_plexus_and_names_its_risks() -> None:
    interscalene, supraclavicular = block("interscalene"), block("supraclavicular")
    assert {"triceps", "pectoralis", "forearm"} <= set(interscalene.accept)
    assert {"phrenic", "pneumothorax"} <= set(interscalene.risks) & set(supraclavicular.risks)
    assert "never on both sides" in interscalene.risks["phrenic"].text


def test_levator_scapulae_and_trapezius_have_cues_of_their_own() -> None:
    levator, trapezius = toxin("levator-scapulae").emg.activation.value, toxin("trapezius").emg.activation.value
    assert levator is not None
    assert trapezius is not None
    assert "arm supported" in levator
    assert "above 90 degrees" in trapezius
    assert "shrug" not in levator


def test_age_frailty_and_pregnancy_state_what_is_known_and_that_no_figure_is() -> None:
    for statement in (DRUGS.patient.elderly, DRUGS.patient.frail, DRUGS.patient.pregnant):
        assert statement.certainty != "unsourced"
        assert "no source that was read gives a figure" in statement.text


def test_prilocaine_warns_of_methaemoglobinaemia() -> None:
    caution = DRUGS.anaesthetic["prilocaine"].caution
    assert caution is not None
    assert "methaemoglobinaemia" in caution.text


def test_toxin_cautions_name_junction_disease_aminoglycosides_swallowing_and_pregnancy() -> None:
    text = " ".join(item.text for item in DRUGS.toxin_cautions)
    assert all(word in text for word in ("myasthenia", "aminoglycosides", "swallowing", "pregnancy"))


def test_the_rescue_card_has_every_instruction_of_one_guideline_before_its_sources() -> None:
    lines = lines_of(DRUGS, rescue(DRUGS, DosePatient(69.9)))
    text = "\n".join(lines)
    instructions = (
        "STOP", "100 % oxygen", "benzodiazepine", "start CPR", "cardiopulmonary bypass or ECMO", "vasopressin",
        "calcium channel blockers", "beta blockers", "Propofol is no substitute", "Observe at least 2 h", "1 ug/kg",
    )  # fmt: skip
    first_source = next(number for number, line in enumerate(lines) if line.strip().startswith("asra"))
    for words in instructions:
        at = next(number for number, line in enumerate(lines) if words in line)
        assert at < first_source, words
    assert "about 105 mL" in text
    assert "ASRA" in DRUGS.lipid.guideline
    assert "AAGBI" not in text


def test_every_product_on_the_market_has_its_table() -> None:
    assert DRUGS.find_toxin("Daxxify")[0] == "daxibotulinumtoxinA"
    assert DRUGS.session_limit("daxibotulinumtoxinA", "spasticity") is None
