"""The commands about a procedure's note: show, fill in, sign, add to, encrypt."""

from __future__ import annotations

import shlex
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.cli.export import export_procedure
from guidance.cli.options import PROTOCOL, STATUS
from guidance.cli.private_values import HELP, read_private
from guidance.cli.procedure_access import errors_end_command, folder_of, key_for, on_procedure
from guidance.cli.procedures import procedures
from guidance.cli.worklist import worklist
from guidance.common.errors import FAILED, UsageError, UserError

if TYPE_CHECKING:
    from guidance.journal.encryption import EncryptionKey
    from guidance.note.note_files import ProcedureFiles

SET = click.option(
    "--set", "answers", multiple=True, metavar="KEY=ANSWER",
    callback=read_private,
    help=f"Fill in a field of the note, such as side=left or 'pain=not done: asleep'; may be repeated. {HELP}",
)  # fmt: skip
BY = click.option("--by", metavar="NAME", callback=read_private, help=f"Name of the person who signs. {HELP}")


@click.command("note", epilog=STATUS)
@on_procedure
@SET
@click.option("--to", metavar="FILE", help="Write the note to FILE (.md, .html or .pdf), with its pictures.")
@click.option("--no-appendix", is_flag=True, help="Leave out the audit appendix: origins, details and pictures.")
def note(name: str, *, store: str | None, key_file: str | None, **options: Any) -> None:
    """Show the note of a procedure, filled from its record and the case sheet.

    The page to sign comes first. The audit appendix names the events that each sentence is based on, with details and
    pictures. Missing fields are listed at the end of the page. A signed note is shown as it was signed, with its
    addenda and with what has changed since.
    """
    with errors_end_command():
        folder = folder_of(name, store)
        key = key_for(folder, key_file)
        files = _with_answers(folder, key, options["answers"])
        _show(files, options["to"], appendix=not options["no_appendix"])
    if files.changed:
        click.echo(f"needle-guidance: Changed since the note was signed: {', '.join(files.changed)}.", err=True)
        sys.exit(FAILED)


@click.command("case-sheet", epilog=STATUS)
@PROTOCOL
def case_sheet(protocol_id: str) -> None:
    """Print an empty case sheet for a protocol. Fill it in, and give it to run or demo with --case.

    Each line shows the values that are allowed. --set uses the same keys.
    """
    from guidance.note.empty import empty_sheet
    from guidance.protocol import ProtocolError, load, resolve

    try:
        protocol = load(resolve(protocol_id))
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None
    click.echo(empty_sheet(protocol), nl=False)


@click.command("sign", epilog=STATUS)
@on_procedure
@SET
@BY
@click.option(
    "--despite", metavar="WHY", help="Sign although record and case sheet contradict each other, and state why."
)
def sign_note(name: str, *, store: str | None, key_file: str | None, by: str | None, **options: Any) -> None:
    """Sign the note of a procedure. A signed note cannot be changed; it can get addenda.

    On a terminal, without --by, pages show what is missing, take the answers, and show the note before it is signed.
    With --by the note is printed and signed; that is refused while required fields are empty. 'not done: why' and
    'not assessed: why' are answers too. It is also refused while record and case sheet contradict each other: mend the
    answer, or state with --despite why both stand.
    """
    with errors_end_command():
        _sign(folder_of(name, store), key_file, by, options["answers"], options["despite"])


