"""EDF and BDF files made byte by byte, with what good writers never write: gaps, odd units, false headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TAL_BYTES = 60


@dataclass(frozen=True, slots=True)
class Wave:
    """One signal: ``codes`` of shape (records, samples a record), and its header fields as written."""

    codes: NDArray[np.int32]
    label: str = "EMG"
    unit: str | bytes = "uV"
    physical: tuple[str, str] = ("-1000", "1000")
    digital: tuple[str, str] = ("-2048", "2047")


def ramp(records: int = 4, samples: int = 100, step: int = 1) -> NDArray[np.int32]:
    """Return codes that differ from sample to sample and stay inside the digital range."""
    return (np.arange(records * samples).reshape(records, samples) * step % 2000 - 1000).astype(np.int32)


def tal(onset: str, *texts: str) -> bytes:
    """Return one time-stamped annotation list; without a text it states the record's onset."""
    return f"{onset}\x14".encode() + b"".join(text.encode() + b"\x14" for text in texts or ("",)) + b"\0"


def edf_bytes(
    waves: Sequence[Wave],
    tals: Sequence[bytes] = (),
    *,
    family: str = "EDF",
    kind: str = "",
    duration: str = "1",
    stated_records: int | None = None,
) -> bytes:
    """Return a whole file. ``tals`` is each record's annotation bytes; an annotation signal is made for them."""
    width = 3 if family == "BDF" else 2
    records = len(waves[0].codes) if waves else len(tals)
    columns = [_column(wave.label, wave.unit, wave.physical, wave.digital, wave.codes.shape[1]) for wave in waves]
    if tals:
        ends = ("-1", "1"), ("-32768", "32767")
        columns.append(_column(f"{family} Annotations", "", *ends, TAL_BYTES // width))
    fixed = [
        b"\xffBIOSEMI" if family == "BDF" else b"0".ljust(8),
        b"X X X X".ljust(80),
        b"Startdate X X X X".ljust(80),
        b"01.01.8500.00.00",
        _text(256 * (len(columns) + 1), 8),
        _text(kind, 44),
        _text(records if stated_records is None else stated_records, 8),
        _text(duration, 8),
        _text(len(columns), 4),
    ]
    header = b"".join(fixed) + b"".join(b"".join(fields) for fields in zip(*columns, strict=True))
    return header + b"".join(_record(waves, tals, record, width) for record in range(records))


def _column(
    label: str, unit: str | bytes, physical: tuple[str, str], digital: tuple[str, str], samples: int
) -> tuple[bytes, ...]:
    ends = [_text(value, 8) for value in (*physical, *digital)]
    return (_text(label, 16), b" " * 80, _text(unit, 8), *ends, b" " * 80, _text(samples, 8), b" " * 32)


def _text(value: object, width: int) -> bytes:
    return (value if isinstance(value, bytes) else str(value).encode()).ljust(width)


def _record(waves: Sequence[Wave], tals: Sequence[bytes], record: int, width: int) -> bytes:
    values = [wave.codes[record].astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width].tobytes() for wave in waves]
    return b"".join(values) + (tals[record].ljust(TAL_BYTES, b"\0") if tals else b"")


def put(raw: bytes, position: int, text: str | bytes, width: int = 8) -> bytes:
    """Overwrite one header field."""
    return raw[:position] + _text(text, width) + raw[position + width :]
