"""The case sheet is read strictly, as a whole or not at all; each fault is one sentence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.common.errors import UsageError, UserError
from guidance.note.case_sheet import CaseSheet, case_from_toml, load_case, save_case
from guidance.note.empty import empty_sheet
from guidance.protocol import load, names
from tests.support.case_sheets import NOW, TOXIN_SHEET, sheet, sheet_file
from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block


def fault_of(text: str) -> str:
    with pytest.raises(UsageError) as raised:
        case_from_toml(text, "case.toml", NOW)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('sde = "left"', "'sde' is not a key of the case sheet; did you mean side?"),
        ('side = "lft"', "side must be one of left, right, midline, both sides"),
        ('birth_date = "14.3.1972"', "birth_date must be a date such as 1970-12-31"),
        ("needle_gauge = 2200", "needle_gauge must be a number of G from 14 to 34"),
        ("weight_kg = nan", "weight_kg must be a number of kg"),
        ('patient = ""', "patient must be one line of"),
        ('pain = "not done"', "pain needs a reason: 'not done: why'"),
        ('pain = "not assessed:"', "pain needs a reason: 'not assessed: why'"),
        ("monitors = ['ECG']", "monitors must be one value"),
        ("[muscles]\nfds = 3", "muscles must be tables"),
        ('[muscles."../x"]\nunits = 3', "is not a key of the case sheet"),
        ("[muscles.fds]\nunit = 3", "did you mean muscles.NAME.units?"),
        ("patient = ", "is not TOML"),
        ("x = " + "[" * 5000, "is not TOML"),
    ],
)
def test_each_fault_of_a_case_sheet_is_one_sentence(text: str, message: str) -> None:
    fault = fault_of(text)
    assert fault.startswith("case.toml")
    assert message in fault
    assert "\n" not in " ".join(fault.split())


def test_answers_are_stored_in_their_standard_form() -> None:
    case = case_from_toml(
        'asa_class = "iii"\nneedle_length_mm = 50.0\nultrasound = true\nbirth_date = 1972-03-14', "c", NOW
    )
    assert dict(case.answers) == {
        "asa_class": "III", "needle_length_mm": "50", "ultrasound": "yes", "birth_date": "1972-03-14",
    }  # fmt: skip


def test_not_done_with_a_reason_is_an_answer_to_any_field() -> None:
    case = case_from_toml('weight_kg = "Not  assessed: emergency"\nside = "not done:no block"', "c", NOW)
    assert dict(case.answers) == {"weight_kg": "not assessed: emergency", "side": "not done: no block"}


def test_control_characters_are_removed() -> None:
    case = case_from_toml('patient = "A\\u001b[31m\\u202eB\\nC"', "c", NOW)
    assert case.get("patient") == "A[31mB C"


@given(st.text(max_size=60))
def test_any_text_gives_a_valid_answer_or_one_fault(text: str) -> None:
    for key in ("patient", "side", "weight_kg", "birth_date"):
        try:
            answer = CaseSheet().with_answer(key, text, NOW).get(key)
        except UsageError:
            continue
        assert answer
        assert answer.isprintable()
        assert CaseSheet().with_answer(key, answer, NOW).get(key) == answer


def test_a_saved_case_sheet_is_private_and_loads_unchanged(tmp_path: Path) -> None:
    case = sheet(TOXIN_SHEET)
    save_case(tmp_path, case, None)
    assert stat.S_IMODE((tmp_path / "case.json").stat().st_mode) == 0o600
    assert load_case(tmp_path, None) == case


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"answers": {"side": "up"}, "told_at": {}}', "\xff"])
def test_a_damaged_case_sheet_is_refused_as_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "case.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="damaged"):
        load_case(tmp_path, None)


def test_a_case_sheet_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("{}")
    (tmp_path / "case.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="symbolic link"):
        load_case(tmp_path, None)
    with pytest.raises(UserError, match="symbolic link"):
        save_case(tmp_path, sheet(), None)


@pytest.mark.parametrize("protocol", names())
def test_the_empty_sheet_of_every_protocol_is_a_sheet_without_answers(protocol: str) -> None:
    text = empty_sheet(load(protocol))
    assert not case_from_toml(text, "empty", NOW).answers
    keys = [line[2:].partition(" = ")[0] for line in text.splitlines() if ' = ""' in line]
    assert {"patient", "performer", "complications"} <= set(keys)


def test_a_filled_in_line_of_the_empty_sheet_is_read() -> None:
    text = empty_sheet(load("femoral")).replace('# side = ""', 'side = "left"')
    assert dict(case_from_toml(text, "filled", NOW).answers) == {"side": "left"}


def test_demo_refuses_an_invalid_sheet_before_anything_runs(tmp_path: Path) -> None:
    path = sheet_file(tmp_path, 'sied = "left"')
    done = command("demo", "--headless", "--duration", "1", "--store", tmp_path / "store", "--case", path)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "did you mean side?" in done.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_demo_refuses_a_missing_sheet(tmp_path: Path, name: str) -> None:
    done = command("demo", "--headless", "--duration", "1", "--store", tmp_path / "store", "--case", tmp_path / name)
    assert (done.status, done.is_one_sentence) == (2, True)


def test_set_fills_in_a_field_and_refuses_what_is_none(tmp_path: Path) -> None:
    name = femoral_block().record_in(tmp_path).name
    where = ("--store", tmp_path)
    assert command("procedures", "note", name, *where, "--set", "side=left").status == 0
    assert "**Side:** left\n" in command("procedures", "note", name, *where).out
    for wrong in ("side", "sde=left", "side=up", "=", "pain=not done"):
        done = command("procedures", "note", name, *where, "--set", wrong)
        assert (done.status, done.is_one_sentence) == (2, True), wrong