def sign_at_end(folder: Path, key_file: str | None) -> None:
    """Open the pages that sign the note of the procedure in ``folder``; the operator may leave it for later."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a procedure has its own
    with errors_end_command():
        if not _sign_on_pages(folder, key_for(folder, key_file)):
            later = f"needle-guidance procedures sign {folder.name} --store {shlex.quote(str(folder.parent))}"
            raise UserError(f"The note is not signed. To sign it later: {later}")


def _sign(
    folder: Path, key_file: str | None, by: str | None, answers: tuple[str, ...], despite: str | None = None
) -> None:
    """Enter ``answers`` and sign: on the pages where there is a terminal and no ``by``. Raises UserError."""
    from guidance.note.signing import sign

    key = key_for(folder, key_file)
    files = _with_answers(folder, key, answers)
    if by is None and despite is None and files.signed is None and _has_terminal():
        if not _sign_on_pages(folder, key):
            raise UserError("The note is not signed; the answers are kept.")
        return
    if not files.composed.missing and files.signed is None:
        _show(files, None, appendix=False)
    signed = sign(folder, files.composed, files.case, by or "", key, _now(), despite=despite)
    click.echo(f"Signed by {signed.signature['by']}. SHA-256 of the signature: {signed.signature['sha256']}")


def _sign_on_pages(folder: Path, key: EncryptionKey | None) -> bool:
    """Show the pages that complete, sign and write the note; return whether it was signed. Raises UserError."""
    from guidance.common.config import load_config
    from guidance.note.site_defaults import notes_folder, site_defaults
    from guidance.start.signing_draft import SigningDraft
    from guidance.start.signing_pages import SigningPages
    from guidance.ui.appearance import appearance_of

    config = load_config()
    click.echo(f"Reading the record of {folder.name}.", err=True)
    draft = SigningDraft(folder, key, site_defaults(config))
    app = SigningPages(draft, appearance_of(config, None).theme, notes_folder(config))
    sentence = app.run()
    if app.return_code:
        raise UserError("The pages ended with a fault; the answers are kept, and the note is not signed.")
    click.echo("\n".join([*filter(None, [sentence]), *(f"Written: {path}" for path in app.written)]))
    return sentence is not None


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


@click.command("addendum", epilog=STATUS)
@on_procedure
@BY
@click.argument("text", callback=read_private)
def addendum(name: str, text: str, *, store: str | None, key_file: str | None, by: str | None) -> None:
    """Add TEXT to a signed note. The addendum is dated, and chained to what was signed before.

    TEXT - reads it from standard input, @FILE from a file.
    """
    from guidance.note.signing import add_addendum

    with errors_end_command():
        folder = folder_of(name, store)
        signed = add_addendum(folder, text, by or _prompt_name(), key_for(folder, key_file), _now())
    click.echo(f"Addendum {len(signed.addenda)} by {signed.links[-1]['by']}.")


@click.command("follow-up", epilog=STATUS)
@on_procedure
@click.option(
    "--set",
    "entries",
    multiple=True,
    metavar="KEY=ANSWER",
    help="Enter one field, such as 'block_20min=no cold sensation, power 2/5'; may be repeated.",
)
@BY
def follow_up(name: str, *, store: str | None, key_file: str | None, by: str | None, entries: tuple[str, ...]) -> None:
    """Add block tests, observations and follow-up to a signed note, as a dated addendum.

    Without --set the program prompts for each field on a terminal; Enter skips one. Keys: block_10min, block_20min,
    block_30min, success, observations, complications, disposition, follow_up_24h, follow_up_7d.
    """
    from guidance.note.follow_up import add_follow_up, read_follow_up

    with errors_end_command():
        folder = folder_of(name, store)
        key = key_for(folder, key_file)
        answers = read_follow_up(entries)
        if not answers and sys.stdin.isatty():
            answers = _prompted_follow_up()
        signed = add_follow_up(folder, answers, by or _prompt_name(), key, _now())
    click.echo(f"Addendum {len(signed.addenda)} by {signed.links[-1]['by']}: {signed.links[-1]['text']}")


def _prompted_follow_up() -> dict[str, str]:
    from guidance.note.follow_up import FOLLOW_UP_FIELDS, read_follow_up_answer

    answers: dict[str, str] = {}
    for item in FOLLOW_UP_FIELDS:
        while text := click.prompt(f"{item.label} (Enter skips)", default="", show_default=False, err=True):
            try:
                answers[item.key] = read_follow_up_answer(item.key, text)
            except UsageError as fault:
                click.echo(str(fault), err=True)
                continue
            break
    return answers


@click.command("protect", epilog=STATUS)
@on_procedure
def protect(name: str, *, store: str | None, key_file: str | None) -> None:
    """Encrypt patient and note of a procedure, with the key in --key FILE or with a passphrase from a prompt.

    The files are age files. Without the key or passphrase nobody can read them again. Events and signal, which name
    nobody, stay readable.
    """
    from guidance.journal.encryption import protect as seal

    with errors_end_command():
        folder = folder_of(name, store)
        seal(folder, key_for(folder, key_file) or _new_phrase())
    click.echo(f"Patient and note of {name} are encrypted.")


@click.command("new-key", epilog=STATUS)
@click.argument("file")
def new_key(file: str) -> None:
    """Create a secret key in a new FILE, for protect and --key. Keep a copy: without it nothing can be decrypted."""
    from guidance.journal.encryption import new_key_file

    with errors_end_command():
        public = new_key_file(Path(file))
    click.echo(f"Secret key in {file}; its public key, which can encrypt but not decrypt, is {public}")


def _with_answers(folder: Path, key: EncryptionKey | None, answers: tuple[str, ...]) -> ProcedureFiles:
    """Enter ``answers`` in the case sheet of ``folder``, and return its files. Raises UserError."""
    from guidance.note.case_sheet import save_case
    from guidance.note.note_files import procedure_files

    files = procedure_files(folder, key)
    if not answers:
        return files
    if files.signed is not None:
        raise UsageError(f"The note of {folder.name} is signed and cannot be changed; use procedures addendum.")
    case = files.case
    for answer in answers:
        field, separator, text = answer.partition("=")
        if not separator:
            raise UsageError(f"--set {answer!r} is not KEY=ANSWER, such as side=left.")
        case = case.with_answer(field.strip(), text, _now())
    save_case(folder, case, key)
    return replace(files, case=case)


def _prompt_name() -> str:
    if not sys.stdin.isatty():
        raise UsageError("Name the signer with --by, such as --by 'Dr A. Example'.")
    return str(click.prompt("Signed by", err=True))


def _new_phrase() -> EncryptionKey:
    from guidance.journal.encryption import key_of_passphrase

    if not sys.stdin.isatty():
        raise UsageError("Give a key file with --key, or the passphrase on a terminal.")
    return key_of_passphrase(click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True))


def _show(files: ProcedureFiles, to: str | None, *, appendix: bool = True) -> None:
    from guidance.note.markdown import markdown
    from guidance.note.note_files import WRITERS, write_note

    if to is None:
        click.echo(markdown(files.page, appendix=appendix), nl=False)
        return
    path = Path(to)
    if path.suffix.lower() not in WRITERS:
        raise UsageError(f"--to {to}: the note is written as {', '.join(WRITERS)}; end the file name so.")
    for written in write_note(files, path, _now(), appendix=appendix):
        click.echo(f"Written: {written}")


def _now() -> datetime:
    return datetime.now().astimezone()


for command in (note, case_sheet, sign_note, addendum, follow_up, protect, new_key, export_procedure, worklist):
    procedures.add_command(command)
RECORD_GROUP = procedures
"""The group ``procedures`` with the commands of this module."""
