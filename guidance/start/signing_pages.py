"""The pages that complete, sign and write a note: answers, the note as text, the signed note."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import platformdirs
from textual.binding import Binding, BindingType
from textual.widgets import Static

from guidance.common.errors import UserError
from guidance.common.text import one_line
from guidance.note.plain_text import plain_text
from guidance.start.signing_draft import SigningDraft
from guidance.ui.forms import FormPage, PagesApp, TextPage
from guidance.ui.forms.line import AnswerLine
from guidance.ui.leaving import Leaving

_SIGN = "ENTER signs, a second ENTER confirms; a signed note can get addenda and no changes. Signed by:"
_READ = "ENTER shows more of the note; at its end it can be signed."
_WRITE = "ENTER writes the note to this file (.pdf, .png, .html or .md) and leaves; ESC leaves. File:"
_ALSO_WRITE = "ENTER leaves; with a file name (.pdf, .png, .html or .md) it writes the note there too. File:"


class AnswersPage(FormPage):
    """The form of what is missing before a signature."""

    HEADING = "SIGN THE NOTE"
    END_WORDS = "Read the whole note, and sign"

    def __init__(self, draft: SigningDraft) -> None:
        self._draft = draft
        super().__init__(draft.form())
        self._was_missing = bool(self.form.missing)

    def heading(self) -> str:
        """Return the words of the top line: what is signed."""
        return f"{self.HEADING}  {one_line(self._draft.folder.name)}   answered"

    def answered(self, key: str) -> None:
        """Save the answer, and show what it makes missing or contradictory."""
        try:
            self._draft.answer(key, self.form.answers.get(key))
        except UserError as fault:
            self.show_message(str(fault))
        form = self._draft.form()
        self.form.answers, self.form.origins = form.answers, form.origins
        self.form.replace_items(form.items)

    def accepted(self) -> None:
        """Show the note once the last answer that was missing is there."""
        if self._was_missing and not self.form.missing:
            self.finish()
        self._was_missing = bool(self.form.missing)

    def finish(self) -> None:
        """Show the note."""
        self.app.push_screen(NoteToSign(self._draft))

    def leave(self) -> None:
        """Leave signing for later; the answers are saved."""
        self.app.exit()


class NoteToSign(TextPage):
    """The note as it will be signed. The line for the name appears once the whole note was shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "Go on", key_display="ENTER")]

    def __init__(self, draft: SigningDraft) -> None:
        self._draft, self.confirming = draft, Leaving()
        super().__init__("THE NOTE TO SIGN", plain_text(draft.files.page), _SIGN, draft.signer)

    def begin(self) -> None:
        """Begin to read; the line takes no key before the end of the note."""
        line = self.query_one(AnswerLine)
        line.value, line.display = self._draft.signer, False
        self.text.can_focus = True
        self.text.focus()
        self.query_one(".prompt", Static).update(_READ)
        self.watch(self.text, "scroll_y", self._read_on, init=False)
        self.call_after_refresh(self._read_on)

    def on_resize(self) -> None:
        """Look again whether the whole note is in sight."""
        self.call_after_refresh(self._read_on)

    @property
    def is_read(self) -> bool:
        """Whether the whole note was shown, so that it can be signed."""
        return self.query_one(AnswerLine).display

    def _read_on(self) -> None:
        """Show the line for the name at the end of the note."""
        line = self.query_one(AnswerLine)
        if not self.is_read and self.text.scroll_target_y >= self.text.max_scroll_y:
            line.display = True
            line.focus()
            self.query_one(".prompt", Static).update(_SIGN)
            self.call_after_refresh(self.text.scroll_end, animate=False)

    def action_submit(self) -> None:
        """Show more of the note, and sign at its end."""
        if self.is_read:
            super().action_submit()
        else:
            self.action_scroll(max(self.text.size.height - 1, 1))

    def submitted(self, text: str) -> None:
        """Sign at the second Enter with the same name."""
        name = one_line(text)
        if not name:
            self.show_message("Enter the name of the person who signs.")
        elif self.confirming.press(name, time.monotonic()):
            self._sign(name)
        else:
            self.show_message(f"Press ENTER again to sign as {name}.")

    def on_input_changed(self) -> None:
        """Drop the first Enter: the name has changed."""
        self.confirming.forget()
        self.show_message("")

    def _sign(self, name: str) -> None:
        try:
            sentence = self._draft.sign(name)
        except UserError as fault:
            self.confirming.forget()
            self.show_message(str(fault))
            return
        folder = self.app.notes_folder if isinstance(self.app, SigningPages) else None
        self.app.switch_screen(SignedPage(self._draft, sentence, folder))

    def action_leave(self) -> None:
        """Go back to the answers, or leave signing for later where there are none."""
        if isinstance(self.app, SigningPages) and not self.app.has_answers:
            self.app.exit()
        else:
            self.dismiss()


