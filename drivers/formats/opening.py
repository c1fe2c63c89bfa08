"""Opening a recording of any format: it is recognised by its content."""

from __future__ import annotations

import stat
from pathlib import Path

from drivers.base import DeviceNotFound, DeviceRefused, OptionRefused
from drivers.formats.loaded import FileOptions, LoadedFile, printable
from drivers.formats.registry import EXPORTED_BY_ITS_MAKER, FileFormat, guess_format, names_of_formats

_HEAD_BYTES = 4096
_TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_CONTROL = bytes({*range(32), 127} - {9, 10, 13})


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open the file at ``path``. Raises DeviceNotFound, or DeviceRefused where it cannot be played."""
    try:
        found = _format_of(path)
        _check_options(path, found, options)
        return found.load(path, options)
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = str(path) if error.filename is None else str(error.filename)
        raise DeviceNotFound(f"there is no file {printable(missing)}; check its name and folder") from error
    except PermissionError as error:
        raise DeviceRefused(f"{path} may not be read by this user; change its permissions or copy it") from error
    except OSError as error:
        raise DeviceRefused(f"{printable(str(path))} cannot be read: {error.strerror or error}") from error


def _format_of(path: Path) -> FileFormat:
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
    found = guess_format(head)
    if found is None and (way_out := EXPORTED_BY_ITS_MAKER.get(path.suffix.casefold())):
        raise DeviceRefused(f"{path} is {way_out}")
    if found is None and path.suffix.casefold() in _TEXT_ENDINGS and _is_text_with_control(head):
        raise DeviceRefused(
            f"{path} has control characters, as text of UTF-16 without its mark or a damaged copy has; save it again "
            "as CSV in UTF-8"
        )
    if found is None:
        raise DeviceRefused(
            f"{path} is not a recording this program can read; it reads {names_of_formats()}; a table needs a line of "
            "column names"
        )
    return found


def _check_options(path: Path, found: FileFormat, options: FileOptions) -> None:
    if options.full_scale_uv is not None and not found.wants_scale:
        raise OptionRefused(f"{path} states its own units; leave out --full-scale-uv")
    if options.sample_rate_hz is not None and not found.takes_rate:
        raise OptionRefused(f"{path} states its own sampling rate; leave out --sample-rate-hz")


def _is_text_with_control(head: bytes) -> bool:
    """Return whether ``head`` is lines of text but for some control characters."""
    plain = head.translate(None, _CONTROL)
    foreign = sum(byte > 127 for byte in plain)
    return len(plain) < len(head) and b"\n" in plain and foreign * 10 < len(plain)
