"""The latency class of a response by the protocol: in the record, in the Snapshot, on the screen's line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guidance.contracts.events import Response
from guidance.contracts.origin import RECORDED
from guidance.contracts.snapshot import Snapshot
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.engine.snapshot_builder import SessionState
from guidance.protocol import load
from guidance.ui.raster import Canvas
from guidance.ui.widgets.latency_line import LatencyLine
from tests.support.screens import build_snapshot, build_sweep
from tests.support.streams import Stream, event_lines, evoked, of_kind, records_of


def judged(stream: Stream, name: str, window_ms: tuple[float, float] | None = None) -> list[Response]:
    chosen = Settings(load(name), Mode.MANUAL, window_ms)
    return [
        response
        for response in of_kind(records_of(stream, chosen), Response)
        if response.detected or response.late_detected
    ]


@pytest.mark.parametrize(
    ("name", "latency_ms", "kind", "words"),
    [
        ("femoral", 6.5, "expected", "fits quadriceps"),
        ("femoral", 12.0, "other-nerve", "late"),
        ("sciatic-transgluteal", 6.0, "direct-muscle", "early"),
        ("sciatic-transgluteal", 15.5, "other-nerve", "between"),
        ("popliteal", 31.0, "reflex", "reflex (H) of gastrocnemius"),
    ],
)
def test_the_record_states_what_a_response_may_be(name: str, latency_ms: float, kind: str, words: str) -> None:
    responses = judged(evoked(900.0, 6, latency_ms=latency_ms, silent=4), name, (2.0, 50.0))
    assert len(responses) >= 5
    for response in responses:
        measured_ms = response.late_latency_ms if response.latency_ms is None else response.latency_ms
        assert measured_ms == pytest.approx(latency_ms, abs=0.9)
        assert response.judged == kind
        assert words in (response.note or "")


def test_without_a_target_muscle_nothing_is_judged() -> None:
    responses = judged(evoked(900.0, 6, silent=4), "generic-block")
    assert responses
    assert {(response.judged, response.note) for response in responses} == {(None, None)}


def test_a_pulse_without_a_response_is_not_judged() -> None:
    chosen = Settings(load("femoral"), Mode.MANUAL)
    lines = [line for line in event_lines(records_of(evoked(0.0, 6), chosen)) if line["kind"] == "response"]
    silent = [line for line in lines if not line["detected"]]
    assert silent
    assert {line["judged"] for line in silent} == {None}


def test_only_the_main_channel_is_judged() -> None:
    one = evoked(900.0, 6, silent=4)
    two = replace(one, channels=(one.channels[0], one.channels[0].copy()))
    responses = judged(two, "femoral")
    assert {response.judged for response in responses if response.channel == "EMG 1"} == {None}
    assert {response.judged for response in responses if response.channel == "EMG 0"} == {"expected"}


def test_the_snapshot_carries_the_judgement_and_what_is_unsourced() -> None:
    stream = evoked(900.0, 6, latency_ms=12.0, silent=4)
    engine = Engine(Settings(load("femoral"), Mode.MANUAL), stream.info, "2026-01-01T00:00:00+00:00")
    list(engine.step(list(stream.blocks())))
    shown = engine.snapshot(SessionState("made", RECORDED))
    assert shown.sweeps[-1].judged == "other-nerve"
    assert "late" in (shown.sweeps[-1].note or "")
    assert "start current" in shown.unsourced
    assert "width" not in shown.unsourced


def newest(kind: str | None, note: str | None, **changes: Any) -> Snapshot:
    whole = build_snapshot(**changes)
    return replace(whole, sweeps=(*whole.sweeps[:-1], replace(build_sweep(70, detected=True), judged=kind, note=note)))


def line(whole: Snapshot, width: int = 80) -> str:
    panel, canvas = LatencyLine(), Canvas(width, 1)
    panel.snapshot = whole
    panel.paint(canvas)
    return canvas.strips()[0].text


def test_the_line_shows_what_a_response_may_be_and_no_list_of_what_is_unsourced() -> None:
    text = line(newest("reflex", "31.0 ms may be a reflex (H)", unsourced=("start current", "window")), 100)
    assert "31.0 ms may be a reflex (H)" in text
    assert "unsourced" not in text


def test_a_nerve_disease_stands_beside_the_judgement() -> None:
    caution = "Nerve disease (diabetes): 0.5 mA may be out of reach"
    text = line(newest("reflex", "31.0 ms may be a reflex (H)", cautions=(caution,)), 100)
    assert "31.0 ms may be a reflex (H)" in text
    assert text.rstrip().endswith(caution)


def test_a_long_judgement_keeps_its_beginning_and_leaves_room_for_the_caution() -> None:
    text = line(newest("other-nerve", f"early {'x ' * 100}", cautions=("Nerve disease",)), 60)
    assert text.startswith(" early x")
    assert "…" in text
    assert text.rstrip().endswith("Nerve disease")


@pytest.mark.parametrize("width", [1, 5, 12, 20])
def test_in_no_room_nothing_breaks(width: int) -> None:
    assert len(line(newest("reflex", "y" * 50, cautions=("start current",)), width)) == width


def test_nothing_in_it_is_executed_by_a_terminal() -> None:
    text = line(newest("reflex", "\x1b[2J\x07[red]x[/]", cautions=("\x1b[2J",)))
    assert not set(text) & set("\x1b\x07")
    assert "[red]x[/]" in text


def test_with_nothing_to_show_the_line_is_empty() -> None:
    assert line(newest(None, None)).strip() == ""
