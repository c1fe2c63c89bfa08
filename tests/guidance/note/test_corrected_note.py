"""Note and exports follow corrected entries, show them as corrected, and keep the original in the appendix."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.common.errors import UserError
from guidance.export.fhir_medications import medications
from guidance.export.source import ExportSource
from guidance.journal.recover import recover
from guidance.note.case_sheet import CaseSheet
from guidance.note.compose import compose
from guidance.note.event_query import read_stream
from tests.guidance.note.note_pages import note_of, text_of
from tests.support.scripted_procedure import ScriptedProcedure, femoral_block

WHY = "typing error"


def corrected(what: str, number: int, now: dict[str, object] | None, **totals: object) -> ScriptedProcedure:
    """Return the femoral block in which the entry ``number`` of ``what`` is corrected at its end."""
    procedure = femoral_block()
    seqs = [
        seq
        for seq, timed in enumerate(sorted(procedure.records, key=lambda timed: timed.t), 1)
        if getattr(timed.record, "what", "") == what
    ]
    text = f"{what} is corrected, reason: {WHY}"
    fields = {"corrects": seqs[number], "entry": what, "now": now, "reason": WHY, "text": text, **totals}
    procedure.entry(20.0, "correction", **fields)
    return procedure


HALF = {"total_volume_ml": 7.5, "total_mg": {"ropivacaine": 37.5}, "fraction": 37.5 / 210, "fraction_at_least": 0.1786}


def halved() -> ScriptedProcedure:
    return corrected("injection", 0, {"volume_ml": 2.5, "mg": {"ropivacaine": 12.5}}, **HALF)


def test_volume_and_dose_of_the_note_follow_the_corrected_aliquot(tmp_path: Path) -> None:
    page = note_of(halved(), tmp_path)
    assert text_of(page, "Volume (mL)").startswith("7.5 mL in 2 aliquots: 2.5 mL at 09:27:01 (corrected), 5 mL at")
    assert "Total: ropivacaine 37.5 mg, 17.9 % of the limit" in text_of(page, "Drug and concentration")
    assert "7.5 mL (37.5 mg" in " ".join(part.text for part in page.opening)


def test_the_note_states_the_correction_and_its_appendix_the_original(tmp_path: Path) -> None:
    page = note_of(halved(), tmp_path)
    (to_sign,) = [item for part in page.to_sign for item in part.items if item.label == "Corrections"]
    assert [each.text for each in to_sign.sentences] == [
        "Corrected at 09:27:13: injection is corrected, reason: typing error."
    ]
    (appendix,) = [item for part in page.appendix for item in part.items if item.label == "Corrections"]
    original = appendix.sentences[-1]
    assert "was entered as volume 5 mL; it holds as volume 2.5 mL" in original.text
    assert len(original.events) == 2


def test_a_withdrawn_aliquot_is_left_out_and_stands_in_the_appendix(tmp_path: Path) -> None:
    totals = {"total_volume_ml": 5.0, "total_mg": {"ropivacaine": 25.0}, "fraction": 0.119, "fraction_at_least": 0.119}
    page = note_of(corrected("injection", 1, None, **totals), tmp_path)
    assert text_of(page, "Volume (mL)").startswith("5 mL in 1 aliquot: 5 mL at")
    assert "Total: ropivacaine 25 mg" in text_of(page, "Drug and concentration")
    assert "was entered as volume 5 mL; it is withdrawn" in text_of(page, "Corrections")


def test_when_every_aliquot_is_withdrawn_the_note_has_no_injection(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    procedure.entry(8.0, "injection", drug="ropivacaine", volume_ml=5.0, mg={"ropivacaine": 25.0})
    seq = len(procedure.records)
    procedure.entry(9.0, "correction", corrects=seq, entry="injection", now=None, reason=WHY, text="withdrawn")
    page = note_of(procedure, tmp_path)
    assert "No injection is recorded" in " ".join(part.text for part in page.opening)
    assert {"drug", "volume_ml"} <= {key for key, _ in page.missing}


def test_the_aliquot_after_a_withdrawn_aspiration_is_reported_as_without_one(tmp_path: Path) -> None:
    page = note_of(corrected("aspiration", 1, None), tmp_path)
    assert "Aspirated once without blood" in text_of(page, "Aspiration")
    assert "No aspiration was entered just before 1 of 2 aliquots" in text_of(page, "Aspiration")


def test_a_corrected_side_is_the_side_of_the_note(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.entry(1.0, "side", text="left")
    procedure.entry(2.0, "correction", corrects=1, entry="side", now={"text": "right"}, reason=WHY, text="side")
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Side").startswith("right, as entered")
    assert page.opening[0].text.startswith("Right ")


def test_a_withdrawn_complaint_is_none(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.entry(1.0, "pain")
    procedure.entry(2.0, "correction", corrects=1, entry="pain", now=None, reason=WHY, text="pain is withdrawn")
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Pain or paraesthesia") == ""
    assert "pain is withdrawn" in text_of(page, "Corrections")


def test_medications_of_an_export_follow_the_corrected_aliquot(tmp_path: Path) -> None:
    folder = halved().record_in(tmp_path)
    source = ExportSource(folder, read_stream(folder), CaseSheet(), hidden=False)
    given = [each["dosage"]["dose"]["value"] for each in medications(source, "p", "q")]
    assert given == [12.5, 25.0]


@pytest.mark.parametrize("fields", [{"corrects": "1"}, {"corrects": 1, "now": [1]}, {"corrects": 1, "now": {"mg": 5}}])
def test_a_correction_that_is_none_makes_the_record_unfit_in_one_sentence(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    procedure = ScriptedProcedure()
    procedure.entry(1.0, "injection", volume_ml=5.0)
    procedure.entry(2.0, "correction", **({"now": None, "text": "", "reason": WHY} | fields))
    with pytest.raises(UserError, match=r"Line 3 of .* is not an event of a procedure"):
        read_stream(procedure.record_in(tmp_path))


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.guidance.note.test_corrected_note import halved
folder = halved().record_in(Path(sys.argv[1]), ended=False)
with (folder / "events.jsonl").open("ab") as file:
    file.write(b'{"kind": "entry", "what": "correc')
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_correction_survives_a_kill_and_the_recovered_record_follows_it(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (folder,) = tmp_path.iterdir()
    recover(folder)
    page = compose(read_stream(folder), CaseSheet())
    assert text_of(page, "Volume (mL)").startswith("7.5 mL in 2 aliquots")
    assert "THE RECORD" not in " ".join(page.banners)
