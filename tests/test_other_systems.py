"""The program without the modules that only POSIX has: all of it is imported, and its commands for files run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp, tal
from tests.support.command_line import ROOT

pytestmark = pytest.mark.slow


def on_windows(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.support.other_system", *map(str, arguments)]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.edf"
    path.write_bytes(edf_bytes([Wave(ramp(8, 2000))], [tal("+0"), tal("+1")] * 4, kind="EDF+D", duration="1"))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["protocols", "list"],
        ["protocols", "show", "generic-block"],
        ["dose", "--weight", "70", "--drug", "ropivacaine", "--concentration", "0.5%", "--volume", "30mL"],
        ["devices"],
        ["procedures", "list"],
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_recording_runs_without_posix(arguments: list[str]) -> None:
    done = on_windows(*arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["replay", "--headless", "--fast"], ["analyse"]], ids=lambda each: each[0])
def test_a_recording_is_replayed_and_analysed_without_posix(arguments: list[str], recording: Path) -> None:
    done = on_windows(arguments[0], recording, *arguments[1:])
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1}, done.stderr
