"""Verification of a record: each line is checked against the chain, and the result against the seal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from guidance.journal.chain import MAX_LINE_BYTES, ORIGIN, verified_chain
from guidance.journal.event_log import END, EVENTS_NAME
from guidance.journal.files import lines_of, open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import read_seal, signal_digest
from guidance.journal.signal import SIGNAL_NAME


class RecordState(StrEnum):
    """State of a record."""

    WHOLE = "whole"
    RUNNING = "running"
    EMPTY = "empty"
    CUT_OFF = "cut off"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a verification.

    The first ``lines`` are intact, up to byte ``end``; ``chain`` is that of the last of them. ``torn`` bytes of an
    unfinished line follow. ``ended``: the stream is closed; ``sealed``: a seal matches its lines. ``why`` explains the
    state.
    """

    state: RecordState
    why: str = ""
    lines: int = 0
    chain: str = ORIGIN
    end: int = 0
    torn: int = 0
    ended: bool = False
    sealed: bool = False

    @property
    def is_intact(self) -> bool:
        """Whether the record shows no change and no missing part."""
        return self.state in {RecordState.WHOLE, RecordState.RUNNING, RecordState.EMPTY}


def verify(folder: Path) -> Verdict:
    """Verify the record in ``folder``. Raises nothing, whatever the folder contains."""
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            running = in_use(file.fileno())
            verdict = walk(file)
    except OSError as fault:
        return Verdict(RecordState.BROKEN, f"{EVENTS_NAME} cannot be read ({fault.strerror})")
    if verdict.state is RecordState.BROKEN:
        return verdict
    if running:
        return replace(
            verdict, state=RecordState.RUNNING, why=f"still being recorded; {_count(verdict.lines)} so far, all intact"
        )
    return _compared_with_seal(folder, verdict)


def walk(file: BinaryIO) -> Verdict:
    """Check the lines of ``file`` until one does not follow the line before it, or is not finished."""
    lines, chain, end, ended = 0, ORIGIN, 0, False
    for line in lines_of(file, MAX_LINE_BYTES):
        if not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
            return Verdict(RecordState.CUT_OFF, "", lines, chain, end, torn=len(line), ended=ended)
        following = verified_chain(chain, line)
        if following is None or ended:
            why = f"line {lines + 1} is broken: {_line_fault(line, ended=ended)}"
            return Verdict(RecordState.BROKEN, why, lines, chain, end, ended=ended)
        lines, chain, end, ended = lines + 1, following, end + len(line), line.startswith(END)
    return Verdict(RecordState.CUT_OFF, "", lines, chain, end, ended=ended)


def _line_fault(line: bytes, *, ended: bool) -> str:
    if len(line) >= MAX_LINE_BYTES:
        return f"it is longer than any record ({MAX_LINE_BYTES} bytes)"
    if ended:
        return "it follows the end of the record"
    return "this line was changed, or lines before it were added or removed"


def _compared_with_seal(folder: Path, verdict: Verdict) -> Verdict:
    try:
        seal = read_seal(folder)
    except (OSError, ValueError) as fault:
        return replace(verdict, state=RecordState.BROKEN, why=f"the seal cannot be read ({_reason(fault)})")
    if seal is None:
        return _unsealed(verdict)
    if (seal.lines, seal.chain) != (verdict.lines, verdict.chain):
        why = f"{_count(verdict.lines)} found, but {seal.lines} were sealed: the end of the record was changed"
        return replace(verdict, state=RecordState.BROKEN, why=why)
    changed = _signal_fault(folder, seal.signal)
    if changed:
        return replace(verdict, state=RecordState.BROKEN, sealed=True, why=changed)
    intact = "and the signal are intact" if seal.signal else "are intact; the signal was not sealed"
    return replace(verdict, state=RecordState.WHOLE, sealed=True, why=f"{_count(verdict.lines)} {intact}")


def _unsealed(verdict: Verdict) -> Verdict:
    if not verdict.lines and not verdict.torn:
        return replace(verdict, state=RecordState.EMPTY, why="nothing was recorded")
    torn = f", and {verdict.torn} bytes of an unfinished line follow" if verdict.torn else ""
    intact = f"{_count(verdict.lines)} {'is' if verdict.lines == 1 else 'are'} intact{torn}"
    return replace(verdict, why=f"{intact}; 'procedures recover' completes the record")


def _signal_fault(folder: Path, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    try:
        digest = signal_digest(folder / SIGNAL_NAME)
    except OSError as fault:
        return f"{SIGNAL_NAME} cannot be read ({fault.strerror})"
    return None if digest == sealed else f"{SIGNAL_NAME} was changed after it was sealed"


def _count(lines: int) -> str:
    return f"{lines} lines" if lines != 1 else "1 line"


def _reason(fault: OSError | ValueError) -> str:
    return (fault.strerror or "") if isinstance(fault, OSError) else "it is damaged"
