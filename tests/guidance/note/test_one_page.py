"""The note to sign is one page: it opens with a summary, and leaves origins and details to the appendix."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from guidance.note.case_sheet import CaseSheet, save_case
from guidance.note.markdown import markdown
from guidance.note.note_files import procedure_files, write_note
from guidance.note.page import APPENDIX, page_from_values, page_to_values
from guidance.note.pdf import pdf
from guidance.note.signing import sign
from tests.guidance.note.note_pages import note_of
from tests.support.case_sheets import BORN, NOW, NUMBER, PATIENT, PERFORMER, TOXIN_SHEET, sheet
from tests.support.command_line import command
from tests.support.scripted_procedure import ScriptedProcedure, femoral_block

MORE_MUSCLES = "".join(
    f'[muscles.{key}]\nname = "{name}"\nside = "right"\nsites = 1\nunits = {units}\nvolume_ml = 0.5\n'
    'guidance = "EMG"\nemg_activity = "brisk"\n'
    for key, name, units in (("pt", "pronator teres", 25), ("fpl", "flexor pollicis longus", 15))
)


def abandoned() -> ScriptedProcedure:
    """A block that ended without a response and without an injection."""
    procedure = ScriptedProcedure()
    for number in range(6):
        procedure.pulse(2.0 + number, 1.0 + 0.5 * number, responded=False)
    procedure.entry(9.0, "note", text="the patient asked to stop")
    return procedure


def toxin_session() -> ScriptedProcedure:
    """A session whose muscles and units are on the case sheet; the first muscle was found by stimulation."""
    procedure = ScriptedProcedure(protocol="botulinum-fds", channel="flexor digitorum superficialis")
    for number, (current_ma, responded) in enumerate([(1.0, True), (0.5, True), (0.3, False)]):
        procedure.pulse(2.0 + number, current_ma, responded)
    return procedure


def toxin_sheet() -> CaseSheet:
    return sheet(
        TOXIN_SHEET + MORE_MUSCLES, patient=PATIENT, birth_date=BORN, record_number=NUMBER, performer=PERFORMER,
        weight_kg="70", height_cm="178", allergies="none known", consent="written", diagnosis="spasticity after stroke",
        position="supine", asepsis="chlorhexidine", needle_tip="bevel", needle_maker="Kestrelmaker",
        needle_length_mm="37", needle_gauge="27", aspiration="negative", pain="none", complications="none",
        disposition="home; written advice given", next_date="2026-06-13", wastage_u="10",
    )  # fmt: skip


def abandoned_sheet() -> CaseSheet:
    """A case sheet that states what was not done, with the reason."""
    left_out = dict.fromkeys(
        ("minimum_current", "no_response_below", "drug", "volume_ml", "epinephrine", "adjunct", "aspiration",
         "resistance", "twitch_loss"),
        "not done: the patient asked to stop",
    )  # fmt: skip
    return sheet(weight_kg="70", **left_out)


PROCEDURES: dict[str, tuple[Callable[[], ScriptedProcedure], Callable[[], CaseSheet]]] = {
    "a block": (femoral_block, sheet),
    "toxin in four muscles": (toxin_session, toxin_sheet),
    "an abandoned block": (abandoned, abandoned_sheet),
}


@pytest.mark.parametrize("name", PROCEDURES)
def test_the_page_to_sign_is_one_page(tmp_path: Path, name: str) -> None:
    procedure, case = PROCEDURES[name]
    folder = procedure().record_in(tmp_path)
    save_case(folder, case(), None)
    page = procedure_files(folder, None).page
    reader = PdfReader(io.BytesIO(pdf(page, [], NOW, appendix=False)))
    assert len(reader.pages) == 1
    whole = PdfReader(io.BytesIO(pdf(page, [], NOW)))
    assert APPENDIX not in whole.pages[0].extract_text()
    assert whole.pages[1].extract_text().count(APPENDIX) == 1


def test_a_signed_block_is_one_page_too(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    files = procedure_files(folder, None)
    sign(folder, files.composed, files.case, PERFORMER, None, NOW)
    page = procedure_files(folder, None).page
    assert len(PdfReader(io.BytesIO(pdf(page, [], NOW, appendix=False))).pages) == 1
    assert "Signed by" in markdown(page, appendix=False)
    assert "SHA-256" not in markdown(page, appendix=False)
    assert "SHA-256" in markdown(page)


def test_the_opening_sums_up_a_block(tmp_path: Path) -> None:
    text = " ".join(part.text for part in note_of(femoral_block(), tmp_path, sheet()).opening)
    assert text.startswith("Left femoral nerve block, nerve stimulator. Response of vastus medialis by EMG, ")
    assert "minimum 0.40 mA at 0.1 ms; no response at 0.30 mA." in text
    assert "Ropivacaine 0.5 % 10 mL (50 mg, 0.7 mg/kg, 23.9 % of the maximum) in 2 aliquots" in text
    assert "aspiration negative 2 times, pain or paraesthesia: none, resistance to injection: low." in text
    assert "Complications and adverse events: none." in text
    assert "Performed by Dr Wolpertinger on 2026-03-14 at 09:26. Indication: osteoarthritis." in text


def test_the_opening_of_an_abandoned_block_states_what_is_not_on_record(tmp_path: Path) -> None:
    text = " ".join(part.text for part in note_of(abandoned(), tmp_path, CaseSheet()).opening)
    assert "No response to stimulation is recorded at the needle's last position. No injection is recorded." in text
    assert "negative" not in text
    assert "Complications" not in text


def test_the_opening_of_an_abandoned_block_states_the_reason_of_the_case_sheet(tmp_path: Path) -> None:
    text = " ".join(part.text for part in note_of(abandoned(), tmp_path, abandoned_sheet()).opening)
    assert "No injection is recorded; not done: the patient asked to stop." in text


def test_aspirated_blood_stands_in_the_opening(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(7.5, "aspiration", blood=True, volume_ml_since_last=0.0)
    text = " ".join(part.text for part in note_of(procedure, tmp_path, sheet()).opening)
    assert "BLOOD ASPIRATED" in text
    assert "aspiration negative" not in text


def test_a_toxin_session_opens_with_its_muscles_and_units(tmp_path: Path) -> None:
    page = note_of(toxin_session(), tmp_path, sheet(TOXIN_SHEET + MORE_MUSCLES))
    assert page.title == "Procedure note: Botulinum toxin, 4 muscles"
    text = " ".join(part.text for part in page.opening)
    guided = "nerve stimulator, guidance by muscle: EMG and stimulation; EMG"
    assert text.startswith(f"Right botulinum toxin, 4 muscles, {guided}. 90 units of ")


def test_no_response_below_stays_open_where_the_target_was_never_reached(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 3.43, responded=True)
    procedure.pulse(3.0, 3.0, responded=False)
    page = note_of(procedure, tmp_path)
    assert "no_response_below" in {key for key, _ in page.missing}
    assert "minimum_current" not in {key for key, _ in page.missing}


def test_the_page_states_no_event_numbers_and_the_appendix_does(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path, sheet())
    assert "(event" not in markdown(page, appendix=False)
    assert "(events 10, 11)" in markdown(page)


def test_a_page_survives_storage(tmp_path: Path) -> None:
    page = note_of(toxin_session(), tmp_path, sheet(TOXIN_SHEET))
    assert page_from_values(page_to_values(page)) == page


def test_a_page_signed_by_an_earlier_version_is_still_read(tmp_path: Path) -> None:
    stored = page_to_values(note_of(femoral_block(), tmp_path, sheet()))
    for key in ("opening", "contradictions"):
        del stored[key]
    for section in stored["sections"]:
        del section["table"], section["audit"]
        for item in section["items"]:
            for part in item["sentences"]:
                del part["detail"]
    assert page_from_values(stored).opening == ()


@pytest.mark.parametrize("suffix", [".md", ".html", ".pdf"])
def test_the_appendix_can_be_left_out_of_each_format(tmp_path: Path, suffix: str) -> None:
    folder = femoral_block().record_in(tmp_path / "store")
    files = write_note(procedure_files(folder, None), tmp_path / f"note{suffix}", NOW, appendix=False)
    assert [file.suffix for file in files] == [suffix]
    if suffix != ".pdf":
        assert APPENDIX not in files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answers", "entry", "word"),
    [
        ({"weight_kg": "80"}, None, "TWO WEIGHTS"),
        ({"minimum_current": "0.3 mA, 0.1 ms"}, None, "TWO MINIMUM CURRENTS"),
        ({"pain": "none"}, "paraesthesia", "PARAESTHESIA ON RECORD"),
    ],
)
def test_a_contradiction_stands_at_the_top_and_in_the_way_of_signing(
    tmp_path: Path, answers: dict[str, str], entry: str | None, word: str
) -> None:
    procedure = femoral_block()
    if entry:
        procedure.entry(9.5, entry)
    folder = procedure.record_in(tmp_path)
    save_case(folder, sheet(**answers), None)
    page = procedure_files(folder, None).page
    assert [text for text in page.banners if text.startswith(word)]
    store = ("--store", tmp_path, "--by", PERFORMER)
    refused = command("procedures", "sign", folder.name, *store)
    assert refused.status == 2
    assert "contradicts itself" in refused.err
    assert command("procedures", "sign", folder.name, *store, "--despite", "both were measured").status == 0
    assert "Signed although it contradicts itself: both were measured." in markdown(procedure_files(folder, None).page)


def test_a_volume_without_an_injection_on_record_is_a_contradiction(tmp_path: Path) -> None:
    page = note_of(abandoned(), tmp_path, sheet(volume_ml="20"))
    assert page.contradictions == (
        "NO INJECTION ON RECORD: the case sheet has 20 mL, but the record holds no injection and no dose calculation.",
    )


def test_answers_that_agree_are_no_contradiction(tmp_path: Path) -> None:
    assert note_of(femoral_block(), tmp_path, sheet(minimum_current="0.4 mA", weight_kg="70")).contradictions == ()
