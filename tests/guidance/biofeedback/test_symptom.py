"""The symptom score: requested before and after on a live screen, once each, and skipped where the patient wishes."""

from __future__ import annotations

from dataclasses import replace

from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.contracts.commands import SymptomScore
from guidance.contracts.events import Entry, Record
from tests.support.biofeedback_signals import engine_of, exercise, follows, of_kind, sequence_of

PLAN = replace(exercise("relax", trials=1), requests_symptom=True)


def visit(sequence: TrialSequence, scores: list[int | None]) -> list[Record]:
    """Run a visit that gives ``scores`` when one is requested."""
    records: list[Record] = []
    waiting = iter(scores)
    for _ in range(10_000):
        if sequence.over:
            return records
        if sequence.waits_for_score:
            entry = sequence.enter_symptom(next(waiting))
            assert entry is not None
            records.append(entry)
        values = follows(PLAN)(sequence.phase)
        records += sequence.step(values, values)
    raise AssertionError("the visit did not end")


def test_the_score_is_requested_before_and_after_and_recorded() -> None:
    records = visit(sequence_of(PLAN), [6, 4])
    assert [entry.fields for entry in of_kind(records, Entry)] == [
        {"when": "before", "score": 6},
        {"when": "after", "score": 4},
    ]


def test_a_skipped_score_is_recorded_as_not_known() -> None:
    records = visit(sequence_of(PLAN), [None, None])
    assert [entry.fields["score"] for entry in of_kind(records, Entry)] == [None, None]


def test_the_visit_waits_for_the_score_and_takes_no_signal_meanwhile() -> None:
    sequence = sequence_of(PLAN)
    for _ in range(2000):
        sequence.step((1.0, 1.0), (1.0, 1.0))
    assert sequence.waits_for_score
    sequence.enter_symptom(3)
    assert sequence.phase.name == "prepare"
    assert sequence.left_s == sequence.phase.seconds


def test_a_score_that_nobody_requested_changes_nothing() -> None:
    sequence = sequence_of(exercise("relax"))
    assert sequence.enter_symptom(3) is None
    assert sequence.phase.name == "prepare"
    engine = engine_of(exercise("relax"), 1000.0)
    assert [*engine.step([], None, [SymptomScore(3)])] == []
