"""The commands about recorded procedures: list, show, verify, recover, delete."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from guidance.cli.options import JSON, STATUS
from guidance.common.errors import FAILED, UserError

if TYPE_CHECKING:
    from guidance.journal.index import IndexedProcedure
    from guidance.journal.summary import Summary
    from guidance.journal.verify import Verdict

STORE = click.option(
    "--store", metavar="DIR", help="Folder where procedures are stored.  [default: in the user's data folder]"
)
STATES = ("finished", "running", "cut off", "unreadable")
_DAY = click.DateTime(["%Y-%m-%d"])
NAMES = click.argument("names", nargs=-1, metavar="[PROCEDURE]...")


def store_of(store: str | None) -> Path:
    """Return the store that ``--store`` names, or the user's. Raises a usage error where there is none."""
    from guidance.journal.store import default_store

    if store is not None and not Path(store).is_dir():
        raise click.UsageError(f"There is no folder {store}; --store names the folder where procedures are stored.")
    return default_store() if store is None else Path(store)


def chosen(store: Path, names: tuple[str, ...]) -> list[Path]:
    """Return the folders of the procedures ``names``, or of all. Ends the command where one does not exist."""
    from guidance.journal.store import find_procedure, procedures

    try:
        if names:
            return [find_procedure(store, name) for name in names]
        _warn_of_links(store)
        return procedures(store)
    except UserError as fault:
        leave(fault)


def _warn_of_links(store: Path) -> None:
    from guidance.journal.store import linked_procedures

    for link in linked_procedures(store):
        click.echo(f"needle-guidance: {_plain(link.name)} is a symbolic link in {store}; it is ignored.", err=True)


def leave(fault: UserError) -> NoReturn:
    """End the command with the sentence and status of ``fault``."""
    click.echo(f"needle-guidance: {_plain(str(fault))}", err=True)
    sys.exit(fault.status)


@click.group(epilog=STATUS, name="procedures")
def procedures() -> None:
    """List, show, verify, recover, delete and export recorded procedures; show and sign their notes."""


@procedures.command("list", epilog=STATUS)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@STORE
@click.option("--since", type=_DAY, metavar="YYYY-MM-DD", help="List procedures of this day and later.")
@click.option("--until", type=_DAY, metavar="YYYY-MM-DD", help="List procedures of this day and earlier.")
@click.option("--protocol", metavar="ID", help="List procedures of this protocol.")
@click.option("--state", type=click.Choice(STATES), help="List procedures in this state.")
@click.option("--signed/--unsigned", default=None, help="List procedures whose note is signed, or not.")
@JSON
def list_(words: tuple[str, ...], store: str | None, *, as_json: bool, **chosen: Any) -> None:
    """List procedures, the oldest first, and those that were deleted.

    With WORDs, only those in which every word occurs: in name, protocol, mode, device, state or time. The list comes
    from an index in the store, which is brought up to date first and can be deleted at any time.
    """
    from guidance.journal.index import StoreIndex
    from guidance.journal.index_filter import ProcedureFilter
    from guidance.journal.tombstones import tombstones

    place = store_of(store)
    days = {name: value.date() for name in ("since", "until") if (value := chosen.pop(name)) is not None}
    try:
        wanted = ProcedureFilter(" ".join(words), **days, **chosen)
        _warn_of_links(place)
        with StoreIndex(place) as index:
            found = wanted.of(index.rows())
    except UserError as fault:
        leave(fault)
    everything = wanted == ProcedureFilter()
    gone = tombstones(place) if everything else []
    if as_json:
        _print_json(
            {"procedures": [dataclasses.asdict(row.summary) | {"signed": row.signed} for row in found], "deleted": gone}
        )
        return
    lines = [_line(row) for row in found]
    lines += [f"{_plain(stone['name'])}  deleted {_plain(str(stone.get('wall_time')))}" for stone in gone]
    fits = "" if everything else " that fits"
    click.echo("\n".join(lines) or f"There is no recorded procedure{fits} in {place}.")


@procedures.command(epilog=STATUS)
@click.argument("name", metavar="PROCEDURE")
@STORE
@JSON
def show(name: str, store: str | None, *, as_json: bool) -> None:
    """Show one procedure: when and how it was done, its entries, alarms and files, and whether its record is intact."""
    from guidance.journal.event_reader import read_events
    from guidance.journal.summary import alarm_counts, entries, files_of, summarise
    from guidance.journal.verify import verify

    (folder,) = chosen(store_of(store), (name,))
    summary, verdict = summarise(folder), verify(folder)
    try:
        events = read_events(folder)
    except UserError as fault:
        leave(fault)
    noted, alarms = entries(events), alarm_counts(events)
    files = files_of(folder)
    if as_json:
        details = {"state": verdict.state.value, "why": verdict.why, "entries": noted, "alarms": alarms, "files": files}
        _print_json(dataclasses.asdict(summary) | details)
        return
    click.echo("\n".join([*_head(summary, verdict), *map(_entry, noted), *_rest(alarms, files)]))


