"""The first frame of a command: what opens turns good by what the engine reports; what is typed has no effect."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from guidance.cli.start import _recorded
from guidance.common.start_lines import GOOD, LIVE_STAGES, OFF, StartLines, early_lines
from guidance.common.terminal import opens_screen

if sys.platform == "win32":
    pytest.skip("needs a pty", allow_module_level=True)

from tests.support.terminal import on_terminal


class Terminal(io.StringIO):
    """A terminal in memory; ``rows`` are the lines that it shows."""

    def isatty(self) -> bool:
        return True

    def rows(self) -> list[str]:
        shown, row = [""], 0
        for part in self.getvalue().replace("\r", "").replace("\x1b[K", "").split("\x1b["):
            number = part[: part.index("A")] if part[:2].rstrip("A").isdigit() and "A" in part[:3] else ""
            row -= int(number or 0)
            if part.startswith("J"):
                shown = [*shown[:row], ""]
            for at, line in enumerate(part[len(number) + bool(number) :].split("\n")):
                row += at > 0
                shown += [""] * (row + 1 - len(shown))
                shown[row] = line if line and not line.startswith("J") else shown[row]
        return [line for line in shown if line]


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


def test_all_that_opens_stands_there_first_and_turns_good_one_by_one() -> None:
    terminal = Terminal()
    lines = StartLines(LIVE_STAGES, terminal)
    assert terminal.rows() == ["starting:", "  amplifier  ...", "  sound      ...", "  record     ..."]
    lines.report("amplifier", GOOD)
    lines.report("sound", OFF)
    assert terminal.rows() == ["starting:", "  amplifier  good", "  sound      off", "  record     ..."]


def test_a_failed_start_marks_what_did_not_open() -> None:
    terminal = Terminal()
    lines = StartLines(LIVE_STAGES, terminal)
    lines.report("amplifier", GOOD)
    lines.report("sound", OFF)
    lines.fail()
    assert terminal.rows()[-1] == "  record     FAILED"


def test_the_lines_make_room_for_the_screen() -> None:
    terminal = Terminal()
    lines = StartLines(LIVE_STAGES, terminal)
    lines.erase()
    lines.report("record", GOOD)
    assert terminal.rows() == []


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    lines = StartLines(("amplifier",), terminal)
    lines.report("amplifier", GOOD)
    lines.erase()
    assert terminal.getvalue() == "starting:\n  amplifier  ...\n  amplifier: good\n"


def test_nothing_is_written_where_nobody_looks() -> None:
    out = io.StringIO()
    StartLines(LIVE_STAGES, out).report("amplifier", GOOD)
    assert out.getvalue() == ""


def early(words: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the stages that stand on the terminal before the command ``words`` is loaded."""
    terminal = Terminal()
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, terminal)
    with early_lines(words):
        return [row.split()[0] for row in terminal.rows()[1:]]


def test_every_command_with_a_screen_of_its_own_states_at_once_what_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "a.edf"
    recording.touch()
    live = list(LIVE_STAGES)
    assert early([], monkeypatch) == ["pages"]
    assert early(["demo"], monkeypatch) == early(["biofeedback", "--device", "sim:1"], monkeypatch) == live
    assert early(["replay", "--speed", "4", str(recording)], monkeypatch) == ["recording"]
    assert early(["replay", "20261128T180000Z-generic-block"], monkeypatch) == []
    assert early(["replay", str(recording), "--headless"], monkeypatch) == []


def test_a_start_without_a_terminal_states_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with early_lines([]):
        assert terminal.getvalue() == ""


def test_the_lines_are_no_result_of_a_command_that_start_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with _recorded() as printed, early_lines(["demo"]):
        sys.stderr.write("a fault\n")
    assert "starting" in terminal.getvalue()
    assert printed == ["a fault\n"]


@pytest.mark.parametrize(
    ("words", "opens"),
    [([], True), (["demo"], True), (["run", "--headless"], False), (["run", "-h"], False), (["dose"], False)],
)
def test_only_a_command_with_a_screen_silences_the_terminal(words: list[str], opens: bool) -> None:
    assert opens_screen(words) is opens


def test_a_wrong_option_removes_the_lines_and_states_the_fault(tmp_path: Path) -> None:
    with on_terminal(["demo", "--no-such-option"], {"HOME": str(tmp_path)}) as command:
        assert command.end() == 2
        shown = command.text.rpartition("\x1b[J")[2]
        assert command.text.startswith("starting:")
        assert "starting" not in shown
        assert "No such option" in shown


def test_a_device_that_is_not_there_fails_in_its_line_and_no_typed_key_is_echoed(tmp_path: Path) -> None:
    words = ["run", "--device", f"ona:{tmp_path}/none", "--store", str(tmp_path / "store"), "--no-audio"]
    with on_terminal(words, {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}) as command:
        command.wait_for("starting:")
        command.type("zzzo\n")
        assert command.end() != 0
        failed, _, after = command.text.rpartition("FAILED")
        assert "amplifier" in failed
        assert "needle-guidance: " in after
        assert "zzz" not in command.text
