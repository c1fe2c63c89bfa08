"""EDF, EDF+, BDF and BDF+ files, decoded by edfio a few records at a time.

edfio corrects a header that does not match its file with a warning only, and loads a whole BDF file at once. So it gets
only whole records, under a header that matches them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, ChannelKind, DeviceLost, DeviceRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.edf_header import EdfLayout, read_layout
from drivers.formats.edf_time import (
    SKIPPED,
    EdfTimeline,
    RecordClock,
    read_timeline,
    record_clock,
    segments,
    without_skipped,
)
from drivers.formats.loaded import (
    HIGHEST_UV,
    PAGE_VALUES,
    Annotation,
    FileOptions,
    LoadedFile,
    SamplePage,
    Segment,
    Values,
    channel_names,
    check_sample_rate,
    microvolts_per,
)
from drivers.formats.trigger import TriggerLine, trigger_annotations

EdfioSignal = edfio.EdfSignal | edfio.BdfSignal

_DRIFT_S = 1e-3
"""Two clocks that differ by less at the end of the recording are not worth a sentence."""
_STATUS_BITS = 0xFFFF
"""The trigger input; the bits above are BioSemi's own (https://www.biosemi.com/faq/trigger_signals.htm)."""
_CODES = {"EDF": (-(2**15), 2**15 - 1), "BDF": (-(2**23), 2**23 - 1)}


@dataclass(frozen=True, slots=True)
class ChannelCalibration:
    """Conversion of codes to microvolts: ``zero_uv`` at code 0, ``gain_uv`` a code; clipped at ``low`` and ``high``."""

    gain_uv: float
    zero_uv: float
    low: int
    high: int
    range_uv: float

    def microvolts(self, codes: NDArray[np.integer]) -> NDArray[np.float64]:
        """Convert ``codes``. One beyond the range that the header states is taken at its end: what it stands for is
        not known, and where a damaged header states a range of few codes it would be a million volts.
        """
        known: NDArray[np.float64] = np.clip(codes, self.low, self.high).astype(np.float64)
        return known * self.gain_uv + self.zero_uv


