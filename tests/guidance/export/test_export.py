"""Exports: other programs can read them, independent models accept them, identifiers are removed on request."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pyarrow.parquet as pq
import pyedflib
import pytest
from fhir.resources.R4B.bundle import Bundle

from guidance.contracts.events import Proximity
from guidance.note.case_sheet import save_case
from tests.support.case_sheets import BLOCK_SHEET, BORN, NUMBER, PATIENT, PERFORMER, TOXIN_SHEET, sheet
from tests.support.command_line import Done, command
from tests.support.scripted_procedure import ADDRESS, SERIAL, ScriptedProcedure, femoral_block
from tests.support.some import some

FORMATS = ("bdf", "edf", "csv", "parquet", "fhir", "bids")
AUTHOR, FREE_TEXT = "Zebulon Siteauthor", "Freitextgeheimnis"
PLANTED = (
    PATIENT, "Nachname", BORN, NUMBER, PERFORMER, "Wolpertinger", "Kestrelmaker", SERIAL, "ttyACM7", ADDRESS, FREE_TEXT,
    "2026-03-14", "20260314", "14.03.26", "14-MAR-2026", "09:26:53", "09.26.53", "LOT-C4711", "2027-01-31",
)  # fmt: skip
UCUM_UNITS = {"mA", "ms", "uV", "kg", "cm", "kOhm", "mg", "mL", "{U}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure with an identifier wherever one can be."""
    procedure = femoral_block()
    procedure.entry(5.0, "note", text=f"{FREE_TEXT} {PATIENT}")
    procedure.entry(5.2, f"pain {FREE_TEXT}", who=PATIENT)
    procedure.entry(15.0, "injection-refused", volume_ml=99.0, why=f"{FREE_TEXT}")
    procedure.alarm(5.5, "device-lost", f"{ADDRESS} of {SERIAL} is gone.")
    folder = procedure.record_in(tmp_path / "store")
    save_case(folder, sheet(BLOCK_SHEET, lot="LOT-C4711", expiry="2027-01-31", remarks=FREE_TEXT), None)
    return folder


def export(folder: Path, form: str, to: Path, *more: str) -> Done:
    return command("procedures", "export", folder.name, "--store", folder.parent, "--format", form, "--to", to, *more)


def written(folder: Path, form: str, *more: str) -> Path:
    to = folder.parent.parent / f"out{'-hidden' if more else ''}.{form}"
    done = export(folder, form, to, *more)
    assert (done.status, done.err) == (0, "")
    return to


def files(path: Path) -> list[Path]:
    return [item for item in path.rglob("*") if item.is_file()] if path.is_dir() else [path]


def content(file: Path) -> bytes:
    """Return what a reader of ``file`` sees; a table in Parquet is read back, as its bytes are compressed."""
    if file.suffix != ".parquet":
        return file.read_bytes()
    table = pq.read_table(file)
    return f"{table.schema.to_string(show_schema_metadata=True)}\n{table.to_pylist()}".encode()


@pytest.mark.hazard("identified-export")
@pytest.mark.parametrize("form", FORMATS)
def test_no_export_without_identifiers_holds_one(folder: Path, form: str) -> None:
    for file in some(files(written(folder, form, "--deidentify"))):
        data = content(file)
        for name in PLANTED:
            forms = (name, name.replace(" ", "_"))
            assert not [each for each in forms for code in ("utf-8", "utf-16-le") if each.encode(code) in data], name
            assert name not in str(file)


@pytest.mark.parametrize("form", ["bdf", "fhir", "bids"])
def test_the_search_for_identifiers_finds_them_where_they_are(folder: Path, form: str) -> None:
    data = b"".join(file.read_bytes() for file in files(written(folder, form)))
    assert SERIAL.encode() in data


def test_bdf_is_the_signal_as_it_was_recorded(folder: Path) -> None:
    assert written(folder, "bdf").read_bytes() == (folder / "signal.bdf").read_bytes()


@pytest.mark.parametrize("more", [(), ("--deidentify",)])
def test_edf_holds_the_same_signal_within_a_step_and_every_pulse(folder: Path, more: tuple[str, ...]) -> None:
    recorded = edfio.read_bdf(folder / "signal.bdf").signals[0].data
    with pyedflib.EdfReader(str(written(folder, "edf", *more))) as file:
        data = file.readSignal(0)
        step = (file.getPhysicalMaximum(0) - file.getPhysicalMinimum(0)) / 65535
        texts = [str(text) for text in file.readAnnotations()[2]]
    assert len(data) == len(recorded)
    assert float(np.abs(data - recorded).max()) <= 0.51 * step
    assert texts.count("stim current_ma=0.50 width_ms=0.10") == 2


