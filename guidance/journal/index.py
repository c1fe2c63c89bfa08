"""The index of a store: one row for each procedure, made from the records, and never the truth.

It is an SQLite file in the store. A row is read again as soon as a file of its procedure changed; an index that is
missing, damaged, of another version or not writable is made anew, in memory if need be. It names no patient.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from guidance.journal.encryption import NOTE_NAME
from guidance.journal.store import procedures
from guidance.journal.summary import Summary, summarise

INDEX_NAME = ".index.sqlite"
_VERSION = 1
"""Version of the tables below; an index of another version is made anew."""
_WAIT_S = 2.0
"""Longest wait, in s, for another process that writes the index; after that it is made in memory. A judgement."""
_UNSETTLED = {"running", "cut off"}
"""States that change without a change of a file: a process ends, or begins."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS procedures (
        name BLOB PRIMARY KEY, stamp TEXT NOT NULL, state TEXT NOT NULL, began TEXT, protocol TEXT, mode TEXT,
        device TEXT, lasted_s REAL, reason TEXT, stimuli INTEGER, megabytes REAL NOT NULL, signed INTEGER NOT NULL,
        facts_stamp TEXT, facts TEXT);
    CREATE TABLE IF NOT EXISTS salts (salt TEXT NOT NULL);
    INSERT INTO salts SELECT lower(hex(randomblob(16))) WHERE NOT EXISTS (SELECT 1 FROM salts);
"""
_COLUMNS = ("name", "state", "began", "protocol", "mode", "device", "lasted_s", "reason", "stimuli", "megabytes")


@dataclasses.dataclass(frozen=True, slots=True)
class IndexedProcedure:
    """A row: the summary of a procedure, whether its note is signed, and the ``stamp`` of its files."""

    summary: Summary
    signed: bool
    stamp: str


class StoreIndex:
    """Index of one store; use it in a ``with`` statement."""

    def __init__(self, store: Path) -> None:
        """Open or make the index of ``store``, and bring its rows up to date. Raises UserError for the store."""
        self.store = store
        self._database = _opened(store / INDEX_NAME)
        try:
            self._refresh()
        except sqlite3.Error:
            self._database.close()
            self._database = _made(":memory:")
            self._refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def rows(self) -> list[IndexedProcedure]:
        """Return all rows, the oldest first."""
        found = self._database.execute(f"SELECT {', '.join(_COLUMNS)}, signed, stamp FROM procedures ORDER BY name")  # noqa: S608
        return [IndexedProcedure(Summary(os.fsdecode(row[0]), *row[1:-2]), bool(row[-2]), row[-1]) for row in found]

    @property
    def salt(self) -> str:
        """Random text of this index, with which what stands for a name in it is made."""
        (salt,) = self._database.execute("SELECT salt FROM salts").fetchone()
        return str(salt)

    def facts(self) -> dict[str, str]:
        """Return the stored facts by name of procedure, as the text that was stored; none that are out of date."""
        found = self._database.execute("SELECT name, facts FROM procedures WHERE facts_stamp = stamp ORDER BY name")
        return {os.fsdecode(name): str(facts) for name, facts in found}

    def store_facts(self, facts: dict[str, str]) -> None:
        """Store ``facts`` by name of procedure. A store that cannot be written keeps none, and they are read again."""
        with contextlib.suppress(sqlite3.Error), self._database:
            self._database.executemany(
                "UPDATE procedures SET facts = ?, facts_stamp = stamp WHERE name = ?",
                [(text, os.fsencode(name)) for name, text in facts.items()],
            )

    def _refresh(self) -> None:
        known = {
            os.fsdecode(name): (str(stamp), str(state))
            for name, stamp, state in self._database.execute("SELECT name, stamp, state FROM procedures")
        }
        here = {folder.name: folder for folder in procedures(self.store)}
        gone = [(os.fsencode(name),) for name in known.keys() - here.keys()]
        changed = list(_changed(here, known))
        if not gone and not changed:
            return
        with self._database:
            self._database.executemany("DELETE FROM procedures WHERE name = ?", gone)
            for folder, stamp in changed:
                self._write(summarise(folder), stamp, signed=_is_signed(folder))

    def _write(self, summary: Summary, stamp: str, *, signed: bool) -> None:
        fields = dataclasses.asdict(summary) | {"name": os.fsencode(summary.name)}
        values = [*(fields[name] for name in _COLUMNS), stamp, signed]
        updates = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS[1:], "stamp", "signed"))
        self._database.execute(
            f"INSERT INTO procedures ({', '.join(_COLUMNS)}, stamp, signed) VALUES ({', '.join('?' * len(values))}) "  # noqa: S608
            f"ON CONFLICT (name) DO UPDATE SET {updates}",
            values,
        )


def _changed(here: dict[str, Path], known: dict[str, tuple[str, str]]) -> Iterator[tuple[Path, str]]:
    """Yield the procedures whose files are not those that their row was made from, each with its present stamp."""
    for name, folder in here.items():
        stamp = _stamp(folder)
        was, state = known.get(name, ("", ""))
        if stamp != was or state in _UNSETTLED:
            yield folder, stamp


def _stamp(folder: Path) -> str:
    """Return what changes whenever a file of ``folder`` does: the name, size and time of each."""
    try:
        with os.scandir(folder) as entries:
            stats = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
    except OSError:
        return "unreadable"
    return "|".join(f"{name!a}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)


def _is_signed(folder: Path) -> bool:
    return any(os.path.lexists(folder / f"{NOTE_NAME}.{ending}") for ending in ("json", "age"))


def _opened(path: Path) -> sqlite3.Connection:
    """Open the index at ``path``; make it anew if it cannot be used, in memory if no file can be written."""
    for _ in range(2):
        with contextlib.suppress(sqlite3.Error, OSError):
            return _made(_private(path))
        with contextlib.suppress(OSError):
            path.unlink()
    return _made(":memory:")


def _private(path: Path) -> str:
    """Create the file at ``path`` for this user alone if there is none. Raises OSError, also where it is a link."""
    if path.is_symlink():
        raise OSError(f"{path} is a symbolic link")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
    return str(path)


def _made(path: str) -> sqlite3.Connection:
    """Return a database with the tables of today. Raises sqlite3.Error, also where it has those of another version."""
    database = sqlite3.connect(path, timeout=_WAIT_S)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError(f"version {version}")
        database.executescript(f"{_TABLES} PRAGMA user_version = {_VERSION};")
        database.execute("SELECT count(*) FROM procedures").fetchone()
    except BaseException:
        database.close()
        raise
    return database
