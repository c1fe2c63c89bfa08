"""Time in EDF+ and BDF+: time-stamped annotation lists (TALs), onsets of records, and gaps between them.

Layout of a TAL: https://www.edfplus.info/specs/edfplus.html, sections 2.2.2 to 2.2.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.base import DeviceRefused
from drivers.formats.edf_header import EdfLayout
from drivers.formats.loaded import Annotation, Segment, number, printable

_TAL = re.compile(rb"([+-]\d{1,9}(?:\.\d*)?)(?:\x15([\d.]*))?\x14(.*)\x14", re.DOTALL)
_ROUNDING_S = 1e-3
_SKIPPED = "BAD_ACQ_SKIP"
"""MNE's annotation of a time in which nothing was acquired, whatever the samples there are."""


@dataclass(frozen=True, slots=True)
class Tal:
    """Texts of one instant, ``onset_s`` after the header's start time; an empty first text marks a record's onset."""

    onset_s: float
    texts: tuple[str, ...]
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EdfTimeline:
    """Onset of each record (None: not stated) and annotations, in seconds; annotations count from the first sample."""

    onsets_s: tuple[float | None, ...]
    annotations: tuple[Annotation, ...]
    unreadable: int


def parse_tals(raw: bytes) -> tuple[list[Tal], int]:
    """Return the TALs in one record's bytes of an annotation signal, and the number of those that cannot be read."""
    matches = [_TAL.fullmatch(part) for part in raw.split(b"\0") if part]
    tals = [Tal(float(found[1]), _texts(found[3]), _duration_s(found[2])) for found in matches if found]
    return tals, len(matches) - len(tals)


def _duration_s(raw: bytes | None) -> float:
    return number((raw or b"").decode("ascii")) or 0.0


def _texts(raw: bytes) -> tuple[str, ...]:
    return tuple(printable(text.decode("utf-8", "replace")) for text in raw.split(b"\x14"))


def read_timeline(path: Path, layout: EdfLayout) -> EdfTimeline:
    """Read every annotation of the file. Raises OSError."""
    onsets: list[float | None] = []
    written: list[Annotation] = []
    unreadable = 0
    for raws in _annotation_bytes(path, layout):
        parsed = [parse_tals(raw) for raw in raws]
        first = parsed[0][0][:1]
        onsets.append(first[0].onset_s if first and first[0].texts[0] == "" else None)
        written += [
            Annotation(tal.onset_s, text, tal.duration_s)
            for tals, _ in parsed
            for tal in tals
            for text in tal.texts
            if text
        ]
        unreadable += sum(bad for _, bad in parsed)
    start = onsets[0] if onsets and onsets[0] is not None else 0.0
    annotations = [replace(annotation, onset_s=annotation.onset_s - start) for annotation in written]
    return EdfTimeline(tuple(onsets), tuple(sorted(annotations, key=lambda a: a.onset_s)), unreadable)


def _annotation_bytes(path: Path, layout: EdfLayout) -> Iterator[list[bytes]]:
    if not layout.tals:
        return
    with path.open("rb") as file:
        for record in range(layout.records):
            raws = []
            for first, end in layout.tals:
                file.seek(layout.position(record) + first)
                raws.append(file.read(end - first))
            yield raws


def segments(path: Path, layout: EdfLayout, onsets_s: Sequence[float | None], per_record: int) -> tuple[Segment, ...]:
    """Return the segments of the recording, with ``per_record`` samples a record; a gap begins a new segment.

    Onsets have few decimals: a millisecond is not a gap in a file that calls itself contiguous, and not an overlap in
    any file. Raises DeviceRefused where records overlap, or where a file with gaps does not state their onsets.
    """
    found = [Segment(0, 0, 0)]
    for record in range(layout.records):
        missing = _missing_before(path, layout, onsets_s, record, found[-1].end_sample, per_record)
        if missing:
            found.append(Segment(found[-1].end_sample + missing, record * per_record, 0))
        found[-1] = replace(found[-1], samples=found[-1].samples + per_record)
    return tuple(found)


def without_skipped(
    found: Sequence[Segment], annotations: Sequence[Annotation], sample_rate_hz: float
) -> tuple[Segment, ...]:
    """Return ``found`` without the times that ``annotations`` mark as skipped: their samples were not acquired."""
    left = list(found)
    for skip in annotations:
        if skip.text == _SKIPPED:
            first, end = (round(t * sample_rate_hz) for t in (skip.onset_s, skip.onset_s + skip.duration_s))
            if first >= end:
                continue
            left = [part for segment in left for part in _outside(segment, first, end)]
    return tuple(left)


def _outside(segment: Segment, first: int, end: int) -> Iterator[Segment]:
    """Yield the parts of ``segment`` before sample ``first`` and from ``end`` on."""
    for start, stop in (
        (segment.first_sample, min(first, segment.end_sample)),
        (max(end, segment.first_sample), segment.end_sample),
    ):
        if start < stop:
            yield Segment(start, segment.stored_at + start - segment.first_sample, stop - start)


def _missing_before(
    path: Path, layout: EdfLayout, onsets_s: Sequence[float | None], record: int, expected: int, per_record: int
) -> int:
    start, before, onset = (onsets_s[0], onsets_s[record - 1], onsets_s[record]) if onsets_s else (None, None, None)
    if start is None or onset is None or before is None:
        if layout.discontinuous:
            raise _refused(path, record, "does not state when it begins, in a file with gaps")
        return 0
    if record == 0:
        return 0
    jump_s = onset - before - layout.record_duration_s
    if jump_s < -_ROUNDING_S:
        raise _refused(path, record, "begins before the one ahead of it ends")
    if not layout.discontinuous and jump_s <= _ROUNDING_S:
        return 0
    return max(0, round((onset - start) * per_record / layout.record_duration_s) - expected)


def _refused(path: Path, record: int, why: str) -> DeviceRefused:
    return DeviceRefused(f"record {record + 1} of {path} {why}; export the recording again")
