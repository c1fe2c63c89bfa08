"""An audit over one or many stores: facts from the index of each, counted where they lie, and the counts added up."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from guidance.audit.agreement import agreements
from guidance.audit.counts import CellCounts, count, merged, write_parquet
from guidance.audit.facts import FACTS_VERSION, ProcedureFacts
from guidance.audit.reading import LeftOut, read_facts
from guidance.audit.results import AuditFigures, figures_of
from guidance.journal.encryption import EncryptionKey
from guidance.journal.index import StoreIndex

_CHUNK = 16
"""Procedures that a process reads at a time; a judgement: large enough that passing them on costs little."""
DUPLICATE = "The same procedure is on record elsewhere too, and counted once."


@dataclass(frozen=True, slots=True)
class Site:
    """A store and the name under which the audit shows it."""

    label: str
    store: Path


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a site passes on before it is counted: the chains of its procedures by name, and who is left out, why."""

    chains: dict[str, str]
    left_out: dict[str, str]
    simulated: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Figures, and what they leave out: by site, the reason of each procedure that is not counted."""

    figures: AuditFigures
    left_out: dict[str, dict[str, str]]
    other: int
    simulated: bool
    counts: CellCounts = field(repr=False, default_factory=Counter)


Each = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]
"""Runs a function for each tuple of arguments, on this machine or on the workers of a cluster, in their order."""


def on_this_machine(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Run ``function`` for each of ``arguments``, one after another."""
    return [function(*each) for each in arguments]


@contextmanager
def on_processes(jobs: int) -> Iterator[Each]:
    """Yield what runs a function on ``jobs`` processes of this machine."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield lambda function, arguments: [
            future.result() for future in [pool.submit(function, *each) for each in arguments]
        ]


def run_audit(
    sites: Sequence[Site],
    now: datetime,
    *,
    simulated: bool = False,
    small_cells: bool = False,
    key: EncryptionKey | None = None,
    jobs: int = 1,
    replay: bool = False,
    each: Each = on_this_machine,
) -> Audit:
    """Audit ``sites``. ``simulated``: count simulated procedures instead of those of patients. Raises UserError.

    ``replay``: run each counted procedure through today's code too, and count how far its decisions agree.
    ``each`` runs once for each site where its store lies: first to read its facts, with ``jobs`` processes, then to
    count them. Only chains, names of procedures left out, and counts come back.
    """
    read = each(site_facts, [(site, now, key, jobs) for site in sites])
    duplicates = _duplicates(sites, read)
    replay_jobs = jobs if replay else 0
    counts = merged(
        each(site_counts, [(site, now, key, simulated, duplicates[site.label], replay_jobs) for site in sites])
    )
    left_out = {
        site.label: one.left_out | dict.fromkeys(duplicates[site.label], DUPLICATE)
        for site, one in zip(sites, read, strict=True)
    }
    of_patients = sum(len(one.chains) - one.simulated for one in read)
    of_simulation = sum(one.simulated for one in read)
    return Audit(
        figures_of(counts, small_cells=small_cells),
        left_out,
        of_patients if simulated else of_simulation,
        simulated,
        counts,
    )


def site_facts(site: Site, now: datetime, key: EncryptionKey | None, jobs: int) -> SiteFacts:
    """Read what is not yet in the index of ``site``; return what it passes on. Raises UserError."""
    facts, left_out = _read(site, now, key, jobs)
    return SiteFacts(
        {one.name: one.chain for one in facts}, {one.name: one.why for one in left_out}, sum(f.simulated for f in facts)
    )


def site_counts(
    site: Site,
    now: datetime,
    key: EncryptionKey | None,
    simulated: bool,
    leave_out: Sequence[str],
    replay_jobs: int = 0,
) -> CellCounts:
    """Count the facts of ``site`` without the procedures ``leave_out``. Raises UserError.

    Procedures are run again on ``replay_jobs`` processes; with 0 they are not.
    """
    facts, _ = _read(site, now, key, 1)
    if replay_jobs:
        counted = [one for one in facts if one.simulated == simulated and one.name not in leave_out]
        shares = agreements([site.store / one.name for one in counted], replay_jobs)
        facts = [replace(one, agreement=share) for one, share in zip(counted, shares, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.parquet"
        write_parquet(path, site.label, facts)
        return count(path, leave_out=leave_out, simulated=simulated)


def _read(
    site: Site, now: datetime, key: EncryptionKey | None, jobs: int
) -> tuple[list[ProcedureFacts], list[LeftOut]]:
    """Return the facts of ``site`` and what is left out; facts of unchanged procedures come from the index."""
    with StoreIndex(site.store) as index:
        known = {name: _parsed(text) for name, text in index.facts().items()}
        names = [row.summary.name for row in index.rows()]
        new = [name for name in names if known.get(name) is None]
        fresh = dict(zip(new, _all_facts([site.store / name for name in new], now, index.salt, key, jobs), strict=True))
        if key is None:
            index.store_facts({name: _text(one) for name, one in fresh.items() if isinstance(one, ProcedureFacts)})
    every = [fresh.get(name) or known[name] for name in names]
    return [e for e in every if isinstance(e, ProcedureFacts)], [e for e in every if isinstance(e, LeftOut)]


def _all_facts(
    folders: Sequence[Path], now: datetime, salt: str, key: EncryptionKey | None, jobs: int
) -> Iterator[ProcedureFacts | LeftOut]:
    if jobs == 1 or len(folders) <= _CHUNK or key is not None:
        yield from (read_facts(folder, now, salt, key) for folder in folders)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(read_facts, folders, [now] * len(folders), [salt] * len(folders), chunksize=_CHUNK)


def _text(facts: ProcedureFacts) -> str:
    return json.dumps({"version": FACTS_VERSION, "facts": asdict(facts)})


def _parsed(text: str) -> ProcedureFacts | None:
    """Return the facts in ``text``; None where another version of the program wrote them."""
    try:
        held = json.loads(text)
        if held["version"] != FACTS_VERSION:
            return None
        fields = held["facts"]
        return ProcedureFacts(**fields | {"missing": tuple(fields["missing"])})
    except (ValueError, TypeError, KeyError):
        return None


def _duplicates(sites: Sequence[Site], read: Sequence[SiteFacts]) -> dict[str, list[str]]:
    """Return by site the procedures that an earlier site, or an earlier name of the same site, has as well."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {site.label: [] for site in sites}
    for site, one in zip(sites, read, strict=True):
        for name, chain in one.chains.items():
            if chain in seen:
                found[site.label].append(name)
            seen.add(chain)
    return found
