"""The file of a trial's insertions, one JSON line each, from which an interrupted trial continues."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from guidance import __version__
from guidance.common.errors import StorageError, UsageError, UserError
from guidance.common.folders import data_folder
from guidance.journal.locks import lock_now
from guidance.trial.result import Insertion

NAME = "insertions.jsonl"

_PACKAGES = ("guidance", "drivers", "protocols")
_HEAD_FIELDS = (
    ("seed", "seed"), ("protocol", "protocol"), ("front", "front end"), ("program", "version of the program"),
)  # fmt: skip
_SUFFIXES = {".py", ".toml"}
_ROOT = Path(__file__).resolve().parents[2]
_Parsed = TypeVar("_Parsed")


def default_folder(seed: int, front: str | None = None) -> Path:
    """Return the folder of a trial without ``--out``."""
    name = f"seed-{seed}" if front is None else f"seed-{seed}-{front}"
    return data_folder() / "trials" / name


def program() -> str:
    """Identify this program by its version and a hash of its files; another program makes another trial."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*")):
            if path.suffix in _SUFFIXES:
                digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:16]}"


class TrialFile:
    """File of the insertions done so far, to which further ones are added; locked while it is open."""

    def __init__(self, folder: Path, seed: int, protocol_id: str, front: str | None = None) -> None:
        """Begin or go on with the trial of ``seed``, behind ``front``, in ``folder``.

        Raises UsageError where the folder holds another trial or cannot be used, UserError where its file is damaged.
        """
        self.path = folder / NAME
        self._head = {"trial": 1, "seed": seed, "protocol": protocol_id, "front": front, "program": program()}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as fault:
            raise UsageError(
                f"The trial cannot be stored in {folder} ({fault.strerror}); name another --out."
            ) from None
        try:
            self._lock()
            self.insertions = self._read()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, insertion: Insertion) -> None:
        """Store ``insertion``. Raises StorageError."""
        self.insertions[insertion.world] = insertion  # first, so that an interrupt while it is written counts it
        self._write(insertion.to_json())

    def _lock(self) -> None:
        if not lock_now(self._file.fileno()):
            raise UsageError(f"Another trial is running in {self.path.parent}; wait for it, or name another --out.")

    def _read(self) -> dict[int, Insertion]:
        """Read the file; an incomplete last line, left by a crash, is removed."""
        self._file.seek(0)
        whole, _, torn = self._file.read().rpartition(b"\n")
        if torn:
            self._file.truncate(len(whole) + bool(whole))
        lines = whole.splitlines()
        if not lines:
            self._write(self._head)
            return {}
        self._check(self._parsed(lines[0], 1, dict))
        insertions = (self._parsed(line, number, Insertion.from_json) for number, line in enumerate(lines[1:], start=2))
        return {insertion.world: insertion for insertion in insertions}

    def _check(self, head: dict[str, Any]) -> None:
        for key, what in _HEAD_FIELDS:
            if head.get(key) != self._head[key]:
                raise UsageError(
                    f"{self.path} holds a trial of another {what} ({head.get(key)}, not {self._head[key]}); "
                    "name another --out, or delete that file."
                )

    def _parsed(self, line: bytes, number: int, make: Callable[[Any], _Parsed]) -> _Parsed:
        try:
            return make(json.loads(line))
        except (ValueError, TypeError, KeyError):
            raise UserError(
                f"Line {number} of {self.path} is damaged; delete the line, or name another --out."
            ) from None

    def _write(self, fields: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(fields, allow_nan=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as fault:
            sentence = (
                f"{self.path} cannot be written ({fault.strerror}); make room, then run the same command to go on."
            )
            raise StorageError(sentence, str(self.path)) from None
