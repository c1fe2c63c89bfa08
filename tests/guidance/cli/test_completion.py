"""Completion of commands: installed by one command for each shell, and it completes names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_is_installed_for_each_shell_where_that_shell_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    done = command("completion", shell)
    assert done.status == 0, done.err
    path = Path(done.out.splitlines()[0].removeprefix("Installed: "))
    assert tmp_path in path.parents
    assert "_NEEDLE_GUIDANCE_COMPLETE" in path.read_text("utf-8")
    assert command("completion", shell, "--print").out.strip() == path.read_text("utf-8").strip()


def test_the_shell_of_the_user_is_the_default_and_an_unknown_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/fish")
    assert "fish" in command("completion", "--print").out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = command("completion")
    assert done.status == 2
    assert done.is_one_sentence


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").write_text("a file", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    done = command("completion", "bash")
    assert done.status == 1
    assert done.is_one_sentence


def test_commands_are_completed() -> None:
    given = {"_NEEDLE_GUIDANCE_COMPLETE": "bash_complete", "COMP_WORDS": "needle-guidance bio", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['needle-guidance']; from guidance.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | given, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["plain,biofeedback", "plain,biofeedback-summary"]
