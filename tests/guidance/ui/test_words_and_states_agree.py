"""Words of the screen that must agree with the state beside them: live, on, armed, stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.events import Paste

from guidance.contracts.commands import Arm, Stop
from guidance.contracts.snapshot import AlarmView, SoundView
from guidance.ui.arming import CONFIRM_WITHIN_S
from guidance.ui.pages import ScreenPage
from guidance.ui.widgets.states import StatesLine
from guidance.ui.widgets.status import StatusLine
from guidance.ui.widgets.title import Title
from tests.guidance.ui.painting import drawn
from tests.guidance.ui.running import until
from tests.guidance.ui.seat import ARMED, OFF, Seat, screen
from tests.support.screens import FakeLink, build_live

NO_SAMPLES = (AlarmView("stale", "medium", "No samples arrive; check the amplifier.", active=True),)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "live"), ({"connected": False}, "LINK LOST"), ({"alarms": NO_SAMPLES, "rms_uv": None}, "LINK NO SAMPLES")],
)
def test_the_title_is_live_only_while_samples_arrive(changes: dict[str, Any], words: str) -> None:
    text = drawn(Title(), build_live(**changes), width=120, height=2).splitlines()[0]
    assert text.rstrip().endswith(words)
    assert ("live" in text) == (words == "live")


async def test_nothing_is_live_while_the_engine_is_silent_or_gone(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        assert " live " in seat.text()
        seat.app._procedure_screen.show_silence(3)
        await pilot.pause()
        assert "NO DATA" in seat.text().splitlines()[0]
        assert " live " not in seat.text()
        await seat.see(replace(ARMED, stimuli=80))
        assert " live " in seat.text()
        link.die()
        await until(lambda: seat.app.screen.has_class("-stopped"))
        await pilot.pause()
        assert " live " not in seat.text()


def test_a_sound_that_is_not_yet_known_to_play_is_not_on() -> None:
    text = drawn(StatesLine(), build_live(sound=SoundView("starting", "tempo", 1.0, 0.3)), width=120, height=1)
    assert "? sound starting" in text
    assert "sound on" not in text
    assert "%" not in text


def test_only_what_was_found_is_counted_as_a_response() -> None:
    text = drawn(StatusLine(), build_live(stimuli=12, responses=11, detections=4), width=120, height=1)
    assert "stimuli 12  sweeps 11  responses 4 " in text


async def test_enter_after_the_time_to_arm_is_explained_and_turns_no_page(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, stimulator=OFF))
        await seat.press("o")
        requested_s = seat.app._arming._requested_s
        assert requested_s is not None
        seat.app._arming._requested_s = requested_s - CONFIRM_WITHIN_S - 0.1
        await seat.press("enter")
        assert "not armed: more than 3 s after the first key" in seat.text()
        assert (seat.sent_commands(), seat.page()) == ([], ScreenPage.GUIDE)


async def test_a_key_that_stops_because_it_is_not_known_shows_why_also_in_an_open_line(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("z")
        assert "STOP: key z does nothing here" in seat.text()
        await seat.press("n", "f13")
        assert "STOP: key F13 does nothing here" in seat.text()
        assert seat.sent_commands() == [Stop(), Stop()]


async def test_a_touch_or_a_paste_between_the_two_keys_ends_arming(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, stimulator=OFF))
        await seat.press("o")
        await pilot.click(offset=(10, 10))
        await seat.press("enter", "o")
        seat.app.post_message(Paste("text"))
        await pilot.pause()
        await seat.press("enter")
        assert Arm() not in seat.sent_commands()


async def test_a_touch_that_stops_is_named(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await pilot.click(offset=(10, 10))
        await pilot.pause()
        assert seat.sent_commands() == [Stop()]
        assert "STOP: the screen was touched" in seat.text()
