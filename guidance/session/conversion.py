"""Conversion of a recording into another format, and the comparison of what was written with what was read."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import edfio
import numpy as np

from drivers.base import Block, DeviceError, DeviceInfo
from drivers.formats.pulses import pulse_annotations
from drivers.recording import Recording
from guidance.common.errors import UsageError, UserError
from guidance.common.worker import BackgroundWorker
from guidance.export.recording_table import TableText, write_recording_csv, write_recording_parquet
from guidance.export.signal import in_16_bits
from guidance.journal.bdf import pulse_text
from guidance.journal.files import Disk, create_private
from guidance.journal.private_files import refuse_existing
from guidance.journal.signal import Note, SignalFile

ENDINGS = (".bdf", ".edf", ".csv", ".parquet")

_PART = 1 << 16
_WAIT_S = 0.01
_SKIPPED = "BAD_ACQ_SKIP"
"""What marks missing samples; it is written anew, for those that are missing."""
_ROOM = 1.01
"""Range of a channel without one, over its largest value: a value at the very end would count as clipped."""
_BEGAN = datetime(1985, 1, 1).astimezone()
"""Date of converted files: most formats state none, and a date identifies a patient."""


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """What was written into ``path``, and how it differs from what was read.

    ``largest_uv`` is the largest difference of each channel, ``moved_us`` that of any text in time; ``notes`` are
    sentences on the rest.
    """

    path: str
    channels: tuple[str, ...]
    samples: int
    sample_rate_hz: float
    pulses: int
    annotations: int
    largest_uv: tuple[float, ...]
    moved_us: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text at ``at`` samples after the first; ``lasts_s`` where it concerns a time."""

    at: float
    text: str
    lasts_s: float | None = None


class _WaitingWorker(BackgroundWorker[Any]):
    """A worker whose caller waits while too many items do: a file is read faster than one is written."""

    def put(self, item: Any) -> bool:
        while not super().put(item):
            if self.fault is not None:
                return False
            time.sleep(_WAIT_S)
        return True


class _WaitingDisk(Disk):
    worker = _WaitingWorker


def convert(source: str, target: str, options: dict[str, Any]) -> ConversionReport:
    """Write the recording ``source`` into the new file ``target``, whose ending names the format.

    All voltages at the muscle's rate are written, or the channel that ``options`` name; ``options`` are those of
    ``Recording``. The pulses are those that replay takes. Raises DeviceError, UserError and UsageError; then no file
    is left.
    """
    path = Path(target)
    ending = path.suffix.casefold()
    if ending not in ENDINGS:
        raise UsageError(f"{path} ends in none of {', '.join(ENDINGS)}; its ending names the format.")
    refuse_existing(path, "OUT")
    recording = Recording(source, every_channel=options.get("channel") is None, **options)
    replayed, rate_hz = Recording(source, **options), recording.info.sample_rate_hz
    found = _texts(Path(source), replayed, options.get("stim_label"), rate_hz)
    texts = sorted(found, key=lambda each: each.at)
    info = _with_ranges(recording)
    if ending == ".csv":
        _refuse_gaps(recording, path)
    try:
        notes = _write(recording, info, path, texts)
        return _compared(recording, path, texts, notes, pulses=len(replayed.pulses))
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise UserError(f"{path} cannot be written ({fault.strerror or fault}).") from None
    except (UserError, DeviceError, KeyboardInterrupt):
        path.unlink(missing_ok=True)
        raise


def _texts(source: Path, recording: Recording, label: str | None, rate_hz: float) -> Iterator[_Text]:
    """Yield each pulse in this program's words, and each other annotation as it is, in samples at ``rate_hz``."""
    stimuli = {id(each) for each in pulse_annotations(source, recording.annotations, label).annotations}
    ratio = rate_hz / recording.info.sample_rate_hz
    for pulse in recording.pulses:
        yield _Text(pulse.sample * ratio + pulse.offset_ns * rate_hz / 1e9, pulse_text(pulse))
    for each in recording.annotations:
        if id(each) not in stimuli and not each.text.startswith(_SKIPPED):
            yield _Text(each.onset_s * rate_hz, each.text, each.duration_s or None)


def _with_ranges(recording: Recording) -> DeviceInfo:
    """Return the recording's device, with a range for each channel that states none."""
    largest = np.zeros(len(recording.info.channels))
    for block in _blocks(recording):
        largest = np.fmax(largest, np.nanmax(np.abs(block.samples), axis=0, initial=0.0))
    channels = tuple(
        replace(channel, range_uv=max(1.0, float(most) * _ROOM)) if channel.range_uv is None else channel
        for channel, most in zip(recording.info.channels, largest, strict=True)
    )
    return replace(recording.info, channels=channels)


