"""A folder of recordings is replayed in several processes; each has the records that it has by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import command, replay
from tests.support.event_rules import Line, read
from tests.support.files import write_edf
from tests.support.streams import evoked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recordings")
    for name, size_uv in (("one", 300.0), ("two", 500.0)):
        write_edf(made / f"{name}.edf", evoked(size_uv, 6))
    (made / "notes.txt").write_text("nothing of a signal", encoding="utf-8")
    return made


def _records(path: Path) -> list[Line]:
    lines = read(path.read_text(encoding="utf-8"))
    return [{key: value for key, value in line.items() if key not in {"mono_ns", "lag_ms"}} for line in lines]


def test_a_folder_has_the_records_of_each_recording(folder: Path, tmp_path: Path) -> None:
    done = replay(folder, "--jobs", "2", "--events", tmp_path / "events")
    assert (done.status, done.err) == (0, "")
    assert "2 of 2 recordings" in done.out
    assert sorted(path.name for path in (tmp_path / "events").iterdir()) == [
        "one.edf.events.jsonl",
        "two.edf.events.jsonl",
    ]
    for name in ("one", "two"):
        alone = tmp_path / f"{name}.jsonl"
        assert replay(folder / f"{name}.edf", "--events", alone).status == 0
        assert _records(tmp_path / "events" / f"{name}.edf.events.jsonl") == _records(alone)


def test_a_recording_that_cannot_be_replayed_stops_no_other(folder: Path, tmp_path: Path) -> None:
    for path in folder.glob("*.edf"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.edf").write_bytes((folder / "one.edf").read_bytes()[:300])
    done = replay(tmp_path, "--jobs", "1")
    assert done.status == 1
    assert "broken.edf: not replayed: " in done.out
    assert "2 of 3 recordings" in done.out


def test_a_folder_without_a_recording_is_an_error(tmp_path: Path) -> None:
    done = replay(tmp_path)
    assert done.status == 2
    assert "without a procedure or a recording" in done.err


@pytest.mark.parametrize("extra", [[], ["--fast"], ["--headless"]])
def test_a_folder_needs_both_fast_and_headless(folder: Path, extra: list[str]) -> None:
    done = command("replay", folder, *extra)
    assert done.status == 2
    assert "--fast --headless" in done.err


def test_processes_are_for_a_folder(folder: Path) -> None:
    assert "--jobs is for a folder" in replay(folder / "one.edf", "--jobs", "2").err


def test_the_events_of_a_folder_do_not_fit_on_standard_output(folder: Path) -> None:
    assert "name a folder for the events" in replay(folder, "--events", "-").err
