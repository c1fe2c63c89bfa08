"""Arbitrary command lines and files: a documented status and at most one sentence, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.support.command_line import Done, command, replay
from tests.support.event_rules import faults, read
from tests.support.files import write_csv, write_edf
from tests.support.streams import evoked

QUICK = examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NUMBERS = [
    "0",
    "-0",
    "1",
    "2",
    "25",
    "500",
    "501",
    "1e3",
    "1e-320",
    "1e308",
    "1e400",
    "-1",
    "nan",
    "inf",
    "0x10",
    "٣",
    "",
]
# Anything that a shell can pass, except a path out of the test's own folder.
WORDS = st.binary(max_size=12).filter(lambda raw: not set(raw) & set(b"\0/")).map(os.fsdecode)
VALUES = st.sampled_from([*NUMBERS, "-", "listen", "auto", "EMG 0", "emg 0", "generic-block", "--", "é", "\n"]) | WORDS
OPTION = st.sampled_from(["--channel", "--protocol", "--criterion-uv", "--events", "--mode", "--full-scale-uv"])
OPTIONS = st.lists(
    st.tuples(OPTION, VALUES) | st.tuples(st.just("--window"), VALUES, VALUES) | st.tuples(VALUES), max_size=4
).map(lambda groups: [word for group in groups for word in group])


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edf(tmp_path_factory.mktemp("good") / "good.edf", evoked(300.0, 3))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def is_documented(done: Done) -> bool:
    """Return whether it ended as the help says: done without errors, or with one sentence and its status."""
    sentences = done.err.count("\n")
    return (done.status == 0 and sentences == 0) or (done.status in {1, 2, 3} and sentences == 1)


@QUICK
@given(options=OPTIONS)
@example(["--window", "0", "2"])
@example(["--criterion-uv", "1e-320"])
def test_any_options_end_as_documented(recording: Path, options: list[str]) -> None:
    done = replay(recording, *options)
    assert is_documented(done), done
    if done.status == 0 and done.out.startswith("{"):
        assert faults(done.lines) == []


@QUICK
@given(name=WORDS)
def test_any_file_name_ends_as_documented(name: str) -> None:
    assert is_documented(replay(name))


@pytest.mark.parametrize("speed", ["1e6", "1e308", "1e300"])
def test_any_speed_plays_to_the_end(recording: Path, speed: str) -> None:
    done = command("replay", recording, "--headless", "--speed", speed, "--events", "-")
    assert done.status == 0
    assert faults(done.lines) == []


@QUICK
@given(changes=st.lists(st.tuples(st.integers(0, 767), st.sampled_from(b"0123456789 -.EDF+C\xff\0Z")), max_size=6))
def test_a_header_with_wrong_bytes_ends_as_documented(recording: Path, changes: list[tuple[int, int]]) -> None:
    raw = bytearray(recording.read_bytes())
    for position, byte in changes:
        raw[position] = byte
    Path("wrong.edf").write_bytes(raw)
    done = replay("wrong.edf", "--events", "events.jsonl")
    assert done.status in {0, 1, 2}
    lines = done.err.splitlines()
    assert all(line.startswith("needle-guidance: ") for line in lines), done.err
    assert len(set(lines)) == len(lines)  # one sentence for each contradiction in the header, none twice
    if done.status == 0:
        assert faults(read(Path("events.jsonl").read_text(encoding="utf-8"))) == []


@QUICK
@given(length=st.integers(0, 20_000))
def test_a_file_cut_anywhere_ends_as_documented(recording: Path, length: int) -> None:
    Path("cut.edf").write_bytes(recording.read_bytes()[:length])
    done = replay("cut.edf")
    assert done.status in {0, 1}
    assert done.err.count("\n") == (length < recording.stat().st_size)


@QUICK
@given(raw=st.binary(max_size=2000))
def test_a_file_of_any_bytes_ends_as_documented(raw: bytes) -> None:
    Path("any.csv").write_bytes(raw)
    done = replay("any.csv")
    assert (done.status, done.is_one_sentence) == (1, True), done


@QUICK
@given(row=st.integers(1, 400), cell=st.text(max_size=6))
def test_a_table_with_a_wrong_cell_ends_as_documented(row: int, cell: str) -> None:
    path = write_csv(Path("table.csv"), evoked(300.0, 1, interval_s=0.1))
    rows = path.read_text(encoding="utf-8").splitlines()
    time, _, mark = rows[row].split(",")
    path.write_text("\n".join([*rows[:row], f"{time},{cell},{mark}", *rows[row + 1 :]]), encoding="utf-8", newline="")
    done = replay(path)
    assert done.status in {0, 1, 2}
    assert done.err.count("\n") <= 1
