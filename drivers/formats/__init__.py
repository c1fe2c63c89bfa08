"""Formats of recordings, recognised by content: EDF, EDF+, BDF, BDF+, WAV, FLAC, XDF, BrainVision and CSV."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path

from drivers.base import DeviceNotFound, DeviceRefused, OptionRefused
from drivers.formats import brainvision, edf, sound, table, xdf
from drivers.formats.loaded import FileOptions, LoadedFile, printable

_LOADERS = {
    "EDF": edf.load, "BDF": edf.load, "WAV": sound.load, "FLAC": sound.load, "XDF": xdf.load,
    "BrainVision": brainvision.load, "CSV": table.load,
}  # fmt: skip
_BEGINNINGS = {b"0       ": "EDF", b"\xffBIOSEMI": "BDF", b"fLaC": "FLAC", b"XDF:": "XDF"}
_HEAD_BYTES = 4096
_BRAIN_VISION = re.compile(rb"(\xef\xbb\xbf)?Brain ?Vision Data Exchange Header File", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f]")


def guess_family(head: bytes) -> str | None:
    """Return a file's family, a key of the readers such as "EDF", by its first bytes; None where it is foreign."""
    if head.startswith((b"RIFF", b"RF64")) and head[8:12] == b"WAVE":
        return "WAV"
    for beginning, family in _BEGINNINGS.items():
        if head.startswith(beginning):
            return family
    if _BRAIN_VISION.match(head):
        return "BrainVision"
    return "CSV" if _begins_like_a_table(head) else None


def _begins_like_a_table(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
        except UnicodeDecodeError:
            text = head.decode("cp1252", "replace")
    header = text.splitlines()[0] if text else ""
    return any(mark in header for mark in table.DELIMITERS) and not _CONTROL.search(text)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open the file at ``path``. Raises DeviceNotFound, or DeviceRefused where it cannot be played."""
    try:
        family = _family(path)
        _check_options(path, family, options)
        return _LOADERS[family](path, options)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DeviceNotFound(f"there is no file {printable(str(path))}; check its name and folder") from error
    except PermissionError as error:
        raise DeviceRefused(f"{path} may not be read by this user; change its permissions or copy it") from error
    except OSError as error:
        raise DeviceRefused(f"{printable(str(path))} cannot be read: {error.strerror or error}") from error


def _family(path: Path) -> str:
    if "\0" in str(path):
        raise DeviceNotFound(f"there is no file {printable(str(path))}; a file name holds no zero character")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise DeviceRefused(f"{path} is a folder; name a recording in it")
    if not stat.S_ISREG(mode):
        raise DeviceRefused(f"{path} is not an ordinary file; copy the recording into one")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise DeviceRefused(f"{path} is empty; choose another recording")
    family = guess_family(head)
    if family is None:
        raise DeviceRefused(
            f"{path} is not a recording this program can read; it reads EDF, EDF+, BDF, BDF+, WAV, FLAC, "
            "XDF, BrainVision (.vhdr), and CSV with a line of column names"
        )
    return family


def _check_options(path: Path, family: str, options: FileOptions) -> None:
    if options.full_scale_uv is not None and family not in {"WAV", "FLAC"}:
        raise OptionRefused(f"{path} states its own units; leave out --full-scale-uv")
    if options.sample_rate_hz is not None and family != "CSV":
        raise OptionRefused(f"{path} states its own sampling rate; leave out --sample-rate-hz")
