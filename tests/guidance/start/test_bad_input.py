"""Bad input on the way from Start to the signature: one clear sentence, or a page that reads, and nothing is lost."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from guidance.cli.command_table import COMMANDS, load_command
from guidance.common.config import Config
from guidance.common.errors import UsageError, UserError
from guidance.common.terminal import require_screen
from guidance.journal.files import Disk
from guidance.note.case_sheet import load_case, save_case
from guidance.note.signing import load_signed
from guidance.start import recent
from guidance.start.choice import StartChoice, StartMemory
from guidance.start.signing_draft import SigningDraft
from guidance.start.signing_pages import AnswersPage, NoteToSign, SignedPage, SigningPages
from guidance.start.start_app import StartApp, StartPage
from guidance.ui.forms.line import AnswerLine
from tests.guidance.ui.whole import until
from tests.support.case_sheets import BLOCK_SHEET, NOW, PERFORMER, sheet
from tests.support.scripted_procedure import femoral_block

if sys.platform == "win32":
    pytest.skip("needs a pty", allow_module_level=True)

from tests.support.terminal import on_terminal


class FullDisk:
    """A disk that has no room while ``is_full``; ``files`` are the names for which that holds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
        self.is_full, self._files, self._names = True, files, dict[int, str]()
        create, write = Disk.create, Disk.write

        def created(disk: Disk, path: Path) -> int:
            fd = create(disk, path)
            self._names[fd] = path.name
            return fd

        def written(disk: Disk, fd: int, data: bytes) -> None:
            if self.is_full and any(name in self._names.get(fd, "") for name in self._files):
                write(disk, fd, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write(disk, fd, data)

        monkeypatch.setattr(Disk, "create", created)
        monkeypatch.setattr(Disk, "write", written)


class Stream(io.StringIO):
    """A terminal in memory of this ``encoding``."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recent, "recent_path", lambda: tmp_path / "recent.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A procedure whose note lacks one answer."""
    folder = femoral_block().record_in(tmp_path / "store")
    lines = [line for line in BLOCK_SHEET.splitlines() if not line.startswith("position ")]
    save_case(folder, sheet("\n".join(lines)), None)
    return folder


def start(store: Path) -> StartApp:
    return StartApp(StartMemory(load_command, Config(Path("config.toml")), store, "dark"), frozenset(COMMANDS))


def text_of(app: StartApp | SigningPages) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def open_form(pilot: Pilot[StartChoice]) -> None:
    await pilot.press("b")
    await until(lambda: bool(pilot.app.screen.query(AnswerLine)))


@pytest.mark.parametrize(
    ("encoding", "kind", "words"),
    [
        ("ascii", "xterm", "The screen needs UTF-8, and this terminal's output is set to ascii; choose a UTF-8 locale"),
        ("iso-8859-1", "xterm", "set to iso-8859-1"),
        ("utf-8", "dumb", "TERM is dumb; set TERM to the terminal's kind"),
    ],
)
def test_a_terminal_that_shows_no_screen_is_refused(
    encoding: str, kind: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream()
    monkeypatch.setattr(Stream, "encoding", encoding)
    monkeypatch.setattr(sys, "__stderr__", stream)
    monkeypatch.setenv("TERM", kind)
    with pytest.raises(UsageError, match=words):
        require_screen()


def test_a_terminal_that_can_show_a_screen_or_an_output_that_is_none_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream in (Stream(), io.TextIOWrapper(io.BytesIO(), "ascii"), None):
        monkeypatch.setattr(sys, "__stderr__", stream)
        require_screen()


@pytest.mark.parametrize(
    ("words", "env"), [([], {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}), (["demo"], {"TERM": "dumb"})]
)
def test_start_and_the_screen_refuse_it_in_one_sentence(words: list[str], env: dict[str, str], tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "store"), "--no-audio"] if words else []
    with on_terminal([*words, *store], {"HOME": str(tmp_path), **env}) as command:
        assert command.end() == 2
        assert "Traceback" not in command.text
        assert command.text.count("needle-guidance: The screen needs") == 1
    assert not (tmp_path / "store").exists()


async def test_start_reads_without_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = start(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        colours = [colour for strip in strips for segment in strip if segment.style for colour in
                   (segment.style.color, segment.style.bgcolor) if colour and colour.triplet]  # fmt: skip
        assert all(max(colour.triplet) - min(colour.triplet) <= 2 for colour in colours if colour.triplet)
        rows = {strip.text.split("  ")[0].strip(): str(next(iter(strip)).style) for strip in strips}
        looks = {look for name, look in rows.items() if name}
        assert len(looks) > 1
        await open_form(pilot)
        assert "Protocol" in text_of(app)


@pytest.mark.parametrize("full", ["note", "case"])
async def test_a_disk_that_fills_while_signing_loses_nothing_and_the_note_is_signed_later(
    folder: Path, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    disk = FullDisk(monkeypatch, full)
    app = SigningPages(SigningDraft(folder, None, {}, lambda: NOW), "dark")
    async with app.run_test(size=(120, 40)) as pilot:
        assert isinstance(app.screen, AnswersPage)
        await pilot.press(*"supine", "enter")
        note = app.screen
        assert isinstance(note, NoteToSign)
        while not note.is_read:
            await pilot.press("enter")
        note.confirming.least_gap_s = 0.0
        await pilot.press("enter", "enter")
        shown = " ".join(text_of(app).split())
        assert "cannot be written (No space left on device)." in shown
        assert load_signed(folder, None) is None
        names = {path.name for path in folder.iterdir()}
        assert names == set(before), "what was begun on the full disk is removed"
        disk.is_full = False
        await pilot.press("enter", "enter")
        await until(lambda: isinstance(app.screen, SignedPage))
        await pilot.press("escape")
    signed = load_signed(folder, None)
    assert signed is not None
    assert signed.signature["by"] == PERFORMER
    assert load_case(folder, None).get("position") == "supine"


def test_a_full_disk_leaves_the_old_answers_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = SigningDraft(folder, None, {}, lambda: NOW)
    disk = FullDisk(monkeypatch, "case")
    with pytest.raises(UserError, match="No space left"):
        draft.answer("position", "supine")
    assert load_case(folder, None).get("position") is None
    assert load_case(folder, None).get("performer") == PERFORMER
    disk.is_full = False
    draft.answer("sex", "female")
    assert load_case(folder, None).get("position") == "supine"


async def test_a_store_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    store = tmp_path / "a-file"
    store.write_text("no folder", "utf-8")
    app = start(store)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("v")
        await until(lambda: "cannot be" in text_of(app) or "no recorded procedure" in text_of(app))
        assert "a-file" in text_of(app)
        await pilot.press("enter", "escape")
        assert isinstance(app.screen, StartPage)


async def test_text_without_end_and_with_control_codes_is_refused_or_made_harmless(tmp_path: Path) -> None:
    app = start(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot)
        form = app.screen.form  # type: ignore[attr-defined]
        await pilot.press(*"femoral", "enter")
        form.go_to("patient")
        app.screen.refresh_form()  # type: ignore[attr-defined]
        line = app.screen.query_one(AnswerLine)
        line.post_message(Paste("\x1b[2J" + "x" * 10_000))
        await pilot.pause()
        assert "has 10003 characters, and the line takes 1000." in " ".join(text_of(app).split())
        await pilot.press("enter")
        assert "patient" not in form.answers
        form.go_to("patient")
        line.post_message(Paste("A\x1b]0;title\x07 \x9b2J B\u202e"))
        await pilot.pause()
        await pilot.press("enter")
        assert form.answers["patient"] == "A]0;title 2J B"
        assert not set(text_of(app)) & set("\x1b\x07\x9b\u202e")
