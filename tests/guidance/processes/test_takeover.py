"""Taking a running procedure over from another terminal, on real processes: listed, attached, ended."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.contracts.commands import Arm, FrameAck
from guidance.contracts.snapshot import SCREEN_TAKEN, Snapshot
from guidance.processes import EngineLink
from guidance.processes.running_procedures import attach, choose_running, running_procedures
from tests.support.processes import ROOT, before_a_screen, device, is_off, is_stimulus, kill, lines, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs signals and local sockets")


@pytest.fixture(autouse=True)
def _own_run_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))


def see(link: EngineLink, wanted: Callable[[Snapshot], bool], timeout_s: float = 20.0) -> Snapshot:
    """Acknowledge frames until a Snapshot is ``wanted``, and return it."""
    until, frame = time.monotonic() + timeout_s, 0
    while time.monotonic() < until:
        if select.select([link.fileno()], [], [], 0.2)[0] and (snapshot := link.receive()) is not None:
            frame += 1
            with suppress(OSError):  # a screen that was replaced has no connection any more
                link.send(FrameAck(frame))
            if wanted(snapshot):
                return snapshot
    raise AssertionError("no such Snapshot")


def is_armed(snapshot: Snapshot) -> bool:
    return snapshot.stimulator is not None and snapshot.stimulator.armed


def test_after_a_killed_terminal_another_attaches_disarmed_arms_again_and_the_command_ends_it(tmp_path: Path) -> None:
    with device() as simulated, before_a_screen(simulated.address, tmp_path) as screen:
        wait_for(tmp_path, is_stimulus)
        screen.kill()
        wait_for(tmp_path, is_off)
        (running,) = running_procedures(tmp_path)
        assert (running.protocol, running.folder) == ("generic-block", next(tmp_path.iterdir()))
        assert "since " in running.line
        link = attach(choose_running(running.name, tmp_path))
        see(link, lambda snapshot: not is_armed(snapshot))
        see(link, lambda _: not (tmp_path / running.name / "without-screen").exists())
        link.send(Arm())
        see(link, is_armed)
        words = [sys.executable, "-m", "guidance", "end", running.name, "--store", str(tmp_path), "--yes"]
        ended = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=30)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith(f"Ended: {running.name}.")
    assert (lines(tmp_path)[-1]["kind"], lines(tmp_path)[-1]["reason"]) == ("end", "operator")


def test_a_second_screen_takes_over_switches_off_and_the_first_learns_why(tmp_path: Path) -> None:
    with device() as simulated, before_a_screen(simulated.address, tmp_path):
        wait_for(tmp_path, is_stimulus)
        first = attach(choose_running(None, tmp_path))
        see(first, lambda snapshot: not is_armed(snapshot))
        second = attach(choose_running(None, tmp_path))
        see(second, lambda snapshot: snapshot.ended is None)
        assert see(first, lambda snapshot: snapshot.ended is not None).ended == SCREEN_TAKEN
        assert first.drain(3.0)
        assert first.outcome is not None
        assert "taken this procedure over" in (first.outcome.sentence or "")
        with suppress(OSError):
            first.send(Arm())
        time.sleep(0.3)
        see(second, lambda snapshot: not is_armed(snapshot))


_RELEASED = """
import multiprocessing, time
from guidance.processes.launch import _release
engine = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60.0,))
engine.start()
_release(engine)
print(engine.pid, flush=True)
"""


def test_a_replaced_screen_ends_at_once_and_leaves_its_engine_running() -> None:
    began_s = time.monotonic()
    words = [sys.executable, "-c", _RELEASED]
    screen = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert screen.stdout is not None
    engine_pid = int(screen.stdout.readline())
    try:
        assert screen.wait(30.0) == 0
        assert time.monotonic() - began_s < 55.0
        os.kill(engine_pid, 0)
    finally:
        kill(engine_pid)
        screen.stdout.close()


def test_what_does_not_run_is_refused_with_a_list_of_what_does(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No procedure is running"):
        choose_running(None, tmp_path)
    with device() as simulated, before_a_screen(simulated.address, tmp_path):
        wait_for(tmp_path, is_stimulus)
        with pytest.raises(UsageError, match=r"nothing is not running\. Running:\n  .*generic-block"):
            choose_running("nothing", tmp_path)
