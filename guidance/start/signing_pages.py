"""The pages that complete, sign and write a note: answers, the note as text, the signed note."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import platformdirs

from guidance.common.errors import UserError
from guidance.common.text import one_line
from guidance.note.plain_text import plain_text
from guidance.start.signing_draft import SigningDraft
from guidance.ui.forms import FormPage, PagesApp, TextPage
from guidance.ui.leaving import Leaving

_SIGN = "ENTER signs, a second ENTER confirms; a signed note can get addenda and no changes. Signed by:"
_WRITE = "ENTER writes the note to this file (.pdf, .html or .md); ESC leaves. File:"


class AnswersPage(FormPage):
    """The form of what is missing before a signature."""

    HEADING = "SIGN THE NOTE"
    END_WORDS = "Show the note, and sign"

    def __init__(self, draft: SigningDraft) -> None:
        self._draft = draft
        super().__init__(draft.form())

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

    def finish(self) -> None:
        """Show the note."""
        self.app.push_screen(NoteToSign(self._draft))

    def leave(self) -> None:
        """Leave signing for later; the answers are saved."""
        self.app.exit()


class NoteToSign(TextPage):
    """The note as it will be signed, with the line for the name."""

    def __init__(self, draft: SigningDraft) -> None:
        self._draft, self.confirming = draft, Leaving()
        super().__init__("THE NOTE TO SIGN", plain_text(draft.files.page), _SIGN, draft.signer)

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
        self.app.switch_screen(SignedPage(self._draft, sentence))

    def action_leave(self) -> None:
        """Go back to the answers, or leave signing for later where there are none."""
        if isinstance(self.app, SigningPages) and not self.app.has_answers:
            self.app.exit()
        else:
            self.dismiss()


class SignedPage(TextPage):
    """The signed note, with the line for the file to write it to."""

    def __init__(self, draft: SigningDraft, sentence: str) -> None:
        self._draft, self._sentence = draft, sentence
        place = str(documents_folder() / f"{draft.folder.name}.pdf")
        super().__init__("THE SIGNED NOTE", plain_text(draft.files.page), _WRITE, place)

    def on_mount(self) -> None:
        """Show that the note is signed."""
        super().on_mount()
        self.show_message(self._sentence)

    def submitted(self, text: str) -> None:
        """Write the note, and show where; a note takes some seconds with its pictures."""
        self.show_message("Writing the note.")
        self.call_after_refresh(partial(self._write, Path(text.strip()).expanduser()))

    def _write(self, path: Path) -> None:
        try:
            files = self._draft.write(path)
        except UserError as fault:
            self.show_message(str(fault))
            return
        written = ", ".join(map(str, files))
        self.show_message(f"Written: {written}")
        if isinstance(self.app, SigningPages):
            self.app.written += files

    def action_leave(self) -> None:
        """Leave: the note is signed."""
        self.app.exit(self._sentence)


class SigningPages(PagesApp[str]):
    """The app of these pages; its result states the signature, None where the note was left for later.

    ``written`` are the files that were written.
    """

    def __init__(self, draft: SigningDraft, theme: str) -> None:
        super().__init__(theme)
        self._draft = draft
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
