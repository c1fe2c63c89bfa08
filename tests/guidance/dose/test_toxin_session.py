"""Units of a toxin session at the bedside: read by muscle, counted by muscle and session, held beyond a limit."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import ToxinAliquot
from guidance.contracts.events import Alarm, Entry, Record
from guidance.contracts.task_views import ToxinView
from guidance.dose.drugs import load as load_drugs
from guidance.dose.text import DoseError
from guidance.dose.toxin_session import ToxinGuard, toxin_plan
from tests.support.command_line import command

TABLE = load_drugs()
PLAN = toxin_plan(TABLE, "botox", "botulinum-fds")


def enter(guard: ToxinGuard, text: str, reason: str = "") -> dict[str, Any]:
    entry = records(guard, text, reason)[0]
    assert isinstance(entry, Entry)
    return {"what": entry.what} | entry.fields


def records(guard: ToxinGuard, text: str, reason: str = "") -> list[Record]:
    return list(guard.obey(ToxinAliquot(text, reason)))


def view(guard: ToxinGuard) -> ToxinView:
    found = guard.view()
    assert found is not None
    return found


def test_units_are_counted_by_muscle_and_against_the_limit_of_the_session() -> None:
    guard = ToxinGuard(PLAN, AlarmBoard())
    assert next(iter(guard.begin())).fields["most_units"] == 400.0
    enter(guard, "fds 30")
    entry = enter(guard, "Flexor carpi radialis 20 U")
    assert (entry["what"], entry["muscle"], entry["session_units"]) == ("toxin-units", "fcr", 50.0)
    assert entry["fraction"] == pytest.approx(0.125)
    assert entry["text"].endswith("50 U in all, 12.5 % of the session's limit")
    enter(guard, "fds 20")
    shown = view(guard)
    assert [(units, most) for _, units, most in shown.muscles] == [(50.0, 50.0), (20.0, 50.0)]
    assert (shown.total_units, shown.most_units) == (70.0, 400.0)


def test_units_beyond_a_muscles_limit_are_held_until_a_reason_is_given() -> None:
    guard = ToxinGuard(PLAN, AlarmBoard())
    enter(guard, "fds 30")
    held = enter(guard, "fds 30")
    assert held["what"] == "toxin-units-refused"
    assert "would have 60 U; its limit is 50 U" in held["why"]
    assert view(guard).held == "fds 30"
    assert view(guard).total_units == 30.0
    assert enter(guard, "fds 30", "decided with the team")["reason"] == "decided with the team"
    assert view(guard).total_units == 60.0
    assert view(guard).held == ""


def test_units_beyond_the_limit_of_the_session_are_held() -> None:
    guard = ToxinGuard(toxin_plan(TABLE, "botox", "botulinum-scm"), AlarmBoard())
    for text in ("splenius capitis 100", "trapezius 100", "scm 90"):
        assert enter(guard, text)["what"] == "toxin-units"
    assert "the limit for cervical dystonia is 300 U" in enter(guard, "levator scapulae 20")["why"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fds", "is no dose of a muscle"), ("30", "is no dose of a muscle"), ("fds -5", "is no dose of a muscle"),
        ("fds 0", "cannot be"), ("fds 99999", "cannot be"), ("fdx 30", "did you mean"), ("flexor 30", "did you mean"),
        ("\x1b[2J 30", "names no one muscle"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_sentence_and_counts_nothing(text: str, why: str) -> None:
    guard = ToxinGuard(PLAN, AlarmBoard())
    refused = enter(guard, text)
    assert refused["what"] == "toxin-units-refused"
    assert why in refused["why"]
    assert "\n" not in refused["why"]
    assert "\x1b" not in refused["why"]
    assert view(guard).total_units == 0.0


def test_the_sessions_limit_warns_alarms_and_rises_beyond_it() -> None:
    guard = ToxinGuard(toxin_plan(TABLE, "botox", "botulinum-scm"), AlarmBoard())
    assert not [each for each in records(guard, "splenius capitis 100") if isinstance(each, Alarm)]
    assert not [each for each in records(guard, "trapezius 100") if isinstance(each, Alarm)]
    warning = records(guard, "scm 50")[1]
    assert isinstance(warning, Entry)
    assert (warning.what, warning.fields["fraction_at_least"]) == ("dose-warning", pytest.approx(250 / 300))
    (at_limit,) = records(guard, "scm 50")[1:]
    assert isinstance(at_limit, Alarm)
    assert (at_limit.code, at_limit.priority, at_limit.active) == ("dose-limit", "medium", True)
    (beyond,) = records(guard, "levator scapulae 20", "decided with the team")[1:]
    assert isinstance(beyond, Alarm)
    assert beyond.priority == "high"
    assert beyond.text == "Inject no more. 320 U onabotulinumtoxinA in all, 106.7 % of the session's limit."


def test_a_muscle_beyond_its_limit_alarms_and_one_at_its_limit_does_not() -> None:
    guard = ToxinGuard(PLAN, AlarmBoard())
    assert len(records(guard, "fds 50")) == 1
    (alarm,) = records(guard, "fds 10", "decided with the team")[1:]
    assert isinstance(alarm, Alarm)
    assert alarm.priority == "medium"
    assert alarm.text.endswith("60 U, its limit is 50 U.")


def test_every_muscle_is_found_by_its_key_and_by_its_name() -> None:
    for muscle in PLAN.muscles:
        assert PLAN.find(muscle.key) is muscle
        assert PLAN.find(muscle.name) is muscle


def test_a_product_without_a_session_limit_states_that_there_is_none() -> None:
    guard = ToxinGuard(toxin_plan(TABLE, "myobloc", "botulinum-fds"), AlarmBoard())
    assert enter(guard, "fds 2500")["fraction"] is None
    assert view(guard).most_units is None


def test_without_a_product_nothing_is_counted() -> None:
    guard = ToxinGuard(None, AlarmBoard())
    assert guard.view() is None
    assert list(guard.begin()) == []
    assert list(guard.obey(ToxinAliquot("fds 30"))) == []


def test_pregnancy_and_nerve_disease_bring_the_labels_cautions() -> None:
    plan = toxin_plan(TABLE, "botox", "botulinum-fds", is_pregnant=True)
    assert any("pregnancy" in text for text in plan.cautions(has_disease=False))
    assert any("neuromuscular junction" in text for text in plan.cautions(has_disease=True))
    assert PLAN.cautions(has_disease=False) == ()


def test_a_toxin_is_for_no_block() -> None:
    with pytest.raises(DoseError, match="femoral is no protocol for it"):
        toxin_plan(TABLE, "botox", "femoral")


@pytest.mark.parametrize(
    ("protocol", "product", "why"),
    [("femoral", "botox", "is no protocol for it"), ("fds", "botx", "did you mean botox")],
)
def test_a_procedure_with_the_wrong_product_does_not_start(protocol: str, product: str, why: str) -> None:
    done = command("demo", "--headless", "--duration", "1", "--protocol", protocol, "--product", product)
    assert done.status == 2
    assert why in done.err
