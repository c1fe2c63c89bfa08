"""The operator corrects an entry: dose, limits, timers, units, side and the past follow; nothing is overwritten."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from guidance.contracts.commands import (
    Aliquot,
    Aspiration,
    CorrectEntry,
    OperatorCommand,
    OperatorNote,
    StopAnswer,
    ToxinAliquot,
)  # fmt: skip
from guidance.contracts.events import Alarm, Entry
from guidance.contracts.origin import RECORDED
from guidance.contracts.record_serializer import RecordSerializer
from guidance.contracts.snapshot import EventView, Snapshot
from guidance.dose.drugs import load as load_drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.dose.toxin_session import toxin_plan
from guidance.engine.settings import Mode
from guidance.engine.snapshot_builder import SessionState
from guidance.stop_moment import StopPlan
from tests.support.closed_loop import ClosedLoop

WHY = "typing error"


class Bedside:
    """A procedure with 0.5 % ropivacaine at 70 kg, of which 42 mL are the limit; ``do`` returns the new records."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("dose", plan_of(load_drugs(), DosePatient(70.0), "ropivacaine 0.5%"))
        self.loop = ClosedLoop(Mode.MANUAL, **settings)
        self.begun = self.loop.engine.begin(RECORDED)

    def do(self, *commands: OperatorCommand) -> list[Any]:
        before = len(self.loop.made)
        for command in commands:
            self.loop.run(0.1, command)
        return [timed.record for timed in self.loop.made[before:]]

    def lines(self) -> list[dict[str, Any]]:
        """Return the stream as it is written."""
        serializer = RecordSerializer()
        return [json.loads(serializer.line(timed, 0)) for timed in (self.begun, *self.loop.made)]

    def seq(self, what: str, number: int = -1) -> int:
        found = [line["seq"] for line in self.lines() if line["kind"] == "entry" and line["what"] == what]
        return int(found[number])

    def snapshot(self) -> Snapshot:
        return self.loop.engine.snapshot(SessionState("test", RECORDED))

    def correct(self, seq: int, value: str | None = None, reason: str = WHY) -> Entry:
        entries = [record for record in self.do(CorrectEntry(seq, reason, value)) if isinstance(record, Entry)]
        return entries[0]

    def event(self, what: str) -> EventView:
        return next(event for event in self.snapshot().past.events if event.what == what)


def test_a_corrected_aliquot_changes_the_dose_and_names_the_record_that_it_corrects() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(5.0), Aspiration(), Aliquot(10.0))
    seq = bedside.seq("injection")
    entry = bedside.correct(seq, "1,0 mL")
    assert entry.what == "correction"
    assert (entry.fields["corrects"], entry.fields["entry"], entry.fields["reason"]) == (seq, "injection", WHY)
    assert entry.fields["now"]["mg"] == {"ropivacaine": 5.0}
    assert (entry.fields["total_volume_ml"], entry.fields["total_mg"]) == (6.0, {"ropivacaine": 30.0})
    assert entry.fields["text"] == "injection 10 mL is now 1 mL, reason: typing error"
    dose = bedside.snapshot().dose
    assert dose is not None
    assert (dose.volume_ml, dose.total_mg) == (6.0, (("ropivacaine", 30.0),))
    assert dose.fraction == pytest.approx(30 / 210)
    named = bedside.lines()[seq]
    assert (named["what"], named["fields"]["volume_ml"]) == ("injection", 10.0)
    assert next(event for event in bedside.snapshot().past.events if event.seq == seq).mark == "corrected"


def test_the_number_that_the_engine_counts_is_the_one_that_is_written() -> None:
    bedside = Bedside()
    bedside.do(OperatorNote("note", "tip seen"), Aspiration(), Aliquot(5.0), OperatorNote("contact"))
    lines = bedside.lines()
    events = [event for event in bedside.snapshot().past.events if event.seq is not None]
    assert [event.what for event in events] == ["note", "aspiration", "injection", "contact"]
    assert [lines[event.seq or 0]["what"] for event in events] == [event.what for event in events]


def test_a_withdrawn_aliquot_ends_the_alarm_of_the_limit_and_moves_the_timers_back() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(20.0))
    first_t = bedside.snapshot().dose.last_dose_t  # type: ignore[union-attr]
    records = bedside.do(Aspiration(), Aliquot(25.0, "already injected"))
    (alarm,) = [record for record in records if isinstance(record, Alarm)]
    assert (alarm.code, alarm.priority) == ("dose-limit", "high")
    records = bedside.do(CorrectEntry(bedside.seq("injection"), "entered twice"))
    (over,) = [record for record in records if isinstance(record, Alarm)]
    assert (over.code, over.active) == ("dose-limit", False)
    dose = bedside.snapshot().dose
    assert dose is not None
    assert (dose.volume_ml, dose.last_dose_t, dose.level) == (20.0, first_t, "")


def test_a_dose_corrected_from_beyond_to_the_limit_keeps_a_medium_alarm() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(50.0, "already injected"))
    alarms = [r for r in bedside.do(CorrectEntry(bedside.seq("injection"), WHY, "42")) if isinstance(r, Alarm)]
    assert [(alarm.active, alarm.priority) for alarm in alarms] == [(False, "high"), (True, "medium")]


def test_a_correction_upwards_is_counted_and_alarms() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(4.0))
    records = bedside.do(CorrectEntry(bedside.seq("injection"), WHY, "44"))
    assert [record.priority for record in records if isinstance(record, Alarm)] == ["high"]


