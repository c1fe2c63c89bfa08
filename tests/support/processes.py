"""Procedures in processes of their own, to be killed and stopped; used by tests and by the benchmark of kills."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drivers.simulated import SimulatedDevice
from guidance.contracts.commands import Arm, FrameAck
from guidance.engine.settings import Mode, Settings
from guidance.processes import EngineLink, start_engine
from guidance.protocol import load
from guidance.session import LiveJob

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30.0

Line = dict[str, Any]


@contextmanager
def device() -> Iterator[SimulatedDevice]:
    """A simulated amplifier whose needle holds still."""
    with SimulatedDevice(1, channels=1, sample_rate_hz=5000, scenario="hold", start_mm=6.0) as simulated:
        yield simulated


@contextmanager
def headless(
    address: str, store: Path, *options: str, wrapper: str = "", audio: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """``needle-guidance run --headless`` on ``address``; killed if it still runs at the end.

    ``wrapper`` is Python code that the process runs first; without ``audio`` it is muted.
    """
    code = f"{wrapper}\nfrom guidance.cli import main\nmain()"
    muted = () if audio else ("--no-audio",)
    words = ["run", "--headless", *muted, "--device", address, "--store", str(store), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def before_a_screen(address: str, store: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a screen that acknowledges frames and arms, and its engine; both are killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, address, str(store)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        engine_pid = int(_report(process)["engine"])
        try:
            yield process
        finally:
            for pid in (process.pid, engine_pid):
                kill(pid)


def engine_pid(store: Path) -> int:
    """Find the process that writes the newest journal of ``store``."""
    (holder,) = {
        int(pid.name)
        for pid in Path("/proc").iterdir()
        if pid.name.isdigit() and any(_is_journal(link, store) for link in _open_files(pid))
    }
    return holder


def kill(pid: int) -> None:
    """Kill ``pid``, also one that is stopped or has ended."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def gone_at(process: subprocess.Popen[str]) -> int:
    """Return when the screen's process noticed that its engine was gone, in ns of the monotonic clock."""
    return int(_report(process)["gone"])


def lines(store: Path) -> list[Line]:
    """Read the complete lines of the newest journal in ``store``, if there is one, without their chain."""
    journals = sorted(store.glob("*/events.jsonl"))
    if not journals:
        return []
    whole = [json.loads(line) for line in journals[-1].read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [{key: value for key, value in line.items() if key != "chain"} for line in whole]


def wait_for(store: Path, wanted: Callable[[Line], bool]) -> Line:
    """Wait for the first line that is ``wanted``, and return it."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        for line in lines(store):
            if wanted(line):
                return line
        time.sleep(0.02)
    raise AssertionError(f"not in {lines(store)[-5:]}")


def is_stimulus(line: Line) -> bool:
    return bool(line["kind"] == "stimulus")


def is_off(line: Line) -> bool:
    return line["kind"] == "command" and line["enabled"] is False


def _open_files(pid: Path) -> list[str]:
    try:
        return [str(link.readlink()) for link in (pid / "fd").iterdir()]
    except OSError:
        return []


def _is_journal(link: str, store: Path) -> bool:
    return link.startswith(f"{store.resolve()}/") and link.endswith("events.jsonl")


def _report(process: subprocess.Popen[str]) -> Line:
    assert process.stdout is not None
    report: Line = json.loads(process.stdout.readline())
    return report


def _pay(link: EngineLink) -> None:
    """Draw nothing, acknowledge every frame, and arm after a second of signal, until the engine is gone."""
    frame, armed = 0, False
    while True:
        select.select([link.fileno()], [], [])
        snapshot = link.receive()
        if snapshot is None:
            continue
        frame += 1
        link.send(FrameAck(frame))
        if snapshot.t > 0.5 and not armed:
            link.send(Arm())
            armed = True


def main(address: str, store: str) -> None:
    """Act as the screen of a procedure on ``address``."""
    settings = Settings(load("generic-block"), Mode.MANUAL, headless=False)
    engine, link = start_engine(LiveJob(settings, store, address))
    print(json.dumps({"engine": engine.pid}), flush=True)
    link.first()
    try:
        _pay(link)
    except (EOFError, ConnectionError):
        print(json.dumps({"gone": time.monotonic_ns()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
