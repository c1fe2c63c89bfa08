"""Text exports of ADInstruments LabChart: blocks of a header and tab-separated rows, with comments at their ends.

A block begins at the time of its header; what lies between two blocks was not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, Values, number, printable
from drivers.formats.text_cells import numbers_in, read_lines

BEGINNING = b"Interval=\t"

_KEY = re.compile(r"(\w+)=(?:\t(.*))?")
_COMMENT = re.compile(r"#(?:\*|\d+)\s*(.*)")
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "min": 60.0}
_DAY_S = 86400.0
_OWN_UNIT = "*"
"""What stands for the unit where a channel has that of its range."""


@dataclass(slots=True)
class _Block:
    """One block: the fields of its header, and its rows from row ``first_row`` of the file on."""

    first_row: int
    keys: dict[str, list[str]] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)

    def field(self, key: str) -> list[str]:
        return self.keys.get(key, [])


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a text export. Raises OSError, and DeviceRefused naming the row that cannot be read."""
    lines, cut = read_lines(path)
    blocks = [block for block in _blocks(lines) if block.rows]
    if not blocks:
        raise DeviceRefused(f"{path} has no rows of samples, so there is nothing to play")
    names, interval_s = blocks[0].field("ChannelTitle"), _interval_s(path, blocks[0])
    names = [*names, *(f"Channel {i + 1}" for i in range(len(names), _width(blocks[0])))]
    if any(_interval_s(path, block) != interval_s or len(block.field("ChannelTitle")) > len(names) for block in blocks):
        raise DeviceRefused(f"the blocks of {path} have different rates or channels; export each on its own")
    columns = [_column(path, blocks, i, name) for i, name in enumerate(names)]
    segments, warnings = _segments(path, blocks, interval_s)
    channels = [
        DecodedChannel(
            name, _unit(blocks[0], i), 1 / interval_s, columns[i], segments=segments, ends=_ends(blocks[0], i)
        )
        for i, name in enumerate(names)
    ]
    comments = list(_comments(blocks, segments, interval_s, len(names)))
    return load_decoded(path, "LabChart export", channels, options, comments, cut + warnings)


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the blocks: a line ``Interval=`` begins one."""
    block = _Block(1)
    for row, line in enumerate(lines, 1):
        found = _KEY.fullmatch(line)
        if found and (found[1] == "Interval" or not block.rows):
            if found[1] == "Interval" and block.keys:
                yield block
                block = _Block(row + 1)
            block.keys[found[1]] = [cell.strip() for cell in (found[2] or "").split("\t")]
            block.first_row = row + 1
        elif line.strip():
            block.rows.append(line.split("\t"))
    yield block


def _width(block: _Block) -> int:
    first = block.rows[0]
    return len(first) - 1 - bool(_COMMENT.fullmatch(first[-1].strip()))


def _decimal(text: str) -> float | None:
    return number(text.strip().replace(",", "."))


def _interval_s(path: Path, block: _Block) -> float:
    value, _, unit = (block.field("Interval") or [""])[0].partition(" ")
    interval = _decimal(value)
    if interval is None or interval <= 0 or (unit.strip() or "s") not in _SECONDS:
        raise DeviceRefused(f"the interval of {path} is '{printable(value)}', which is no time; export it again")
    return round(interval * _SECONDS[unit.strip() or "s"], 12)


def _unit(block: _Block, index: int) -> str:
    """Return the unit of a channel: that of its conversion, else that of its range."""
    units, ranges = block.field("UnitName"), block.field("Range")
    if index < len(units) and units[index] not in {"", _OWN_UNIT}:
        return units[index]
    return ranges[index].partition(" ")[2].strip() if index < len(ranges) else ""


def _ends(block: _Block, index: int) -> tuple[float, float] | None:
    """Return the ends of a channel's range, where its values are in the unit of the range."""
    ranges = block.field("Range")
    value, _, unit = ranges[index].partition(" ") if index < len(ranges) else ("", "", "")
    top = _decimal(value)
    return (-top, top) if top and top > 0 and unit.strip() == _unit(block, index) else None


def _column(path: Path, blocks: Sequence[_Block], index: int, name: str) -> Values:
    parts = []
    for block in blocks:
        short = next((i for i, row in enumerate(block.rows) if len(row) < index + 2), None)
        if short is not None:
            raise DeviceRefused(f"row {block.first_row + short} of {path} ends before its last cell; export it again")
        rows = range(block.first_row, block.first_row + len(block.rows))
        parts.append(numbers_in(path, [row[index + 1] for row in block.rows], name, rows, comma=True))
    return np.concatenate(parts)


def _segments(path: Path, blocks: Sequence[_Block], interval_s: float) -> tuple[tuple[Segment, ...], tuple[str, ...]]:
    """Return a segment for each block, and a sentence where the time of a block is not known."""
    found: list[Segment] = []
    warnings: list[str] = []
    stored = 0
    for block in blocks:
        end = found[-1].end_sample if found else 0
        days, first_days = _days(block), _days(blocks[0])
        start = end if days is None or first_days is None else round((days - first_days) * _DAY_S / interval_s)
        if found and (days is None or first_days is None or start < end):
            start = end
            warnings.append(f"block {len(found) + 1} of {path} does not state when it begins; no gap is kept before it")
        found.append(Segment(start, stored, len(block.rows)))
        stored += len(block.rows)
    return tuple(found), tuple(warnings)


def _days(block: _Block) -> float | None:
    """Return the block's beginning in days, as spreadsheets count them."""
    return _decimal((block.field("ExcelDateTime") or [""])[0])


def _comments(
    blocks: Sequence[_Block], segments: Sequence[Segment], interval_s: float, channels: int
) -> Iterator[Annotation]:
    for block, segment in zip(blocks, segments, strict=True):
        for at, row in enumerate(block.rows):
            for cell in row[channels + 1 :]:
                found = _COMMENT.fullmatch(cell.strip())
                if found and found[1]:
                    yield Annotation((segment.first_sample + at) * interval_s, printable(found[1]))
