"""A plan: made, added to, never overwritten; what cannot be read or does not hold is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.journal.encryption import EncryptionKey, key_of_passphrase
from guidance.treatment import chained_lines
from guidance.treatment.chained_lines import PLAN_NAME
from guidance.treatment.people import People
from guidance.treatment.plan import (
    Author,
    TreatmentPlan,
    add_addendum,
    add_scores,
    folder_of_plan,
    load_plan,
    new_plan,
    plan_labels,
    revise,
)
from guidance.treatment.scores import read_score, read_scores
from guidance.treatment.sheet import empty_plan_sheet, sheet_from_toml
from tests.support.made_course import EARLY_PATIENT, FIRST, LABEL, SHEET

AUTHOR = Author("Dr Ahorn", None, FIRST)
LATER = replace(AUTHOR, name="Dr Birke", now=FIRST + timedelta(weeks=20))


def make(store: Path, people: People | None = None, key: EncryptionKey | None = None) -> TreatmentPlan:
    author = replace(AUTHOR, key=key)
    return new_plan(store, LABEL, sheet_from_toml(SHEET, "sheet.toml"), people or People(), author)


def lines(store: Path) -> list[bytes]:
    return (folder_of_plan(store, LABEL) / PLAN_NAME).read_bytes().splitlines(keepends=True)


def test_a_plan_holds_its_sheet_its_first_scores_and_what_was_added(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert [target.name for target in made.sheet.targets] == ["flexor digitorum superficialis", "flexor carpi radialis"]
    assert made.baseline["mas.finger-flexors"].text == "3"
    add_scores(tmp_path, LABEL, read_scores(["mas.finger-flexors=1+"]), date(2026, 3, 1), LATER)
    add_addendum(tmp_path, LABEL, "Splint tolerated.", LATER)
    found = load_plan(tmp_path, LABEL)
    assert [(visit.day.isoformat(), len(visit.scores)) for visit in found.visits] == [
        ("2026-01-12", 5),
        ("2026-03-01", 1),
    ]
    assert [line.fields["text"] for line in found.addenda] == ["Splint tolerated."]
    assert [found.people.author(line.author) for line in found.addenda] == ["Dr Birke"]
    assert plan_labels(tmp_path) == [LABEL]


def test_nothing_is_overwritten_a_revision_keeps_the_earlier_sheet(tmp_path: Path) -> None:
    make(tmp_path)
    before = lines(tmp_path)
    changed = sheet_from_toml(SHEET.replace("units = 50", "units = 40"), "sheet.toml")
    revise(tmp_path, LABEL, changed, "less is enough", LATER)
    found = load_plan(tmp_path, LABEL)
    assert lines(tmp_path)[: len(before)] == before
    assert (found.revisions, found.sheet.targets[0].units) == (1, 40.0)
    assert found.visits[0].day < found.visits[1].day, "the first scores stay the first"
    with pytest.raises(UsageError, match="already"):
        make(tmp_path)


def test_the_plan_names_nobody_and_its_names_can_be_encrypted(tmp_path: Path) -> None:
    key = key_of_passphrase("correct horse battery")
    make(tmp_path, People(EARLY_PATIENT), key)
    folder = folder_of_plan(tmp_path, LABEL)
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not [name for name in (b"Ahorn", b"Quirina", b"0815") if name in everything]
    assert load_plan(tmp_path, LABEL).people.author(1) == "author 1"
    assert load_plan(tmp_path, LABEL, key).people.author(1) == "Dr Ahorn"
    with pytest.raises(UserError, match="encrypted"):
        add_addendum(tmp_path, LABEL, "More.", LATER)
    with pytest.raises(UsageError, match="the patient's name"):
        add_addendum(tmp_path, LABEL, "Seen with quirina Nachname-Xylander.", replace(LATER, key=key))
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))


@pytest.mark.parametrize("what", ["changed", "removed", "cut", "added", "unsealed"])
def test_a_plan_that_does_not_hold_is_neither_shown_nor_added_to(tmp_path: Path, what: str) -> None:
    make(tmp_path)
    path = folder_of_plan(tmp_path, LABEL) / PLAN_NAME
    text = lines(tmp_path)
    changed = {
        "changed": [text[0], text[1].replace(b"stroke", b"injury"), *text[2:]],
        "removed": [text[0], *text[2:]],
        "cut": text[:-1],
        "added": [*text, b'{"kind": "addendum"}\n'],
        "unsealed": text,
    }
    path.write_bytes(b"".join(changed[what]))
    if what == "unsealed":
        (path.parent / "seal.json").unlink()
    before = path.read_bytes()
    for attempt in (lambda: load_plan(tmp_path, LABEL), lambda: add_addendum(tmp_path, LABEL, "More.", LATER)):
        with pytest.raises(UserError, match=r"does not hold|copied in part"):
            attempt()
    assert path.read_bytes() == before


def test_a_line_that_was_cut_off_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path)
    path = folder_of_plan(tmp_path, LABEL) / PLAN_NAME
    with path.open("ab") as file:
        file.write(b'{"number": 4, "ki')
    assert len(load_plan(tmp_path, LABEL).lines) == 3
    add_addendum(tmp_path, LABEL, "More.", LATER)
    assert len(load_plan(tmp_path, LABEL).lines) == 4
    assert (path.parent / "torn.bin").read_bytes() == b'{"number": 4, "ki'


def test_a_line_that_a_crash_left_unsealed_is_read_and_sealed_with_the_next(tmp_path: Path) -> None:
    make(tmp_path)
    folder = folder_of_plan(tmp_path, LABEL)
    seal = (folder / "seal.json").read_bytes()
    add_addendum(tmp_path, LABEL, "Written, not sealed.", LATER)
    (folder / "seal.json").write_bytes(seal)
    assert len(load_plan(tmp_path, LABEL).addenda) == 1
    add_addendum(tmp_path, LABEL, "Next.", LATER)
    assert json.loads((folder / "seal.json").read_text())["lines"] == 5


def test_a_moved_folder_and_a_clock_that_went_back_are_reported(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(UserError, match="Set the clock right"):
        add_addendum(tmp_path, LABEL, "Too early.", replace(AUTHOR, now=FIRST - timedelta(days=1)))
    shutil.copytree(folder_of_plan(tmp_path, LABEL), folder_of_plan(tmp_path, "other"))
    with pytest.raises(UserError, match="is of the case arm-7"):
        load_plan(tmp_path, "other")


def test_a_plan_of_another_version_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.setattr(chained_lines, "VERSION", 2)
    with pytest.raises(UserError, match="version 1; this program reads version 2"):
        load_plan(tmp_path, LABEL)


@pytest.mark.parametrize("label", ["..", ".hidden", "-x", "a/b", "", "x" * 61])
def test_a_label_that_is_no_folder_name_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(UsageError, match="not a case label"):
        load_plan(tmp_path, label)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('goal = "Passive', 'gaol = "Passive', "did you mean goal"),
        ('problem = "Clenched fist after a stroke, right hand"\n', "", "without an answer: problem"),
        ('side = "right"\nreason = "Wrist', 'side = "up"\nreason = "Wrist', r"\[targets.fcr\] side must be one of"),
        ("units = 50", "units = -1", "units must be a number of U"),
        ("review = 2027-02-15", 'review = "soon"', "review must be a date"),
        ("[targets.fds]", "[targets.'F D S']", "must be small letters"),
        ("nrs = 6", "nrs = 11", "from 0 to 10"),
        ("gas.washing", "gsa.washing", "did you mean gas"),
        ('problem = "', "problem = ", "is not TOML"),
    ],
)
def test_a_sheet_that_cannot_be_read_names_what_to_mend(old: str, new: str, match: str) -> None:
    assert old in SHEET
    with pytest.raises(UsageError, match=match):
        sheet_from_toml(SHEET.replace(old, new), "sheet.toml")


def test_a_plan_without_a_target_is_refused_and_the_empty_sheet_holds_every_field() -> None:
    with pytest.raises(UsageError, match="needs a target"):
        sheet_from_toml(SHEET.partition("[targets")[0], "sheet.toml")
    filled = empty_plan_sheet().replace("# ", "", 1)
    assert all(f"# {key} = " in filled for key in ("problem", "goal", "review", "stop_rules", "side", "reason", "emg"))


@pytest.mark.parametrize(
    ("key", "text", "number"),
    [
        ("mas.elbow", "1+", 1.5),
        ("tardieu.elbow", "2 40/95", 55.0),
        ("tardieu.elbow", "40/95", 55.0),
        ("nrs", "4.5", 4.5),
        ("range.elbow", "110", 110.0),
        ("gas.walk", "-2", -2.0),
    ],
)
def test_a_score_has_the_number_that_is_drawn(key: str, text: str, number: float) -> None:
    assert read_score(key, text).number == number


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("mas.elbow", "5"), ("mas", "2"), ("mas.Elbow Flexors", "2"), ("tardieu.elbow", "95/40"), ("nrs", "-1"),
        ("nrs", "nan"), ("gas.walk", "0.5"), ("range.elbow", "400"), ("pain", "3"),
    ],
)  # fmt: skip
def test_a_score_that_cannot_be_is_refused(key: str, text: str) -> None:
    with pytest.raises(UsageError):
        read_score(key, text)


def test_scores_of_the_future_or_of_none_are_refused(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(UsageError, match="in the future"):
        add_scores(tmp_path, LABEL, read_scores(["nrs=3"]), date(2027, 1, 1), AUTHOR)
    with pytest.raises(UsageError, match="Enter a score"):
        add_scores(tmp_path, LABEL, (), date(2026, 1, 1), AUTHOR)
    with pytest.raises(UsageError, match="given twice"):
        read_scores(["nrs=3", "nrs=4"])
