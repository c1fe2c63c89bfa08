"""Files of one Intan recording that was saved in a new file every few minutes: those that go on where one ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceRefused
from drivers.formats.intan_header import IntanHeader, read_header
from drivers.formats.loaded import printable

_STAMPED = re.compile(r"(.*_)(\d{6}_\d{6})(\.rh[ds])", re.DOTALL | re.IGNORECASE)
"""Intan's software adds date and time to the name that the user chose: ``NAME_260131_093000.rhd``."""
_MOST_BYTES = 1 << 32
"""The samples are held in memory: more than 4 GB of files are not joined."""


@dataclass(frozen=True, slots=True, eq=False)
class IntanPart:
    """One file with data blocks after its header; ``blocks`` (blocks,) have the layout of the header."""

    path: Path
    header: IntanHeader
    blocks: NDArray[np.void]
    is_cut: bool

    @property
    def first(self) -> int:
        """Number of the first sample."""
        return int(self.blocks["time"][0, 0])

    @property
    def end(self) -> int:
        """Number of the sample that follows the last."""
        return int(self.blocks["time"][-1, -1]) + 1


def part_of(path: Path, header: IntanHeader, raw: bytes) -> IntanPart:
    """Return the data blocks of a file, all that are whole."""
    dtype = header.block_dtype()
    count, rest = divmod(len(raw) - header.end, dtype.itemsize)
    return IntanPart(path, header, np.frombuffer(raw, dtype, count, header.end), is_cut=bool(rest))


def joined_parts(first: IntanPart) -> tuple[list[IntanPart], tuple[str, ...]]:
    """Return ``first`` and the files beside it that go on where it ends, and sentences on them.

    They have the same name but for date and time, the same channels and rate, and sample numbers that go on by one: a
    new recording begins at another number. Raises OSError.
    """
    parts, notes = [first], list[str]()
    size = first.path.stat().st_size
    for path in _later(first.path):
        size += path.stat().st_size
        if size > _MOST_BYTES:
            notes.append(f"{printable(path.name)} and what follows it is left out: more than 4 GB are not joined")
            break
        try:
            raw = path.read_bytes()
            found = part_of(path, read_header(path, raw), raw)
        except DeviceRefused:
            name = printable(path.name)
            notes.append(f"{name} follows {printable(parts[-1].path.name)} by its name but is damaged, and left out")
            break
        if not len(parts[-1].blocks) or not len(found.blocks) or not _goes_on(parts[-1], found):
            break
        parts.append(found)
    if len(parts) > 1:
        notes.append(
            f"{first.path} is joined with {len(parts) - 1} files that go on where it ends, up to "
            f"{printable(parts[-1].path.name)}; to play it alone, copy it to another folder"
        )
    notes += [f"{part.path} ends in the middle of a data block, which is left out" for part in parts if part.is_cut]
    return parts, tuple(notes)


def _later(path: Path) -> Iterator[Path]:
    """Yield the files beside ``path`` with a later time and otherwise the same name, in their order."""
    own = _STAMPED.fullmatch(path.name)
    if own is None:
        return
    for beside in sorted(path.parent.iterdir()):
        found = _STAMPED.fullmatch(beside.name)
        if found and (found[1], found[3]) == (own[1], own[3]) and found[2] > own[2] and beside.is_file():
            yield beside


def _goes_on(part: IntanPart, after: IntanPart) -> bool:
    facts = [
        (each.header.channels, each.header.sample_rate_hz, each.header.adc_v, each.header.stim_step_ma)
        for each in (part, after)
    ]
    return facts[0] == facts[1] and part.blocks.dtype == after.blocks.dtype and part.end == after.first
