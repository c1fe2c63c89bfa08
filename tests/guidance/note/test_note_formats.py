"""The note in each format has all sentences and pictures; no text in it is a script, a link or a control code."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pypdf import PdfReader

from guidance.common.errors import UsageError, UserError
from guidance.note.case_sheet import save_case
from guidance.note.formats import html_text, markdown_text, unbroken
from guidance.note.html import html
from guidance.note.markdown import markdown
from guidance.note.note_files import procedure_files, write_note
from guidance.note.page import Sentence
from guidance.note.pdf import pdf
from guidance.note.pictures import pictures_of
from tests.support.case_sheets import NOW, PATIENT, sheet
from tests.support.command_line import command
from tests.support.scripted_procedure import ScriptedProcedure, femoral_block
from tests.support.some import some

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> [click](javascript:alert(3)) ![p](http://x/y.png) "
    "**bold** `code` $\\frac{x}$ \x1b[31mred\x1b]0;title\x07 &lt; \u202etxet http://x.example www.x.example {{x}} =1+1"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure whose device, case sheet and entries contain text that must not act."""
    procedure = femoral_block()
    procedure.channel = "EMG $x$ <b>"
    for made in procedure.records:
        if made.record.kind == "response":
            object.__setattr__(made.record, "channel", procedure.channel)
    procedure.entry(5.0, "note", text=HOSTILE)
    folder = procedure.record_in(tmp_path / "store")
    save_case(folder, sheet(patient=f"{PATIENT} {HOSTILE}", remarks=HOSTILE), None)
    return folder


