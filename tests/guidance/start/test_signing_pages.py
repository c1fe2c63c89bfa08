"""The pages that sign a note, by keys and mouse: nothing is skipped, lost or signed by accident."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList

from guidance.common.errors import UserError
from guidance.note.case_sheet import load_case, save_case
from guidance.note.signing import load_signed
from guidance.start.signing_draft import SigningDraft
from guidance.start.signing_pages import AnswersPage, NoteToSign, SignedPage, SigningPages
from guidance.ui.forms.line import AnswerLine
from tests.guidance.ui.golden import differs, pictured
from tests.support.case_sheets import BLOCK_SHEET, NOW, PERFORMER, sheet
from tests.support.scripted_procedure import femoral_block

OPEN = ("sex ", "asa_class ", "position ")
SIZES = [(80, 24), (120, 40), (200, 50)]


def clock() -> datetime:
    return NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure whose note lacks three answers."""
    folder = femoral_block().record_in(tmp_path)
    text = "\n".join(line for line in BLOCK_SHEET.splitlines() if not line.startswith(OPEN))
    save_case(folder, sheet(text), None)
    return folder


def pages(folder: Path, **defaults: str) -> SigningPages:
    return SigningPages(SigningDraft(folder, None, defaults, clock), "dark")


def text_of(pilot: Pilot[str]) -> str:
    return pictured(pilot.app).partition("\n--\n")[0]


async def settled(pilot: Pilot[str]) -> str:
    """Return the picture of the page once the line of its keys is complete."""
    async with asyncio.timeout(10.0):
        while "ENTER Go on" not in text_of(pilot) or "esc Back" not in text_of(pilot):
            await pilot.pause(0.05)
    await pilot.pause()
    return pictured(pilot.app)


async def typed(pilot: Pilot[str], text: str) -> None:
    await pilot.press(*(" " if letter == " " else letter for letter in text))
    await pilot.press("enter")


async def read(pilot: Pilot[str]) -> NoteToSign:
    """Read the note to its end, where it can be signed; return its page."""
    note = pilot.app.screen
    assert isinstance(note, NoteToSign)
    await pilot.pause()
    async with asyncio.timeout(10.0):
        while not note.is_read:
            await pilot.press("enter")
    return note


