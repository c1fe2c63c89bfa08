"""The engine's process and the screen's: what each does when the other responds, leaves, or dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

import guidance.ui
from guidance.contracts.commands import FrameAck, OperatorCommand, PausePlayback, Quit
from guidance.contracts.snapshot import Snapshot
from guidance.processes import EngineLink, ExitOutcome, run_headless, run_with_screen
from guidance.session.replay import ReplayJob
from guidance.ui.link import GONE
from tests.support.command_line import signals_restored
from tests.support.event_rules import Line, faults, read
from tests.support.files import write_edf
from tests.support.streams import evoked, settings

PATIENCE_S = 20.0

Act = Callable[[list[Snapshot]], OperatorCommand | None]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edf(tmp_path_factory.mktemp("good") / "good.edf", evoked(300.0, 40))


def job(
    recording: Path, events: Path | None = None, speed: float | None = 1.0, channel: str | None = None
) -> ReplayJob:
    return ReplayJob(str(recording), settings(), channel=channel, events=str(events) if events else None, speed=speed)


def snapshots(link: EngineLink, act: Act, *, paying: bool = True) -> list[Snapshot]:
    """Receive as a screen does: acknowledge each Snapshot and send what ``act`` returns, until the end is shown."""
    seen: list[Snapshot] = []
    give_up = time.monotonic() + PATIENCE_S
    while not seen or seen[-1].ended is None:
        assert wait([link.fileno()], give_up - time.monotonic()), "the engine is silent"
        snapshot = link.receive()
        if snapshot is None:
            continue
        seen.append(snapshot)
        message = act(seen)
        for one in ([FrameAck(len(seen))] if paying else []) + ([message] if message else []):
            link.send(one)
    return seen


def nothing(_: list[Snapshot]) -> None:
    return None


def run(job: ReplayJob, screen: Callable[[EngineLink], object], monkeypatch: pytest.MonkeyPatch) -> ExitOutcome:
    """Run ``job`` in its own process with ``screen`` in place of the terminal's."""
    monkeypatch.setattr(guidance.ui, "run_screen", screen)
    outcome = run_with_screen(job)
    assert not multiprocessing.active_children()
    return outcome


def engine() -> BaseProcess:
    (process,) = multiprocessing.active_children()
    return process


def lines_of(path: Path) -> list[Line]:
    return read(path.read_text(encoding="utf-8"))


def test_a_screen_that_acknowledges_frames_sees_the_replay_to_its_end(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Snapshot] = []
    outcome = run(job(recording, speed=20.0), lambda link: seen.extend(snapshots(link, nothing)), monkeypatch)
    assert outcome == ExitOutcome(0)
    assert seen[-1].ended == "end of recording"
    assert (seen[-1].stimuli, seen[-1].detections) == (39, 39)
    positions = [snapshot.position_s for snapshot in seen]
    assert len(seen) > 5
    assert positions == sorted(positions)
    assert positions[-1] == seen[-1].duration_s == 12.0


def test_a_screen_that_acknowledges_nothing_gets_no_more_and_delays_nothing(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Snapshot] = []
    events = tmp_path / "events.jsonl"
    run(
        job(recording, events, speed=20.0),
        lambda link: seen.extend(snapshots(link, nothing, paying=False)),
        monkeypatch,
    )
    assert [snapshot.ended for snapshot in seen] == [None, "end of recording"]
    assert faults(lines_of(events)) == []


def test_pause_holds_the_replay_and_quit_ends_it_in_order(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Snapshot] = []
    at: dict[int, OperatorCommand] = {4: PausePlayback(on=True), 10: PausePlayback(on=False), 16: Quit()}

    def act(now: list[Snapshot]) -> OperatorCommand | None:
        return at.get(len(now))

    events = tmp_path / "events.jsonl"
    outcome = run(job(recording, events), lambda link: seen.extend(snapshots(link, act)), monkeypatch)
    assert outcome == ExitOutcome(0)
    held = [snapshot for snapshot in seen if snapshot.paused]
    assert len(held) >= 3
    assert len({snapshot.position_s for snapshot in held}) == 1
    assert seen[-1].position_s > held[-1].position_s
    assert seen[-1].position_s - held[-1].position_s < 2.0
    assert seen[-1].ended == "operator"
    assert lines_of(events)[-1]["reason"] == "operator"
    assert faults(lines_of(events)) == []


def test_a_screen_that_vanishes_ends_the_replay_in_order(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = tmp_path / "events.jsonl"
    began = time.monotonic()
    run(job(recording, events), EngineLink.receive, monkeypatch)
    assert time.monotonic() - began < 8.0
    assert lines_of(events)[-1]["reason"] == "operator"
    assert faults(lines_of(events)) == []


def test_an_engine_that_dies_is_noticed_and_what_it_wrote_stays(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_it(seen: list[Snapshot]) -> None:
        if len(seen) == 10:
            engine().kill()

    def screen(link: EngineLink) -> None:
        with pytest.raises(GONE):
            snapshots(link, kill_it)

    outcome = run(job(recording, tmp_path / "events.jsonl", speed=5.0), screen, monkeypatch)
    assert outcome.status == 1
    assert outcome.sentence
    lines = lines_of(tmp_path / "events.jsonl")
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert lines[0]["kind"] == "start"
    assert lines[-1]["kind"] != "end"


def test_ctrl_c_at_the_terminal_is_the_screens_and_sigterm_ends_the_engine_in_order(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at: list[float] = []

    def act(seen: list[Snapshot]) -> None:
        pid = engine().pid
        assert pid is not None
        if len(seen) in {5, 10}:
            os.kill(pid, signal.SIGINT if len(seen) == 5 else signal.SIGTERM)
            at.append(seen[-1].position_s)

    events = tmp_path / "events.jsonl"
    seen: list[Snapshot] = []
    outcome = run(job(recording, events), lambda link: seen.extend(snapshots(link, act)), monkeypatch)
    assert outcome == ExitOutcome(0)
    assert len(at) == 2
    assert at[1] > at[0]
    assert seen[-1].ended == "operator"
    assert faults(lines_of(events)) == []


def test_what_cannot_be_opened_never_opens_the_screen(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[EngineLink] = []
    outcome = run(job(recording, channel="EKG"), opened.append, monkeypatch)
    assert outcome.status == 2
    assert "EMG 0" in (outcome.sentence or "")
    assert not opened


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_ends_the_replay_with_a_sentence(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def screen(link: EngineLink) -> None:
        with pytest.raises(GONE):
            snapshots(link, nothing)

    outcome = run(job(recording, Path("/dev/full")), screen, monkeypatch)
    assert outcome.status == 1
    assert "/dev/full" in (outcome.sentence or "")


def test_without_a_screen_the_same_job_runs_here(recording: Path, tmp_path: Path) -> None:
    with signals_restored():
        assert run_headless(job(recording, tmp_path / "events.jsonl", speed=None)) == ExitOutcome(0)
    assert faults(lines_of(tmp_path / "events.jsonl")) == []


def test_without_a_screen_a_fault_is_an_outcome_too(recording: Path, tmp_path: Path) -> None:
    with signals_restored():
        outcome = run_headless(job(tmp_path / "missing.edf"))
        refused = run_headless(job(recording, channel="EKG"))
    assert (outcome.status, refused.status) == (1, 2)
    assert "missing.edf" in (outcome.sentence or "")
