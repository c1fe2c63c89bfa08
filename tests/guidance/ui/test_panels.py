from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult

from guidance.contracts.snapshot import AlarmView, Snapshot
from guidance.ui.raster import Canvas
from guidance.ui.theme import CONTAMINATED, GAP, Ground
from guidance.ui.widgets.alarms import AlarmBars
from guidance.ui.widgets.bars import ResponseBars
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.reading import Reading
from guidance.ui.widgets.status import StatusLine
from guidance.ui.widgets.sweeps import Sweeps
from guidance.ui.widgets.title import Title
from tests.guidance.ui.painting import HOSTILE, OBEYED, drawn
from tests.support.screens import build_snapshot, build_sweep
from tests.support.some import some


def newest(**changes: Any) -> Snapshot:
    snapshot = build_snapshot()
    return replace(snapshot, sweeps=(*snapshot.sweeps[:-1], replace(build_sweep(70, detected=True), **changes)))


@pytest.mark.parametrize(
    ("panel", "field"),
    [
        (Title, "source"),
        (Title, "protocol"),
        (Title, "mode"),
        (Title, "ended"),
        (Sweeps, "channel"),
        (AlarmBars, "notice"),
    ],
)
def test_text_from_outside_is_shown_but_never_obeyed(panel: type[Panel], field: str) -> None:
    changes: dict[str, Any] = {field: HOSTILE}
    text = drawn(panel(), build_snapshot(**changes), width=180)
    assert "[red]x[/]" in text
    assert not set(text) & OBEYED


def test_hostile_alarms_and_intensities_are_shown_but_never_obeyed() -> None:
    alarm = AlarmView("x", HOSTILE, HOSTILE, active=True)
    text = drawn(AlarmBars(), build_snapshot(alarms=(alarm,))) + drawn(
        Reading(), newest(current_ma=None, intensity=HOSTILE)
    )
    assert text.count("[red]x[/]") == 2
    assert not set(text) & OBEYED


@pytest.mark.hazard("deaf-ear")
def test_an_alarm_of_unknown_priority_counts_as_high() -> None:
    alarms = (AlarmView("a", "medium", "first", active=True), AlarmView("b", "urgent", "second", active=True))
    lines = drawn(AlarmBars(), build_snapshot(alarms=alarms)).splitlines()
    assert "!!! HIGH  b: second" in lines[0]
    assert "!! MEDIUM  a: first" in lines[1]


def test_alarms_come_by_priority_and_those_left_out_are_counted() -> None:
    names = {"low": "quiet", "high": "loud", "medium": "middling"}
    alarms = [AlarmView(name, priority, name, active=True) for priority, name in names.items()]
    alarms += [AlarmView("past", "high", "past", active=False)]
    lines = drawn(AlarmBars(), build_snapshot(alarms=tuple(alarms), notice="A gap."), height=4).splitlines()
    assert [word in line for word, line in zip(("loud", "middling", "quiet  (+1 more)", "A gap."), lines, strict=True)]
    assert "past" not in " ".join(lines)


LOST = AlarmView("audio-lost", "medium", "No sound device answers.", active=True)


def test_lost_sound_is_a_bar_across_and_never_crowded_out() -> None:
    crowd = tuple(AlarmView(f"other-{i}", "high", "Look.", active=True) for i in range(4))
    panel = AlarmBars()
    panel.snapshot = build_snapshot(alarms=(*crowd, LOST))
    canvas = Canvas(100, 4)
    panel.paint(canvas)
    lines = [strip.text for strip in canvas.strips()]
    assert "audio-lost: No sound device answers.  (+2 more)" in lines[2]
    assert (canvas.grounds[2] == Ground.MEDIUM).all()
    assert (canvas.grounds[0] == Ground.HIGH).all()


class _Room(App[str]):
    """An app with an alarm panel that counts the terminal's bell."""

    rung = 0

    def compose(self) -> ComposeResult:
        yield AlarmBars()

    def bell(self) -> None:
        self.rung += 1


async def test_lost_sound_rings_the_terminals_bell_until_it_is_acknowledged() -> None:
    seen = replace(LOST, acknowledged=True)
    other = AlarmView("lead-off", "medium", "Off.", active=True)
    at = ((0.0, other), (1.0, LOST), (1.1, LOST), (10.9, LOST), (11.1, LOST), (30.0, seen), (31.0, LOST))
    rung = []
    async with _Room().run_test() as pilot:
        for t, alarm in at:
            pilot.app.query_one(AlarmBars).show(build_snapshot(t=t, alarms=(alarm,)))
            rung.append(pilot.app.rung)  # type: ignore[attr-defined]
    assert rung == [0, 1, 1, 1, 2, 2, 3]


