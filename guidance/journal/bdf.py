"""BDF+ data records (24 bit), written one by one; edfio makes the header.

No library appends to a BDF+ file together with its annotations: edfio writes whole files, and edflib (pyedflib) writes
annotations at the end. Layout of a record: https://www.edfplus.info/specs/edfplus.html, sections 2.1 and
2.2, and https://www.biosemi.com/faq/file_format.htm.

Missing samples are written as 0 uV and annotated ``BAD_ACQ_SKIP`` with their duration: edflib does not open
discontinuous files (BDF+D), and MNE leaves out parts with that annotation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import edfio
import numpy as np

from drivers.base import DeviceInfo, Outcome, Pulse, Samples
from guidance.common.text import one_line
from guidance.journal.edf_labels import edf_labels

UNKNOWN_RANGE_UV = 1_000_000.0
"""Full scale in uV for an input range that is not known: a step of 24 bits is then 0.12 uV, well below the noise of any
amplifier, and electrode offsets of DC-coupled boards (up to 150 mV seen) fit.
"""
UNKNOWN_RANGES_UV = (UNKNOWN_RANGE_UV, 100_000.0)
"""What stands in files for a range that is not known; the second in those of version 0.1."""

RECORD_COUNT_BYTES = slice(236, 244)
"""Place of the number of records in the header."""

HEADER_SIGNAL_BYTES = 256

_SAMPLES_FIELD = 216
_YEARS = range(1985, 2085)
"""Years that the format can write; a computer whose clock battery is empty may have another."""
_MAX_CODE = (1 << 23) - 1
HIGHEST_RANGE_UV = 9_999_990.0
"""Largest full scale that the header's eight characters hold: 10 V."""
_RECORD_S = (0.08, 1.0)
"""Shortest and longest record: a short one loses little in a power cut."""
_USUAL_RECORD_S = 0.1
_EXACT = 1e-9
"""A rate that the header states so exactly is off by 4 us in an hour: less than a sample of any amplifier."""
_US = 1_000_000
_NOTES_BYTES = 480
"""Annotations of a record: two of the longest texts, with their times; further ones go to the next record."""
_TIMEKEEPING_BYTES = 32
"""More than the annotation of a record's own time needs, for any duration."""
_MAX_TEXT_BYTES = 160
"""Longer texts are cut; the event stream has them whole."""


@dataclass(frozen=True, slots=True, eq=False)
class BdfLayout:
    """Layout of a file.

    Each record has ``samples`` per channel, lasts ``duration_us`` microseconds, which eight characters of the header
    hold exactly, and has ``notes_bytes`` for annotations; ``ranges_uv`` is the full scale of each channel and
    ``labels`` their labels. ``header`` counts no record yet. The time of the file is that of its records: sample
    ``n`` lies at ``n * duration_us / samples``, whatever the device's rate.
    """

    sample_rate_hz: float
    samples: int
    duration_us: int
    ranges_uv: tuple[float, ...]
    labels: tuple[str, ...]
    notes_bytes: int
    header: bytes

    @property
    def duration_s(self) -> float:
        """Length of a record in seconds of the file."""
        return self.duration_us / _US

    def file_s(self, t: float) -> float:
        """Return the second of the file for second ``t`` of the device."""
        return t * self.sample_rate_hz * self.duration_us / (self.samples * _US)

    @property
    def record_bytes(self) -> int:
        """Bytes of one data record."""
        return 3 * self.samples * len(self.ranges_uv) + self.notes_bytes

    def header_for(self, records: int) -> bytes:
        """Return the header of a file with this number of ``records``."""
        return (
            self.header[: RECORD_COUNT_BYTES.start] + f"{records:<8}".encode() + self.header[RECORD_COUNT_BYTES.stop :]
        )

    def record(self, samples: Samples, number: int, notes: bytes) -> bytes:
        """Encode data record ``number`` (from 0).

        ``samples`` has the shape (samples, channels), in uV; ``notes`` are annotations from ``annotation``. A value
        that is no number is written as 0, and one beyond the range as its end: ``SignalFile`` annotates both.
        """
        full_scale = np.array(self.ranges_uv) / _MAX_CODE
        codes = np.where(np.isnan(samples), 0.0, np.rint(samples / full_scale))
        codes = np.clip(codes, -_MAX_CODE, _MAX_CODE).astype("<i4")
        three = np.ascontiguousarray(codes.T).view(np.uint8).reshape(-1, 4)[:, :3]
        return three.tobytes() + (timekeeping(number * self.duration_us) + notes).ljust(self.notes_bytes, b"\0")

    @property
    def room(self) -> int:
        """Bytes for annotations in a record, beside the annotation of its own time."""
        return self.notes_bytes - _TIMEKEEPING_BYTES


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """Sizes of the records of a file of this program, from its header."""

    header_bytes: int
    record_bytes: int
    notes_bytes: int
    duration_s: float

    @classmethod
    def read(cls, file: BinaryIO) -> RecordLayout | None:
        """Read the sizes from the start of ``file``; None if the header is not complete. Raises OSError."""
        file.seek(0)
        fixed = file.read(HEADER_SIGNAL_BYTES)
        try:
            signals = int(fixed[252:256])
            counts = file.read(HEADER_SIGNAL_BYTES * signals)[_SAMPLES_FIELD * signals :]
            samples = [int(counts[at : at + 8]) for at in range(0, 8 * signals, 8)]
            duration_s = float(fixed[244:252])
        except ValueError:
            return None
        if not samples or min(samples) < 1:
            return None
        return cls(HEADER_SIGNAL_BYTES * (signals + 1), 3 * sum(samples), 3 * samples[-1], duration_s)