def test_bdf_without_identifiers_keeps_every_sample_and_every_pulse(folder: Path) -> None:
    file = edfio.read_bdf(written(folder, "bdf", "--deidentify"))
    recorded = edfio.read_bdf(folder / "signal.bdf")
    np.testing.assert_array_equal(file.signals[0].data, recorded.signals[0].data)
    with pyedflib.EdfReader(str(written(folder, "edf", "--deidentify"))) as converted:
        assert str(converted.getStartdatetime()) == "1985-01-01 00:00:00"
    assert sum(note.text.startswith("stim") for note in file.annotations) == 6
    assert "entry injection volume_ml=5" in {note.text for note in file.annotations}


def test_csv_and_parquet_hold_the_same_rows_with_units_in_their_heads(folder: Path) -> None:
    with written(folder, "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(written(folder, "parquet")).to_pylist()
    assert len(rows) == len(table) == 6
    assert [row["current_ma"] for row in table] == [1.0, 0.5, 0.3, 0.3, 0.4, 0.5]
    assert [float(row["t_s"]) for row in rows] == [row["t_s"] for row in table]
    assert [row["detected"] for row in rows] == [str(row["detected"]).lower() for row in table]
    assert rows[2]["latency_ms"] == ""
    assert table[2]["latency_ms"] is None
    assert (table[4]["threshold_low_ma"], table[4]["zone"]) == (0.31, "target")


def test_no_text_in_csv_is_a_formula(tmp_path: Path) -> None:
    procedure = ScriptedProcedure(channel="=cmd()")
    procedure.pulse(1.0, 0.5, responded=True)
    assert ",'=cmd()," in written(procedure.record_in(tmp_path / "store"), "csv").read_text()


def test_parquet_without_pyarrow_is_refused_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = export(folder, "parquet", folder.parent.parent / "x.parquet")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "pip install 'needle-guidance[parquet]'" in done.err


def bundle_of(folder: Path, *more: str) -> list[dict[str, Any]]:
    """Return the resources of the FHIR bundle; check that it is valid and every reference resolves."""
    text = written(folder, "fhir", *more).read_text(encoding="utf-8")
    bundle = Bundle.model_validate_json(text)
    assert bundle.type == "collection"
    entries = json.loads(text)["entry"]
    known = {entry["fullUrl"] for entry in entries} | {"#product"}
    assert set(re.findall(r'"reference": "([^"]+)"', text)) <= known
    assert set(re.findall(r'"code": "([^"]+)"\n? *\}', text)) >= {"mA"} or "valueQuantity" not in text
    return [entry["resource"] for entry in entries]


def of_kind(resources: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource["resourceType"] == kind]


def quantities(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in quantities(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("system") == "http://unitsofmeasure.org" else []
    return own + [found for item in value.values() for found in quantities(item)]


def test_a_threshold_above_the_limit_is_a_bound_in_fhir_and_no_number(tmp_path: Path) -> None:
    procedure = femoral_block()
    above = Proximity(1, None, None, None, "none", None, valid=False, why="above-limit", above_ma=5.0)
    procedure.add(6.2, above)
    found = of_kind(bundle_of(procedure.record_in(tmp_path / "store")), "Observation")
    (threshold,) = [each for each in found if each["code"]["text"] == "Motor threshold at 0.1 ms, estimated"]
    assert (threshold["valueQuantity"]["value"], threshold["valueQuantity"]["comparator"]) == (5.0, ">")
    assert "component" not in threshold


@pytest.mark.parametrize("more", [(), ("--deidentify",)])
def test_fhir_is_valid_and_holds_procedure_measurements_and_medication(folder: Path, more: tuple[str, ...]) -> None:
    resources = bundle_of(folder, *more)
    measured = {each["code"]["text"]: each["valueQuantity"] for each in of_kind(resources, "Observation")}
    assert measured["Minimum current with a response"]["value"] == 0.4
    assert measured["No response below"] == measured["Minimum current with a response"]
    assert measured["Motor threshold at 0.1 ms, estimated"]["value"] == 0.36
    assert measured["Body weight"]["value"] == 70.0
    given = of_kind(resources, "MedicationAdministration")
    assert [each["dosage"]["dose"]["value"] for each in given] == [25.0, 25.0]
    (act,) = of_kind(resources, "Procedure")
    assert (act["status"], act["code"]["text"]) == ("completed", "Femoral nerve block")
    assert {each["code"] for each in quantities(resources)} <= UCUM_UNITS


def test_fhir_names_patient_performer_and_device_only_with_identifiers(folder: Path) -> None:
    named, hidden = bundle_of(folder), bundle_of(folder, "--deidentify")
    (patient,) = of_kind(named, "Patient")
    assert (patient["name"], patient["birthDate"], patient["gender"]) == ([{"text": PATIENT}], BORN, "female")
    assert of_kind(named, "Device")[0]["serialNumber"] == SERIAL
    assert of_kind(hidden, "Patient") == [{"resourceType": "Patient", "gender": "female"}]
    assert of_kind(hidden, "Practitioner") == []
    assert of_kind(hidden, "Procedure")[0]["performedPeriod"]["start"] == "1985-01-01T00:00:00+00:00"


def test_fhir_of_toxin_has_units_lot_and_site_of_each_muscle(tmp_path: Path) -> None:
    folder = ScriptedProcedure("botulinum-fds").record_in(tmp_path / "store")
    save_case(folder, sheet(TOXIN_SHEET), None)
    given = of_kind(bundle_of(folder), "MedicationAdministration")
    assert [(each["dosage"]["dose"]["value"], each["dosage"]["dose"]["code"]) for each in given] == [
        (30.0, "{U}"), (20.0, "{U}"),
    ]  # fmt: skip
    assert given[0]["contained"][0]["batch"] == {"lotNumber": "LOT-C4711", "expirationDate": "2027-01-31"}
    assert given[0]["dosage"]["site"]["text"] == "fds, right"


def coded(concept: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["system"].rpartition("/")[2], each["code"]) for each in concept.get("coding", [])}


@pytest.mark.parametrize(
    ("side", "code"), [("left", {("sct", "7771000")}), ("right", {("sct", "24028007")}), ("midline", set())]
)
def test_fhir_states_the_nerve_with_its_side_and_codes_the_block(
    tmp_path: Path, side: str, code: set[tuple[str, str]]
) -> None:
    folder = femoral_block().record_in(tmp_path / "store")
    save_case(folder, sheet(side=side), None)
    resources = bundle_of(folder)
    (act,) = of_kind(resources, "Procedure")
    (place,) = of_kind(resources, "BodyStructure")
    assert coded(act["code"]) == {("sct", "56333001")}
    assert act["bodySite"] == [{"text": f"{side} femoral nerve"}]
    assert act["extension"][0]["url"].endswith("procedure-targetBodyStructure")
    assert place["location"] == {"text": "femoral nerve"}
    assert (place["locationQualifier"][0]["text"], coded(place["locationQualifier"][0])) == (side, code)
    (height,) = [each for each in of_kind(resources, "Observation") if each["code"]["text"] == "Body height"]
    assert coded(height["code"]) == {("loinc.org", "8302-2")}


def test_the_side_entered_at_the_bedside_counts_before_that_of_the_case_sheet(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(0.5, "side", text="right")
    folder = procedure.record_in(tmp_path / "store")
    save_case(folder, sheet(), None)
    (place,) = of_kind(bundle_of(folder), "BodyStructure")
    assert place["locationQualifier"][0]["text"] == "right"


def test_a_neurolysis_is_not_coded_as_a_nerve_block(tmp_path: Path) -> None:
    folder = ScriptedProcedure("neurolysis-obturator").record_in(tmp_path / "store")
    (act,) = of_kind(bundle_of(folder), "Procedure")
    assert act["code"] == {"text": "Neurolysis of the obturator nerve"}


def test_fhir_of_a_toxin_session_has_a_body_structure_for_each_muscle_and_the_recorded_units(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("botulinum-fds")
    fields = {"muscle": "fpl", "name": "flexor pollicis longus", "units": 15.0}
    procedure.entry(2.0, "toxin-units", **fields)
    folder = procedure.record_in(tmp_path / "store")
    save_case(folder, sheet(TOXIN_SHEET), None)
    resources = bundle_of(folder)
    places = of_kind(resources, "BodyStructure")
    assert [place["location"]["text"] for place in places] == ["fds", "fcr", "fpl"]
    assert coded(places[0]["locationQualifier"][0]) == {("sct", "24028007")}
    assert "locationQualifier" not in places[2]
    assert len(of_kind(resources, "Procedure")[0]["extension"]) == 3
    doses = [each["dosage"]["dose"]["value"] for each in of_kind(resources, "MedicationAdministration")]
    assert doses == [30.0, 20.0, 15.0]


def test_no_response_below_is_not_exported_where_the_target_was_never_reached(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 3.43, responded=True)
    procedure.pulse(3.0, 3.0, responded=False)
    found = of_kind(bundle_of(procedure.record_in(tmp_path / "store")), "Observation")
    texts = {each["code"]["text"] for each in found}
    assert "Minimum current with a response" in texts
    assert "No response below" not in texts


def test_fhir_marks_a_simulated_patient_as_test_data(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path / "store", simulated=True)
    security = json.loads(written(folder, "fhir").read_text())["meta"]["security"]
    assert [each["code"] for each in security] == ["HTEST"]


def test_bids_has_the_files_and_keys_that_emg_requires(folder: Path) -> None:
    place = written(folder, "bids")
    stem = place / "sub-01" / "emg" / "sub-01_task-needleguidance"
    sidecar = json.loads(Path(f"{stem}_emg.json").read_text())
    assert {
        "TaskName", "EMGPlacementScheme", "EMGReference", "SamplingFrequency", "PowerLineFrequency", "SoftwareFilters",
    } <= set(sidecar)  # fmt: skip
    assert json.loads((place / "dataset_description.json").read_text())["DatasetType"] == "raw"
    with Path(f"{stem}_events.tsv").open(encoding="utf-8", newline="") as file:
        events = list(csv.DictReader(file, delimiter="\t"))
    assert [event["trial_type"] for event in events].count("stimulus") == 6
    assert [event["volume_ml"] for event in events if event["trial_type"] == "injection"] == ["5.0", "5.0"]
    assert set(events[0]) == {"onset", "duration", *json.loads(Path(f"{stem}_events.json").read_text())}
    assert [float(event["onset"]) for event in events] == sorted(float(event["onset"]) for event in events)
    assert edfio.read_bdf(f"{stem}_emg.bdf").num_signals == 1
    assert (place / "participants.tsv").read_text().splitlines()[1] == "sub-01\tfemale\t74.0"


def test_a_very_old_patient_is_not_identified_by_age(folder: Path) -> None:
    save_case(folder, sheet(birth_date="1925-01-01"), None)
    place = written(folder, "bids", "--deidentify")
    assert (place / "participants.tsv").read_text().splitlines()[1] == "sub-01\tfemale\t89.0"
    assert not list(place.rglob("*_scans.tsv"))


FORMULA = "=HYPERLINK(1) Zaphod"


@pytest.fixture
def named_channel(tmp_path: Path) -> Path:
    """A procedure whose channel is called by a formula with a name in it."""
    procedure = ScriptedProcedure("generic-block", channel=FORMULA)
    procedure.pulse(1.0, 0.5, responded=True)
    return procedure.record_in(tmp_path / "store")


@pytest.mark.hazard("identified-export")
@pytest.mark.parametrize("form", ["bdf", "edf", "csv", "parquet", "bids"])
def test_the_name_of_a_channel_is_a_number_without_identifiers(named_channel: Path, form: str) -> None:
    data = b"".join(map(content, some(files(written(named_channel, form, "--deidentify")))))
    assert b"Zaphod" not in data
    assert b"EMG 1" in data


@pytest.mark.parametrize("form", ["csv", "bids"])
def test_no_cell_of_a_table_is_a_formula(named_channel: Path, form: str) -> None:
    tables = [file for file in files(written(named_channel, form)) if file.suffix in {".csv", ".tsv"}]
    cells = [cell for file in tables for line in file.read_text().splitlines() for cell in re.split("[,\t]", line)]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_written_over(folder: Path, form: str) -> None:
    to = folder.parent.parent / "there"
    to.write_text("mine")
    done = export(folder, form, to)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert to.read_text() == "mine"


@pytest.mark.parametrize("form", ["bdf", "edf", "bids"])
def test_a_procedure_without_a_signal_is_refused_in_one_sentence(folder: Path, form: str) -> None:
    (folder / "signal.bdf").unlink()
    done = export(folder, form, folder.parent.parent / "x")
    assert (done.status, done.is_one_sentence) == (1, True)
    assert not (folder.parent.parent / "x").exists()


def test_a_damaged_signal_file_is_refused_in_one_sentence(folder: Path) -> None:
    (folder / "signal.bdf").write_bytes(b"no signal")
    done = export(folder, "edf", folder.parent.parent / "x")
    assert (done.status, done.is_one_sentence) == (1, True)


def test_a_protocol_of_the_sites_own_is_not_named_without_identifiers(tmp_path: Path) -> None:
    procedure = ScriptedProcedure("house-of-wolpertinger")
    procedure.pulse(1.0, 0.5, responded=True)
    folder = procedure.record_in(tmp_path / "store")
    assert "wolpertinger" not in written(folder, "fhir", "--deidentify").read_text().lower()