async def test_from_the_first_missing_answer_to_the_signature(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        assert isinstance(app.screen, AnswersPage)
        assert "0 of 3" in text_of(pilot)
        await pilot.press("1", "2")
        assert "2 of 3" in text_of(pilot)
        await typed(pilot, "supine")
        note = await read(pilot)
        note.confirming.least_gap_s = 0.0
        await pilot.press("enter")
        assert load_signed(folder, None) is None
        await pilot.press("enter")
        assert isinstance(app.screen, SignedPage)
        await pilot.press("escape")
    signed = load_signed(folder, None)
    assert signed is not None
    assert signed.signature["by"] == PERFORMER
    assert app.return_value is not None
    assert app.return_value.startswith(f"Signed by {PERFORMER}. SHA-256 of the signature: ")
    case = load_case(folder, None)
    assert [case.get(key) for key in ("sex", "asa_class", "position")] == ["female", "II", "supine"]


async def test_enter_never_passes_a_required_item_that_has_no_answer(folder: Path) -> None:
    app = pages(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter", "enter", "enter")
        assert "Sex needs an answer" in text_of(pilot)
        assert "0 of 3" in text_of(pilot)
        await pilot.press("f10")
        assert "3 without an answer; the first is at hand." in text_of(pilot)
        assert isinstance(app.screen, AnswersPage)


async def test_site_defaults_are_shown_as_such_and_leave_less_to_answer(folder: Path) -> None:
    app = pages(folder, position="supine", asepsis="povidone")
    async with app.run_test(size=(120, 40)) as pilot:
        assert "1 of 3" in text_of(pilot)
        assert "supine  (site default)" in text_of(pilot)
        assert "povidone" not in text_of(pilot)
        await pilot.press("1", "2")
        assert isinstance(app.screen, NoteToSign)


async def test_answers_are_kept_when_signing_is_left_for_later(folder: Path) -> None:
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "escape")
    assert app.return_value is None
    assert load_case(folder, None).get("sex") == "female"
    assert load_signed(folder, None) is None


async def test_two_enters_of_one_burst_do_not_sign(folder: Path) -> None:
    save_case(folder, sheet(), None)
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        note = await read(pilot)
        note.confirming.least_gap_s = 10.0
        await pilot.press("enter", "enter", "enter")
        assert "Press ENTER again" in text_of(pilot)
    assert load_signed(folder, None) is None


async def test_a_contradiction_is_shown_and_needs_a_reason(folder: Path) -> None:
    save_case(folder, sheet(weight_kg="50"), None)
    app = pages(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "Contradicts itself" in text_of(pilot)
        assert "weight" in text_of(pilot).lower()
        await typed(pilot, "both stand")
        note = await read(pilot)
        note.confirming.least_gap_s = 0.0
        await pilot.press("enter", "enter")
    signed = load_signed(folder, None)
    assert signed is not None
    assert signed.signature["despite"] == "both stand"


async def test_a_pasted_text_of_ten_thousand_characters_with_control_codes_is_refused_and_nothing_is_lost(
    folder: Path,
) -> None:
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.screen.query_one(AnswerLine)
        await pilot.press("a")
        line.post_message(events.Paste("\x1b[31m\x07" + "x" * 10_000))
        await pilot.pause()
        assert "The pasted text has 10004 characters, and the line takes 1000." in " ".join(text_of(pilot).split())
        assert line.value == "a"
        line.post_message(events.Paste("b\x1b\x00\nc"))
        await pilot.pause()
        assert line.value == "ab c"


async def test_a_number_that_goes_on_as_text_is_text_and_chooses_nothing(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    text = "\n".join(line for line in BLOCK_SHEET.splitlines() if not line.startswith(("pain ", "complications ")))
    save_case(folder, sheet(text), None)
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, "2/10 on injection")
        assert "1 of 2" in text_of(pilot)
    case = load_case(folder, None)
    assert (case.get("pain"), case.get("complications")) == ("2/10 on injection", None)


async def test_the_note_cannot_be_signed_before_its_end_was_shown(folder: Path) -> None:
    save_case(folder, sheet(), None)
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        note = app.screen
        assert isinstance(note, NoteToSign)
        note.confirming.least_gap_s = 0.0
        await pilot.press("1", "x", "enter", "enter")
        assert load_signed(folder, None) is None
        await read(pilot)
        assert note.query_one(AnswerLine).value == PERFORMER


async def test_the_whole_note_stands_below_what_is_missing_and_the_record_is_named_as_its_origin(folder: Path) -> None:
    app = pages(folder)
    async with app.run_test(size=(120, 80)) as pilot:
        page = text_of(pilot)
        assert page.index("Sex") < page.index("Performed by") < page.index("Drug and concentration")
        assert "Aspirated 2 times without blood" in page
        assert "(record)" in page
        await pilot.press("tab", "tab", "tab", "f4")
    assert load_case(folder, None).get("patient") is None


async def test_a_signed_note_is_written_into_the_folder_of_the_site(folder: Path, tmp_path: Path) -> None:
    save_case(folder, sheet(), None)
    notes = tmp_path / "notes"
    notes.mkdir()
    app = SigningPages(SigningDraft(folder, None, {}, clock), "dark", notes)
    async with app.run_test(size=(80, 24)) as pilot:
        note = await read(pilot)
        note.confirming.least_gap_s = 0.0
        await pilot.press("enter", "enter")
        async with asyncio.timeout(20.0):
            while not app.written:
                await pilot.pause(0.05)
        assert isinstance(app.screen, SignedPage)
        await pilot.press("enter")
    assert app.written == [notes / f"{folder.name}.pdf"]
    assert app.return_value is not None


async def test_the_mouse_does_what_the_keys_do(folder: Path) -> None:
    app = pages(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("#choices", offset=(4, 0))
        assert app.screen.query_one("#choices", OptionList).option_count == 6
        await pilot.click("#choices", offset=(4, 1))
        await pilot.pause()
    case = load_case(folder, None)
    assert (case.get("sex"), case.get("asa_class")) == ("female", "II")


async def test_the_signed_note_is_written_as_pdf_and_an_existing_file_is_kept(folder: Path, tmp_path: Path) -> None:
    save_case(folder, sheet(), None)
    draft = SigningDraft(folder, None, {}, clock)
    draft.sign(PERFORMER)
    app = SigningPages(draft, "dark")
    path = tmp_path / "note.pdf"
    async with app.run_test(size=(80, 24)) as pilot:
        path.write_text("kept")
        app.screen.query_one(AnswerLine).value = str(path)
        await pilot.press("enter")
        await pilot.pause()
        assert "is not overwritten" in " ".join(text_of(pilot).split())
        path.unlink()
        await pilot.press("enter")
        await pilot.pause()
    assert path.read_bytes().startswith(b"%PDF")
    assert app.written == [path]


async def test_a_disk_that_fails_is_one_sentence_and_the_answer_stays_until_it_is_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise UserError("case.json cannot be written (No space left on device).")

    app = pages(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        monkeypatch.setattr("guidance.start.signing_draft.save_case", full)
        await pilot.press("1")
        assert "No space left on device" in text_of(pilot)
        assert "1 of 3" in text_of(pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pages_look_as_before(folder: Path, size: tuple[int, int], pytestconfig: pytest.Config) -> None:
    seen: dict[str, str] = {}
    app = pages(folder, position="supine")
    async with app.run_test(size=size) as pilot:
        seen["answers"] = await settled(pilot)
        await pilot.press("1", "2")
        seen["note"] = await settled(pilot)
        await read(pilot)
        seen["end of the note"] = await settled(pilot)
        await pilot.press("escape")
        seen["nothing missing"] = await settled(pilot)
        await pilot.press("f10")
        note = await read(pilot)
        note.confirming.least_gap_s = 0.0
        await pilot.press("enter")
        seen["confirm"] = await settled(pilot)
        await pilot.press("enter")
        app.screen.query_one(AnswerLine).value = "/srv/notes/note.pdf"
        seen["signed"] = await settled(pilot)
    assert not differs(f"signing-{size[0]}x{size[1]}", seen, update=pytestconfig.getoption("update_snapshots"))
