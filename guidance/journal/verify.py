"""Does a procedure's record hold? The chain is walked from its first line to its last, and held against the seal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from guidance.journal.chain import MAX_LINE_BYTES, ORIGIN, verified_chain
from guidance.journal.event_log import END, EVENTS_NAME
from guidance.journal.files import lines_of, open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import seal_of, signal_digest
from guidance.journal.signal import SIGNAL_NAME


class RecordState(StrEnum):
    """How a record stands."""

    WHOLE = "whole"
    RUNNING = "running"
    EMPTY = "empty"
    CUT_OFF = "cut off"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: ``lines`` hold, up to byte ``end``, and ``chain`` is that of the last; ``torn`` bytes of a line
    that was never finished follow. ``why`` says it in words.
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
    def holds(self) -> bool:
        """Whether nothing was changed or is missing, as far as the record itself can tell."""
        return self.state in {RecordState.WHOLE, RecordState.RUNNING, RecordState.EMPTY}


def verify(folder: Path) -> Verdict:
    """What became of the record in ``folder``; whatever is there, it raises nothing."""
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
            verdict, state=RecordState.RUNNING, why=f"still being recorded; {_count(verdict.lines)} so far, all hold"
        )
    return _compared_with_seal(folder, verdict)


def walk(file: BinaryIO) -> Verdict:
    """The lines of ``file`` as far as each follows from the one before; what is left is torn, or breaks the chain."""
    verdict = Verdict(RecordState.CUT_OFF)
    for line in lines_of(file, MAX_LINE_BYTES):
        number = verdict.lines + 1
        if not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
            return replace(verdict, torn=len(line))
        chain = verified_chain(verdict.chain, line)
        if chain is None or verdict.ended:
            return replace(
                verdict, state=RecordState.BROKEN, why=f"line {number} is broken: {_line_fault(line, verdict)}"
            )
        verdict = replace(verdict, lines=number, chain=chain, end=verdict.end + len(line), ended=line.startswith(END))
    return verdict


def _line_fault(line: bytes, before: Verdict) -> str:
    if len(line) >= MAX_LINE_BYTES:
        return f"it is longer than any record ({MAX_LINE_BYTES} bytes)"
    if before.ended:
        return "it stands after the end"
    return "it, or what stood before it, was changed or is missing"


def _compared_with_seal(folder: Path, verdict: Verdict) -> Verdict:
    try:
        seal = seal_of(folder)
    except (OSError, ValueError) as fault:
        return replace(verdict, state=RecordState.BROKEN, why=f"the seal cannot be read ({_reason(fault)})")
    if seal is None:
        return _unsealed(verdict)
    if (seal.lines, seal.chain) != (verdict.lines, verdict.chain):
        why = f"{_count(verdict.lines)} hold, but {seal.lines} were sealed; line {verdict.lines + 1} is not as it was"
        return replace(verdict, state=RecordState.BROKEN, why=why)
    changed = _signal_fault(folder, seal.signal)
    if changed:
        return replace(verdict, state=RecordState.BROKEN, sealed=True, why=changed)
    signal = "and so does the signal" if seal.signal else "the signal was not sealed"
    return replace(verdict, state=RecordState.WHOLE, sealed=True, why=f"{_count(verdict.lines)} hold, {signal}")


def _unsealed(verdict: Verdict) -> Verdict:
    if not verdict.lines and not verdict.torn:
        return replace(verdict, state=RecordState.EMPTY, why="nothing was recorded")
    torn = f" and {verdict.torn} bytes of one that was not finished" if verdict.torn else ""
    return replace(verdict, why=f"{_count(verdict.lines)} hold{torn}; recover puts it in order")


def _signal_fault(folder: Path, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    try:
        digest = signal_digest(folder / SIGNAL_NAME)
    except OSError as fault:
        return f"{SIGNAL_NAME} cannot be read ({fault.strerror})"
    return None if digest == sealed else f"{SIGNAL_NAME} is not as it was sealed"


def _count(lines: int) -> str:
    return f"{lines} lines" if lines != 1 else "1 line"


def _reason(fault: OSError | ValueError) -> str:
    return (fault.strerror or "") if isinstance(fault, OSError) else "it is damaged"
