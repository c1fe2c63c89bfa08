"""A terminal that goes while the stimulator is armed, on real terminals: off, attached, taken over, ended, signed.

The times are printed: pytest -m slow -s tests/guidance/processes/test_killed_terminal.py
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from guidance.journal.verify import verify
from guidance.note.signing import load_signed
from guidance.start.signing_draft import SigningDraft
from tests.support.command_line import command
from tests.support.processes import WAIT_S, Line, engine_pid, is_off, is_stimulus, kill, lines

if sys.platform == "win32":
    pytest.skip("needs ptys", allow_module_level=True)

from tests.support.terminal import TerminalCommand, on_terminal

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="finds the engine in /proc")]

MOST_OFF_S = 2.0
"""A second without an acknowledged frame switches off (guidance/processes); the rest is for a busy machine."""
UNDER_WAY_S = 0.25
"""Longest way of the command to the device, whose samples meanwhile go on, on a busy machine."""
START_S = 120.0
"""Longest wait for a screen, on a machine that does much else."""
APART_S = 0.4
"""Pause between two keys: keys that follow each other sooner are pasted text for a screen that stimulates."""
DRAWN_S = 1.5
"""Time for the first frames: keys typed before them have no effect."""
KILLS: dict[str, Callable[[TerminalCommand], None]] = {
    "the window is closed": lambda terminal: terminal.close(),
    "SIGHUP": lambda terminal: os.kill(terminal.pid, signal.SIGHUP),
    "kill -9": lambda terminal: os.kill(terminal.pid, signal.SIGKILL),
}


def press(terminal: TerminalCommand, *keys: str) -> None:
    for key in keys:
        terminal.type(key)
        terminal.read_for(APART_S)


def ready(terminal: TerminalCommand) -> None:
    """Wait until the screen of ``terminal`` takes keys."""
    terminal.wait_for("SPACE", START_S)
    terminal.read_for(DRAWN_S)


@contextmanager
def engine_ended(store: Path) -> Iterator[None]:
    """Kill the engine of ``store`` at the end if it still runs."""
    try:
        yield
    finally:
        with suppress(ValueError):  # none runs
            kill(engine_pid(store))


def count(store: Path, wanted: Callable[[Line], bool]) -> int:
    return sum(map(wanted, lines(store)))


def seconds_until_more(
    store: Path, wanted: Callable[[Line], bool], before: int, terminal: TerminalCommand | None = None
) -> float:
    """Return the seconds until the record has more than ``before`` such lines; meanwhile ``terminal`` is read."""
    began_s = time.monotonic()
    while count(store, wanted) <= before:
        assert time.monotonic() - began_s < WAIT_S
        if terminal is not None:
            terminal.read_for(0.02)
        else:
            time.sleep(0.02)
    return time.monotonic() - began_s


@pytest.mark.parametrize("way", KILLS)
def test_it_is_off_at_once_and_goes_on_on_another_terminal_to_a_signed_note(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    store, env = tmp_path / "store", {"HOME": str(tmp_path)}
    place = ["--store", str(store)]
    with engine_ended(store), on_terminal(["demo", "--no-audio", *place], env, columns=120, rows=40) as first:
        ready(first)
        press(first, "o", "\r")
        seconds_until_more(store, is_stimulus, 0, first)
        before = count(store, is_off)
        KILLS[way](first)
        off_s = seconds_until_more(store, is_off, before)
        off = [line for line in lines(store) if is_off(line)][before]
        began_s = time.monotonic()
        with on_terminal(["attach", *place], env, columns=120, rows=40) as second:
            second.wait_for("SPACE", START_S)
            attached_s = time.monotonic() - began_s
            stimuli = count(store, is_stimulus)
            late = [line for line in lines(store) if is_stimulus(line) and line["t"] > off["t"]]
            assert len(late) <= 1, "only a pulse that was under way when it was switched off"
            assert all(line["t"] - off["t"] < UNDER_WAY_S for line in late)
            began_s = time.monotonic()
            with on_terminal(["attach", *place], env, columns=120, rows=40) as third:
                third.wait_for("SPACE", START_S)
                taken_s = time.monotonic() - began_s
                assert second.end() == 0
                assert "Another terminal has taken this procedure over" in second.text
                assert count(store, is_stimulus) == stimuli, "nobody has armed since"
                third.read_for(DRAWN_S)
                press(third, "o", "\r")
                seconds_until_more(store, is_stimulus, stimuli, third)
                assert command("end", *place, "--yes").status == 0
                assert third.end() == 0
    (folder,) = store.iterdir()
    assert (lines(store)[-1]["kind"], lines(store)[-1]["reason"]) == ("end", "operator")
    assert verify(folder).is_intact
    sign(folder)
    with capsys.disabled():
        print(
            f"\n{way}: stimulator off in the record after {off_s:.2f} s, attached after {attached_s:.2f} s, "
            f"taken over after {taken_s:.2f} s"
        )
    assert off_s < MOST_OFF_S


def sign(folder: Path) -> None:
    """Sign the note of ``folder``; what it still needs is not done."""
    draft = SigningDraft(folder, None, {})
    while draft.composed.missing:
        draft.answer(draft.composed.missing[0][0], "not done: a test of terminals")
    if draft.composed.contradictions:
        draft.answer("despite", "a test of terminals")
    draft.sign("Dr A. Example")
    signed = load_signed(folder, None)
    assert signed is not None
    assert signed.signature["by"] == "Dr A. Example"
