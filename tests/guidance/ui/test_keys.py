from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.commands import (
    Acknowledge,
    Arm,
    Aspiration,
    HoldCurrent,
    OperatorCommand,
    OperatorNote,
    PauseAudio,
    PausePlayback,
    Quit,
    ReleaseControl,
    SimulatorCommand,
    Stop,
    TakeControl,
    TurnDial,
    TurnMonitor,
    TurnVolume,
)
from guidance.contracts.snapshot import EventView, Snapshot, SoundView
from guidance.ui import key_actions as key_actions_module
from guidance.ui.app import GuidanceApp
from guidance.ui.arming import Arming, Stage
from tests.guidance.ui.running import PATIENT_S, commands, shown, until
from tests.support.screens import FakeLink, build_live, build_past, build_snapshot, build_stimulator, press_twice

OFF = build_live(stimulator=build_stimulator(armed=False, current_ma=None))
ARMED = build_live()
MANUAL = build_live(mode="manual")
HELD = build_live(stimulator=build_stimulator(current_owner="held"))
TAKEN = build_live(stimulator=build_stimulator(current_owner="operator"))
SIMULATED = build_live(simulated=True)
REPLAY = build_snapshot()
LISTENING = build_live(stimulator=None, mode="listen")
TRIGGERED = build_live(mode="manual", stimulator=build_stimulator(sets_current=False))
SOUNDING = build_live(sound=SoundView("on", "tempo", 1.0, 0.3))
MUTED = build_live(sound=SoundView("muted", "tempo", 0.0, 0.0))


ASKING = build_live(stimulator=build_stimulator(doing="still searching? Press Y to search on", asks=True))


async def sent_by(link: FakeLink, snapshot: Snapshot, *keys: str) -> list[OperatorCommand]:
    """Return the commands that the screen sends when ``keys`` are pressed while it shows ``snapshot``."""
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(snapshot)
        await until(lambda: bool(link.sent))
        await pilot.press(*keys)
        return commands(link)


@pytest.mark.parametrize(
    ("snapshot", "key", "message"),
    [
        (ARMED, "space", Stop()),
        (OFF, "space", Stop()),
        (ARMED, "k", Acknowledge()),
        (SOUNDING, "p", PauseAudio()),
        (SOUNDING, "right_square_bracket", TurnVolume(1)),
        (SOUNDING, "left_square_bracket", TurnVolume(-1)),
        (SOUNDING, "full_stop", TurnMonitor(1)),
        (SOUNDING, "comma", TurnMonitor(-1)),
        (MUTED, "p", Stop()),
        (ARMED, "1", OperatorNote("redirect")),
        (ARMED, "2", OperatorNote("contact")),
        (ARMED, "3", OperatorNote("pain")),
        (ARMED, "4", OperatorNote("paraesthesia")),
        (ARMED, "5", Aspiration(blood=True)),
        (ARMED, "d", Aspiration()),
        (LISTENING, "2", OperatorNote("contact")),
        (LISTENING, "plus", TurnDial(1)),
        (LISTENING, "minus", TurnDial(-1)),
        (TRIGGERED, "plus", TurnDial(1)),
        (TRIGGERED, "up", TurnDial(1)),
        (ARMED, "h", HoldCurrent()),
        (ARMED, "t", TakeControl()),
        (ARMED, "y", OperatorNote("search-on")),
        (ASKING, "y", OperatorNote("search-on")),
        (MANUAL, "y", Stop()),
        (OFF, "h", HoldCurrent()),
        (HELD, "h", ReleaseControl()),
        (HELD, "t", TakeControl()),
        (TAKEN, "h", HoldCurrent()),
        (TAKEN, "t", ReleaseControl()),
        (TAKEN, "up", TurnDial(1)),
        (MANUAL, "up", TurnDial(1)),
        (MANUAL, "down", TurnDial(-1)),
        (SIMULATED, "right", SimulatorCommand("advance 0.5")),
        (SIMULATED, "left", SimulatorCommand("withdraw 0.5")),
        (SIMULATED, "r", SimulatorCommand("redirect -0.5")),
        (SIMULATED, "R", SimulatorCommand("redirect 0.5")),
        (REPLAY, "space", PausePlayback(on=True)),
    ],
)
async def test_each_key_sends_one_command(
    link: FakeLink, snapshot: Snapshot, key: str, message: OperatorCommand
) -> None:
    assert await sent_by(link, snapshot, key) == [message]


