"""The command ``audit``: figures over the recorded procedures of one or many stores."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.audit.measures import Grouping
from guidance.cli.options import JSON, KEY, STATUS
from guidance.cli.procedures import leave, store_of
from guidance.common.errors import UsageError, UserError

if TYPE_CHECKING:
    from guidance.audit.run import Audit, Each, Site
    from guidance.journal.encryption import EncryptionKey


@click.command(epilog=STATUS)
@click.argument("stores", nargs=-1, metavar="[[LABEL=]STORE]...")
@click.option(
    "--by",
    "grouping",
    type=click.Choice([each.value for each in Grouping]),
    default="all",
    show_default=True,
    help="Show each measure by these groups as well.",
)
@click.option("--out", metavar="FILE.pdf", help="Write the report: a sheet for each measure, with charts.")
@click.option("--simulated", is_flag=True, help="Count the procedures on simulated patients instead.")
@click.option("--small-cells", is_flag=True, help="Hide no small cell; such figures must not leave the department.")
@click.option(
    "--replay", is_flag=True, help="Run each procedure through today's code too, and count how far its decisions agree."
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="J", help="Processes that read.  [default: one per core]")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Let the workers of this Dask scheduler read the stores.")
@KEY
@JSON
def audit(
    stores: tuple[str, ...], *, grouping: str, out: str | None, key_file: str | None, as_json: bool, **options: Any
) -> None:  # fmt: skip
    """Count the recorded procedures of one or many STOREs, and show how they went.

    Without STORE, the user's own. LABEL names a site; without it, its folder does. Operators are numbers, cells of
    fewer than five procedures are hidden, and records that do not hold are left out and named. Each figure says what it
    cannot tell. What was read is kept in the index of the store.

    With --scheduler each worker reads the stores under the paths given here; only counts come back.
    """
    from guidance.audit.run import run_audit
    from guidance.audit.text import as_json_object, lines

    now = datetime.now().astimezone()
    simulated, small = options["simulated"], options["small_cells"]
    try:
        target = None if out is None else _target(Path(out))
        sites, jobs = _sites(stores), options["jobs"] or os.cpu_count() or 1
        apart = len(sites) > 1 and jobs > 1 and key_file is None
        with _workers(options["scheduler"], key_file, jobs if apart else 1) as each:
            found = run_audit(
                sites, now, simulated=simulated, small_cells=small, key=_key(key_file), jobs=1 if apart else jobs,
                replay=options["replay"], each=each,
            )  # fmt: skip
        if target is not None:
            _write(target, found, now)
    except UserError as fault:
        leave(fault)
    click.echo(json.dumps(as_json_object(found)) if as_json else "\n".join(lines(found, Grouping(grouping))))


def _sites(stores: tuple[str, ...]) -> list[Site]:
    """Return the sites with labels that differ. Raises UsageError for a label given twice."""
    from guidance.audit.run import Site

    if not stores:
        return [Site("this store", store_of(None))]
    sites = []
    for text in stores:
        label, sign, path = text.partition("=")
        given = (label, path) if sign and not Path(text).is_dir() else ("", text)
        store = store_of(given[1])
        sites.append(Site(given[0] or store.resolve().name, store))
    labels = [site.label for site in sites]
    double = next((label for label in labels if labels.count(label) > 1), None)
    if double is not None:
        raise UsageError(f"Two stores are called {double}; name each, such as north={sites[0].store}.")
    return sites


@contextlib.contextmanager
def _workers(scheduler: str | None, key_file: str | None, jobs: int) -> Iterator[Each]:
    """Yield what runs a function for each store: on this machine, or on the workers of ``scheduler``."""
    from guidance.audit.run import on_processes, on_this_machine

    if scheduler is None and jobs == 1:
        yield on_this_machine
        return
    if scheduler is None:
        with on_processes(jobs) as each:
            yield each
        return
    if key_file is not None:
        raise UsageError("--key stays on this machine: audit encrypted stores here, without --scheduler.")
    from guidance.trial.workers import DaskPool

    with DaskPool(None, scheduler) as pool:
        yield pool.each


def _key(key_file: str | None) -> EncryptionKey | None:
    from guidance.journal.encryption import key_of_file

    return key_of_file(Path(key_file)) if key_file else None


def _target(path: Path) -> Path:
    if path.suffix != ".pdf":
        raise UsageError(f"--out {path}: the report is a PDF; name a file that ends in .pdf.")
    if path.exists():
        raise UsageError(f"{path} exists already; name another --out.")
    return path


def _write(path: Path, found: Audit, now: datetime) -> None:
    from guidance.audit.report import pdf
    from guidance.journal.private_files import write_private

    write_private(path, pdf(found, now))
    click.echo(f"needle-guidance: the report is {path}.", err=True)
