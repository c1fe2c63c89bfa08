"""A fault in one part of the screen is shown there and logged, and the rest goes on; a fatal one gives one sentence."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guidance.contracts.commands import FrameAck, Stop
from guidance.contracts.snapshot import AlarmView, JournalView
from guidance.ui.app import GuidanceApp
from guidance.ui.fault_file import NAME
from guidance.ui.training import ExerciseApp
from guidance.ui.widgets import alarms as alarms_module
from guidance.ui.widgets.alarms import AlarmBars
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.status import StatusLine
from tests.guidance.ui.running import PATIENT_S, shown, until
from tests.guidance.ui.seat import ARMED, Seat, screen
from tests.support.screens import FakeLink, build_whole

pytestmark = pytest.mark.display_fault
CLOSE = AlarmView("too-close", "high", "Withdraw a little.", active=True)
LOST_SOUND = AlarmView("audio-lost", "medium", "No sound device.", active=True)


def fail(*_: object) -> Any:
    raise ZeroDivisionError("by zero")


@pytest.mark.parametrize("step", ["paint", "key", "prepare", "fit"])
async def test_a_fault_is_shown_in_its_place_and_the_rest_goes_on(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        with monkeypatch.context() as patch:
            patch.setattr(StatusLine, step, fail)
            await seat.see(replace(ARMED, stimuli=72, alarms=(CLOSE,)))
            text = seat.text()
            assert "display fault: StatusLine (ZeroDivisionError: by zero)" in text
            assert "Withdraw a little." in text
            assert "ARMED" in text
        await seat.see(replace(ARMED, stimuli=73))
        assert "display fault" not in seat.text()
        assert "stimuli 73" in seat.text()
    assert FrameAck(3) in link.sent


async def test_every_panel_of_every_page_may_fail_and_the_keys_still_stop(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        for panel in pilot.app.screen.query(Panel):
            monkeypatch.setattr(type(panel), "paint", fail)
        for key in ("x", "enter", "enter", "question_mark"):
            await seat.press(key)
            await seat.see(replace(ARMED, alarms=(CLOSE,)))
            assert "Withdraw a little." in seat.text()
        assert "display fault: HelpPage" in seat.text()
        assert seat.sent_commands() == [Stop()]


@pytest.mark.parametrize("size", [(30, 8), (80, 24), (120, 40), (200, 50)])
@pytest.mark.parametrize("broken", ["paint", "prepare", "key", "fit", "_alarms", "_count"])
async def test_an_alarm_stays_visible_though_its_own_widget_fails(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch, broken: str, size: tuple[int, int]
) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        monkeypatch.setattr(AlarmBars, broken, fail)
        await seat.see(replace(ARMED, alarms=(CLOSE, LOST_SOUND)))
        await seat.see(replace(ARMED, alarms=(LOST_SOUND, CLOSE), stimuli=80))
        assert "!!! too-close" in seat.text() or "Withdraw a little." in seat.text()
        assert "!!! audio-los" in seat.text() or "No sound device." in seat.text()
        if size[0] >= 80:
            assert "display fault: AlarmBars" in seat.text()


async def test_silence_is_reported_though_the_alarms_fail(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        monkeypatch.setattr(AlarmBars, "_alarms", fail)
        seat.app._procedure_screen.show_silence(3)
        await until(lambda: "No data from the engine for 3 s" in seat.text())


async def test_where_even_the_plain_lines_fail_the_name_of_the_widget_is_shown(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, alarms=(CLOSE,)))
        monkeypatch.setattr(alarms_module, "clean", fail)
        await seat.see(replace(ARMED, alarms=(CLOSE,), stimuli=80))
        assert "Withdraw" in seat.text()
        await seat.see(replace(ARMED, alarms=(LOST_SOUND,)))
        assert "display fault: AlarmBars" in seat.text()


async def test_a_fault_that_comes_with_every_frame_is_logged_once_with_its_traceback(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    recorded = replace(ARMED, journal=JournalView("ok", str(tmp_path), 412.0))
    monkeypatch.setattr(StatusLine, "paint", fail)
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        for stimuli in range(70, 74):
            await seat.see(replace(recorded, stimuli=stimuli))
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "display fault: StatusLine" in record.getMessage()
    kept = (tmp_path / NAME).read_text(encoding="utf-8")
    assert kept.count("Traceback") == 1
    assert "ZeroDivisionError: by zero" in kept
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


async def test_an_observer_writes_nothing_beside_the_record(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(StatusLine, "paint", fail)
    async with screen(link, is_observer=True).run_test(size=(80, 24)) as pilot:
        await Seat(link, pilot).see(replace(ARMED, journal=JournalView("ok", str(tmp_path), 412.0)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("app_class", [GuidanceApp, ExerciseApp])
async def test_a_fault_that_ends_the_screen_is_one_sentence_without_locals(
    link: FakeLink,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    app_class: type[GuidanceApp | ExerciseApp],
    tmp_path: Path,
) -> None:
    app = app_class(link, PATIENT_S)
    monkeypatch.setattr(app, "_show", fail)
    link.feed(replace(ARMED, journal=JournalView("ok", str(tmp_path), 412.0)))
    with pytest.raises(ZeroDivisionError):  # run_test raises what ended the app
        await ended(app)
    app._print_error_renderables()
    printed = capsys.readouterr().err
    flat = "".join(printed.split())
    assert "displayfault:ZeroDivisionError:byzero." in flat
    assert "locals" not in printed
    assert "A. B. 1950" not in printed
    assert "Traceback (" not in printed
    assert NAME in flat
    assert "Traceback" in (tmp_path / NAME).read_text(encoding="utf-8")
    assert (Stop() in link.sent) == (app_class is GuidanceApp)


async def ended(app: GuidanceApp | ExerciseApp) -> None:
    async with app.run_test(size=(80, 24)):
        await until(lambda: not app.is_running)


async def test_a_healthy_screen_writes_no_fault_file(link: FakeLink, tmp_path: Path) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)):
        link.feed(build_whole(journal=JournalView("ok", str(tmp_path), 412.0)))
        await until(lambda: bool(link.sent))
        assert "fault" not in shown(app)
    assert not list(tmp_path.iterdir())