def _refuse_gaps(recording: Recording, path: Path) -> None:
    blocks = list(_blocks(recording))
    if any(block.lost_before or not np.isfinite(block.samples).all() for block in blocks):
        raise UserError(f"The recording has gaps, which a table cannot hold; name {path.stem}.bdf or .parquet instead.")


def _blocks(recording: Recording) -> Iterator[Block]:
    """Yield all samples from the beginning."""
    recording.start()
    while block := recording.take(_PART):
        yield block


def _write(recording: Recording, info: DeviceInfo, path: Path, texts: Sequence[_Text]) -> list[str]:
    """Write the file; return sentences on what it does not hold. Raises OSError and UsageError."""
    ending = path.suffix.casefold()
    if ending == ".bdf":
        return _write_bdf(recording, info, path, texts)
    if ending == ".edf":
        with tempfile.TemporaryDirectory() as folder:
            notes = _write_bdf(recording, info, Path(folder) / "whole.bdf", texts)
            raw = in_16_bits(edfio.read_bdf(Path(folder) / "whole.bdf")).to_bytes()
        with os.fdopen(create_private(path), "wb") as file:
            file.write(raw)
        return notes
    by_sample: dict[int, list[TableText]] = {}
    for each in texts:
        by_sample.setdefault(math.floor(each.at + 0.01), []).append((each.text, each.lasts_s))
    names = [channel.name for channel in info.channels]
    parts = ((block.first_sample, block.samples) for block in _blocks(recording))
    write = write_recording_csv if ending == ".csv" else write_recording_parquet
    write(path, names, info.sample_rate_hz, parts, by_sample)
    return []


def _write_bdf(recording: Recording, info: DeviceInfo, path: Path, texts: Sequence[_Text]) -> list[str]:
    file = SignalFile(path.parent, info, _BEGAN, name=path.name, disk=_WaitingDisk())
    file.start()
    notes = [Note(each.at / info.sample_rate_hz, each.text, each.lasts_s) for each in texts]
    written = 0
    for block in _blocks(recording):
        while written < len(notes) and notes[written].t * info.sample_rate_hz < block.end_sample:
            file.put(notes[written])
            written += 1
        file.put(block)
    for note in notes[written:]:
        file.put(note)
    file.close()
    if file.fault is not None:
        raise file.fault
    return [f"values of '{name}' beyond its range are cut there and annotated" for name in file.beyond_range]


def _compared(
    recording: Recording, path: Path, texts: Sequence[_Text], notes: list[str], pulses: int
) -> ConversionReport:
    """Read the file again, and return how it differs from the recording. Raises UserError where samples are missing."""
    info, rate_hz = recording.info, recording.info.sample_rate_hz
    samples = sum(len(block.samples) for block in _blocks(recording))
    written = Recording(path, every_channel=True)
    largest = _largest_differences(recording, written, path)
    found = sorted((each for each in written.annotations if _is_own(each.text)), key=lambda each: each.onset_s)
    moved_us = _moved_us(texts, [(each.onset_s * written.info.sample_rate_hz, each.text) for each in found], rate_hz)
    changed = len({each.text for each in texts} - {each.text for each in found})
    notes += [f"{changed} annotations are shortened to fit"] if changed else []
    difference = written.info.sample_rate_hz / rate_hz - 1
    notes += [f"the rate is stated as {written.info.sample_rate_hz:.10g} Hz"] if abs(difference) > 1e-9 else []
    return ConversionReport(
        str(path), tuple(channel.name for channel in info.channels), samples, rate_hz, pulses,
        len(texts) - pulses, tuple(float(each) for each in largest), moved_us,
        (*recording.warnings, *notes),
    )  # fmt: skip


def _is_own(text: str) -> bool:
    return not text.startswith((_SKIPPED, "BAD_BEYOND_RANGE"))


def _largest_differences(recording: Recording, written: Recording, path: Path) -> np.ndarray[Any, Any]:
    """Return the largest difference of each channel in microvolts. Raises UserError where samples are missing."""
    largest = np.zeros(len(recording.info.channels))
    again = _blocks(written)
    for block in _blocks(recording):
        other = next(again, None)
        if other is None or (other.first_sample, other.samples.shape) != (block.first_sample, block.samples.shape):
            raise UserError(f"{path} does not hold all samples from sample {block.first_sample} on; it is removed.")
        difference = np.abs(block.samples.astype(np.float64) - other.samples)
        largest = np.fmax(largest, np.nanmax(difference, axis=0, initial=0.0))
    return largest


def _moved_us(texts: Sequence[_Text], found: Sequence[tuple[float, str]], rate_hz: float) -> float:
    """Return by how much a text lies elsewhere at most, in microseconds."""
    pairs = zip(sorted(each.at for each in texts), sorted(at for at, _ in found), strict=False)
    return max((abs(before - after) for before, after in pairs), default=0.0) / rate_hz * 1e6
