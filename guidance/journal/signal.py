"""The signal of a procedure on disk, ``signal.bdf``: a background worker writes it record by record."""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from drivers.base import Block, DeviceInfo, Samples
from guidance.common.worker import MOST_WAITING
from guidance.journal.bdf import (
    HIGHEST_RANGE_UV,
    RECORD_COUNT_BYTES,
    UNKNOWN_RANGE_UV,
    annotation,
    count_fitting,
    layout_of,
)
from guidance.journal.disk_space import DiskSpace
from guidance.journal.event_log import SYNC_S
from guidance.journal.files import DISK, HANGS_S, Disk
from guidance.journal.flawed_spans import SKIPPED, FlawedSpan, FlawFinder

SIGNAL_NAME = "signal.bdf"

_WIDER = 4.0
"""A range that was too small becomes so many times the largest value: an electrode's offset drifts on."""
_LONGEST_GAP_S = 3600.0
"""A longer gap would fill the disk with zeros; the recording ends instead."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text at ``t`` seconds of the signal, by the device's rate; ``lasts_s`` where it concerns a time."""

    t: float
    text: str
    lasts_s: float | None = None


class SignalFile:
    """A file of blocks and notes. The header counts each record once it is written, so the file is always readable.

    ``put`` never waits for the disk; after an error of the disk, or if it does not keep up, nothing more is written.
    After ``close``, ``digest`` is the SHA-256 of all records followed by the header.
    """

    def __init__(
        self, folder: Path, info: DeviceInfo, began: datetime, *, name: str = SIGNAL_NAME, disk: Disk = DISK
    ) -> None:
        """Begin the file ``name`` in ``folder``. Raises OSError."""
        self._disk = disk
        self._worker = disk.worker(
            "signal to disk", self._take, periodic=self._sync, every_s=SYNC_S, finish=self._finish,
            most_waiting=MOST_WAITING,
        ).watched(HANGS_S)  # fmt: skip
        self._info, self._began = info, began
        self._layout = layout_of(info, began)
        self._flaws = self._new_flaw_finder()
        self.space = DiskSpace(folder, self._layout.record_bytes / self._layout.duration_s)
        self._path = folder / name
        self._fd = disk.create(self._path)
        disk.write(self._fd, self._layout.header_for(0))
        self._room = np.zeros((self._layout.samples, len(info.channels)), np.float32)
        self._filled = self._records = self._next_sample = 0
        self._notes: deque[bytes] = deque()
        self._hash = sha256()
        self.digest: str | None = None

    @property
    def fault(self) -> OSError | None:
        """Why nothing more is written; None if there is no error."""
        return self._worker.fault

    @property
    def beyond_range(self) -> tuple[str, ...]:
        """Channels with values beyond the range of the file, which it holds cut and annotated."""
        return tuple(self._info.channels[column].name for column in sorted(self._flaws.beyond))

    def _new_flaw_finder(self) -> FlawFinder:
        return FlawFinder(self._layout.labels, self._layout.ranges_uv, max(1, round(self._info.sample_rate_hz)))

    def start(self) -> None:
        """Begin to write, items that wait first."""
        self._worker.start()

    def put(self, item: Block | Note) -> None:
        """Queue ``item`` for writing; ignore it after an error."""
        if self.fault is None and not self._worker.put(item):
            self._worker.fail(OSError(errno.EBUSY, "the disk does not keep up"))

    def close(self) -> None:
        """Write the rest and wait until it is on the disk."""
        self._worker.close()

    def _take(self, item: Block | Note) -> None:
        if isinstance(item, Note):
            lasts_s = None if item.lasts_s is None else self._layout.file_s(item.lasts_s)
            self._notes.append(annotation(self._layout.file_s(item.t), item.text, lasts_s))
            return
        if len(item.samples):
            samples = np.where(np.isfinite(item.samples), item.samples, np.float32(np.nan))
            if not self._records:
                self._widen(samples)
            self._skip(item.first_sample - self._next_sample)
            for span in self._flaws.feed(self._next_sample, samples):
                self._annotate(span)
            self._append(samples)

    def _widen(self, samples: Samples) -> None:
        """Widen the range, where the device states none, to hold the first ``samples``; nothing is written yet."""
        largest = np.abs(np.nan_to_num(samples)).max(axis=0)
        wider = [
            channel.range_uv is None and most > UNKNOWN_RANGE_UV
            for channel, most in zip(self._info.channels, largest, strict=True)
        ]
        if not any(wider):
            return
        channels = tuple(
            replace(channel, range_uv=min(_WIDER * float(most), HIGHEST_RANGE_UV)) if is_wider else channel
            for channel, most, is_wider in zip(self._info.channels, largest, wider, strict=True)
        )
        self._info = replace(self._info, channels=channels)
        self._layout = layout_of(self._info, self._began)
        self._flaws = self._new_flaw_finder()
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._disk.write(self._fd, self._layout.header_for(0))

    def _annotate(self, span: FlawedSpan) -> None:
        first_s, stop_s = (
            self._layout.file_s(sample / self._layout.sample_rate_hz) for sample in (span.first, span.stop)
        )
        self._notes.append(annotation(first_s, span.text, stop_s - first_s))

    def _skip(self, missing: int) -> None:
        """Write ``missing`` samples as an annotated gap. Raises OSError if the gap is too long."""
        if missing <= 0:
            return
        lasts_s = missing / self._layout.sample_rate_hz
        if lasts_s > _LONGEST_GAP_S:
            raise OSError(errno.EFBIG, f"a gap of {lasts_s:.0f} s is too long to be recorded")
        for span in self._flaws.close(self._next_sample):
            self._annotate(span)
        self._annotate(FlawedSpan(self._next_sample, self._next_sample + missing, SKIPPED))
        nothing = np.zeros_like(self._room)
        while missing:
            part = min(missing, len(nothing))
            self._append(nothing[:part])
            missing -= part

    def _append(self, samples: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
        self._next_sample += len(samples)
        while len(samples):
            part = samples[: len(self._room) - self._filled]
            self._room[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            samples = samples[len(part) :]
            if self._filled == len(self._room):
                self._write()

    def _write(self) -> None:
        """Write the full record, then count it in the header."""
        count = count_fitting(list(self._notes), self._layout.room)
        notes = b"".join(self._notes.popleft() for _ in range(count))
        record = self._layout.record(self._room, self._records, notes)
        self._disk.write(self._fd, record)
        self._hash.update(record)
        self._records += 1
        self._filled = 0
        self._count()

    def _count(self) -> None:
        os.lseek(self._fd, RECORD_COUNT_BYTES.start, os.SEEK_SET)
        self._disk.write(self._fd, f"{self._records:<8}".encode())
        os.lseek(self._fd, 0, os.SEEK_END)

    def _sync(self) -> None:
        size = self._disk.size(self._path, self._fd)
        if size is None or size < len(self._layout.header) + self._records * self._layout.record_bytes:
            raise OSError(errno.ENOENT, "the file was deleted, moved or cut while it was written")
        self._disk.sync(self._fd)
        self.space.measure()

    def _fill_up(self) -> None:
        """Fill the last record, and annotate from where on it has no samples."""
        for span in self._flaws.close(self._next_sample):
            self._annotate(span)
        while self._filled or self._notes:
            self._skip(len(self._room) - self._filled)

    def _finish(self) -> None:
        """Close the file, and delete it if it has no record: it could not be read."""
        try:
            if self.fault is None:
                self._fill_up()
                self._disk.sync(self._fd)
        finally:
            with contextlib.suppress(OSError):  # a full disk may have taken part of a record
                self._disk.truncate(self._fd, len(self._layout.header) + self._records * self._layout.record_bytes)
            os.close(self._fd)
        if not self._records:
            self._path.unlink(missing_ok=True)
        elif self.fault is None:
            self._hash.update(self._layout.header_for(self._records))
            self.digest = self._hash.hexdigest()
