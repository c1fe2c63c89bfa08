"""The commands about protocols: list, show, validate, begin and compare them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from guidance.cli.options import JSON, STATUS
from guidance.common.errors import DONE, FAILED
from guidance.dose.site import table_here
from guidance.protocol import ProtocolError, all_names, resolve, site_folder
from guidance.protocol.diff import differences
from guidance.protocol.display import overview, page, table
from guidance.protocol.draft import SCHEMA_FILE, draft
from guidance.protocol.library import LoadedSheet, from_file, load_sheet, text_of
from guidance.protocol.reading import json_schema
from guidance.protocol.search import search
from guidance.protocol.strict import SessionLimit, strict_faults

_VALIDATE_STATUS = """\b
Exit status: 0 all are valid; 1 one is not; 2 bad arguments."""


@click.group(epilog=STATUS)
def protocols() -> None:
    """List, show, validate, begin and compare protocols.

    A site's own protocols are files ID.toml in a folder that `protocols list` names. Such a file is a new protocol, or
    a table [override] with its author and the values that replace the program's.
    """


@protocols.command("list", epilog=STATUS)
@click.argument("words", nargs=-1)
@click.option("--sourced", is_flag=True, help="Print a table of how many numbers have a source.")
@JSON
def list_(words: tuple[str, ...], *, sourced: bool, as_json: bool) -> None:
    """List the protocols, or those that match WORDS, the best match first."""
    chosen = search(" ".join(words)) if words else all_names()
    entries = [(name, _loaded_or_error(name)) for name in chosen]
    if as_json:
        click.echo(json.dumps([_summary(name, entry) for name, entry in entries]))
    elif sourced:
        click.echo(table([entry for _, entry in entries if isinstance(entry, LoadedSheet)]))
    elif not entries:
        click.echo(f"No protocol matches {' '.join(words)!r}; protocols list shows all.")
    else:
        click.echo("\n".join(overview(entries)))
        click.echo(f"\nA site's own protocols and changes: {site_folder()}")


@protocols.command(epilog=STATUS)
@click.argument("name")
@click.option("--toml", "as_toml", is_flag=True, help="Print the protocol's file, without the site's changes.")
@JSON
def show(name: str, *, as_toml: bool, as_json: bool) -> None:
    """Show protocol NAME: every number with its source, what has no source or is missing, and what the site changed."""
    entry = _loaded(name)
    if as_toml:
        click.echo(text_of(entry.sheet.id), nl=False)
    elif as_json:
        changes = [asdict(change) for change in entry.changes]
        click.echo(json.dumps(entry.sheet.model_dump(mode="json", exclude_none=True) | {"changes": changes}))
    else:
        click.echo("\n".join(page(entry)))


@protocols.command(epilog=_VALIDATE_STATUS)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False))
@click.option("--strict", is_flag=True, help="Check also that what a protocol says in several places agrees.")
@JSON
def validate(files: tuple[str, ...], *, strict: bool, as_json: bool) -> None:
    """Validate each FILE, or all protocols including the site's own; each fault is shown with its file and key.

    With --strict also: latencies inside the response window, needles that reach the target, sentences that name only
    the sheet's own currents, responses that the nerve can give, and units of a muscle within those of a session.
    """
    check = _strictly(_session_limit()) if strict else _no_faults
    verdicts = [_verdict(file, _checked_file, check) for file in files]
    verdicts = verdicts or [_verdict(name, load_sheet, check) for name in all_names()]
    if as_json:
        click.echo(json.dumps(verdicts))
    else:
        click.echo("\n".join(_verdict_text(verdict) for verdict in verdicts))
    sys.exit(DONE if all(verdict["holds"] for verdict in verdicts) else FAILED)


@protocols.command(epilog=STATUS)
@click.argument("new_id", metavar="ID")
@click.option("--like", default="generic-block", metavar="NAME", show_default=True, help="Copy this protocol.")
@click.option("--author", metavar="NAME", help="Author of the change, where ID is a protocol of the program.")
def new(new_id: str, like: str, author: str | None) -> None:
    """Create protocol ID in the site's folder, as a copy to edit, with a JSON Schema for editors beside it.

    Where the program has a protocol ID, the file only overrides its values.
    """
    try:
        paths = _begun(new_id, like, author)
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None
    except OSError as fault:
        click.echo(f"needle-guidance: {fault.filename} cannot be written: {fault.strerror}.", err=True)
        sys.exit(FAILED)
    click.echo("\n".join(map(str, paths)))


@protocols.command(epilog=STATUS)
@click.argument("left")
@click.argument("right", required=False)
@JSON
def diff(left: str, right: str | None, *, as_json: bool) -> None:
    """Show how protocols LEFT and RIGHT differ, or what the site changed in LEFT."""
    one = _loaded(left, with_site=right is not None)
    other = _loaded(right or left)
    changed = differences(one.sheet, other.sheet)
    if as_json:
        click.echo(json.dumps([asdict(item) for item in changed]))
    elif not changed:
        click.echo("The protocols do not differ." if right else "The site has changed nothing.")
    else:
        authors = {change.key: change for change in other.changes}
        click.echo("\n".join(_lines(changed, authors)))


@protocols.command(epilog=STATUS)
def schema() -> None:
    """Print the JSON Schema of protocol files, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


