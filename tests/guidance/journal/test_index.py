"""The index of a store: always what the records say, whatever happens to its file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from datetime import date, datetime
from pathlib import Path

import pytest

from guidance.common.errors import UsageError
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.index import INDEX_NAME, IndexedProcedure, StoreIndex
from guidance.journal.index_filter import ProcedureFilter
from guidance.journal.seal import SEAL_NAME
from guidance.journal.summary import Summary, summarise
from tests.support.scripted_procedure import BEGAN, ScriptedProcedure


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for protocol in ("femoral", "sciatic-popliteal"):
        ScriptedProcedure(protocol).record_in(tmp_path)
    return tmp_path


def summaries(store: Path) -> list[Summary]:
    with StoreIndex(store) as index:
        return [row.summary for row in index.rows()]


def today(store: Path) -> list[Summary]:
    return [summarise(folder) for folder in sorted(store.iterdir()) if folder.is_dir()]


def test_the_index_holds_what_the_records_hold_and_is_private(store: Path) -> None:
    assert summaries(store) == today(store)
    assert len(summaries(store)) == 2
    assert stat.S_IMODE((store / INDEX_NAME).stat().st_mode) == 0o600


def test_a_procedure_that_comes_changes_or_goes_is_followed(store: Path) -> None:
    summaries(store)
    first = ScriptedProcedure("axillary").record_in(store)
    assert [one.protocol for one in summaries(store)] == [one.protocol for one in today(store)]
    (first / SEAL_NAME).unlink()
    assert {one.name: one.state for one in summaries(store)}[first.name] == "cut off"
    shutil.rmtree(first)
    assert summaries(store) == today(store)
    assert len(summaries(store)) == 2


def test_unchanged_procedures_are_not_read_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = summaries(store)
    monkeypatch.setattr("guidance.journal.index.summarise", lambda folder: pytest.fail(f"{folder} was read again"))
    assert summaries(store) == before


def test_a_note_that_is_signed_later_counts_as_signed(store: Path) -> None:
    with StoreIndex(store) as index:
        assert [row.signed for row in index.rows()] == [False, False]
    (min(folder for folder in store.iterdir() if folder.is_dir()) / "note.age").write_bytes(b"x")
    with StoreIndex(store) as index:
        assert [row.signed for row in index.rows()] == [True, False]


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + bytes(500)], ids=["empty", "text", "torn"]
)
def test_a_damaged_index_is_made_anew(store: Path, content: bytes) -> None:
    (store / INDEX_NAME).write_bytes(content)
    assert summaries(store) == today(store)


def test_an_index_of_another_version_is_made_anew(store: Path) -> None:
    summaries(store)
    database = sqlite3.connect(store / INDEX_NAME)
    database.executescript("DROP TABLE procedures; PRAGMA user_version = 99")
    database.close()
    assert summaries(store) == today(store)


def test_a_link_in_place_of_the_index_is_not_followed(store: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_bytes(b"keep me")
    (store / INDEX_NAME).symlink_to(outside)
    assert summaries(store) == today(store)
    assert outside.read_bytes() == b"keep me"


def test_an_index_that_another_process_keeps_locked_is_made_in_memory(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summaries(store)
    ScriptedProcedure("axillary").record_in(store)
    monkeypatch.setattr("guidance.journal.index._WAIT_S", 0.05)
    blocking = sqlite3.connect(store / INDEX_NAME, isolation_level=None)
    blocking.execute("BEGIN EXCLUSIVE")
    try:
        assert summaries(store) == today(store)
    finally:
        blocking.close()


def test_facts_are_kept_until_a_file_of_their_procedure_changes(store: Path) -> None:
    names = [one.name for one in summaries(store)]
    with StoreIndex(store) as index:
        index.store_facts(dict.fromkeys(names, "{}"))
        assert index.facts() == dict.fromkeys(names, "{}")
    os.utime(store / names[0] / EVENTS_NAME)
    with StoreIndex(store) as index:
        assert index.facts() == {names[1]: "{}"}


def row(began: str | None = BEGAN.isoformat(), state: str = "finished", *, signed: bool = False) -> IndexedProcedure:
    return IndexedProcedure(Summary("20260314T082653Z-femoral", state, began, "femoral", "auto"), signed, "")


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (ProcedureFilter(), True),
        (ProcedureFilter(search="FEMORAL auto"), True),
        (ProcedureFilter(search="femoral manual"), False),
        (ProcedureFilter(since=date(2026, 3, 14), until=date(2026, 3, 14)), True),
        (ProcedureFilter(until=date(2026, 3, 13)), False),
        (ProcedureFilter(protocol="sciatic"), False),
        (ProcedureFilter(state="cut off"), False),
        (ProcedureFilter(signed=False), True),
        (ProcedureFilter(signed=True), False),
    ],
)
def test_a_filter_admits_what_fits_in_every_respect(wanted: ProcedureFilter, fits: bool) -> None:
    assert wanted.admits(row()) is fits


@pytest.mark.parametrize("began", [None, "yesterday"])
def test_a_procedure_without_a_time_fits_no_date(began: str | None) -> None:
    assert not ProcedureFilter(since=date(2000, 1, 1)).admits(row(began))
    assert ProcedureFilter(search="femoral").admits(row(began))


def test_dates_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="exchange them"):
        ProcedureFilter(since=date(2026, 2, 1), until=date(2026, 1, 1))


def test_the_day_is_that_of_the_procedures_own_time_zone() -> None:
    late = row(datetime.fromisoformat("2026-03-14T23:30:00-05:00").isoformat())
    assert ProcedureFilter(until=date(2026, 3, 14)).admits(late)
