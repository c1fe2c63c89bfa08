"""The states of link, sound, record and stimulator, and the checks before the needle goes in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from guidance.contracts.snapshot import AlarmView, EventView, JournalView, Snapshot, SoundView, TimelineView
from guidance.contracts.task_views import ToxinView
from guidance.ui.arming import Stage
from guidance.ui.estimate import ShownEstimate
from guidance.ui.keymap import bindings
from guidance.ui.series import Axes, newest_in_columns
from guidance.ui.states import ShownState, StatusLevel, checks, states
from guidance.ui.theme import Ground, Ink
from guidance.ui.timeline import TimelineItems
from guidance.ui.widgets.alarms import AlarmBars
from guidance.ui.widgets.checks import Checks
from guidance.ui.widgets.entry import EntryLine
from guidance.ui.widgets.help import HelpPage
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.review import Review
from guidance.ui.widgets.states import StatesLine
from guidance.ui.widgets.syringe import Syringe
from guidance.ui.widgets.title import Title
from guidance.ui.widgets.trend import Trend
from guidance.ui.widgets.waterfall import Waterfall
from tests.guidance.ui.painting import HOSTILE, OBEYED, canvas_of, drawn
from tests.support.screens import build_dose, build_past, build_snapshot, build_stimulator, build_sweep, build_whole

OFF = build_stimulator(armed=False, current_ma=None)
COPY_FAILED = (AlarmView("storage", "medium", "The copy of the events cannot be written.", active=True),)
TOXIN = ToxinView("onabotulinumtoxinA", "spasticity", (), 30.0, 400.0, 0.075)


def shown_state(name: str, *, silent: bool = False, **changes: Any) -> ShownState:
    snapshot = build_whole(**changes)
    found = {state.name: state for state in (*checks(snapshot), *states(snapshot, silent=silent))}
    return found[name]


STANDINGS: list[tuple[str, dict[str, Any], StatusLevel, str]] = [
    ("link", {}, StatusLevel.GOOD, "connected"),
    ("link", {"connected": False}, StatusLevel.BAD, "LOST"),
    ("sound", {}, StatusLevel.GOOD, "on 80%"),
    ("sound", {"sound": None}, StatusLevel.UNKNOWN, "not known"),
    ("sound", {"sound": SoundView("starting", "tempo", 1.0, 0.3)}, StatusLevel.UNKNOWN, "starting"),
    ("sound", {"sound": SoundView("paused", "tempo", 0.8, 0.3, 63.4)}, StatusLevel.HEED, "paused 63 s"),
    ("sound", {"sound": SoundView("muted", "tempo", 0.8, 0.3)}, StatusLevel.HEED, "muted"),
    ("sound", {"sound": SoundView("lost", "tempo", 0.8, 0.3)}, StatusLevel.BAD, "LOST"),
    ("record", {}, StatusLevel.GOOD, "412 min left"),
    ("record", {"journal": None}, StatusLevel.UNKNOWN, "not known"),
    ("record", {"journal": JournalView("ok", "/s/p")}, StatusLevel.GOOD, "on"),
    ("record", {"journal": JournalView("ok", "/s/p", 12.0)}, StatusLevel.HEED, "12 min left"),
    ("record", {"journal": JournalView("failed", "/s/p", 12.0)}, StatusLevel.BAD, "FAILED"),
    ("record", {"journal": JournalView("events-only", "/s/p")}, StatusLevel.BAD, "EVENTS ONLY"),
    ("record", {"alarms": COPY_FAILED}, StatusLevel.GOOD, "412 min left"),
    ("record", {"alarms": COPY_FAILED, "journal": None}, StatusLevel.BAD, "FAILED"),
    ("stimulator", {}, StatusLevel.GOOD, "ARMED"),
    ("stimulator", {"stimulator": OFF}, StatusLevel.PLAIN, "off"),
    ("stimulator", {"stimulator": OFF, "connected": False}, StatusLevel.UNKNOWN, "off?"),
    ("stimulator", {"stimulator": replace(OFF, why="no samples arrive")}, StatusLevel.HEED, "off"),
    ("signal", {}, StatusLevel.GOOD, "noise 8.7 µV"),
    ("signal", {"rms_uv": None}, StatusLevel.UNKNOWN, "not measured yet"),
    ("signal", {"rms_uv": 80.0}, StatusLevel.HEED, "noise 80.0 µV"),
    ("signal", {"clipped": 0.2}, StatusLevel.HEED, "noise"),
    ("signal", {"rms_uv": 0.0}, StatusLevel.HEED, "noise 0.0"),
    ("electrodes", {}, StatusLevel.GOOD, "on"),
    ("electrodes", {"lead_off": ()}, StatusLevel.UNKNOWN, "not known"),
    ("electrodes", {"lead_off": (False, True)}, StatusLevel.BAD, "OFF: 2"),
    ("electrodes", {"connected": False}, StatusLevel.UNKNOWN, "not known"),
    ("impedance", {}, StatusLevel.GOOD, "6.4 kΩ"),
    ("impedance", {"stimulator": replace(OFF, impedance_kohm=None)}, StatusLevel.UNKNOWN, "not known"),
    ("impedance", {"stimulator": replace(OFF, impedance_kohm=55.0)}, StatusLevel.HEED, "55.0 kΩ"),
    ("dose plan", {}, StatusLevel.GOOD, "ropivacaine 0.5 %"),
    ("dose plan", {"dose": None}, StatusLevel.UNKNOWN, "none"),
    ("dose plan", {"dose": build_dose(left_ml=None)}, StatusLevel.HEED, "ropivacaine"),
    ("dose plan", {"toxin": TOXIN}, StatusLevel.GOOD, "onabotulinumtoxinA"),
    ("dose plan", {"toxin": replace(TOXIN, fraction=None)}, StatusLevel.HEED, "onabotulinumtoxinA"),
    ("dose plan", {"dose": build_dose(level="limit")}, StatusLevel.HEED, "ropivacaine"),
]


@pytest.mark.parametrize(("name", "changes", "expected", "words"), STANDINGS)
def test_each_stands_as_it_is_known_to(name: str, changes: dict[str, Any], expected: StatusLevel, words: str) -> None:
    found = shown_state(name, **changes)
    assert found.level is expected
    assert words in found.words


@pytest.mark.parametrize("name", ["link", "sound", "record", "stimulator"])
def test_of_a_silent_engine_nothing_is_known(name: str) -> None:
    assert shown_state(name, silent=True).level is StatusLevel.UNKNOWN


def test_what_is_unknown_has_neither_the_sign_nor_the_colour_of_what_is_good() -> None:
    panel = Checks()
    panel.snapshot = build_whole(sound=None, journal=None, dose=None, lead_off=())
    text = drawn(panel, panel.snapshot, 120, 30)
    for name in ("sound", "record", "dose plan", "electrodes"):
        row = next(row for row in text.splitlines() if name in row)
        assert " ? " in row
        assert "✔" not in row
    assert "all good" not in text


def test_a_refusal_to_arm_is_shown_with_its_reason_on_every_page() -> None:
    line = StatesLine()
    line.stage = Stage.REFUSED
    refused = build_whole(stimulator=replace(OFF, why="an electrode is off"))
    assert "✖ NOT ARMED: an electrode is off" in drawn(line, refused, 80, 1)
    assert "Not armed: an electrode is off" in drawn(Checks(), refused, 120, 30)
    line.stage = Stage.REQUESTED
    assert "► ARM? press ENTER" in drawn(line, refused, 80, 1)
    assert "ARMED" in drawn(line, build_whole(), 80, 1)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_state_of_the_stimulator_is_in_sight_in_any_width(width: int) -> None:
    text = drawn(StatesLine(), build_whole(), width, 1)
    assert text.rstrip().endswith("◉ stimulator ARMED")


def test_the_bar_of_the_dose_is_hatched_where_no_fraction_is_known() -> None:
    assert "╱╱╱" in drawn(Syringe(), build_whole(dose=None), 120, 24)  # noqa: RUF001
    known = drawn(Syringe(), build_whole(), 120, 24)
    assert "╱╱╱" not in known  # noqa: RUF001
    assert "dose 47.7 %" in known
    bar = next(row for row in known.splitlines() if "░" in row)
    assert bar.count("█") == pytest.approx(100 / 210 * 116 / 1.25, abs=1)


def test_the_twitch_is_shown_by_its_alarm_and_never_better_than_known() -> None:
    lost = AlarmView("twitch-loss", "medium", "Twitch lost after the injection at 0.42 mA.", active=True)
    assert "Twitch lost after the injection" in drawn(Syringe(), build_whole(alarms=(lost,)), 120, 24)
    assert "injection effect not known yet" in drawn(Syringe(), build_whole(), 120, 24)
    assert "? no sweep yet" in drawn(Syringe(), build_whole(sweeps=()), 120, 24)


def test_the_raster_has_a_row_for_each_sweep_the_newest_at_the_bottom() -> None:
    sweeps = (*(build_sweep(pulse, detected=False) for pulse in range(59)), build_sweep(60, detected=True))
    panel = Waterfall()
    panel.snapshot = build_whole(sweeps=sweeps)
    rows = drawn(panel, panel.snapshot, 100, 15).splitlines()
    assert "last 60" in rows[1]
    assert len(rows[-1].strip()) > len(rows[3].strip())
    assert "last 20" in drawn(Waterfall(), panel.snapshot, 100, 5)


def test_noise_alone_leaves_the_raster_nearly_empty() -> None:
    noise = build_whole(sweeps=tuple(build_sweep(pulse, detected=False) for pulse in range(60)))
    text = drawn(Waterfall(), noise, 100, 15)
    dots = sum((ord(char) - 0x2800).bit_count() for char in text if 0x2800 <= ord(char) <= 0x28FF)
    assert dots < 0.05 * 60 * 182


def test_a_threshold_is_drawn_only_where_it_was_known_and_not_long_after() -> None:
    axes = Axes(width=60, height=20, start_s=0.0, end_s=60.0, low=0.1, high=10.0, is_log=True)
    values = newest_in_columns(axes, np.array([10.0, 11.0, 30.0]), np.array([1.0, np.nan, 2.0]))
    known = np.flatnonzero(np.isfinite(values))
    assert set(known) <= {9, 10, *range(29, 34)}
    assert {9, 30} <= set(known)
    assert not np.isfinite(newest_in_columns(axes, np.zeros(0), np.zeros(0))).any()


def test_the_trend_states_that_no_threshold_is_known() -> None:
    narrow = drawn(Trend(), build_whole(past=TimelineView()), 29, 9)
    assert "not known yet " in narrow.splitlines()[0]
    assert "not known yet" not in drawn(Trend(), build_whole(), 60, 9)


def test_responses_and_events_are_in_the_order_of_time() -> None:
    items = TimelineItems(build_past())
    assert (np.diff(items.times) >= 0).all()
    words = [items.words(index) for index in range(len(items))]
    assert words.index("redirect") < words.index("injected 5 mL, 20 mL in all, 47.6 % of the limit")
    assert sum("response" in text for text in words) == len(items) - 6
    first = items.leap(0, 1)
    assert items.words(first) == "stimulator armed, by operator"
    assert items.leap(items.leap(first, 1), -1) == first
    assert items.leap(len(items) - 1, 1) == len(items) - 1


def test_a_review_states_what_it_no_longer_shows() -> None:
    text = drawn(Review(), build_whole(past=build_past(thinned=True, dropped=7)), 120, 30)
    assert "7 older events are only in the record" in text
    assert "every second of the older sweeps" in text


def test_the_trend_arrow_points_where_the_threshold_goes() -> None:
    from guidance.ui.widgets.gauge import GaugePanel

    known = ShownEstimate("target", 0.9, (0.3, 0.38, 0.5), None, "closer")
    for trend, arrow in (("closer", "▼"), ("away", "▲")):
        canvas = canvas_of(GaugePanel(), replace(known, trend=trend), (42, 46))
        assert "".join(strip.text for strip in canvas.strips()).count(arrow) >= 5
    assert "▼" not in "".join(
        strip.text for strip in canvas_of(GaugePanel(), replace(known, trend="steady"), (42, 46)).strips()
    )


def test_only_what_is_bad_stands_on_the_ground_of_high_alarms() -> None:
    line = StatesLine()
    line.snapshot = build_whole(connected=False, sound=None, stimulator=OFF)
    from guidance.ui.raster import Canvas

    canvas = Canvas(120, 1)
    line.paint(canvas)
    text = "".join(strip.text for strip in canvas.strips())
    assert canvas.grounds[0, text.index("link")] == Ground.HIGH
    assert canvas.grounds[0, text.index("sound")] == Ground.UNKNOWN
    assert canvas.inks[0, text.index("sound")] == Ink.UNSURE


def help_page() -> HelpPage:
    return HelpPage(bindings())


PANELS = (Checks, Syringe, Review, Waterfall, Trend, StatesLine, EntryLine, help_page)


@pytest.mark.parametrize("make", PANELS)
@pytest.mark.parametrize("size", [(1, 1), (9, 2), (20, 3), (41, 6), (79, 5), (300, 100)])
def test_every_panel_bears_any_size_and_the_time_before_the_first_snapshot(make: Any, size: tuple[int, int]) -> None:
    panel: Panel = make()
    drawn(panel, None, *size)
    drawn(panel, build_whole(), *size)
    drawn(panel, build_snapshot(sweeps=(), past=TimelineView()), *size)


def hostile() -> Snapshot:
    """Return a snapshot in which every text from outside is hostile."""
    return build_whole(
        source=HOSTILE,
        protocol=HOSTILE,
        mode=HOSTILE,
        channel=HOSTILE,
        notice=HOSTILE,
        title=HOSTILE,
        patient=HOSTILE,
        side=HOSTILE,
        notes=(HOSTILE,),
        unsourced=(HOSTILE,),
        alarms=(
            AlarmView(HOSTILE, "high", HOSTILE, active=True),
            AlarmView("twitch-loss", "low", HOSTILE, active=True),
        ),
        stimulator=replace(OFF, why=HOSTILE, doing=HOSTILE, current_owner=HOSTILE),
        dose=build_dose(solution=HOSTILE, next_step=HOSTILE, total_mg=((HOSTILE, 1.0),)),
        sound=SoundView(HOSTILE, HOSTILE, 0.5, 0.5),
        journal=JournalView("ok", f"/{HOSTILE}/{HOSTILE}", 40.0, f"/{HOSTILE}"),
        past=build_past(events=(EventView(1.0, HOSTILE, HOSTILE), EventView(2.0, "dose", HOSTILE))),
    )


@pytest.mark.parametrize("make", [*PANELS, Title, AlarmBars])
def test_hostile_words_reach_the_terminal_through_no_panel(make: Any) -> None:
    text = drawn(make(), hostile(), 250, 40)
    assert not set(text) & OBEYED
    if make not in {Waterfall, Trend, EntryLine}:
        assert "[red]x[/]" in text


def test_what_is_written_or_pasted_into_a_line_is_made_harmless() -> None:
    entry = EntryLine()
    entry.paste(HOSTILE)
    assert "[red]x[/]" in entry.written_text
    assert not set(entry.written_text) & OBEYED
    entry.paste("x" * 1000)
    assert len(entry.text) == 200


def test_on_a_narrow_screen_what_to_do_at_the_injection_is_still_shown_whole() -> None:
    next_step = "The last 2 mL were injected without an aspiration. Aspirate before the next aliquot."
    lost = "Twitch not lost after the injection: the tip may be elsewhere; stop and look where the fluid goes."
    alarm = AlarmView("twitch-loss", "medium", lost, active=True)
    shown = " ".join(
        drawn(Syringe(), build_whole(dose=build_dose(next_step=next_step), alarms=(alarm,)), 80, 14).split()
    )
    assert "Aspirate before the next aliquot." in shown
    assert lost in shown


@pytest.mark.parametrize("name", ["sound", "record"])
def test_a_recording_played_needs_no_sound_and_no_record(name: str) -> None:
    played = build_snapshot(sound=None, journal=None)
    assert next((state.level, state.words) for state in states(played) if state.name == name) == (
        StatusLevel.PLAIN,
        "none",
    )


def test_a_stimulator_that_is_not_off_is_shown_before_all_else() -> None:
    text = "The stimulator may still be on."
    alarm = AlarmView("stimulator-not-off", "high", text, active=True)
    for stimulator in (OFF, build_stimulator(armed=True)):
        state = shown_state("stimulator", stimulator=stimulator, alarms=(alarm,))
        assert (state.level, state.words, state.advice) == (StatusLevel.BAD, "NOT OFF", text)