async def test_the_question_of_a_search_is_on_the_screen_with_its_key(link: FakeLink) -> None:
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(ARMED)
        await until(lambda: "SPACE" in shown(pilot.app))
        assert "Search on" not in shown(pilot.app)
        link.feed(ASKING)
        await until(lambda: "Search on" in shown(pilot.app))
        assert "still searching?" in shown(pilot.app)


@pytest.mark.parametrize(
    "key", ["x", "a", "b", "c", "6", "f13", "pageup", "pagedown", "tab", "escape", "delete", "ctrl+p"]
)
async def test_any_other_key_stops(link: FakeLink, key: str) -> None:
    assert await sent_by(link, ARMED, key) == [Stop()]


@pytest.mark.parametrize(
    ("snapshot", "key"),
    [
        (MANUAL, "h"),
        (MANUAL, "t"),
        (HELD, "up"),
        (ARMED, "up"),
        (ARMED, "down"),
        (ARMED, "right"),
        (ARMED, "left"),
        (ARMED, "r"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_key_that_does_not_hold_now_is_any_other_key(link: FakeLink, snapshot: Snapshot, key: str) -> None:
    assert await sent_by(link, snapshot, key) == [Stop()]


@pytest.mark.parametrize("key", ["plus", "minus", "equals_sign", "0"])
async def test_the_scale_may_be_changed_while_armed(link: FakeLink, key: str) -> None:
    assert await sent_by(link, ARMED, key) == []


@pytest.mark.parametrize("keys", [("x",), ("k",), ("1",), ("up",), ("right",), ("o", "enter")])
async def test_a_replay_is_sent_nothing_about_a_stimulator(link: FakeLink, keys: tuple[str, ...]) -> None:
    assert await sent_by(link, REPLAY, *keys) == []


@pytest.mark.parametrize(("key", "message"), [("h", HoldCurrent()), ("t", TakeControl())])
async def test_a_key_held_down_does_not_undo_what_it_did(link: FakeLink, key: str, message: OperatorCommand) -> None:
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(ARMED)
        await until(lambda: bool(link.sent))
        await pilot.press(key)
        link.feed(HELD if key == "h" else TAKEN)
        await pilot.pause(0.1)
        await pilot.press(key, key, key)
        assert commands(link) == [message]


async def test_the_keys_show_what_they_would_do_now(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)):
        for state, words in (
            (ARMED, "h Hold  t Take"),
            (HELD, "h Release  t Take"),
            (TAKEN, "t Release"),
        ):
            link.feed(state)
            await until(lambda words=words: words in shown(app))  # type: ignore[misc]
        assert "↑ ↓ Current" in shown(app)


async def test_arming_takes_two_different_keys(link: FakeLink) -> None:
    assert await sent_by(link, OFF, "o", "enter") == [Arm()]


@pytest.mark.parametrize("keys", [("o",), ("o", "o"), ("enter",), ("enter", "enter"), ("enter", "o")])
async def test_one_key_alone_does_not_arm(link: FakeLink, keys: tuple[str, ...]) -> None:
    assert await sent_by(link, OFF, *keys) == []


async def test_repeats_of_either_key_arm_once(link: FakeLink) -> None:
    assert await sent_by(link, OFF, "o", "o", "o", "enter", "enter", "enter") == [Arm()]


async def test_repeats_of_the_arming_keys_do_nothing_while_armed(link: FakeLink) -> None:
    assert await sent_by(link, ARMED, "o", "enter", "enter") == []


async def test_a_key_between_the_two_ends_the_arming(link: FakeLink) -> None:
    assert await sent_by(link, OFF, "o", "k", "enter") == [Acknowledge()]


async def test_stop_follows_arm_at_once_though_the_screen_has_not_seen_it_armed(link: FakeLink) -> None:
    assert await sent_by(link, OFF, "o", "enter", "x") == [Arm(), Stop()]


@pytest.mark.parametrize(("key", "at_once"), [("q", []), ("ctrl+q", [Stop(), Stop()]), ("ctrl+c", [Stop(), Stop()])])
async def test_quitting_stops_the_stimulator_first(link: FakeLink, key: str, at_once: list[OperatorCommand]) -> None:
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(ARMED)
        await until(lambda: bool(link.sent))
        await press_twice(pilot, key)
        assert commands(link) == [*at_once, Stop(), Quit()]


async def test_the_first_key_visibly_requests_the_second(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(OFF)
        await until(lambda: "○ OFF" in shown(app))
        await pilot.press("o")
        await until(lambda: "ARM? press ENTER" in shown(app))
        await pilot.press("enter")
        await until(lambda: "arming" in shown(app))
        link.feed(ARMED)
        await until(lambda: "◉ ARMED" in shown(app))


async def test_an_engine_that_does_not_arm_has_refused(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_actions_module, "Arming", lambda: Arming(arm_within_s=0.05))
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(OFF)
        await until(lambda: "○ OFF" in shown(app))
        await pilot.press("o", "enter")
        await pilot.pause(0.1)
        link.feed(OFF)
        await until(lambda: "NOT ARMED: refused" in shown(app))


async def test_a_refusal_shows_its_reason(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_actions_module, "Arming", lambda: Arming(arm_within_s=0.05))
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)) as pilot:
        link.feed(OFF)
        await until(lambda: "○ OFF" in shown(app))
        await pilot.press("o", "enter")
        await pilot.pause(0.1)
        link.feed(build_live(stimulator=build_stimulator(armed=False, current_ma=None, why="an electrode is off")))
        await until(lambda: "an electrode is off" in shown(app))


async def test_the_footer_names_the_keys_that_hold_now(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)):
        link.feed(REPLAY)
        await until(lambda: "SPACE Pause" in shown(app))
        assert "STOP" not in shown(app)
        link.feed(OFF)
        await until(lambda: "SPACE STOP  o Arm" in shown(app))
        assert "Needle" not in shown(app)
        assert "Current" not in shown(app)
        link.feed(SIMULATED)
        await until(lambda: "→ ← Needle  r R Sideways" in shown(app))
        assert "o Arm" not in shown(app)
        link.feed(MANUAL)
        await until(lambda: "↑ ↓ Current" in shown(app))


async def test_what_the_operator_noted_stays_in_sight(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)):
        link.feed(ARMED)
        await until(lambda: bool(link.sent))
        link.feed(replace(ARMED, past=build_past(118.0, events=(EventView(119.3, "note", "contact"),))))
        await until(lambda: "01:59.3 contact" in shown(app))


def test_the_second_key_counts_for_three_seconds() -> None:
    in_time, late = Arming(), Arming()
    in_time.request(10.0)
    late.request(10.0)
    assert in_time.confirm(12.9)
    assert not late.confirm(13.1)
    assert late.stage(13.1) is Stage.NONE


def test_a_refusal_is_shown_for_a_while_and_ends_with_the_next_try() -> None:
    arming = Arming()
    arming.request(0.0)
    arming.confirm(1.0)
    assert [arming.stage(now_s) for now_s in (1.5, 2.5, 8.0)] == [Stage.CONFIRMED, Stage.REFUSED, Stage.NONE]
    arming.request(3.0)
    assert arming.stage(3.0) is Stage.REQUESTED
