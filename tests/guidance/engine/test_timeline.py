"""The past of a procedure, kept for the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from guidance.contracts.events import Alarm, Command, End, Entry, Proximity, Record, Response, Stimulus, TimedRecord
from guidance.engine import timeline as module
from guidance.engine.timeline import Timeline, entry_words


def kept(*records: Record, channel: str = "APB") -> Timeline:
    timeline = Timeline(channel)
    for index, record in enumerate(records):
        timeline.receive(TimedRecord(float(index), record))
    return timeline


def pulse(sample: int, *, channel: str = "APB", threshold: float | None = 0.5, **response: Any) -> list[Record]:
    """Return a stimulus, the response of one channel, and the threshold after it."""
    fields: dict[str, Any] = {
        "detected": True,
        "p_value": 0.001,
        "amplitude_uv": 400.0,
        "latency_ms": 8.0,
        "contaminated": False,
    }
    interval = None if threshold is None else (threshold * 0.8, threshold, threshold * 1.2)
    why = None if threshold else "no-response-yet"
    return [
        Stimulus(sample, 0.6, 0.6, 0.1, 6.4, "device"),
        Response(sample, channel, **fields | response),
        Proximity(sample, interval, interval, None, None, None, valid=threshold is not None, why=why),
    ]


def test_the_end_states_how_many_sweeps_were_undecided_and_why() -> None:
    ended = kept(End("operator", 40, 38, 10, 0, {"overload": 5, "burst": 1})).past().events[-1]
    assert ended.text == "the procedure ends: operator; 6 of 38 sweeps could not tell (overload 5, burst 1)"
    assert kept(End("operator", 40, 38, 10, 0, {})).past().events[-1].text == "the procedure ends: operator"


def test_every_pulse_with_an_outcome_is_a_row_and_the_unknown_is_nan_there_alone() -> None:
    trail = kept(*pulse(10), *pulse(20, threshold=None, detected=False, latency_ms=None)).past().trail
    assert trail["detected"].tolist() == [True, False]
    assert trail["current_ma"].tolist() == pytest.approx([0.6, 0.6])
    assert trail["median_ma"][0] == pytest.approx(0.5)
    assert np.isnan(trail["median_ma"][1])
    assert np.isnan(trail["latency_ms"][1])
    assert trail["t"].tolist() == [2.0, 5.0]


def test_other_channels_and_estimates_without_a_pulse_are_no_rows() -> None:
    stale = Proximity(10, None, None, None, None, None, valid=False, why="stale")
    assert len(kept(*pulse(10), *pulse(10, channel="FDI")[1:], stale, stale).past().trail) == 1


def test_a_view_that_was_returned_stays_as_it_was() -> None:
    timeline = kept(*pulse(10))
    before = timeline.past().trail
    copy = before.copy()
    for sample in range(20, 90):
        for record in pulse(sample):
            timeline.receive(TimedRecord(99.0, record))
    assert (before["t"] == copy["t"]).all()
    assert len(before) == 1


def test_a_long_procedure_is_thinned_at_its_older_end_and_marked_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    past = kept(*[record for sample in range(12) for record in pulse(sample)]).past()
    assert past.thinned
    assert past.trail["t"].tolist() == [2.0, 8.0, 14.0, 17.0, 20.0, 23.0, 26.0, 29.0, 32.0, 35.0]


def test_the_oldest_events_go_first_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 3)
    past = kept(*[Entry(f"note-{number}", {}) for number in range(5)]).past()
    assert [event.text for event in past.events] == ["note 2", "note 3", "note 4"]
    assert past.dropped == 2


def test_alarms_arming_and_the_end_are_events_and_each_new_current_is_not() -> None:
    events = (
        kept(
            Command(0.5, 0.1, 2.0, enabled=True, by="operator"),
            Command(0.6, 0.1, 2.0, enabled=True, by="controller"),
            Alarm("lead-off", "medium", active=True, text="Attach it."),
            Command(None, None, None, enabled=False, by="safety", why="an electrode is off"),
            Command(None, None, None, enabled=False, by="safety", why="not armed: an electrode is off"),
            Alarm("lead-off", "medium", active=False, text="Attach it."),
            End("operator", 1, 1, 10, 0),
        )
        .past()
        .events
    )
    assert [event.text for event in events] == [
        "stimulator armed, by operator",
        "lead-off: Attach it.",
        "stimulator off, by safety: an electrode is off",
        "stimulator off, by safety: not armed: an electrode is off",
        "lead-off: passed: Attach it.",
        "the procedure ends: operator",
    ]
    assert events[1].priority == "medium"


INJECTION = {"volume_ml": 5.0, "total_volume_ml": 20.0, "fraction": 0.5, "fraction_at_least": 0.5, "reason": None}


@pytest.mark.parametrize(
    ("what", "fields", "words"),
    [
        ("redirect", {}, "redirect"),
        ("note", {"text": "fascia felt"}, "note: fascia felt"),
        ("activation", {"phase": "slight", "movement": None}, "activation: slight"),
        ("aspiration", {"blood": True}, "aspirated: BLOOD"),
        ("aspiration", {"blood": False}, "aspirated, no blood"),
        ("injection", INJECTION, "injected 5 mL, 20 mL in all, 50 % of the limit"),
        (
            "injection",
            INJECTION | {"fraction": None, "reason": "given"},
            "injected 5 mL, 20 mL in all, at least 50 % of the limit, reason: given",
        ),
        ("injection", INJECTION | {"fraction": None, "fraction_at_least": None}, "injected 5 mL, 20 mL in all"),
        ("injection", {}, "injection"),
        ("injection", {"volume_ml": 5.0}, "injected 5 mL, 5 mL in all"),
        ("aspiration", {}, "aspiration"),
        ("button", {"button": 1, "did": "stop"}, "the amplifier's button: stop"),
        ("toxin-units-refused", {"text": "x 9", "why": "Held: no"}, "not counted, x 9: held: no"),
        ("injection-refused", {"why": "Held."}, "not counted, held."),
        ("injection-refused", {}, "not counted, no reason is recorded"),
    ],
)
def test_an_entry_is_described_in_one_line(what: str, fields: dict[str, Any], words: str) -> None:
    assert entry_words(Entry(what, fields)) == words
