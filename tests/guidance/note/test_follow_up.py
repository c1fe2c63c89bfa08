"""After the block: tests and follow-up become dated addenda to the signed note."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.note.case_sheet import save_case
from guidance.note.markdown import markdown
from guidance.note.note_files import procedure_files
from guidance.note.signing import load_signed, sign
from tests.support.case_sheets import NOW, PERFORMER, sheet
from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure with a complete note that is not signed yet."""
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    return folder


def signed(folder: Path) -> None:
    opened = procedure_files(folder, None)
    sign(folder, opened.composed, opened.case, PERFORMER, None, NOW)


def follow_up(folder: Path, *entries: str) -> tuple[object, str]:
    options = [word for entry in entries for word in ("--set", entry)]
    done = command("procedures", "follow-up", folder.name, "--store", folder.parent, "--by", "Dr B", *options)
    return done.status, done.out + done.err


def test_a_follow_up_is_a_dated_addendum_in_the_order_of_the_fields(folder: Path) -> None:
    signed(folder)
    status, _ = follow_up(folder, "disposition=home with a responsible adult", "block_20min=no cold, power 2/5")
    assert status == 0
    text = markdown(procedure_files(folder, None).page, appendix=False)
    expected = "Follow-up. Block at 20 min, sensory and motor: no cold, power 2/5; Disposition and advice: home with"
    assert expected in text
    assert "(Dr B, " in text


def test_each_follow_up_is_kept_beside_the_earlier_ones_and_the_note_stays_intact(folder: Path) -> None:
    signed(folder)
    assert follow_up(folder, "follow_up_24h=power normal")[0] == 0
    assert follow_up(folder, "follow_up_7d=not done: patient not reached")[0] == 0
    stored = load_signed(folder, None)
    assert stored is not None
    assert [link["follow_up"] for link in stored.addenda] == [
        {"follow_up_24h": "power normal"},
        {"follow_up_7d": "not done: patient not reached"},
    ]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ((), "needs an entry"),
        (("block_15min=x",), "did you mean block_10min?"),
        (("nonsense",), "is not a key of a follow-up"),
        (("observations=",), "must be one line"),
        (("observations=not done",), "needs a reason"),
        (("observations=a", "observations=b"), "given twice"),
    ],
)
def test_what_is_no_follow_up_is_refused_in_one_sentence_and_nothing_is_added(
    folder: Path, entries: tuple[str, ...], reason: str
) -> None:
    signed(folder)
    status, text = follow_up(folder, *entries)
    assert status == 2
    assert reason in text
    stored = load_signed(folder, None)
    assert stored is not None
    assert stored.addenda == ()


def test_a_follow_up_needs_a_signed_note(folder: Path) -> None:
    status, text = follow_up(folder, "observations=stable")
    assert status == 2
    assert "not signed yet" in text
