"""The connection between engine and screen, and the exit status."""

from __future__ import annotations

import multiprocessing
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import pytest

import guidance.ui
from drivers.base import DeviceError, DeviceLost, DeviceNotFound, DeviceRefused, OptionRefused
from guidance.common.errors import BAD_ARGUMENTS, DEVICE_LOST, DONE, FAILED, UsageError, UserError
from guidance.common.start_lines import StageReporter, report_nowhere
from guidance.contracts.commands import FrameAck, OperatorCommand, Quit
from guidance.contracts.snapshot import Snapshot
from guidance.processes import EngineLink, ExitOutcome, outcome_of, run_headless, run_with_screen, screen_channel
from guidance.processes import launch as processes
from guidance.processes.screen_channel import ScreenChannel, SocketScreenChannel
from tests.support.command_line import signals_restored
from tests.support.screens import build_snapshot


@dataclass
class Play:
    """Job that shows something until Quit, or for ``lasts_s``; ``fault`` is raised on opening."""

    lasts_s: float = 30.0
    fault: UserError | DeviceError | None = None
    fault_sentence: str | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        return ("amplifier", "record")

    def open(self, report: StageReporter = report_nowhere) -> Play:
        report("amplifier", "good")
        if self.fault:
            raise self.fault
        return self

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        until = time.monotonic() + self.lasts_s
        while time.monotonic() < until and not stopping():
            if any(isinstance(message, Quit) for message in screen_channel.messages()):
                break
            screen_channel.show(build_snapshot)
            time.sleep(0.01)
        screen_channel.show(build_snapshot, at_once=True)
        return self.fault_sentence


Wires = tuple[Connection, Connection]


@pytest.fixture
def wires() -> Wires:
    return multiprocessing.Pipe()


def received(link: EngineLink) -> object:
    until = time.monotonic() + 5.0
    while time.monotonic() < until:
        snapshot = link.receive()
        if snapshot is not None:
            return snapshot
        time.sleep(0.005)
    raise AssertionError("nothing came in 5 s")


def test_one_snapshot_is_sent_for_each_acknowledged_frame(wires: Wires) -> None:
    here, there = wires
    engine, link = SocketScreenChannel(there), EngineLink(here)
    drawn: list[int] = []

    def draw() -> Snapshot:
        drawn.append(1)
        return build_snapshot()

    for _ in range(5):
        engine.show(draw)
    assert len(drawn) == 1
    received(link)
    link.send(FrameAck(1))
    assert [type(message) for message in engine.messages()] == [FrameAck]
    time.sleep(screen_channel.FRAME_S)
    engine.show(draw)
    assert len(drawn) == 2
    engine.close(ExitOutcome(DONE))


def test_a_screen_that_stops_reading_delays_nothing(wires: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_channel, "_CLOSE_S", 0.05)
    engine = SocketScreenChannel(wires[1])
    begun = time.monotonic()
    for _ in range(30):
        engine.show(build_snapshot, at_once=True)
    engine.close(ExitOutcome(DONE))
    assert time.monotonic() - begun < 2.0
    wires[0].close()


def test_a_screen_that_closes_the_connection_is_gone(wires: Wires) -> None:
    here, there = wires
    engine = SocketScreenChannel(there)
    here.close()
    assert engine.messages() == []
    assert engine.gone
    engine.show(build_snapshot, at_once=True)
    engine.close(ExitOutcome(DONE))


def test_the_outcome_comes_with_the_last_snapshot(wires: Wires) -> None:
    here, there = wires
    engine, link = SocketScreenChannel(there), EngineLink(here)
    engine.show(build_snapshot, at_once=True)
    engine.close(ExitOutcome(FAILED, "amiss"))
    there.close()
    assert received(link)
    with pytest.raises(EOFError):
        link.receive()
    assert link.outcome == ExitOutcome(FAILED, "amiss")


def test_an_engine_that_dies_in_the_middle_of_a_message_is_gone(wires: Wires) -> None:
    here, there = wires
    os.write(there.fileno(), struct.pack("!i", 1000) + b"half")
    there.close()
    with pytest.raises(EOFError):
        EngineLink(here).receive()


def test_an_engine_that_died_before_it_began_is_reported(wires: Wires) -> None:
    here, there = wires
    there.close()
    outcome = EngineLink(here).first()
    assert outcome is not None
    assert outcome.status == FAILED


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (UserError("x."), FAILED),
        (UsageError("x."), BAD_ARGUMENTS),
        (OptionRefused("x."), BAD_ARGUMENTS),
        (DeviceLost("x."), DEVICE_LOST),
        (DeviceNotFound("x."), FAILED),
        (DeviceRefused("x."), FAILED),
    ],
)
def test_every_fault_has_its_exit_status(fault: UserError | DeviceError, status: int) -> None:
    assert outcome_of(fault) == ExitOutcome(status, "x.")
    with signals_restored():
        assert run_headless(Play(fault=fault)) == ExitOutcome(status, "x.")


def test_a_run_that_ends_well_is_done() -> None:
    with signals_restored():
        assert run_headless(Play(0.0)) == ExitOutcome(DONE)
        assert run_headless(Play(0.0, fault_sentence="not quite.")) == ExitOutcome(FAILED, "not quite.")


def with_screen(job: Play, screen: Callable[[EngineLink], str | None], monkeypatch: pytest.MonkeyPatch) -> ExitOutcome:
    monkeypatch.setattr(guidance.ui, "run_screen", screen)
    with signals_restored():
        return run_with_screen(job)


def sends(message: OperatorCommand) -> Callable[[EngineLink], None]:
    def screen(link: EngineLink) -> None:
        received(link)
        link.send(message)

    return screen


def test_the_operator_leaves_and_the_engine_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_screen(Play(), sends(Quit()), monkeypatch) == ExitOutcome(DONE)


def test_the_screen_hands_on_whose_note_is_to_be_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    def screen(link: EngineLink) -> str:
        sends(Quit())(link)
        return "/store/20261128T180000Z-block"

    outcome = with_screen(Play(), screen, monkeypatch)
    assert outcome == ExitOutcome(DONE, folder_to_sign="/store/20261128T180000Z-block")


def test_an_engine_left_at_work_is_terminated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_END_S", 0.2)
    assert with_screen(Play(), sends(FrameAck(1)), monkeypatch).status == DONE


def test_a_fault_in_opening_is_reported_without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: EngineLink) -> None:
        raise AssertionError("the terminal was touched")

    job = Play(fault=DeviceLost("gone."))
    assert with_screen(job, never, monkeypatch) == ExitOutcome(DEVICE_LOST, "gone.")


def test_a_screen_that_fails_leaves_the_engine_at_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: EngineLink) -> None:
        raise SystemExit(1)

    outcome = with_screen(Play(1.0), fails, monkeypatch)
    assert outcome.status == FAILED
    assert "recorded to its end" in (outcome.sentence or "")
    assert "goes on without it" in capsys.readouterr().err