@procedures.command(epilog=STATUS)
@NAMES
@STORE
@JSON
def verify(names: tuple[str, ...], store: str | None, *, as_json: bool) -> None:
    """Verify that records are intact: nothing changed, nothing missing. Without a name, verify all of them.

    The exit status is 0 only if all are intact. A procedure that was cut off is not, until it is recovered. The first
    broken line is named. No check can find a record that was forged as a whole, with its chain and seal.
    """
    from guidance.journal.tombstones import verify_tombstones
    from guidance.journal.verify import verify as verify_one

    place = store_of(store)
    verdicts = {folder.name: verify_one(folder) for folder in chosen(place, names)}
    stones = None if names else verify_tombstones(place)
    if stones is not None:
        verdicts["(deleted)"] = stones
    holds = all(one.is_intact for one in verdicts.values())
    if as_json:
        details = [
            {"name": name, "state": one.state.value, "holds": one.is_intact, "lines": one.lines, "why": one.why}
            for name, one in verdicts.items()
        ]
        _print_json({"holds": holds, "procedures": details})
    else:
        click.echo(
            "\n".join(f"{_plain(name)}  {one.state.value}: {_plain(one.why)}" for name, one in verdicts.items())
            or f"There is no recorded procedure in {place}."
        )
    sys.exit(0 if holds else FAILED)


@procedures.command(epilog=STATUS)
@NAMES
@STORE
def recover(names: tuple[str, ...], store: str | None) -> None:
    """Recover procedures that were cut off. Without a name, recover all of them.

    What was recorded does not change; the journal gets an end that names the recovery, the signal a header with the
    true length, and both a seal. Every start of run and demo does the same.
    """
    from guidance.journal.recover import recover as recover_one
    from guidance.journal.store import unfinished

    place = store_of(store)
    folders = chosen(place, names) if names else unfinished(place)
    failed = _each(folders, lambda folder: _recovered(recover_one(folder)))
    if not folders:
        click.echo("No procedure was cut off.")
    sys.exit(FAILED if failed else 0)


@procedures.command(epilog=STATUS)
@click.argument("names", nargs=-1, required=True, metavar="PROCEDURE...")
@STORE
@click.option("--yes", is_flag=True, help="Delete without a prompt, for scripts.")
def delete(names: tuple[str, ...], store: str | None, *, yes: bool) -> None:
    """Delete procedures for good: signal, events, notes. A tombstone keeps on record that each one existed."""
    from guidance.journal.tombstones import delete as delete_one

    folders = chosen(store_of(store), names)
    if not yes and not _agreed(f"Delete {', '.join(_plain(folder.name) for folder in folders)} for good?"):
        leave(UserError("Nothing was deleted; in a script, use --yes."))
    now = datetime.now().astimezone()

    def deleted(folder: Path) -> str:
        delete_one(folder, now)
        return "deleted"

    sys.exit(FAILED if _each(folders, deleted) else 0)


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # there is no operator
        click.echo(err=True)
        return False


def _each(folders: list[Path], done: Callable[[Path], str]) -> int:
    """Apply ``done`` to each folder and print its result; returns how many failed."""
    failed = 0
    for folder in folders:
        try:
            click.echo(f"{_plain(folder.name)}: {done(folder)}")
        except UserError as fault:
            failed += 1
            click.echo(f"needle-guidance: {_plain(str(fault))}", err=True)
    return failed


def _recovered(recovery: Any) -> str:
    return recovery.sentence if recovery else "its record was complete"


def _line(row: IndexedProcedure) -> str:
    one = row.summary
    words = (
        one.began or "began ?",
        one.protocol or "?",
        one.mode or "?",
        "" if one.lasted_s is None else f"{one.lasted_s:.0f} s",
        f"{one.stimuli} pulses" if one.stimuli is not None else "",
        "signed" if row.signed else "not signed",
    )
    return f"{_plain(one.name)}  {one.state}  " + "  ".join(filter(None, words)) + f"  {one.megabytes:.1f} MB"


def _head(one: Summary, verdict: Verdict) -> list[str]:
    lasted = "not known" if one.lasted_s is None else f"{one.lasted_s:.1f} s, ended: {one.reason or 'not recorded'}"
    return [
        _plain(one.name),
        f"  began     {one.began or 'not known'}",
        f"  protocol  {one.protocol or 'not known'}, mode {one.mode or 'not known'}",
        f"  device    {one.device or 'not known'}",
        f"  lasted    {lasted}",
        f"  pulses    {'not recorded' if one.stimuli is None else one.stimuli}",
        f"  record    {verdict.state.value}: {_plain(verdict.why)}",
    ]


def _entry(event: dict[str, Any]) -> str:
    fields = event.get("fields")
    details = _words(fields) if isinstance(fields, dict) else ""
    return _plain(f"{event.get('t')} s: {event.get('what')} {details}").join(["  entry     ", ""])


def _words(value: object) -> str:
    """Return a value of a record in plain words: no brackets, no quotes, and nothing for what is not known."""
    if isinstance(value, dict):
        known = {key: item for key, item in value.items() if item not in (None, [], {}, "")}
        return ", ".join(f"{str(key).replace('_', ' ')} {_words(item)}" for key, item in known.items())
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _rest(alarms: dict[str, int], files: dict[str, int]) -> list[str]:
    raised = ", ".join(f"{code} {count} x" for code, count in alarms.items()) or "none"
    kept = ", ".join(f"{name} ({size / 1e6:.2f} MB)" for name, size in files.items())
    return [f"  alarms    {_plain(raised)}", f"  files     {_plain(kept)}"]


def _print_json(value: object) -> None:
    click.echo(json.dumps(value))


def _plain(text: str) -> str:
    from guidance.common.text import one_line

    return one_line(text)