class Tags(HTMLParser):
    """The tags, attributes and text of an HTML document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def sentences(folder: Path) -> list[str]:
    page = procedure_files(folder, None).page
    return [
        part.text for section in (*page.sections, *page.closing) for item in section.items for part in item.sentences
    ]


def pdf_text(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def test_html_has_every_sentence_and_no_active_content(folder: Path) -> None:
    opened = procedure_files(folder, None)
    rendered = Tags(html(opened.page, pictures_of(opened.stream, folder)))
    assert not rendered.tags - {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "strong", "section", "dl", "dt", "dd", "br",
        "span", "figure", "img", "figcaption",
    }  # fmt: skip
    assert all(unbroken(text) in rendered.words for text in some(sentences(folder)))
    assert all(
        name in {"lang", "charset", "http-equiv", "content", "class", "alt", "src"} for name, _ in rendered.attributes
    )
    sources = [value or "" for name, value in rendered.attributes if name == "src"]
    assert len(sources) == 3
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_markdown_renders_every_sentence_as_plain_text(folder: Path) -> None:
    text = markdown(procedure_files(folder, None).page)
    rendered = Tags(MarkdownIt("commonmark", {"linkify": False}).render(text))
    assert rendered.tags <= {"h1", "h2", "p", "strong", "ul", "li"}
    words = " ".join(rendered.words.split())
    assert all(" ".join(sentence.split()) in words for sentence in some(sentences(folder)))


@given(st.text(max_size=80))
def test_any_text_stays_text_in_markdown_and_html(text: str) -> None:
    part = Tags(MarkdownIt("commonmark").render(f"- **Label:** x{markdown_text(text)}x"))
    assert part.tags <= {"ul", "li", "strong"}
    assert Tags(f"<p>{html_text(text)}</p>").tags == {"p"}
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", markdown_text(text) + html_text(text))


def test_the_terminal_gets_no_control_character(folder: Path) -> None:
    done = command("procedures", "note", folder.name, "--store", folder.parent)
    assert done.status == 0
    assert all(letter.isprintable() or letter == "\n" for letter in some(done.out))


def test_a_percentage_stays_on_one_line_in_html_and_pdf_and_is_plain_in_text(folder: Path) -> None:
    text = " ".join(f"{'x' * length} 22.5 %" for length in range(80))
    page = replace(procedure_files(folder, None).page, opening=(Sentence(text, ()),))
    assert "22.5\N{NO-BREAK SPACE}%" in html(page, [])
    assert "22.5 %" not in html(page, [])
    lines = PdfReader(io.BytesIO(pdf(page, [], NOW))).pages[0].extract_text().splitlines()
    assert sum("22.5" in line for line in lines) > 3
    assert not [line for line in lines if line.lstrip().startswith("%")]
    assert "22.5 %" in markdown(page)


def test_pdf_holds_every_sentence_and_names_patient_and_state_on_each_sheet(folder: Path) -> None:
    opened = procedure_files(folder, None)
    data = pdf(opened.page, pictures_of(opened.stream, folder), NOW)
    words = pdf_text(data).replace(" ", "")
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) > 2
    for page in reader.pages:
        words_here = " ".join(page.extract_text().split())
        assert PATIENT in words_here
        assert "DRAFT, NOT SIGNED." in words_here
        assert "/Annots" not in page
    for sentence in some(sentences(folder)):
        assert "".join(sentence.split())[:60] in words, sentence
    assert sum(len(page.images) for page in reader.pages) == 3


def test_a_letter_without_a_glyph_is_printed_as_its_number(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(patient="中 Ωé"), None)
    words = pdf_text(pdf(procedure_files(folder, None).page, [], NOW))
    assert "[U+4E2D] Ωé" in words


def test_only_pictures_with_data_are_drawn(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path / "block")
    names = [picture.name for picture in pictures_of(procedure_files(folder, None).stream, folder)]
    assert names == ["threshold", "recruitment", "sweeps"]
    (folder / "signal.bdf").unlink()
    names = [picture.name for picture in pictures_of(procedure_files(folder, None).stream, folder)]
    assert names == ["threshold", "recruitment"]
    empty = ScriptedProcedure().record_in(tmp_path / "empty")
    assert pictures_of(procedure_files(empty, None).stream, empty) == []


def test_a_picture_is_the_same_each_time_and_carries_no_date(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    stream = procedure_files(folder, None).stream
    first, again = pictures_of(stream, folder)[0].svg(), pictures_of(stream, folder)[0].svg()
    assert first == again
    assert b"<dc:date>" not in first


@pytest.mark.parametrize("name", ["note.md", "note.html", "note.pdf"])
def test_a_note_is_written_for_its_owner_alone_and_over_nothing(tmp_path: Path, name: str) -> None:
    folder = femoral_block().record_in(tmp_path / "store")
    where = ("procedures", "note", folder.name, "--store", folder.parent, "--to", tmp_path / name)
    done = command(*where)
    assert done.status == 0
    files = [Path(line.removeprefix("Written: ")) for line in done.out.splitlines()]
    assert len(files) == (4 if name == "note.md" else 1)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    again = command(*where)
    assert (again.status, again.is_one_sentence) == (2, True)


def test_a_name_ending_in_png_writes_the_pdf_and_its_pages_beside_it(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path / "store")
    files = write_note(procedure_files(folder, None), tmp_path / "note.png", NOW)
    pages = PdfReader(tmp_path / "note.pdf").pages
    assert files == [tmp_path / "note.pdf", *(tmp_path / f"note-{n}.png" for n in range(1, len(pages) + 1))]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files[1:])
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    with pytest.raises(UsageError, match="is not overwritten"):
        write_note(procedure_files(folder, None), tmp_path / "note.png", NOW)


def test_without_a_renderer_no_file_is_written_and_one_sentence_gives_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    folder = femoral_block().record_in(tmp_path / "store")
    with pytest.raises(UserError, match="Pages as PNG need PDFium"):
        write_note(procedure_files(folder, None), tmp_path / "note.png", NOW)
    assert not [*tmp_path.glob("note*")]


@pytest.mark.parametrize("name", ["note.docx", "note", "none/note.pdf", ""])
def test_an_unusable_name_for_the_note_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    folder = femoral_block().record_in(tmp_path / "store")
    done = command("procedures", "note", folder.name, "--store", folder.parent, "--to", f"{tmp_path}/{name}")
    assert (done.status, done.is_one_sentence) == (2, True)


@pytest.mark.parametrize(
    "patient", ["x" * 400, "{nb}", "\U0001f9b5\u0301", "**B** __i__ ~~s~~", "שלום", "\ud800a", "%PDF-1.4 (\\"]
)
def test_any_name_makes_a_pdf(tmp_path: Path, patient: str) -> None:
    folder = ScriptedProcedure().record_in(tmp_path)
    page = replace(procedure_files(folder, None).page, patient=patient, sections=(), closing=())
    data = pdf(page, [], NOW)
    assert len(PdfReader(io.BytesIO(data)).pages) == 1
    if patient.isascii() and len(patient) < 40:
        assert patient in pdf_text(data)
