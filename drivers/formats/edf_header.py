"""Layout of the bytes of an EDF or BDF file, checked against the size of the file.

Fields and their lengths: https://www.edfplus.info/specs/edf.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from drivers.base import DeviceRefused
from drivers.formats.loaded import number, printable

_FIXED = 256
_SAMPLES_FIELD = 216
_INTEGER = re.compile(rb"[+-]?\d+")
_UNFINISHED = -1
_ANNOTATION_LABELS = (b"edf annotations", b"bdf annotations")


@dataclass(frozen=True, slots=True)
class EdfLayout:
    """Layout of a file: ``header``, then ``records`` whole records.

    Each record has ``samples[i]`` samples of signal i, and annotations in its bytes ``tals``, given as (first, end).
    """

    family: str
    plus: bool
    discontinuous: bool
    header: bytes
    records: int
    record_duration_s: float
    samples: tuple[int, ...]
    tals: tuple[tuple[int, int], ...]
    warnings: tuple[str, ...]

    @property
    def record_bytes(self) -> int:
        """Length of one record in bytes."""
        return sum(self.samples) * _sample_bytes(self.family)

    def position(self, record: int) -> int:
        """Return the byte of the file at which ``record`` begins."""
        return len(self.header) + record * self.record_bytes

    def header_for(self, records: int) -> bytes:
        """Return the header of a file of so many ``records``."""
        return self.header[:236] + f"{records:<8}".encode() + self.header[244:]


def read_layout(path: Path) -> EdfLayout:
    """Read and check the header. Raises OSError, and DeviceRefused where it cannot be true of this file.

    NULs count as blanks, and the label of an annotation signal in any case and of either family as that of this one.
    """
    header = _read_header(path)
    family = "BDF" if header.startswith(b"\xff") else "EDF"
    signals = len(header) // _FIXED - 1
    header, are_tals = _mark_annotations(header, signals, family)
    if all(are_tals):
        raise DeviceRefused(f"{path} holds annotations only, no signal, so there is nothing to play")
    samples = _samples_per_record(path, header, signals)
    record_bytes = sum(samples) * _sample_bytes(family)
    records, warnings = _count_records(path, header, record_bytes)
    kind = header[192:236].decode("latin-1")
    return EdfLayout(
        family=family,
        plus=kind.startswith(f"{family}+"),
        discontinuous=kind.startswith(f"{family}+D"),
        header=header,
        records=records,
        record_duration_s=_record_duration(path, header),
        samples=samples,
        tals=_annotation_bytes(are_tals, samples, family),
        warnings=warnings + _plus_warnings(path, kind, family, are_tals),
    )


def _sample_bytes(family: str) -> int:
    return 3 if family == "BDF" else 2


def _read_header(path: Path) -> bytes:
    with path.open("rb") as file:
        fixed = file.read(_FIXED).replace(b"\0", b" ")
        signals = _integer(path, fixed[252:256], "its number of signals") if len(fixed) == _FIXED else 1
        if signals < 1:
            raise DeviceRefused(f"{path} has no signals ({signals}), so there is nothing to play")
        header = fixed + file.read(_FIXED * signals).replace(b"\0", b" ")
    if len(header) < _FIXED * (signals + 1):
        raise DeviceRefused(f"{path} ends inside its header and cannot be played; copy the recording again")
    stated = _integer(path, header[184:192], "the length of its header")
    if stated != len(header):
        raise _damaged(path, f"the length of its header is {stated}, and {signals} signals take {len(header)}")
    return header


def _samples_per_record(path: Path, header: bytes, signals: int) -> tuple[int, ...]:
    start = _FIXED + _SAMPLES_FIELD * signals
    fields = [header[start + 8 * i : start + 8 * i + 8] for i in range(signals)]
    counts = tuple(_integer(path, field, f"the samples a record of signal {i}") for i, field in enumerate(fields, 1))
    if min(counts) < 1:
        raise _damaged(path, f"signal {counts.index(min(counts)) + 1} has {min(counts)} samples a record")
    return counts


def _record_duration(path: Path, header: bytes) -> float:
    text = header[244:252].decode("latin-1").strip(" ")
    duration = number(text)
    if duration is None or duration <= 0:
        raise _damaged(path, f"the duration of a record is '{printable(text)}', not a time above 0 s")
    return duration


def _count_records(path: Path, header: bytes, record_bytes: int) -> tuple[int, tuple[str, ...]]:
    stated = _integer(path, header[236:244], "its number of records")
    if stated < _UNFINISHED:
        raise _damaged(path, f"its number of records is {stated}")
    present, rest = divmod(path.stat().st_size - len(header), record_bytes)
    if present == 0:
        raise DeviceRefused(f"{path} has no complete record of samples, so there is nothing to play")
    return present, _record_warnings(path, stated, present, rest)


def _record_warnings(path: Path, stated: int, present: int, rest: int) -> tuple[str, ...]:
    if stated == _UNFINISHED:
        return (f"{path} was not finished by its recorder; its {present} complete records are played",)
    if stated > present:
        return (f"{path} ends early: {present} of {stated} records are complete, and these are played",)
    if stated < present:
        return (f"{path} has {present} records though its header states {stated}; all {present} are played",)
    if rest:
        return (f"{path} has {rest} bytes after its last record, which are left out",)
    return ()


def _plus_warnings(path: Path, kind: str, family: str, are_tals: tuple[bool, ...]) -> tuple[str, ...]:
    if kind.startswith(f"{family}+") and not any(are_tals):
        return (f"{path} calls itself {family}+ but has no annotation signal, so it has no annotated pulses",)
    return ()


def _mark_annotations(header: bytes, signals: int, family: str) -> tuple[bytes, tuple[bool, ...]]:
    """Return the header with the label that this family has for annotation signals, and which signals have it."""
    labels = [header[_FIXED + 16 * i : _FIXED + 16 * i + 16] for i in range(signals)]
    are_tals = tuple(b" ".join(label.lower().split()) in _ANNOTATION_LABELS for label in labels)
    exact = f"{family} Annotations".ljust(16).encode()
    marked = b"".join(exact if is_tal else label for is_tal, label in zip(are_tals, labels, strict=True))
    return header[:_FIXED] + marked + header[_FIXED + 16 * signals :], are_tals


def _annotation_bytes(are_tals: tuple[bool, ...], samples: tuple[int, ...], family: str) -> tuple[tuple[int, int], ...]:
    ends = list(accumulate(count * _sample_bytes(family) for count in samples))
    spans = zip([0, *ends], ends, strict=False)
    return tuple(span for span, is_tal in zip(spans, are_tals, strict=True) if is_tal)


def _integer(path: Path, field: bytes, what: str) -> int:
    text = field.strip(b" ")
    if not _INTEGER.fullmatch(text):
        raise _damaged(path, f"{what} reads '{printable(text.decode('latin-1'))}', which is not a whole number")
    return int(text)


def _damaged(path: Path, why: str) -> DeviceRefused:
    return DeviceRefused(f"the header of {path} is damaged: {why}; copy or export the recording again")
