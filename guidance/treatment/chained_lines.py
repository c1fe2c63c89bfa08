"""The file of a plan: lines that are only added, chained and sealed as the record of a procedure is.

Each line has its number, kind, time, the number of its author and its fields. A line that was cut off while it was
written is set aside before the next one; nothing else is ever changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.errors import UsageError, UserError
from guidance.journal.chain import MAX_LINE_BYTES, ORIGIN, verified_chain, with_chain
from guidance.journal.files import DISK, create_private, lines_of, open_plain, sync_folder, write_all
from guidance.journal.locks import lock_now
from guidance.journal.seal import Seal, read_seal, write_seal

PLAN_NAME = "plan.jsonl"
_TORN_NAME = "torn.bin"
VERSION = 1


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of a plan: ``at`` is its time (RFC 3339), ``author`` the number of a person, None for the program."""

    number: int
    kind: str
    at: str
    author: int | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Walked:
    """What was found in the file: its lines, the chain of the last one, and where the whole lines end."""

    lines: tuple[PlanLine, ...]
    chain: str
    end: int


def create(folder: Path, kind: str, author: int | None, now: datetime, fields: Mapping[str, Any]) -> None:
    """Create the file of a plan in ``folder`` with its first line. Raises UserError; UsageError if there is one."""
    path = folder / PLAN_NAME
    try:
        os.close(create_private(path))
    except FileExistsError:
        raise UsageError(f"There is a plan {folder.name} already; add to it, or name another case label.") from None
    except OSError as fault:
        raise UserError(f"{path} cannot be written ({fault.strerror}).") from None
    append(folder, kind, author, now, {**fields, "version": VERSION})


def append(folder: Path, kind: str, author: int | None, now: datetime, fields: Mapping[str, Any]) -> PlanLine:
    """Add a line to the plan in ``folder``. Raises UserError, also where the file does not hold."""
    path = folder / PLAN_NAME
    with _opened(path, write=True) as file:
        if not lock_now(file.fileno()):
            raise UserError(f"Another program writes to the plan {folder.name}; try again.")
        found = _walked(folder, file)
        _check_order(found.lines, now, folder.name)
        line = PlanLine(len(found.lines) + 1, kind, now.isoformat(timespec="seconds"), author, dict(fields))
        values = {name: getattr(line, name) for name in ("number", "kind", "at", "author", "fields")}
        data, chain = with_chain(found.chain, json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        if len(data) >= MAX_LINE_BYTES:
            raise UsageError("The entry is too long for a plan; put it in a document of its own.")
        try:
            _set_torn_aside(folder, file, found.end)
            write_all(file.fileno(), data)
            DISK.sync(file.fileno())
            write_seal(folder, Seal(line.number, chain, None))
        except OSError as fault:
            raise UserError(f"{path} cannot be written ({fault.strerror}).") from None
    return line


def read(folder: Path) -> tuple[PlanLine, ...]:
    """Read the lines of the plan in ``folder``. Raises UserError where a line was changed, added or lost."""
    with _opened(folder / PLAN_NAME) as file:
        return _walked(folder, file).lines


@contextmanager
def _opened(path: Path, *, write: bool = False) -> Iterator[BinaryIO]:
    try:
        file = open_plain(path, write=write)
    except FileNotFoundError:
        raise UsageError(f"There is no plan {path.parent.name}; 'needle-guidance plan list' shows the plans.") from None
    except OSError as fault:
        raise UserError(f"{path} cannot be read ({fault.strerror}).") from None
    with file:
        yield file


def _walked(folder: Path, file: BinaryIO) -> _Walked:
    """Return the whole lines of ``file``. Raises UserError unless they follow each other and the seal."""
    found, chain, end, sealed_chain = [], ORIGIN, 0, ""
    seal = _seal(folder)
    for number, text in enumerate(lines_of(file, MAX_LINE_BYTES), 1):
        if not text.endswith(b"\n") and len(text) < MAX_LINE_BYTES:
            break
        following = verified_chain(chain, text)
        line = _line(text) if following else None
        if following is None or line is None or line.number != number:
            raise UserError(
                f"The plan {folder.name} does not hold: line {number} was changed, or lines before it were added or "
                "removed. Compare it with your backup; nothing is added to it."
            )
        found.append(line)
        chain, end = following, end + len(text)
        sealed_chain = chain if seal and number == seal.lines else sealed_chain
    if seal is not None and sealed_chain != seal.chain:
        raise UserError(
            f"The plan {folder.name} does not hold: it has {len(found)} lines, and {seal.lines} were sealed. Compare "
            "it with your backup; nothing is added to it."
        )
    if seal is None and len(found) > 1:
        raise UserError(f"The plan {folder.name} was copied in part: its seal is not there. Copy its folder again.")
    return _Walked(tuple(found), chain, end)


def _seal(folder: Path) -> Seal | None:
    try:
        return read_seal(folder)
    except (OSError, ValueError):
        raise UserError(f"The seal of the plan {folder.name} cannot be read; copy its folder again.") from None


def _line(text: bytes) -> PlanLine | None:
    try:
        values = json.loads(text)
        line = PlanLine(*(values[name] for name in ("number", "kind", "at", "author", "fields")))
        datetime.fromisoformat(line.at)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return line if isinstance(line.fields, dict) and isinstance(line.kind, str) else None


def _check_order(lines: tuple[PlanLine, ...], now: datetime, name: str) -> None:
    """Refuse a line that would be older than the last one: the clock of one of the two was wrong."""
    last = datetime.fromisoformat(lines[-1].at) if lines else None
    if last is not None and now.replace(microsecond=0) < last:
        raise UserError(
            f"The plan {name} has a line of {last:%Y-%m-%d %H:%M}, and this computer's clock says "
            f"{now:%Y-%m-%d %H:%M}. Set the clock right, then enter it again."
        )


def _set_torn_aside(folder: Path, file: BinaryIO, end: int) -> None:
    """Move an unfinished last line to a file of its own. Raises OSError."""
    file.seek(end)
    torn = file.read(MAX_LINE_BYTES)
    if torn:
        with (folder / _TORN_NAME).open("ab") as aside:
            aside.write(torn)
        DISK.truncate(file.fileno(), end)
        sync_folder(folder)
    os.lseek(file.fileno(), end, os.SEEK_SET)