def test_a_withdrawn_aspiration_is_due_again() -> None:
    bedside = Bedside()
    bedside.do(Aspiration())
    assert bedside.snapshot().dose.aspirate_in_ml > 0.0  # type: ignore[union-attr]
    bedside.correct(bedside.seq("aspiration"))
    dose = bedside.snapshot().dose
    assert dose is not None
    assert (dose.aspirate_in_ml, dose.aspirated_t) == (0.0, None)


def test_blood_entered_for_no_blood_is_corrected_both_ways() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(blood=True))
    bedside.correct(bedside.seq("aspiration"), "no blood")
    assert bedside.snapshot().dose.blood is False  # type: ignore[union-attr]
    bedside.correct(bedside.seq("correction"), "blood")
    assert bedside.snapshot().dose.blood is True  # type: ignore[union-attr]


def test_a_correction_of_a_correction_and_its_withdrawal_count_again() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(10.0))
    seq = bedside.seq("injection")

    def volume_ml() -> float:
        return bedside.snapshot().dose.volume_ml  # type: ignore[union-attr]

    bedside.correct(seq)
    assert volume_ml() == 0.0
    assert bedside.event("injection").mark == "withdrawn"
    entry = bedside.correct(bedside.seq("correction"), "4")
    assert (volume_ml(), entry.fields["text"]) == (4.0, "injection 4 mL holds again, reason: typing error")
    bedside.correct(bedside.seq("correction"))
    assert volume_ml() == 0.0
    bedside.correct(bedside.seq("correction", 0))
    assert volume_ml() == 10.0
    assert bedside.event("injection").mark == ""


def test_units_of_a_toxin_are_corrected_with_their_alarm() -> None:
    bedside = Bedside(toxin=toxin_plan(load_drugs(), "botox", "botulinum-fds"))
    bedside.do(ToxinAliquot("fds 60", "decided with the team"))
    entry = bedside.correct(bedside.seq("toxin-units"), "fcr 20")
    assert entry.fields["text"].startswith("toxin units fds 60 is now fcr 20")
    toxin = bedside.snapshot().toxin
    assert toxin is not None
    assert [(name, units) for name, units, _ in toxin.muscles] == [("flexor carpi radialis", 20.0)]
    assert not bedside.loop.engine.alarms.holds("dose-limit")


def test_a_corrected_side_is_shown_and_is_the_one_of_the_stop_moment() -> None:
    bedside = Bedside(stop_plan=StopPlan())
    bedside.do(OperatorNote("side", "left"))
    bedside.correct(bedside.seq("side"), "right")
    assert bedside.snapshot().side == "right"
    refused = bedside.do(StopAnswer("side", "left"))[0]
    assert "right is recorded and left was answered" in refused.fields["why"]
    bedside.correct(bedside.seq("side"))
    assert bedside.snapshot().side is None


@pytest.mark.parametrize("what", ["note", "contact", "pain", "redirect", "insertion", "paraesthesia"])
def test_every_note_of_the_operator_is_corrected_in_words_and_withdrawn(what: str) -> None:
    bedside = Bedside()
    bedside.do(OperatorNote(what, "left" if what == "note" else ""))
    assert bedside.correct(bedside.seq(what), "right").fields["now"] == {"text": "right"}
    assert bedside.correct(bedside.seq(what)).fields["now"] is None
    assert bedside.event(what).mark == "withdrawn"


@pytest.mark.parametrize(
    ("seq", "value", "reason", "why"),
    [
        (999_999, None, WHY, "There is no record 999999; nothing was corrected."),
        (-1, None, WHY, "There is no record -1; nothing was corrected."),
        (0, None, WHY, "Record 0 is no entry of the operator; nothing was corrected."),
        (None, "5", " \n", "needs a reason; nothing was corrected."),
        (None, "many", WHY, "many"),
        (None, "-3", WHY, "-3"),
        (None, "0", WHY, "cannot be"),
        (None, "1e9", WHY, "1e9"),
        (None, "x" * 10_000, WHY, "at most 200 characters"),
        (None, "\x1b[2J", WHY, "a volume"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_cannot_be_corrected_is_refused_in_one_sentence(
    seq: int | None, value: str | None, reason: str, why: str
) -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(5.0))
    entry = bedside.correct(bedside.seq("injection") if seq is None else seq, value, reason)
    assert entry.what == "correction-refused"
    assert why in entry.fields["why"]
    assert not any(sign in entry.fields["why"] for sign in "\n\x1b")
    assert len(entry.fields["why"]) < 300
    assert bedside.snapshot().dose.volume_ml == 5.0  # type: ignore[union-attr]


def test_what_the_program_entered_cannot_be_corrected() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(60.0))
    for what in ("dose-plan", "injection-refused"):
        assert bedside.correct(bedside.seq(what)).what == "correction-refused"


def test_no_record_is_changed_and_the_numbers_have_no_hole() -> None:
    bedside = Bedside()
    bedside.do(Aspiration(), Aliquot(5.0))
    before = bedside.lines()
    bedside.correct(bedside.seq("injection"), "3")
    after = bedside.lines()
    assert after[: len(before)] == before
    assert all(second["seq"] == first["seq"] + 1 for first, second in pairwise(after))


def test_the_earlier_dose_that_is_answered_anew_ends_its_alarm() -> None:
    bedside = Bedside(stop_plan=StopPlan())
    records = bedside.do(StopAnswer("other-anaesthetic", "given", "ropivacaine 1% 30mL"))
    assert [record.active for record in records if isinstance(record, Alarm)] == [True]
    records = bedside.do(StopAnswer("other-anaesthetic", "none"))
    assert [record.active for record in records if isinstance(record, Alarm)] == [False]