def test_an_alarm_that_is_over_is_marked_as_passed() -> None:
    text = drawn(AlarmBars(), build_snapshot(alarms=(AlarmView("a", "high", "Lead off.", active=False),)))
    assert "Lead off. (passed, not acknowledged)" in text


def test_a_detected_response_shows_its_p_value_and_stimulus() -> None:
    text = drawn(Reading(), newest(p_value=0.0123, current_ma=0.456), width=40)
    assert "● RESPONSE" in text
    assert "p 0.012  0.46 mA  pulse 71" in text


def test_a_low_panel_keeps_the_amplitude_large_and_shows_the_latency_in_its_last_line() -> None:
    lines = drawn(Reading(), newest(latency_ms=21.34), width=26, height=8).splitlines()
    assert lines[1].split() == ["amplitude", "µV"]
    assert "█" in lines[3]
    assert lines[-1].startswith(" 21.3 ms  p <")


@pytest.mark.parametrize("latency_ms", [123.4, 1234.5, -3.0])
def test_a_latency_of_unusual_length_is_drawn_smaller_not_cut(latency_ms: float) -> None:
    for width in (26, 40, 66):
        lines = drawn(Reading(), newest(latency_ms=latency_ms), width=width).splitlines()
        assert all(line.startswith(" ") for line in some(lines))


def test_no_response_is_written_without_a_latency() -> None:
    snapshot = newest(detected=False, latency_ms=None)
    assert "NO RESPONSE" in drawn(Reading(), snapshot)
    assert "onset latency" not in drawn(Reading(), snapshot)
    assert "▼" not in drawn(Sweeps(), snapshot)


@pytest.mark.hazard("false-response")
def test_a_contaminated_response_is_unknown_whatever_was_measured() -> None:
    snapshot = newest(contaminated=True, detected=True, latency_ms=20.0, p_value=0.001)
    text = drawn(Reading(), snapshot)
    assert "CONTAMINATED" in text
    assert "● RESPONSE" not in text
    assert "p " not in text
    assert "▼" not in drawn(Sweeps(), snapshot)


@pytest.mark.parametrize(
    ("doubt", "words"),
    [
        ("overload", "OVERLOAD"),
        ("blanking", "AMPLIFIER BLANKED"),
        ("artefact", "ARTEFACT CHANGED"),
        ("contrast", "NO CONTRAST YET"),
        ("burst", "MUSCLE ACTIVE"),
        ("noise", "TOO NOISY"),
        ("samples", "SAMPLES LACK"),
    ],
)
def test_an_undecided_sweep_states_why_and_how_many_there_were(doubt: str, words: str) -> None:
    snapshot = replace(newest(contaminated=True, detected=False, doubt=doubt), undecided=((doubt, 7), ("burst", 2)))
    for width in (26, 40, 66):
        text = drawn(Reading(), snapshot, width=width)
        assert words in text
        assert "NO RESPONSE" not in text
    assert "9 cannot tell" in text


def test_the_onset_of_a_response_is_marked_and_labelled() -> None:
    assert "▼ 20.3" in drawn(Sweeps(), newest(latency_ms=20.34))


def test_a_number_on_the_axis_is_never_cut() -> None:
    for width in range(30, 120):
        labels = drawn(Sweeps(), newest(step_ms=1 / 2.385), width).splitlines()[-1].split()[1:]
        assert {label.strip("╵") for label in labels} <= {"", *(str(5 * step) for step in range(21))}


def test_unknown_figures_are_question_marks_not_zero() -> None:
    assert "noise ?  mains ?" in drawn(StatusLine(), build_snapshot(rms_uv=None, mains_uv=None))


def test_lost_samples_stand_out_by_a_sign_too() -> None:
    assert "lost 12!" in drawn(StatusLine(), build_snapshot(lost_samples=12))


def test_a_detected_response_of_unknown_size_is_a_question_mark() -> None:
    snapshot = newest(amplitude_uv=None, latency_ms=None)
    assert "● RESPONSE" in drawn(Reading(), snapshot)
    assert drawn(ResponseBars(), snapshot, height=7).splitlines()[-1].rstrip().endswith("?")


