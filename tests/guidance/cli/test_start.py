"""The command without a command: help without a terminal, Start on one, and each choice run as its command."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from guidance.cli import start
from guidance.common.folders import config_folder
from guidance.start.choice import StartChoice
from guidance.start.start_app import StartApp
from tests.support.command_line import command


def test_without_a_terminal_the_help_is_printed() -> None:
    done = command()
    assert done.status == 2
    assert "Usage:" in done.out
    assert "biofeedback" in done.out


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[StartChoice]:
    """Choices that Start returns one after the other; then it is left."""
    choices: list[StartChoice] = []

    def run(app: StartApp, **_: Any) -> StartChoice | None:
        SEEN.append((app._memory.page, app._memory.message, app._output))
        return choices.pop(0) if choices else None

    SEEN.clear()
    monkeypatch.setattr(StartApp, "run", run)
    return choices


SEEN: list[tuple[str, str, str]] = []


def test_a_choice_is_run_with_a_private_case_sheet_that_goes_afterwards(chosen: list[StartChoice]) -> None:
    seen: list[tuple[str, int, Path]] = []

    def run(words: list[str]) -> int:
        path = Path(words[words.index("--case") + 1])
        seen.append((path.read_text("utf-8"), stat.S_IMODE(path.stat().st_mode), path))
        return 0

    chosen.append(StartChoice(("run", "--device", "sim:1"), 'patient = "A"\n', "run"))
    assert start.open_start(run) == 0
    ((text, mode, path),) = seen
    assert (text, mode) == ('patient = "A"\n', 0o600)
    assert not path.parent.exists()


def test_a_failed_command_opens_its_page_again_with_its_sentence(chosen: list[StartChoice]) -> None:
    def run(_: list[str]) -> int:
        print("needle-guidance: The device has gone.", file=sys.stderr)
        return 3

    chosen.append(StartChoice(("run", "--device", "sim:1"), page="run"))
    start.open_start(run)
    assert SEEN == [("", "", ""), ("run", "needle-guidance: The device has gone.", "")]


def test_long_output_has_a_page_of_its_own_and_success_leads_to_the_menu(chosen: list[StartChoice]) -> None:
    def run(_: list[str]) -> int:
        print("\n".join(f"line {number}" for number in range(9)))
        return 0

    chosen.append(StartChoice(("replay", "x"), page="replay"))
    start.open_start(run)
    assert SEEN[1][:2] == ("", "")
    assert SEEN[1][2].splitlines()[0] == "line 0"


def test_wrong_settings_end_it_in_one_sentence(chosen: list[StartChoice], capsys: pytest.CaptureFixture[str]) -> None:
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / "config.toml").write_text("[start]\ncolour = 1\n", "utf-8")
    assert start.open_start(lambda _: 0) == 2
    assert "there is no option 'colour' of the command run." in capsys.readouterr().err
    assert SEEN == []
