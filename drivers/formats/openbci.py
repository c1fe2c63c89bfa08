"""Text recordings of the OpenBCI GUI: microvolts, a running number, and a channel of markers.

Layout: https://docs.openbci.com/Software/OpenBCISoftware/GUIDocs/#exported-data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drivers.base import ChannelKind, DeviceRefused
from drivers.formats.in_memory import DecodedChannel, contiguous_parts, load_decoded
from drivers.formats.loaded import FileOptions, LoadedFile, Values, number
from drivers.formats.text_cells import check_widths, numbers_in, read_lines

BEGINNING = b"%OpenBCI"

_RATE = re.compile(r"%\s*Sample Rate\s*=\s*([\d.,]+)")
_CHANNELS = re.compile(r"%\s*Number of channels\s*=\s*(\d+)", re.IGNORECASE)
_COUNTS = 256
"""A Cyton numbers its samples in one byte."""
_STEADY = 0.9
"""Share of the steps of the number that are alike where it numbers samples (a judgement)."""


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a recording. Raises OSError, and DeviceRefused naming the row that cannot be read."""
    lines, cut = read_lines(path)
    head = [line for line in lines if line.startswith("%")]
    rate_hz, count = _first(head, _RATE), _first(head, _CHANNELS)
    if not rate_hz or not count:
        raise DeviceRefused(f"{path} does not state its rate or its number of channels; record it again")
    first = len(head)
    header = lines[first] if first < len(lines) else ""
    names = _names(header, int(count))
    is_named = header.lstrip()[:1].isalpha()
    first += is_named
    rows = [line.split(",") for line in lines[first:] if line.strip()]
    if not rows:
        raise DeviceRefused(f"{path} has no rows of samples, so there is nothing to play")
    if any(len(row) <= max(names) for row in rows):
        raise DeviceRefused(f"a row of {path} ends before its last cell; copy the recording again")
    check_widths(path, rows, len(header.split(",")) if is_named else len(rows[0]), first + 1)
    numbers = range(first + 1, first + 1 + len(rows))
    columns = {i: numbers_in(path, [row[i] for row in rows], name, numbers, comma=False) for i, name in names.items()}
    index, notes = _sample_numbers(path, columns[0], any("Cyton" in line for line in head))
    segments = contiguous_parts(index)
    channels = [
        DecodedChannel(name, "uV", rate_hz, columns[i], segments=segments)
        if "marker" not in name.casefold()
        else DecodedChannel(name, "", rate_hz, np.nan_to_num(columns[i]), ChannelKind.TRIGGER, segments, is_coded=True)
        for i, name in names.items()
        if i
    ]
    return load_decoded(path, "OpenBCI recording", channels, options, (), cut + notes)


def _first(head: Sequence[str], wanted: re.Pattern[str]) -> float | None:
    found = next((match for line in head if (match := wanted.match(line))), None)
    return number(found[1].replace(",", ".")) if found else None


def _names(header: str, count: int) -> dict[int, str]:
    """Return the columns to read by their place: the number, the channels, and the markers."""
    cells = [cell.strip() for cell in header.split(",")]
    markers = {i: cell for i, cell in enumerate(cells) if cell.casefold() == "marker channel"}
    labels = {
        i: cells[i] if i < len(cells) and cells[i][:1].isalpha() else f"EXG Channel {i - 1}"
        for i in range(1, count + 1)
    }
    return {0: "Sample Index", **labels, **markers}


def _sample_numbers(path: Path, index: Values, is_cyton: bool) -> tuple[Values, tuple[str, ...]]:
    """Return the number of each sample, counted on through the wraps, and a sentence where gaps cannot be known."""
    steps = np.diff(index) % _COUNTS
    values, counts = np.unique(steps, return_counts=True)
    usual = float(values[counts.argmax()]) if len(values) else 1.0
    if is_cyton and usual > 0 and (not len(counts) or counts.max() >= _STEADY * len(steps)):
        jumps = np.maximum(1.0, np.rint(steps / usual))
        return np.concatenate([[0.0], np.cumsum(jumps)]), ()
    note = f"the numbers of the samples in {path} do not show gaps, so none is known"
    return np.arange(len(index), dtype=np.float64), (note,)
