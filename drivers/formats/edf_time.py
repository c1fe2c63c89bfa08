"""Time in EDF+ and BDF+: time-stamped annotation lists (TALs), onsets of records, and gaps between them.

Layout of a TAL: https://www.edfplus.info/specs/edfplus.html, sections 2.2.2 to 2.2.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.edf_header import EdfLayout
from drivers.formats.loaded import Annotation, Segment, Values, number, printable

_TAL = re.compile(rb"([+-]\d{1,9}(?:\.\d*)?)(?:\x15([\d.]*))?\x14(.*)\x14", re.DOTALL)
_ROUNDING_S = 1e-3
"""Onsets are often written in milliseconds."""
_FLOAT_S = 1e-9
"""Rounding of this program's own arithmetic in recordings of days."""
_CLOCK_SHARE = 0.01
"""Two clocks of recorders differ by less than so much; a larger difference is a gap or a false header."""
SKIPPED = "BAD_ACQ_SKIP"
"""MNE's annotation of a time in which nothing was acquired, whatever the samples there are."""


@dataclass(frozen=True, slots=True)
class Tal:
    """Texts of one instant, ``onset_s`` after the header's start time; an empty first text marks a record's onset.

    ``step_s`` is the last decimal that the onset was written with.
    """

    onset_s: float
    texts: tuple[str, ...]
    duration_s: float = 0.0
    step_s: float = 1.0


@dataclass(frozen=True, slots=True)
class EdfTimeline:
    """Onset of each record (None: not stated) and annotations, in seconds after the header's start time.

    ``step_s`` is the last decimal of the onsets.
    """

    onsets_s: tuple[float | None, ...]
    annotations: tuple[Annotation, ...]
    unreadable: int
    step_s: float