class SignedPage(TextPage):
    """The signed note, written into the site's ``folder`` if there is one, with the line for a file to write it to."""

    def __init__(self, draft: SigningDraft, sentence: str, folder: Path | None = None) -> None:
        self._draft, self._sentence, self._folder = draft, sentence, folder
        place = "" if folder else str(documents_folder() / self._file_name)
        super().__init__("THE SIGNED NOTE", plain_text(draft.files.page), _ALSO_WRITE if folder else _WRITE, place)

    @property
    def _file_name(self) -> str:
        return f"{self._draft.folder.name}.pdf"

    def begin(self) -> None:
        """Show that the note is signed, and write it into the site's folder."""
        super().begin()
        if self._folder is None:
            self.show_message(self._sentence)
        else:
            self._begin_to_write(self._folder / self._file_name, self._stay)

    def submitted(self, text: str) -> None:
        """Write the note to the file in the line, if one is named, and leave."""
        if text.strip() or self._folder is None:
            self._begin_to_write(Path(text.strip()).expanduser(), lambda _files: self.action_leave())
        else:
            self.action_leave()

    def _begin_to_write(self, path: Path, then: Callable[[list[Path]], None]) -> None:
        """Write the note to ``path`` after this is shown: its pictures take some seconds."""
        self.show_message(f"{self._sentence} Writing the note.")
        self.call_after_refresh(partial(self._write, path, then))

    def _write(self, path: Path, then: Callable[[list[Path]], None]) -> None:
        try:
            files = self._draft.write(path)
        except UserError as fault:
            self.show_message(str(fault))
            return
        if isinstance(self.app, SigningPages):
            self.app.written += files
        then(files)

    def _stay(self, files: list[Path]) -> None:
        self.show_message(f"{self._sentence} Written: {', '.join(map(str, files))}")

    def action_leave(self) -> None:
        """Leave: the note is signed."""
        self.app.exit(self._sentence)


class SigningPages(PagesApp[str]):
    """The app of these pages; its result states the signature, None where the note was left for later.

    ``written`` are the files that were written. A signed note is written into ``notes_folder`` where the site has one.
    """

    def __init__(self, draft: SigningDraft, theme: str, notes_folder: Path | None = None) -> None:
        super().__init__(theme)
        self._draft, self.notes_folder = draft, notes_folder
        self.written: list[Path] = []
        self.has_answers = bool(draft.form().counts[1]) and not draft.is_signed

    def on_mount(self) -> None:
        """Open the first page: the answers, or the note where nothing is missing."""
        super().on_mount()
        if self._draft.is_signed:
            self.push_screen(SignedPage(self._draft, "This note is signed; it can get addenda and no changes."))
        elif self.has_answers:
            self.push_screen(AnswersPage(self._draft))
        else:
            self.push_screen(NoteToSign(self._draft))


def documents_folder() -> Path:
    """Return the folder that is offered for a written note: the user's documents, or else the present one."""
    try:
        documents = platformdirs.user_documents_path()
    except RuntimeError:  # an account without a home
        return Path.cwd()
    return documents if documents.is_dir() else Path.cwd()
