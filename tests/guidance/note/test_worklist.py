"""A worklist from FHIR or CSV fills a case sheet; what it holds and cannot be used is reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from guidance.common.errors import UsageError
from guidance.note.case_sheet import load_case
from guidance.note.worklist import WorklistEntry, read_worklist, worklist_entry
from tests.support.command_line import command

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
CSV = """patient,birth_date,record_number,side,protocol,case_label,time
Quirina Nachname,1951-07-23,MRN-1,left,femoral,knee-3,2026-03-14T13:00
Ada Muster,1949-02-30,MRN-2,up,fds,,
"""


def bundle() -> dict[str, Any]:
    """Return a list of two requests, the second one for a patient that it does not hold."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {
                "fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111",
                "resource": {
                    "resourceType": "Patient",
                    "id": "p1",
                    "name": [{"given": ["Quirina"], "family": "Nachname"}],
                    "birthDate": "1951-07-23",
                    "gender": "female",
                    "identifier": [{"system": "urn:hospital", "value": "MRN-1"}],
                },
            },
            *(
                {
                    "resource": {
                        "resourceType": "ServiceRequest",
                        "status": "active",
                        "intent": "order",
                        "code": {"text": code},
                        "subject": {"reference": patient},
                        "occurrenceDateTime": "2026-03-14T13:00:00+01:00",
                        "bodySite": [{"text": "left thigh"}],
                        "reasonCode": [{"text": "fracture of the femur"}],
                    }
                }
                for code, patient in (("femoral", "Patient/p1"), ("no such block", "Patient/p2"))
            ),
        ],
    }


def written(folder: Path, text: str | dict[str, Any]) -> Path:
    path = folder / "list"
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def answers(entry: WorklistEntry) -> dict[str, str]:
    return dict(entry.case.answers)


def test_a_fhir_bundle_fills_patient_side_protocol_and_diagnosis(tmp_path: Path) -> None:
    Bundle.model_validate(bundle())
    first, second = read_worklist(written(tmp_path, bundle()), NOW)
    assert answers(first) == {
        "patient": "Quirina Nachname", "birth_date": "1951-07-23", "sex": "female", "record_number": "MRN-1",
        "diagnosis": "fracture of the femur", "side": "left",
    }  # fmt: skip
    assert (first.protocol_id, first.time, first.faults) == ("femoral", "2026-03-14T13:00:00+01:00", ())
    assert answers(second) == {"diagnosis": "fracture of the femur", "side": "left"}
    assert second.protocol_id is None
    assert "holds no patient for this request (Patient/p2)" in second.faults[0]
    assert "No protocol is called 'no such block'" in second.faults[1]


def test_csv_fills_the_same_and_reports_each_cell_that_cannot_be_used(tmp_path: Path) -> None:
    first, second = read_worklist(written(tmp_path, "\ufeff" + CSV), NOW)
    assert (answers(first)["side"], first.protocol_id, first.label) == ("left", "femoral", "knee-3")
    assert answers(second) == {"patient": "Ada Muster", "record_number": "MRN-2"}
    assert second.protocol_id == "botulinum-fds"
    assert ["birth_date" in second.faults[0], "side" in second.faults[1], len(second.faults)] == [True, True, 2]


def test_two_sides_in_one_request_leave_the_side_open(tmp_path: Path) -> None:
    both = bundle()
    both["entry"][1]["resource"]["bodySite"] = [{"text": "left"}, {"text": "right"}]
    assert "side" not in answers(read_worklist(written(tmp_path, both), NOW)[0])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "neither a FHIR bundle nor CSV"),
        ("a,b\n1,2\n", "neither a FHIR bundle nor CSV"),
        ("patient,side\n", "has no entry"),
        ("patient,side\nAda\n", "Line 2 of .* has 1 cells"),
        ('patient\n"open\n', "is not CSV"),
        ('{"resourceType": "Patient"}', "no FHIR Bundle"),
        ('{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest"}}]}', "can read"),
        ('{"resourceType": "Bundle", "entry": [7]}', "can read"),
        ("{" * 100000, "can read"),
        ("patient\n" + "Ada\n" * 1001, "at most 1000"),
    ],
)
def test_a_file_that_is_no_worklist_is_refused_in_one_sentence(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        read_worklist(written(tmp_path, text), NOW)


def test_an_entry_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="entries 1 to 2"):
        worklist_entry(written(tmp_path, CSV), 3, NOW)
    with pytest.raises(UsageError, match="cannot be read"):
        read_worklist(tmp_path / "missing", NOW)


def test_an_entry_begins_a_procedure_with_its_patient_protocol_and_label(tmp_path: Path) -> None:
    path, store = written(tmp_path, CSV), tmp_path / "store"
    run = ("demo", "--headless", "--no-audio", "--duration", "0.5", "--store", store, "--worklist", path)
    assert "1  2026-03-14T13:00  Quirina Nachname" in command("procedures", "worklist", path).out
    assert command(*run, "--entry", "1").status == 0
    (folder,) = [each for each in store.iterdir() if each.name.endswith("-femoral")]
    assert load_case(folder, None).get("record_number") == "MRN-1"
    assert (folder / "case-label").read_text(encoding="utf-8") == "knee-3"
    assert "Quirina" not in (folder / "events.jsonl").read_text(encoding="utf-8")
    second = command(*run, "--entry", "2", "--protocol", "femoral")
    assert (second.status, second.err.count("Not used of the worklist")) == (0, 2)
    for wrong in (("--entry", "9"), (), ("--entry", "1", "--case", path)):
        assert command(*run, *wrong).status == 2
    assert command(*run[:-2], "--entry", "1").status == 2
