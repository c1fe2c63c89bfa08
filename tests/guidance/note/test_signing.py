"""Signing needs all answers; after it nothing changes unnoticed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.journal.event_log import Journal
from guidance.note.case_sheet import load_case, save_case
from guidance.note.note_files import ProcedureFiles, procedure_files
from guidance.note.signing import Signature, add_addendum, load_signed, sign
from tests.support.case_sheets import BLOCK_SHEET, NOW, PERFORMER, sheet
from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure whose note has all answers."""
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    return folder


def signed(folder: Path) -> Signature:
    opened = procedure_files(folder, None)
    return sign(folder, opened.composed, opened.case, PERFORMER, None, NOW)


def banners(opened: ProcedureFiles) -> str:
    return " ".join(opened.page.banners)


def tampered(folder: Path, old: str, new: str) -> None:
    path = folder / "note.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_signing_is_refused_while_fields_are_missing_and_names_them(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    opened = procedure_files(folder, None)
    with pytest.raises(UsageError, match=r"without an answer \(patient, birth_date, .*complications\)"):
        sign(folder, opened.composed, opened.case, PERFORMER, None, NOW)
    assert load_signed(folder, None) is None
    assert "DRAFT, NOT SIGNED." in banners(opened)


def test_a_signed_note_names_its_signer_and_that_nothing_has_changed(folder: Path) -> None:
    signed(folder)
    opened = procedure_files(folder, None)
    assert opened.changed == ()
    assert f"Signed by {PERFORMER}, 2026-03-14T12:00:00+00:00." in banners(opened)


def test_a_note_is_signed_once(folder: Path) -> None:
    signed(folder)
    with pytest.raises(UsageError, match="signed already"):
        signed(folder)


def test_a_signature_needs_a_name(folder: Path) -> None:
    opened = procedure_files(folder, None)
    with pytest.raises(UsageError, match="Name the signer"):
        sign(folder, opened.composed, opened.case, " \x1b ", None, NOW)


def test_a_running_procedure_is_not_signed(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    opened = procedure_files(folder, None)
    (folder / "events.jsonl").unlink()
    journal = Journal(folder)
    try:
        with pytest.raises(UsageError, match="is running"):
            sign(folder, opened.composed, opened.case, PERFORMER, None, NOW)
    finally:
        journal.close()


def test_a_damaged_record_is_not_signed_and_the_note_states_it(folder: Path) -> None:
    path = folder / "events.jsonl"
    path.write_text(path.read_text().replace('"volume_ml": 5.0', '"volume_ml": 4.0', 1))
    opened = procedure_files(folder, None)
    assert "THE RECORD IS NOT INTACT (broken)" in banners(opened)
    with pytest.raises(UsageError, match="broken"):
        sign(folder, opened.composed, opened.case, PERFORMER, None, NOW)


def test_addenda_follow_each_other_dated_and_authored(folder: Path) -> None:
    signed(folder)
    add_addendum(folder, "First.", "Dr B", None, NOW)
    last = add_addendum(folder, "Second.", "Dr C", None, NOW)
    assert [link["text"] for link in last.addenda] == ["First.", "Second."]
    page = procedure_files(folder, None).page
    addenda = [item.sentences[0].text for section in page.closing for item in section.items if "Addendum" in item.label]
    assert addenda == ["First. (Dr B, 2026-03-14T12:00:00+00:00)", "Second. (Dr C, 2026-03-14T12:00:00+00:00)"]


def test_an_addendum_needs_a_signed_note_and_words(folder: Path) -> None:
    with pytest.raises(UsageError, match="not signed yet"):
        add_addendum(folder, "Too early.", "Dr B", None, NOW)
    signed(folder)
    with pytest.raises(UsageError, match="needs text"):
        add_addendum(folder, " \n", "Dr B", None, NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("supine", "prone"),
        (PERFORMER, "Dr Else"),
        ("First.", "Never."),
        ('"kind": "addendum"', '"kind": "signature"'),
        ("2026-03-14T12:00:00", "2026-03-13T12:00:00"),
        ('"previous": null', '"previous": "0"'),
    ],
)
def test_a_change_to_what_was_signed_or_added_is_found(folder: Path, old: str, new: str) -> None:
    signed(folder)
    add_addendum(folder, "First.", "Dr B", None, NOW)
    tampered(folder, old, new)
    with pytest.raises(UserError, match="changed after signing"):
        load_signed(folder, None)


