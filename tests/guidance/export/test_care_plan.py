"""A plan as a FHIR bundle that an independent model accepts, and plans as a flat table with its dictionary."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.support.case_sheets import PATIENT, sheet_file
from tests.support.command_line import Done, command
from tests.support.made_course import LABEL, SHEET, made_course, toxin_session

KEPT_APART = (PATIENT, "Xylander", "1951-07-23", "MRN-55-0815", "stroke", "washed", "Splint", LABEL, "2026-", "Ahorn")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    place = tmp_path / "store"
    made_course(place)
    (tmp_path / "plan.toml").write_text(SHEET, encoding="utf-8")
    made = ("--sheet", tmp_path / "plan.toml", "--case", sheet_file(tmp_path), "--by", "Dr Ahorn")
    assert command("plan", "new", LABEL, *made, "--store", place).status == 0
    return place


def exported(store: Path, *options: str) -> tuple[Done, dict[str, Any]]:
    to = store.parent / f"plan{len(options)}.json"
    done = command("plan", "export", LABEL, "--store", store, "--to", to, *options)
    return done, json.loads(to.read_text(encoding="utf-8"))


def parts(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def test_the_bundle_holds_plan_episode_sessions_doses_and_scores_and_is_valid(store: Path) -> None:
    done, bundle = exported(store)
    assert (done.status, done.err) == (0, "")
    Bundle.model_validate(bundle)
    kinds = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
    assert kinds == {
        "Patient": 1, "Condition": 1, "Goal": 1, "CarePlan": 1, "EpisodeOfCare": 1, "Procedure": 6,
        "MedicationAdministration": 8, "Observation": 5,
    }  # fmt: skip
    (patient,) = parts(bundle, "Patient")
    assert (patient["name"][0]["text"], patient["birthDate"]) == (PATIENT, "1951-07-23")
    doses = [one["dosage"]["dose"]["value"] for one in parts(bundle, "MedicationAdministration")]
    assert doses == [50.0, 50.0, 60.0, 50.0, 50.0, 40.0, 40.0, 30.0]
    addresses = {entry["fullUrl"] for entry in bundle["entry"]}
    assert set(references(bundle)) <= addresses, "every reference leads to a resource of the bundle"
    (plan,) = parts(bundle, "CarePlan")
    assert sum("outcomeReference" in each for each in plan["activity"]) == 6


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        found = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return [*found, *(each for part in value.values() for each in references(part))]
    return [each for part in value for each in references(part)] if isinstance(value, list) else []


def test_without_identifiers_no_name_no_free_text_and_no_date_is_left(store: Path) -> None:
    _, bundle = exported(store, "--deidentify")
    Bundle.model_validate(bundle)
    text = json.dumps(bundle)
    assert [part for part in KEPT_APART if part in text] == []
    assert "1985-01-01" in text
    assert bundle["meta"]["security"][0]["code"] == "ANONYED"


def test_what_is_left_out_of_an_export_is_reported(store: Path) -> None:
    wrong = toxin_session(store, 45.0, {"fds": 10}, birth_date="1990-01-01")
    done, bundle = exported(store)
    assert (done.status, wrong.name in done.err) == (0, True)
    assert len(parts(bundle, "Procedure")) == 6


def test_the_registry_is_flat_and_its_dictionary_describes_every_column(store: Path) -> None:
    to = store.parent / "registry.csv"
    done = command("plan", "registry", "--store", store, "--to", to)
    assert done.status == 0
    with to.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (store.parent / "registry-dictionary.csv").open(newline="") as file:
        described = list(csv.DictReader(file))
    assert [row["name"] for row in described] == list(rows[0])
    assert all(row["meaning"] and row["type"] in {"integer", "number", "text"} for row in described)
    assert [(row["day"], row["muscle"], row["units"]) for row in rows][:3] == [
        ("0", "flexor digitorum superficialis", "50"),
        ("0", "flexor carpi radialis", "50"),
        ("91", "flexor digitorum superficialis", "60"),
    ]
    (exercise,) = [row for row in rows if row["session"] == "5"]
    assert (exercise["exercise_score"], exercise["rest_uv"], exercise["relax_s"], exercise["units"]) == (
        "85",
        "7",
        "3",
        "",
    )
    assert [part for part in KEPT_APART if part in to.read_text(encoding="utf-8")] == []
    assert command("plan", "registry", "--store", store, "--to", to).status == 2, "nothing is overwritten"


def test_a_plan_that_does_not_hold_is_left_out_of_the_registry_and_named(store: Path) -> None:
    path = store / "plans" / LABEL / "plan.jsonl"
    path.write_bytes(path.read_bytes().replace(b"stroke", b"injury"))
    to = store.parent / "registry.csv"
    done = command("plan", "registry", "--store", store, "--to", to)
    assert (done.status, f"Left out: The plan {LABEL} does not hold" in done.err) == (0, True)
    assert to.read_text(encoding="utf-8").count("\n") == 1
