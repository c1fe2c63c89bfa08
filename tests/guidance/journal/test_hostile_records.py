"""A journal changed by others gives a note or an error of one sentence, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block

VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8)
    | st.just([]) | st.just({}) | st.just({"a": "b"}) | st.just([1, 2, 3])
)  # fmt: skip


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    procedure = femoral_block()
    procedure.entry(
        7.2, "verification", present_ma=0.5, present_answered=2, absent_ma=0.28, absent_answered=0, pulses_each=2,
        width_ms=0.1, held=True,
    )  # fmt: skip
    folder = procedure.record_in(tmp_path_factory.mktemp("whole"))
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def write_events(store: Path, lines: list[dict[str, Any]]) -> Path:
    folder = store / "20260314T082653Z-femoral"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_value_gives_a_note_or_one_sentence(
    tmp_path: Path, lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(lines))
    record = data.draw(st.sampled_from(changed))
    places = [record] + [value for value in record.values() if isinstance(value, dict)]
    place = data.draw(st.sampled_from(places))
    key = data.draw(st.sampled_from(sorted(place) or ["new"]))
    place[key] = data.draw(VALUES)
    folder = write_events(tmp_path, changed)
    for verb in (("note",), ("export", "--format", "fhir", "--to", tmp_path / "out")):
        (tmp_path / "out").unlink(missing_ok=True)
        done = command("procedures", *verb, folder.name, "--store", tmp_path)
        assert (done.status == 0 and not done.err) or (done.status == 1 and done.is_one_sentence), changed


@pytest.mark.parametrize(
    "wall_time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00", "x"]
)
def test_an_impossible_start_time_is_refused_in_one_sentence(
    tmp_path: Path, lines: list[dict[str, Any]], wall_time: str
) -> None:
    done = command(
        "procedures", "note", write_events(tmp_path, [lines[0] | {"wall_time": wall_time}]).name, "--store", tmp_path
    )
    assert (done.status, done.is_one_sentence) == (1, True)


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "[]\n", '{"kind": "start"}\n', "\x00\n", '{"kind": "end"}\n'])
def test_a_file_that_is_no_event_stream_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    folder = write_events(tmp_path, [])
    (folder / "events.jsonl").write_text(text)
    done = command("procedures", "note", folder.name, "--store", tmp_path)
    assert (done.status, done.is_one_sentence) == (1, True)


def test_a_number_written_as_text_is_refused_in_one_sentence(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    changed = [line | {"width_ms": "0.2"} if line["kind"] == "stimulus" and line["seq"] > 5 else line for line in lines]
    done = command("procedures", "note", write_events(tmp_path, changed).name, "--store", tmp_path)
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "is not an event of a procedure" in done.err


def test_kinds_and_fields_not_known_yet_are_skipped(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    newer = [lines[0] | {"more": 1}, *lines[1:-1], {"kind": "new", "seq": 98, "t": 9.0}, lines[-1]]
    done = command("procedures", "note", write_events(tmp_path, newer).name, "--store", tmp_path)
    assert done.status == 0