@dataclass(frozen=True, slots=True)
class RecordClock:
    """Sample numbers of instants: the records' own time stamps say where an annotation lies.

    ``starts_s`` (records,) are times at which records begin, ``samples`` (records,) their first samples; ``per_s`` is
    the header's sampling rate. ``period_s`` is the usual time from record to record.
    """

    starts_s: Values
    samples: Values
    per_s: float
    period_s: float

    def sample(self, onset_s: float) -> float:
        """Return the position, in samples after the first, of ``onset_s`` after the header's start time."""
        record = max(0, int(np.searchsorted(self.starts_s, onset_s, side="right")) - 1)
        return float(self.samples[record] + (onset_s - self.starts_s[record]) * self.per_s)

    def placed(self, annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
        """Return ``annotations`` with their onsets in seconds after the first sample, by the header's rate."""
        found = [replace(each, onset_s=self.sample(each.onset_s) / self.per_s) for each in annotations]
        return tuple(sorted(found, key=lambda each: each.onset_s))


def parse_tals(raw: bytes) -> tuple[list[Tal], int]:
    """Return the TALs in one record's bytes of an annotation signal, and the number of those that cannot be read."""
    matches = [_TAL.fullmatch(part) for part in raw.split(b"\0") if part]
    tals = [
        Tal(float(found[1]), _texts(found[3]), _duration_s(found[2]), _step_s(found[1])) for found in matches if found
    ]
    return tals, len(matches) - len(tals)


def _duration_s(raw: bytes | None) -> float:
    return number((raw or b"").decode("ascii")) or 0.0


def _step_s(onset: bytes) -> float:
    return float(10.0 ** -len(onset.partition(b".")[2]))


def _texts(raw: bytes) -> tuple[str, ...]:
    return tuple(printable(text.decode("utf-8", "replace")) for text in raw.split(b"\x14"))


def read_timeline(path: Path, layout: EdfLayout) -> EdfTimeline:
    """Read every annotation of the file. Raises OSError."""
    onsets: list[float | None] = []
    written: list[Annotation] = []
    unreadable, step_s = 0, 1.0
    for raws in _annotation_bytes(path, layout):
        parsed = [parse_tals(raw) for raw in raws]
        first = parsed[0][0][:1]
        stamp = first[0] if first and first[0].texts[0] == "" else None
        onsets.append(stamp.onset_s if stamp else None)
        step_s = min(step_s, stamp.step_s) if stamp else step_s
        written += [
            Annotation(tal.onset_s, text, tal.duration_s)
            for tals, _ in parsed
            for tal in tals
            for text in tal.texts
            if text
        ]
        unreadable += sum(bad for _, bad in parsed)
    return EdfTimeline(tuple(onsets), tuple(written), unreadable, step_s)


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
    period_s = _period_s(layout, onsets_s)
    for record in range(layout.records):
        missing = _missing_before(path, layout, onsets_s, record, found[-1].end_sample, per_record, period_s)
        if missing:
            found.append(Segment(found[-1].end_sample + missing, record * per_record, 0))
        found[-1] = replace(found[-1], samples=found[-1].samples + per_record)
    return tuple(found)


def _period_s(layout: EdfLayout, onsets_s: Sequence[float | None]) -> float:
    """Return the usual time from record to record: the header's, or that of another clock in a contiguous file.

    Records of a recorder with a clock of its own begin a little earlier or later than the header's duration says.
    """
    known = [onset for onset in onsets_s if onset is not None]
    if layout.discontinuous or len(known) < max(2, len(onsets_s)):
        return layout.record_duration_s
    period_s = float(np.median(np.diff(known)))
    difference_s = abs(period_s - layout.record_duration_s)
    is_another = _ROUNDING_S < difference_s < _CLOCK_SHARE * layout.record_duration_s
    return period_s if is_another else layout.record_duration_s


def record_clock(layout: EdfLayout, timeline: EdfTimeline, found: Sequence[Segment], per_record: int) -> RecordClock:
    """Return where instants lie among the samples, for the segments ``found``.

    Where the time stamps agree with the header's duration to the last decimal that recorders write, or with another
    steady clock, that clock counts; else each stamp counts as it is.
    """
    per_s = per_record / layout.record_duration_s
    samples = _first_samples(layout, found, per_record)
    known = np.array([np.nan if onset is None else onset for onset in timeline.onsets_s])
    rounding_s = 1.01 * min(timeline.step_s, _ROUNDING_S) + _FLOAT_S
    if not len(known) or np.isnan(known[0]):
        return RecordClock(samples / per_s, samples, per_s, layout.record_duration_s)
    even_s = known[0] + samples / per_s
    stamped = ~np.isnan(known)
    if np.abs(known - even_s)[stamped].max() <= rounding_s:
        return RecordClock(even_s, samples, per_s, layout.record_duration_s)
    starts_s = np.where(stamped, known, even_s)
    steady_s = np.polynomial.Polynomial.fit(samples[stamped], known[stamped], 1)(samples)
    if len(found) == 1 and np.abs(steady_s - known)[stamped].max() <= rounding_s:
        starts_s = steady_s
    return RecordClock(np.maximum.accumulate(starts_s), samples, per_s, float(np.median(np.diff(starts_s))))


def _first_samples(layout: EdfLayout, found: Sequence[Segment], per_record: int) -> Values:
    """Return the first sample of each record (records,)."""
    stored = np.arange(layout.records) * per_record
    which = np.searchsorted([segment.stored_at for segment in found], stored, side="right") - 1
    shifts = np.array([segment.first_sample - segment.stored_at for segment in found])
    return np.asarray(stored + shifts[which], np.float64)


def without_skipped(
    found: Sequence[Segment], annotations: Sequence[Annotation], sample_rate_hz: float
) -> tuple[Segment, ...]:
    """Return ``found`` without the times that ``annotations`` mark as skipped: their samples were not acquired."""
    left = list(found)
    for skip in annotations:
        if skip.text == SKIPPED:
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
    path: Path, layout: EdfLayout, onsets_s: Sequence[float | None], record: int, expected: int, per_record: int,
    period_s: float,
) -> int:  # fmt: skip
    start, before, onset = (onsets_s[0], onsets_s[record - 1], onsets_s[record]) if onsets_s else (None, None, None)
    if start is None or onset is None or before is None:
        if layout.discontinuous:
            raise _refused(path, record, "does not state when it begins, in a file with gaps")
        return 0
    if record == 0:
        return 0
    jump_s = onset - before - period_s
    if jump_s < -_ROUNDING_S:
        raise _refused(path, record, "begins before the one ahead of it ends")
    if not layout.discontinuous:
        return 0 if jump_s <= _ROUNDING_S else round(jump_s * per_record / layout.record_duration_s)
    return max(0, round((onset - start) * per_record / layout.record_duration_s) - expected)


def _refused(path: Path, record: int, why: str) -> DeviceRefused:
    return DeviceRefused(f"record {record + 1} of {path} {why}; export the recording again")
