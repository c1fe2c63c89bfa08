"""What the patient's state changes is stated before the procedure: on the page Prepare, in the record, in the note."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.cli.dose_options import dose_plan_of, toxin_plan_of
from guidance.cli.stop_moment import with_stop_moment
from guidance.dose.formatting import plan_fields
from guidance.dose.plan import DosePlan
from guidance.engine.settings import Mode, Settings
from guidance.note.case_sheet import CaseSheet
from guidance.protocol import load

PATIENT: dict[str, Any] = {
    "weight_kg": 60.0, "age_years": 40.0, "height_cm": None, "sex": None, "frail": False, "pregnant": False,
    "given": (), "solution": None, "product": None,
}  # fmt: skip


def cautions(protocol_id: str, case: CaseSheet | None = None, **options: Any) -> tuple[str, ...]:
    protocol = load(protocol_id)
    given = PATIENT | options
    dose = dose_plan_of(given, protocol) if given["solution"] else None
    settings = Settings(protocol, Mode.AUTO, None, dose=dose, toxin=toxin_plan_of(given, protocol))
    return with_stop_moment(settings, case, is_demo=True).cautions


def test_a_healthy_adult_has_no_caution() -> None:
    assert cautions("femoral", solution="ropivacaine 0.5%") == ()


@pytest.mark.parametrize(
    ("option", "words"),
    [({"age_years": 80.0}, "elderly"), ({"frail": True}, "frail"), ({"pregnant": True}, "late pregnancy")],
)
def test_age_frailty_and_pregnancy_state_what_the_source_gives_and_that_no_figure_is_known(
    option: dict[str, Any], words: str
) -> None:
    (text,) = cautions("femoral", solution="ropivacaine 0.5%", **option)
    assert words in text
    assert "no source that was read gives a figure" in text
    plan = dose_plan_of(PATIENT | {"solution": "ropivacaine 0.5%"} | option, load("femoral"))
    assert isinstance(plan, DosePlan)
    assert any(words in str(remark) for remark in list(plan_fields(plan)["remarks"]))  # type: ignore[call-overload]


def test_a_nerve_disease_states_what_zones_and_no_response_no_longer_mean() -> None:
    (text,) = cautions("femoral", CaseSheet({"nerve_disease": "diabetes"}))
    assert "0.5 mA may be out of reach, and no response at 0.2 mA means less" in text
    assert cautions("femoral", CaseSheet({"nerve_disease": "none known"})) == ()
    assert cautions("relax", CaseSheet({"nerve_disease": "diabetes"})) == ()


def test_a_toxin_session_in_pregnancy_or_nerve_disease_states_the_labels_caution() -> None:
    texts = cautions("botulinum-fds", CaseSheet({"nerve_disease": "ALS"}), product="botox", pregnant=True)
    assert any("neuromuscular junction" in text for text in texts)
    assert any("pregnancy and breast-feeding" in text for text in texts)
