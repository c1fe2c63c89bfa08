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
from guidance.cli.procedures import leave, procedures
from guidance.common.errors import FAILED, UsageError, UserError

if TYPE_CHECKING:
    from guidance.journal.encryption import EncryptionKey
    from guidance.note.case_sheet import CaseSheet
    from guidance.note.note_files import ProcedureFiles

SET = click.option(
    "--set", "answers", multiple=True, metavar="KEY=ANSWER",
    callback=read_private,
    help=f"Fill in a field of the note, such as side=left or 'pain=not done: asleep'; may be repeated. {HELP}",
)  # fmt: skip
BY = click.option(
    "--by", metavar="NAME", callback=read_private, help=f"Name of the person who signs. {HELP}  [default: prompt]"
)


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

    Signing is refused while required fields are empty. On a terminal the program prompts for them one by one;
    'not done: why' and 'not assessed: why' are answers too. It is also refused while record and case sheet contradict
    each other: mend the answer, or state with --despite why both stand.
    """
    with errors_end_command():
        _sign(folder_of(name, store), key_file, by, options["answers"], options["despite"])


def sign_at_end(folder: Path, key_file: str | None) -> None:
    """Sign the note of the procedure in ``folder``, as ``procedures sign`` does; the operator may postpone it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a procedure has its own
    try:
        with errors_end_command():
            _sign(folder, key_file, None, ())
    except click.Abort:
        click.echo(err=True)
        later = f"needle-guidance procedures sign {folder.name} --store {shlex.quote(str(folder.parent))}"
        leave(UserError(f"The note is not signed. To sign it later: {later}"))


def _sign(
    folder: Path, key_file: str | None, by: str | None, answers: tuple[str, ...], despite: str | None = None
) -> None:
    """Enter ``answers``, prompt for missing fields where there is a terminal, and sign. Raises UserError."""
    from guidance.note.signing import sign

    key = key_for(folder, key_file)
    files = _with_answers(folder, key, answers)
    if sys.stdin.isatty() and files.signed is None:
        files = _with_prompted(files, key)
    if by is None and not files.composed.missing and files.signed is None:
        _show(files, None)
        by = _prompt_name()
    if files.composed.contradictions and despite is None and sys.stdin.isatty() and files.signed is None:
        click.echo("\n".join(files.composed.contradictions), err=True)
        despite = str(click.prompt("Why do both stand? (Ctrl-C to mend the case sheet first)", err=True))
    signed = sign(folder, files.composed, files.case, by or "", key, _now(), despite=despite)
    click.echo(f"Signed by {signed.signature['by']}. SHA-256 of the signature: {signed.signature['sha256']}")


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


def _with_prompted(files: ProcedureFiles, key: EncryptionKey | None) -> ProcedureFiles:
    """Prompt for missing fields; answers are saved even if the operator breaks off."""
    from guidance.note.case_sheet import save_case

    case = files.case
    try:
        for field, label in files.composed.missing:
            if "NAME" not in field.split("."):
                case = _prompt_field(case, field, label)
    finally:
        if case != files.case:
            save_case(files.folder, case, key)
    return replace(files, case=case)


def _prompt_field(case: CaseSheet, field: str, label: str) -> CaseSheet:
    """Prompt until the answer is valid; an empty answer leaves ``field`` open."""
    while text := click.prompt(f"{label} ({_allowed(field)})", default="", show_default=False, err=True):
        try:
            return case.with_answer(field, text, _now(), "Not taken")
        except UsageError as fault:
            click.echo(str(fault), err=True)
    return case


def _allowed(field: str) -> str:
    from guidance.note.case_sheet import field_of

    return field_of(field, "note").form.allowed


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


for command in (note, case_sheet, sign_note, addendum, follow_up, protect, new_key, export_procedure):
    procedures.add_command(command)
RECORD_GROUP = procedures
"""The group ``procedures`` with the commands of this module."""
