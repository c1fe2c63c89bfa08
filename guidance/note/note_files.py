"""The note of a procedure in its folder, signed or not, and written to a file in a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from guidance.journal.encryption import EncryptionKey
from guidance.journal.private_files import refuse_existing, write_private
from guidance.journal.verify import verify
from guidance.note.case_sheet import CaseSheet, load_case
from guidance.note.closing import draft, signed_page
from guidance.note.compose import compose
from guidance.note.event_query import EventQuery, read_stream
from guidance.note.markdown import markdown
from guidance.note.page import NotePage
from guidance.note.signing import Signature, changed_since, load_signed

if TYPE_CHECKING:
    from guidance.note.pictures import Picture


@dataclass(frozen=True, slots=True)
class ProcedureFiles:
    """Contents of a procedure's folder: events, case sheet, and the signed note if there is one.

    ``changed`` names what changed since signing.
    """

    folder: Path
    stream: EventQuery
    case: CaseSheet
    signed: Signature | None
    changed: tuple[str, ...] = ()

    @property
    def composed(self) -> NotePage:
        """The note composed from record and case sheet now, whether or not one is signed."""
        return compose(self.stream, self.case)

    @property
    def page(self) -> NotePage:
        """The note to show: the signed one, or else a draft."""
        page = draft(self.composed) if self.signed is None else signed_page(self.signed, self.changed)
        record = verify(self.folder)
        if record.is_intact:
            return page
        return replace(page, banners=(*page.banners, f"THE RECORD IS NOT INTACT ({record.state}): {record.why}."))


def procedure_files(folder: Path, key: EncryptionKey | None) -> ProcedureFiles:
    """Read the contents of ``folder``, decrypted with ``key`` if they are encrypted. Raises UserError."""
    stream, case, signed = read_stream(folder), load_case(folder, key), load_signed(folder, key)
    return ProcedureFiles(folder, stream, case, signed, tuple(changed_since(folder, case, signed)) if signed else ())


def write_note(procedure: ProcedureFiles, path: Path, now: datetime, *, appendix: bool = True) -> list[Path]:
    """Write the note to ``path`` in the format of its suffix, with or without its audit appendix; return the files.

    Raises UserError, KeyError.
    """
    refuse_existing(path)
    return WRITERS[path.suffix.lower()](procedure, path, now, appendix)


def _write_markdown(procedure: ProcedureFiles, path: Path, _now: datetime, appendix: bool) -> list[Path]:
    """Write the pictures of the appendix beside the note, named after it."""
    pictures = _pictures(procedure) if appendix else ()
    files = [path.with_name(f"{path.stem}-{picture.name}.png") for picture in pictures]
    for file, picture in zip(files, pictures, strict=True):
        write_private(file, picture.png())
    shown = [(file.name.replace(" ", "%20"), picture.caption) for file, picture in zip(files, pictures, strict=True)]
    write_private(path, markdown(procedure.page, shown, appendix=appendix).encode())
    return [path, *files]


def _write_html(procedure: ProcedureFiles, path: Path, _now: datetime, appendix: bool) -> list[Path]:
    from guidance.note.html import html

    write_private(path, html(procedure.page, _pictures(procedure) if appendix else (), appendix=appendix).encode())
    return [path]


def _write_pdf(procedure: ProcedureFiles, path: Path, now: datetime, appendix: bool) -> list[Path]:
    write_private(path, _pdf(procedure, now, appendix))
    return [path]


def _write_png(procedure: ProcedureFiles, path: Path, now: datetime, appendix: bool) -> list[Path]:
    """Write the PDF, and beside it each of its pages as PNG, named after it."""
    from guidance.note.pdf_pages import png_pages

    sheets = _pdf(procedure, now, appendix)
    pages = {path.with_name(f"{path.stem}-{n}.png"): page for n, page in enumerate(png_pages(sheets), 1)}
    files = {path.with_suffix(".pdf"): sheets} | pages
    for file in files:
        refuse_existing(file)
    for file, data in files.items():
        write_private(file, data)
    return list(files)


def _pdf(procedure: ProcedureFiles, now: datetime, appendix: bool) -> bytes:
    from guidance.note.pdf import pdf

    return pdf(procedure.page, _pictures(procedure) if appendix else (), now, appendix=appendix)


def _pictures(procedure: ProcedureFiles) -> Sequence[Picture]:
    from guidance.note.pictures import pictures_of

    return pictures_of(procedure.stream, procedure.folder)


WRITERS: dict[str, Callable[[ProcedureFiles, Path, datetime, bool], list[Path]]] = {
    ".md": _write_markdown,
    ".html": _write_html,
    ".pdf": _write_pdf,
    ".png": _write_png,
}
"""The writer for each suffix of a file."""
