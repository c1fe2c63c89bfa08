"""All protocols: those shipped with the program, and the new or changed ones in the site's folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from guidance.citations import ProtocolError, tables_of
from guidance.common.folders import config_folder, text_of_file
from guidance.protocol.model import Change, Protocol, protocol_of
from guidance.protocol.overrides import is_override, merge_override
from guidance.protocol.reading import sheet_of
from guidance.protocol.sheet import Sheet

_NOT_PROCEDURES = {"anticoagulants", "drugs"}


@dataclass(frozen=True, slots=True)
class LoadedSheet:
    """A protocol's sheet as it applies at this site, its file, and the site's changes."""

    sheet: Sheet
    file: str
    changes: tuple[Change, ...] = ()

    @property
    def protocol(self) -> Protocol:
        """The values that a procedure runs with. Raises ProtocolError."""
        return protocol_of(self.sheet, self.file, self.changes)


def site_folder() -> Path:
    """Return the folder of the site's own protocols, one file ID.toml each."""
    return config_folder() / "protocols"


def names() -> list[str]:
    """List the identifiers of all shipped protocols, sorted."""
    return sorted(
        name
        for item in resources.files("protocols").iterdir()
        if item.name.endswith(".toml") and (name := item.name.removesuffix(".toml")) not in _NOT_PROCEDURES
    )


def all_names() -> list[str]:
    """List the identifiers of all protocols, the site's own included, sorted."""
    return sorted({*names(), *(path.stem for path in site_files())})


def site_files() -> list[Path]:
    """List the site's files, sorted; empty if the folder cannot be read."""
    try:
        return sorted(path for path in site_folder().glob("*.toml") if path.stem not in _NOT_PROCEDURES)
    except OSError:
        return []


def load(name: str) -> Protocol:
    """Load the protocol ``name`` as it applies at this site. Raises ProtocolError if it is unknown or invalid."""
    return load_sheet(name).protocol


def load_sheet(name: str, *, with_site: bool = True) -> LoadedSheet:
    """Load the sheet ``name``, with the site's changes unless ``with_site`` is false.

    Raises ProtocolError if it is unknown or a file is invalid.
    """
    own = next((path for path in site_files() if path.stem == name), None) if with_site else None
    if name not in names():
        if own is None:
            raise ProtocolError(f"No protocol is called {name!r}; there are: {', '.join(all_names())}.")
        return from_file(own)
    return from_file(own) if own else _shipped(name)


def from_file(path: Path) -> LoadedSheet:
    """Load the protocol in a file: a whole protocol or an override of a shipped one. Raises ProtocolError.

    In the site's folder the file name must equal the identifier, and no file replaces a shipped protocol; elsewhere
    any file name is allowed.
    """
    file = _printable(path)
    if path.stem in _NOT_PROCEDURES:
        raise ProtocolError(f"{file} is the table of {path.stem}, not a protocol; it is read by another command.")
    tables = tables_of(file_text(path), file)
    if not is_override(tables):
        if not _is_in_use(path):
            return _usable(sheet_of(tables, file), file)
        if path.stem in names():
            raise ProtocolError(
                f"{file}: {path.stem!r} is a protocol of the program; change it with a table [override] that names the "
                "author, or give the file another name."
            )
        return _sheet_named(tables, path.stem, file)
    if path.stem not in names():
        raise ProtocolError(
            f"{file}: there is no protocol {path.stem!r} to change; the file is to be named ID.toml after the protocol."
        )
    together, changes = merge_override(_shipped_tables(path.stem), tables, file)
    return LoadedSheet(sheet_of(together, file), file, changes)


def file_text(path: Path) -> str:
    """Read the file's text. Raises ProtocolError if it cannot be read."""
    try:
        return text_of_file(path)
    except OSError as fault:
        raise ProtocolError(f"{_printable(path)} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise ProtocolError(f"{_printable(path)} is not a text in UTF-8; save it as such.") from None


def _printable(path: Path) -> str:
    """Format the path for printing, whatever bytes its name has."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return text if text.isprintable() else repr(text)


def text_of(name: str) -> str:
    """Return the TOML of the shipped protocol ``name``, or of the site's. Raises ProtocolError."""
    if name in names():
        return resources.files("protocols").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return file_text(site_folder() / f"{name}.toml")


def _sheet_named(tables: dict[str, Any], name: str, file: str) -> LoadedSheet:
    sheet = sheet_of(tables, file)
    if sheet.id != name:
        raise ProtocolError(f"{file}: id = {sheet.id!r}: must be {name!r}, as the file is called.")
    return _usable(sheet, file)


def _usable(sheet: Sheet, file: str) -> LoadedSheet:
    whole = LoadedSheet(sheet, file)
    _ = whole.protocol  # raises if a needed value is missing
    return whole


@cache
def _shipped(name: str) -> LoadedSheet:
    """Return the shipped sheet ``name``; it is frozen, and an audit asks for it once for each procedure."""
    return _sheet_named(_shipped_tables(name), name, f"{name}.toml")


def _shipped_tables(name: str) -> dict[str, Any]:
    return tables_of(text_of(name), f"{name}.toml")


def _is_in_use(path: Path) -> bool:
    """Whether ``path`` lies in the site's folder."""
    return path.absolute().parent == site_folder().absolute()
