"""The table of commands is true, and the help needs nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from guidance.cli.command_table import COMMANDS, load_command

_HEAVY = {"numpy", "scipy", "pydantic", "textual", "matplotlib", "guidance.protocol"}
_CODE = "import sys; from guidance.cli import cli; cli.main([{words}], standalone_mode=False); print(*sys.modules)"
_ENGINE = (
    "import sys; import guidance.session.live_job, guidance.session.live, guidance.session.replay; print(*sys.modules)"
)
_SLOW_TO_IMPORT = {"scipy.signal", "scipy.stats", "scipy.optimize", "matplotlib", "fpdf"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert command.get_short_help_str(200) == COMMANDS[name]


@pytest.mark.parametrize("words", ["'--help'", "'--version'"])
def test_the_help_imports_nothing_heavy(words: str) -> None:
    assert not _imported(_CODE.format(words=words)) & _HEAVY


def test_a_procedure_begins_without_what_only_notes_and_analyses_need() -> None:
    assert not _imported(_ENGINE) & _SLOW_TO_IMPORT


def test_a_live_procedure_begins_without_the_readers_of_files() -> None:
    live = "import sys; import guidance.session.live_job, guidance.session.live; print(*sys.modules)"
    assert not _imported(live) & {"drivers.formats.registry", "soundfile", "pandas", "mne", "neo"}


def test_a_live_procedure_begins_without_what_scipy_imports_for_its_routines() -> None:
    live = "import sys; import guidance.session.live_job, guidance.session.live; print(*sys.modules)"
    assert not _imported(live) & {"scipy.linalg", "scipy.special", "numpy.f2py"}


@pytest.mark.parametrize("module", ["guidance.ui.app", "guidance.cli.run"])
def test_the_screen_begins_without_scipy(module: str) -> None:
    assert not _imported(f"import sys; import {module}; print(*sys.modules)") & (_SLOW_TO_IMPORT | {"scipy"})


def _imported(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())
