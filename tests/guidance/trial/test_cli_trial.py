"""The command ``trial``: refusals in one sentence; and on a real Dask cluster, the same table, interrupted or not."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from guidance.trial import workers as pool
from guidance.trial.store import NAME
from tests.support.command_line import command, started

BAD_ARGUMENTS, FAILED = 2, 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--worlds"),
        (["--worlds", "0"], "--worlds"),
        (["--worlds", "many"], "--worlds"),
        (["--worlds", "3", "--seed", "-1"], "--seed"),
        (["--worlds", "3", "--jobs", "0"], "--jobs"),
        (["--worlds", "3", "--protocol", "nonesuch"], "nonesuch"),
        (["--worlds", "3", "--front", "magic"], "no front end 'magic'; choose one of open"),
        (["--worlds", "3", "--scheduler", "127.0.0.1"], "tcp://"),
        (["--worlds", "3", "--scheduler", "http://host:80"], "tcp://"),
        (["--worlds", "3", "--scheduler", "tcp://host:8786", "--jobs", "2"], "--jobs"),
        (["--worlds", "3", "--out", "/dev/null/trial"], "--out"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments: list[str], named: str) -> None:
    done = command("trial", *arguments)
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err
    assert named in done.err


def test_without_dask_the_error_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = command("trial", "--worlds", "1", "--out", tmp_path)
    assert (done.status, done.is_one_sentence) == (FAILED, True), done.err
    assert "needle-guidance[trial]" in done.err


def test_the_rest_of_the_program_does_not_need_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert command("trial", "--help").status == 0
    assert command("--help").status == 0


def test_a_scheduler_that_does_not_reply_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "REACH_S", 0.5)
    done = command("trial", "--worlds", "1", "--scheduler", "tcp://127.0.0.1:1", "--out", tmp_path)
    assert (done.status, done.is_one_sentence) == (FAILED, True), done.err
    assert "tcp://127.0.0.1:1" in done.err


def finished(*arguments: str | Path) -> tuple[str, str]:
    process = started("trial", *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out, err


def test_the_table_is_the_same_with_one_worker_and_interrupted_with_two(tmp_path: Path) -> None:
    options = ("--worlds", "3", "--seed", "3", "--json")
    process = started("trial", *options, "--jobs", "2", "--out", tmp_path / "two")
    until = time.monotonic() + 60
    while _made(tmp_path / "two") < 1 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    before = _made(tmp_path / "two")
    *progress, stopped = err.splitlines()
    assert (process.returncode, out) == (FAILED, ""), err
    assert all(line.endswith(" of 3 insertions") for line in progress), err
    assert f"Stopped after {before} of 3 insertions. To go on: needle-guidance trial --worlds 3 --seed 3" in stopped
    two, errors = finished(*options, "--jobs", "2", "--out", tmp_path / "two")
    assert f"{before} of 3 insertions were done before" in errors
    one, _ = finished(*options, "--jobs", "1", "--out", tmp_path / "one")
    assert one == two
    assert json.loads(one)["insertions"] == 3


def _made(folder: Path) -> int:
    path = folder / NAME
    return max(len(path.read_text(encoding="utf-8").splitlines()) - 1, 0) if path.exists() else 0
