"""A standard output that cannot be written ends a command with one sentence, never with a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from guidance.cli import procedures, trial
from tests.support.command_line import ROOT

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


def by_shell(line: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", f'"$0" -m guidance {line}', sys.executable]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@needs_full
@pytest.mark.parametrize("command", ["protocols list", "dose rescue --weight 70 --json", "--help"])
def test_a_full_standard_output_is_reported_in_one_sentence(command: str) -> None:
    done = by_shell(f"{command} > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("needle-guidance: ")
    assert "No space left on device" in done.stderr


@needs_shell
def test_a_reader_that_leaves_ends_a_command_silently() -> None:
    done = by_shell("protocols list | head -1")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


@needs_shell
def test_events_to_a_closed_standard_output_are_refused(tmp_path: Path) -> None:
    done = by_shell(f"demo --headless --no-audio --duration 1 --store {tmp_path} --events - >&-")
    assert done.returncode == 2
    assert done.stderr == "needle-guidance: --events - writes to standard output, which is closed; name a file.\n"
    assert not list(tmp_path.iterdir())


def test_the_fields_of_an_entry_are_plain_words() -> None:
    fields: dict[str, object] = {
        "weight_kg": 70.0,
        "age_years": None,
        "earlier": [],
        "limits": {"ropivacaine": "210 mg"},
        "held": True,
    }
    assert procedures._words(fields) == "weight kg 70, limits ropivacaine 210 mg, held yes"


def test_progress_of_a_trial_is_printed_where_standard_error_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "_LINE_S", 0.0)
    with trial._Progress(3) as progress:
        one = progress.begun(1)
        one()
        one()
    assert capsys.readouterr().err.splitlines()[1:] == ["2 of 3 insertions", "3 of 3 insertions"]