def test_bars_differ_in_shape_by_kind() -> None:
    kinds = (
        build_sweep(1, detected=True),
        build_sweep(2, detected=False),
        build_sweep(3, detected=True, contaminated=True),
    )
    lines = drawn(ResponseBars(), build_snapshot(sweeps=kinds), width=190, height=12).splitlines()
    assert lines[-1].rstrip()[-8:] == f"██ ││ {CONTAMINATED * 2}"


@pytest.mark.parametrize("amplitude_uv", [0.0, 1e-3, 0.5, 99_999.0])
def test_bars_of_any_amplitude_stay_in_their_panel(amplitude_uv: float) -> None:
    text = drawn(ResponseBars(), newest(amplitude_uv=amplitude_uv), height=6)
    assert len(text.splitlines()) == 6


def test_before_the_first_pulse_the_reading_waits() -> None:
    snapshot = build_snapshot(sweeps=(), criterion_uv=None)
    assert "NO READING YET" in drawn(Reading(), snapshot)
    assert "no sweep yet" in drawn(Sweeps(), snapshot)
    assert "last 0 sweeps" in drawn(ResponseBars(), snapshot)


@pytest.mark.parametrize("panel", [Title, AlarmBars, Sweeps, Reading, ResponseBars, EmgStrip, StatusLine])
@pytest.mark.parametrize("size", [(1, 1), (9, 2), (20, 3), (79, 5)])
def test_every_panel_bears_any_size_and_the_time_before_the_first_snapshot(
    panel: type[Panel], size: tuple[int, int]
) -> None:
    drawn(panel(), None, *size)
    drawn(panel(), build_snapshot(alarms=(AlarmView("a", "low", "text", active=True),), notice="n"), *size)
    drawn(panel(), newest(contaminated=True), *size)


def test_gaps_are_hatched_and_a_signal_of_gaps_alone_is_drawn() -> None:
    text = drawn(EmgStrip(), build_snapshot(emg_gaps=np.ones(400, np.bool_)), width=80, height=3)
    assert text.count(GAP) == 3 * (80 - 8 - 1)


@pytest.mark.parametrize("columns", [30, 400, 5000])
def test_one_gap_among_any_number_of_columns_is_seen(columns: int) -> None:
    gaps = np.zeros(columns, np.bool_)
    gaps[columns // 2] = True
    emg = np.zeros((columns, 2), np.float32)
    assert GAP in drawn(EmgStrip(), build_snapshot(emg=emg, emg_gaps=gaps), height=1)


def test_no_emg_yet_is_drawn_as_nothing() -> None:
    nothing = build_snapshot(emg=np.zeros((0, 2), np.float32), emg_gaps=np.zeros(0, np.bool_))
    assert drawn(EmgStrip(), nothing).split()[0] == "EMG"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"speed": None}, " fast "),
        ({"speed": float("inf")}, " fast "),
        ({"speed": 4.0}, " 4x "),
        ({"speed": None, "live": True, "duration_s": None}, " live "),
        ({"paused": True}, " PAUSED "),
        ({"ended": "device-lost"}, " ENDED: device-lost "),
    ],
)
def test_the_pace_is_written_in_words(changes: dict[str, Any], word: str) -> None:
    assert word in drawn(Title(), build_snapshot(**changes), height=2).splitlines()[0]


def test_sweeps_that_came_without_samples_still_have_their_bar() -> None:
    snapshot = build_snapshot()
    bare = tuple(replace(sweep, uv=np.zeros(0, np.float32)) for sweep in snapshot.sweeps[:-12])
    thinned = replace(snapshot, sweeps=bare + snapshot.sweeps[-12:])
    assert drawn(Sweeps(), thinned) == drawn(Sweeps(), snapshot)
    assert "last 60 sweeps" in drawn(ResponseBars(), thinned)


def test_a_sweep_with_missing_values_is_drawn_without_them() -> None:
    uv = build_sweep(70, detected=True).uv.copy()
    uv[:30] = np.nan
    assert drawn(Sweeps(), newest(uv=uv)) != drawn(Sweeps(), newest())


def test_an_alarm_is_named_only_where_its_sentence_has_the_room_too() -> None:
    alarm = AlarmView("too-close", "high", "The tip may be in the nerve. Withdraw.", active=True)
    snapshot = build_snapshot(alarms=(alarm,))
    assert f"too-close: {alarm.text}" in drawn(AlarmBars(), snapshot, 80, 1)
    narrow = drawn(AlarmBars(), snapshot, 60, 1)
    assert alarm.text in narrow
    assert "too-close" not in narrow