@dataclass(frozen=True, slots=True)
class ChannelHole:
    """Samples of one played channel, among those stored, that were not acquired."""

    column: int
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class _RecordPages:
    path: Path
    layout: EdfLayout
    chosen: tuple[int, ...]
    calibrations: tuple[ChannelCalibration, ...]
    records_a_page: int
    holes: tuple[ChannelHole, ...]

    def page(self, index: int) -> SamplePage:
        first = index * self.records_a_page
        signals = _signals(self.path, self.layout, first, min(self.records_a_page, self.layout.records - first))
        columns = [signals[i].digital for i in self.chosen]
        pairs = list(zip(self.calibrations, columns, strict=True))
        uv = np.stack([c.microvolts(codes) for c, codes in pairs], 1)
        start = first * signals[self.chosen[0]].samples_per_data_record
        for hole in self.holes:
            uv[max(hole.first - start, 0) : max(hole.stop - start, 0), hole.column] = np.nan
        return uv.astype(np.float32), np.stack([(codes <= c.low) | (codes >= c.high) for c, codes in pairs], 1)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open an EDF or BDF file. Raises OSError, and DeviceRefused where it is damaged or has no channel to play."""
    layout = read_layout(path)
    signals = _signals(path, layout, 0, 1)
    names = channel_names([signal.label for signal in signals])
    candidates = [
        ChannelCandidate(name, signal.physical_dimension.strip(), signal.sampling_frequency)
        for name, signal in zip(names, signals, strict=True)
    ]
    choice = choose_channels(path, candidates, options)
    chosen = choice.indices
    sample_rate_hz = check_sample_rate(path, candidates[chosen[0]].sample_rate_hz)
    calibrations = tuple(calibrate(path, names[i], signals[i], layout.family) for i in chosen)
    per_record = signals[chosen[0]].samples_per_data_record
    records_a_page = max(1, PAGE_VALUES // sum(layout.samples))
    timeline = read_timeline(path, layout)
    written = segments(path, layout, timeline.onsets_s, per_record)
    clock = record_clock(layout, timeline, written, per_record)
    annotations = clock.placed(timeline.annotations)
    left = {i: each for i, each in enumerate(candidates) if i not in chosen and each.holds is ChannelKind.TRIGGER}
    counts = {i: signals[i].samples_per_data_record for i in left}
    lines = list(_trigger_lines(path, layout, left, counts, written, per_record))
    triggered, notes = trigger_annotations(path, lines, annotations)
    annotations = tuple(sorted([*annotations, *triggered], key=lambda each: each.onset_s))
    found = without_skipped(written, annotations, sample_rate_hz)
    holes = tuple(_holes([signals[i].label for i in chosen], annotations, written, sample_rate_hz))
    if not found:
        raise DeviceRefused(f"{path} marks all of its signal as not acquired, so there is nothing to play")
    return LoadedFile(
        model=f"{layout.family}{'+' if layout.plus else ''} recording",
        sample_rate_hz=sample_rate_hz,
        channels=tuple(Channel(names[i], c.range_uv) for i, c in zip(chosen, calibrations, strict=True)),
        segments=found,
        page_samples=records_a_page * per_record,
        page=_RecordPages(path, layout, chosen, calibrations, records_a_page, holes).page,
        annotations=annotations,
        warnings=layout.warnings + _time_warnings(path, layout, timeline, written, clock) + choice.notes + notes,
    )


def _trigger_lines(
    path: Path,
    layout: EdfLayout,
    left: dict[int, ChannelCandidate],
    counts: dict[int, int],
    written: Sequence[Segment],
    per_record: int,
) -> Iterator[TriggerLine]:
    """Yield the trigger lines ``left``, by their place; ``counts`` are their samples a record, for their own rates."""
    rate_hz = per_record / layout.record_duration_s

    def position(stored: int, samples: int) -> float:
        played = stored * per_record / samples
        part = max((each for each in written if each.stored_at <= played), key=lambda each: each.stored_at)
        return (part.first_sample + played - part.stored_at) / rate_hz

    for index, candidate in left.items():
        is_status = layout.family == "BDF" and candidate.name.casefold() == "status"
        yield TriggerLine(
            candidate.name,
            partial(_line, path, layout, index, is_status),
            partial(position, samples=counts[index]),
            is_coded=not candidate.is_voltage,
        )


def _line(path: Path, layout: EdfLayout, index: int, is_status: bool) -> Values:
    """Return the values of one channel (samples,); of BioSemi's Status the bits of its trigger input."""
    at_once = max(1, PAGE_VALUES // sum(layout.samples))
    parts = []
    for first in range(0, layout.records, at_once):
        signal = _signals(path, layout, first, min(at_once, layout.records - first))[index]
        parts.append(signal.digital.astype(np.int64) & _STATUS_BITS if is_status else signal.data)
    return np.concatenate(parts).astype(np.float64)


def _holes(
    labels: Sequence[str], annotations: Sequence[Annotation], written: Sequence[Segment], sample_rate_hz: float
) -> Iterator[ChannelHole]:
    """Yield what annotations such as ``BAD_ACQ_SKIP@@EMG 1`` (MNE's form) leave out of one channel."""
    for annotation in annotations:
        text, _, label = annotation.text.partition("@@")
        if text != SKIPPED or label not in labels:
            continue
        first, stop = (
            round(t * sample_rate_hz) for t in (annotation.onset_s, annotation.onset_s + annotation.duration_s)
        )
        for segment in written:
            low, high = max(first, segment.first_sample), min(stop, segment.end_sample)
            if low < high:
                shift = segment.stored_at - segment.first_sample
                yield ChannelHole(labels.index(label), low + shift, high + shift)


def _signals(path: Path, layout: EdfLayout, first: int, records: int) -> Sequence[EdfioSignal]:
    with path.open("rb") as file:
        file.seek(layout.position(first))
        data = file.read(records * layout.record_bytes)
    if len(data) < records * layout.record_bytes:
        raise DeviceLost(f"{path} has become shorter while it was played; close it and start again")
    read = edfio.read_bdf if layout.family == "BDF" else edfio.read_edf
    return read(layout.header_for(records) + data, header_encoding=_encoding(layout.header)).signals


def _encoding(header: bytes) -> str:
    try:
        header[8:].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def calibrate(path: Path, name: str, signal: EdfioSignal, family: str) -> ChannelCalibration:
    """Calibrate a voltage by the ranges in the header. Raises DeviceRefused where they allow no calibration."""
    try:
        digital, physical = signal.digital_range, signal.physical_range
    except ValueError as error:
        raise _uncalibrated(path, name, "is not given in numbers") from error
    unit_uv = microvolts_per(signal.physical_dimension.strip()) or 0.0
    low_uv, high_uv = physical.min * unit_uv, physical.max * unit_uv
    if digital.min == digital.max or physical.min == physical.max:
        raise _uncalibrated(path, name, "is empty: its minimum is its maximum")
    if not (abs(low_uv) <= HIGHEST_UV and abs(high_uv) <= HIGHEST_UV):
        raise _uncalibrated(path, name, f"of {low_uv:g} to {high_uv:g} uV cannot be true")
    lowest, highest = _CODES[family]
    gain_uv = (high_uv - low_uv) / (digital.max - digital.min)
    return ChannelCalibration(
        gain_uv=gain_uv,
        zero_uv=low_uv - digital.min * gain_uv,
        low=max(lowest, min(digital)),
        high=min(highest, max(digital)),
        range_uv=max(abs(low_uv), abs(high_uv)),
    )


def _uncalibrated(path: Path, name: str, why: str) -> DeviceRefused:
    return DeviceRefused(f"the range of channel '{name}' of {path} {why}; choose another by --channel")


def _time_warnings(
    path: Path, layout: EdfLayout, timeline: EdfTimeline, found: Sequence[Segment], clock: RecordClock
) -> tuple[str, ...]:
    warnings = []
    if timeline.unreadable:
        warnings.append(f"annotations of {path} that cannot be read ({timeline.unreadable}) are left out")
    if len(found) > 1 and not layout.discontinuous:
        warnings.append(f"{path} calls itself contiguous but has gaps ({len(found) - 1}), which are kept")
    drift_s = abs(clock.period_s - layout.record_duration_s) * layout.records
    if drift_s > _DRIFT_S and not layout.discontinuous:
        warnings.append(
            f"the records of {path} begin every {clock.period_s:.7g} s, not every {layout.record_duration_s:g} s as "
            "its header states; annotations are placed by the records' own times"
        )
    return tuple(warnings)