def test_an_addendum_taken_out_of_the_middle_is_found(folder: Path) -> None:
    signed(folder)
    add_addendum(folder, "First.", "Dr B", None, NOW)
    add_addendum(folder, "Second.", "Dr B", None, NOW)
    path = folder / "note.json"
    opened = json.loads(path.read_text(encoding="utf-8"))
    del opened["chain"][1]
    path.write_text(json.dumps(opened), encoding="utf-8")
    with pytest.raises(UserError, match="addendum 1 does not follow"):
        load_signed(folder, None)


@pytest.mark.parametrize("text", ["", "{}", '{"chain": []}', '{"chain": [1]}', '{"chain": [{"kind": "signature"}]}'])
def test_a_file_that_is_no_signed_note_is_refused_as_damaged(folder: Path, text: str) -> None:
    (folder / "note.json").write_text(text)
    with pytest.raises(UserError, match="damaged"):
        load_signed(folder, None)


@pytest.mark.parametrize("name", ["events.jsonl", "signal.bdf"])
def test_what_changed_of_the_record_since_signing_is_named(folder: Path, name: str) -> None:
    signed(folder)
    with (folder / name).open("r+b") as file:
        file.seek(-20, 2)
        file.write(b"0")
    done = command("procedures", "note", folder.name, "--store", folder.parent)
    assert done.status == 1
    assert f"CHANGED SINCE SIGNING: {name}." in done.out
    assert f"Changed since the note was signed: {name}." in done.err


def test_an_answer_changed_since_signing_is_named_and_the_page_stays_as_signed(folder: Path) -> None:
    signed(folder)
    save_case(folder, sheet(side="right"), None)
    opened = procedure_files(folder, None)
    assert opened.changed == ("case sheet",)
    assert "CHANGED SINCE SIGNING: case sheet" in banners(opened)
    sides = [i.sentences[0].text for section in opened.page.sections for i in section.items if i.label == "Side"]
    assert sides == ["left"]


def test_the_commands_refuse_sign_close_and_add_to_a_note(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    where = (folder.name, "--store", tmp_path)
    assert command("procedures", "addendum", *where, "--by", "X", "Words.").status == 2
    assert command("procedures", "sign", *where).err.startswith("needle-guidance: Name the signer")
    done = command("procedures", "sign", *where, "--by", PERFORMER, "--set", "remarks=none")
    assert (done.status, done.err) == (0, "")
    again = command("procedures", "note", *where, "--set", "side=right")
    assert (again.status, again.is_one_sentence) == (2, True)
    assert "use procedures addendum" in again.err
    assert command("procedures", "addendum", *where, "--by", "Dr B", "Seen at 18:00.").status == 0
    assert "Seen at 18:00. (Dr B," in command("procedures", "note", *where).out


@pytest.mark.parametrize("way", ["@", "-"])
def test_the_signer_is_read_from_a_file_or_standard_input_where_no_other_user_sees_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    (tmp_path / "signer").write_text(f"{PERFORMER}\n", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PERFORMER}\n"))
    by = f"@{tmp_path / 'signer'}" if way == "@" else "-"
    where = (folder.name, "--store", tmp_path)
    done = command("procedures", "sign", *where, "--by", by, "--set", "remarks=none")
    assert (done.status, done.err) == (0, "")
    assert f"by {PERFORMER}" in command("procedures", "note", *where).out


def test_without_a_terminal_nothing_is_requested_and_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    text = "\n".join(line for line in BLOCK_SHEET.splitlines() if not line.startswith(("side ", "sex ")))
    save_case(folder, sheet(text), None)
    done = command("procedures", "sign", folder.name, "--store", tmp_path)
    assert (done.status, done.out) == (2, "")
    assert "2 required fields are without an answer (sex, side)" in done.err


def test_with_by_the_note_is_printed_before_its_signature(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    done = command("procedures", "sign", folder.name, "--store", tmp_path, "--by", PERFORMER)
    assert done.status == 0, done.err
    assert done.out.index("# Procedure note") < done.out.index(f"Signed by {PERFORMER}")
    assert "Audit appendix" not in done.out


@pytest.mark.parametrize(("typed", "kept"), [("2", "II"), ("iii", "III"), ("VI", "VI")])
def test_a_number_is_the_asa_class_of_that_number(tmp_path: Path, typed: str, kept: str) -> None:
    folder = femoral_block().record_in(tmp_path)
    where = ("procedures", "note", folder.name, "--store", tmp_path)
    assert command(*where, "--set", f"asa_class={typed}").status == 0
    assert load_case(folder, None).get("asa_class") == kept
    assert command(*where, "--set", "asa_class=7").status == 2