def layout_of(info: DeviceInfo, began: datetime) -> BdfLayout:
    """Return the layout for a signal of device ``info`` that ``began`` then. It names no patient."""
    samples, duration_us = _record_of(info.sample_rate_hz)
    duration_s = duration_us / _US
    labels = tuple(edf_labels([channel.name for channel in info.channels]))
    ranges_uv = tuple(_header_range(channel.range_uv) for channel in info.channels)
    signals = [
        edfio.BdfSignal(
            np.zeros(samples),
            samples / duration_s,
            label=label,
            physical_dimension="uV",
            physical_range=(-range_uv, range_uv),
            digital_range=(-_MAX_CODE, _MAX_CODE),
        )
        for label, range_uv in zip(labels, ranges_uv, strict=True)
    ]
    file = edfio.Bdf(
        signals,
        recording=edfio.Recording(
            startdate=began.date() if began.year in _YEARS else None,
            equipment_code=_ascii(f"{info.model}_{info.serial}", 32).replace(" ", "_") or "X",
        ),
        starttime=began.time().replace(microsecond=0),
        data_record_duration=duration_s,
        annotations=[edfio.EdfAnnotation(0.0, None, "-" * (_NOTES_BYTES - 16))],
    )
    whole = file.to_bytes()
    header = whole[: HEADER_SIGNAL_BYTES * (len(signals) + 2)]
    notes_bytes = len(whole) - len(header) - 3 * samples * len(signals)
    return BdfLayout(info.sample_rate_hz, samples, duration_us, ranges_uv, labels, notes_bytes, header)


def timekeeping(start_us: int) -> bytes:
    """Return the annotation that a record begins at ``start_us`` microseconds: edflib wants it exact to 100 ns."""
    return f"+{start_us // _US}.{start_us % _US:06d}".rstrip("0").rstrip(".").encode() + b"\x14\x14\0"


def annotation(t: float, text: str, duration_s: float | None = None) -> bytes:
    """Return the annotation ``text`` at ``t`` seconds of the file, shortened to ``_MAX_TEXT_BYTES``."""
    lasts = b"" if duration_s is None else b"\x15" + _onset(duration_s)[1:]
    return _onset(t) + lasts + b"\x14" + _shortened(one_line(text)) + b"\x14\0"


def pulse_text(pulse: Pulse) -> str:
    """Return the annotation of ``pulse`` as ``replay`` reads it; only a delivered pulse has the word ``stim``."""
    word = "stim" if pulse.outcome is Outcome.DELIVERED else f"stim-{pulse.outcome.value}"
    values = {"current_ma": pulse.current_ma, "width_ms": pulse.width_ms}
    return " ".join([word, *(f"{key}={_decimal(value)}" for key, value in values.items() if value is not None)])


def count_fitting(notes: Sequence[bytes], room: int) -> int:
    """Return how many of ``notes``, from the first on, fit into ``room`` bytes."""
    for count, each in enumerate(notes):
        room -= len(each)
        if room < 0:
            return count
    return len(notes)


def _record_of(sample_rate_hz: float) -> tuple[int, int]:
    """Return samples and microseconds of a record: the shortest that states the rate exactly, else the best.

    The header holds whole microseconds. Where the rate is a fraction, such as 16 MHz / 1592, some record holds a whole
    number of samples.
    """
    if (_USUAL_RECORD_S * sample_rate_hz).is_integer():
        return int(_USUAL_RECORD_S * sample_rate_hz), round(_USUAL_RECORD_S * _US)
    shortest, longest = (max(1, round(seconds * sample_rate_hz)) for seconds in _RECORD_S)
    samples = np.arange(shortest, longest + 1)
    durations_us = np.rint(samples / sample_rate_hz * _US)
    errors = np.abs(samples * _US / durations_us / sample_rate_hz - 1)
    exact = np.flatnonzero(errors < _EXACT)
    best = int(exact[0] if len(exact) else errors.argmin())
    return int(samples[best]), int(durations_us[best])


def _header_range(range_uv: float | None) -> float:
    """Return ``range_uv``, or a little more, as the eight characters of the header can hold it."""
    wanted = UNKNOWN_RANGE_UV if range_uv is None else min(max(range_uv, 1.0), HIGHEST_RANGE_UV)
    step = 10.0 ** (math.floor(math.log10(wanted)) - 5)
    return float(f"{math.ceil(round(wanted / step, 6)) * step:.6g}")


def _ascii(text: str, most: int) -> str:
    return "".join(letter for letter in text if " " <= letter <= "~").strip()[:most].strip()


def _shortened(text: str) -> bytes:
    """Return ``text`` in UTF-8, shortened between two letters."""
    return text.encode("utf-8", "replace")[:_MAX_TEXT_BYTES].decode("utf-8", "ignore").encode()


def _onset(t: float) -> bytes:
    return f"+{t:.9f}".rstrip("0").rstrip(".").encode()


def _decimal(value: float) -> str:
    """Return ``value`` with at least two decimals and six significant digits."""
    return max(f"{value:.2f}", f"{value:.6g}", key=len)