def _lines(changed: list[Any], authors: dict[str, Any]) -> Iterator[str]:
    for item in changed:
        yield item.key
        yield f"  - {item.left or 'nothing'}"
        yield f"  + {item.right or 'nothing'}"
        if change := authors.get(item.key):
            yield f"  by {change.author}" + (f": {change.reason}" if change.reason else "")


def _loaded(name: str, *, with_site: bool = True) -> LoadedSheet:
    try:
        return load_sheet(resolve(name), with_site=with_site)
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None


def _loaded_or_error(name: str) -> LoadedSheet | ProtocolError:
    try:
        return load_sheet(name)
    except ProtocolError as fault:
        return fault


def _summary(name: str, entry: LoadedSheet | ProtocolError) -> dict[str, Any]:
    if isinstance(entry, ProtocolError):
        return {"id": name, "holds": False, "faults": list(entry.faults)}
    protocol = entry.protocol
    known = {"title": protocol.title, "kind": protocol.kind, "stimulation": protocol.stimulation}
    return {"id": name, "holds": True, **known, "also": list(entry.sheet.also), "changed": bool(entry.changes)}


def _checked_file(file: str) -> LoadedSheet:
    return from_file(Path(file))


def _verdict(name: str, load: Callable[[str], LoadedSheet], check: _Check) -> dict[str, Any]:
    try:
        entry = load(name)
        _ = entry.protocol
        faults = check(entry)
    except ProtocolError as fault:
        faults = list(fault.faults)
    return {"name": name, "holds": not faults, "faults": faults}


_Check = Callable[[LoadedSheet], list[str]]


def _no_faults(_: LoadedSheet) -> list[str]:
    return []


def _strictly(limit: SessionLimit) -> _Check:
    return lambda entry: [f"{entry.file}: {fault}." for fault in strict_faults(entry.sheet, limit)]


def _session_limit() -> SessionLimit:
    """Return the limit of a session by this site's drug table."""
    try:
        return table_here().table.session_limit
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None


def _verdict_text(verdict: dict[str, Any]) -> str:
    return f"{click.format_filename(verdict['name'])} is valid." if verdict["holds"] else "\n".join(verdict["faults"])


def _begun(new_id: str, like: str, author: str | None) -> list[Path]:
    """Write the new file and the schema; no protocol is overwritten. Raises ProtocolError and OSError."""
    text = draft(new_id, resolve(like), author)
    folder = site_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path, schema_path = folder / f"{new_id}.toml", folder / SCHEMA_FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ProtocolError(f"{path} exists already; edit it, or choose another name.") from None
    schema_path.write_text(json.dumps(json_schema(), indent=2), encoding="utf-8")
    return [path, schema_path]
