"""The seal of a finished record, in a file beside it: it shows if lines at the end were removed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from guidance.journal.bdf import HEADER_SIGNAL_BYTES
from guidance.journal.files import DISK, Disk, open_plain, replace_private

SEAL_NAME = "seal.json"

_MAX_BYTES = 4096
"""Larger than any seal, so that a damaged file is not loaded whole."""
_PART_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Seal:
    """The number of ``lines`` in the journal, the ``chain`` of the last, and a hash of the signal.

    ``signal`` is the SHA-256 of the records of signal.bdf followed by its header, None if no signal was recorded.
    """

    lines: int
    chain: str
    signal: str | None


def write_seal(folder: Path, seal: Seal, disk: Disk = DISK) -> None:
    """Write ``seal`` to ``folder``. Raises OSError."""
    replace_private(folder / SEAL_NAME, json.dumps(asdict(seal)).encode() + b"\n", disk)


def read_seal(folder: Path) -> Seal | None:
    """Read the seal in ``folder``, None if there is none. Raises OSError; ValueError if it is damaged."""
    try:
        with open_plain(folder / SEAL_NAME) as file:
            fields = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return None
    try:
        seal = Seal(**fields)
    except TypeError:
        raise ValueError("it does not have the fields of a seal") from None
    if not (type(seal.lines) is int and isinstance(seal.chain, str) and isinstance(seal.signal, str | None)):
        raise ValueError("it does not have the fields of a seal")
    return seal


def signal_digest(path: Path) -> str:
    """Return the ``signal`` of a Seal for the file at ``path``. Raises OSError."""
    digest = sha256()
    with open_plain(path) as file:
        header = file.read(HEADER_SIGNAL_BYTES)
        signals = header[252:256].strip()
        header += file.read(HEADER_SIGNAL_BYTES * int(signals) if signals.isdigit() else 0)
        while part := file.read(_PART_BYTES):
            digest.update(part)
    digest.update(header)
    return digest.hexdigest()
