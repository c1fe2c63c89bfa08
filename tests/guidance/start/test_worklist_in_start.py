"""A worklist in Start: its entry fills in the form, and never leaves anything of another patient there."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guidance.cli.command_table import COMMANDS, load_command
from guidance.common.config import Config
from guidance.common.errors import UsageError
from guidance.start import recent
from guidance.start.choice import StartMemory
from guidance.start.procedure_form import filled_in
from guidance.start.searches import EntrySearch
from guidance.start.start_app import StartApp
from guidance.ui.forms.line import AnswerLine
from tests.guidance.ui.whole import until

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LIST = (
    "patient,birth_date,record_number,side,protocol,case_label\n"
    "A. Patient,1951-07-23,MRN-1,left,femoral,knee-1\nB. Patient,,MRN-2,,,\n"
)


@pytest.fixture
def worklist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recent, "recent_path", lambda: tmp_path / "recent.json")
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_another_entry_leaves_nothing_of_the_patient_before(worklist: Path) -> None:
    first, sentence = filled_in({"worklist": str(worklist), "entry": "1", "weight_kg": "70", "solution": "x"}, NOW)
    assert (first["patient"], first["side"], first["protocol_id"], first["label"]) == (
        "A. Patient", "left", "femoral", "knee-1",
    )  # fmt: skip
    assert "weight_kg" not in first
    assert first["solution"] == "x"
    assert "A. Patient" in sentence
    second, sentence = filled_in(first | {"entry": "2", "allergies": "latex", "frail": "yes"}, NOW)
    assert (second["patient"], second["record_number"]) == ("B. Patient", "MRN-2")
    assert not {"birth_date", "side", "label", "protocol_id", "allergies", "frail"} & second.keys()
    assert "It names no protocol" in sentence


def test_an_entry_that_the_worklist_lacks_is_one_sentence(worklist: Path) -> None:
    with pytest.raises(UsageError, match="has entries 1 to 2"):
        filled_in({"worklist": str(worklist), "entry": "3"}, NOW)


def test_entries_are_found_by_number_and_by_words_and_a_missing_file_has_none(worklist: Path) -> None:
    search = EntrySearch()
    assert search("") == []
    search.path = str(worklist)
    assert [choice.value for choice in search("")] == ["1", "2"]
    assert [choice.value for choice in search("2")] == ["2"]
    assert [choice.value for choice in search("b. pat")] == ["2"]
    search.path = str(worklist.parent / "missing.csv")
    assert search("") == []


async def test_a_site_with_a_worklist_begins_a_procedure_by_its_number(worklist: Path, tmp_path: Path) -> None:
    config = Config(Path("config.toml"), start={"device": "sim:7", "worklist": str(worklist)})
    app = StartApp(StartMemory(load_command, config, tmp_path, "dark"), frozenset(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("b")
        await until(lambda: app.screen.query(AnswerLine))
        await pilot.press("1", "enter", "f10", "enter")
    choice = app.return_value
    assert choice is not None
    case = tomllib.loads(choice.case)
    assert (case["patient"], case["birth_date"], case["side"]) == ("A. Patient", "1951-07-23", "left")
    assert choice.words[:1] == ("run",)
    assert {"femoral", "knee-1", "sim:7"} <= set(choice.words)
    assert "--worklist" not in choice.words, json.dumps(choice.words)
