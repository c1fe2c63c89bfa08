"""The drug table as it holds at a site: the program's own, with what the site's ``drugs.toml`` says instead."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from guidance.citations import build, tables_of
from guidance.dose.drugs import FILE, DrugTable, load
from guidance.protocol.library import file_text, site_folder
from guidance.protocol.model import Change
from guidance.protocol.overrides import is_override, merge_override


@dataclass(frozen=True, slots=True)
class SiteTable:
    """The table, and what was changed in it, by whom."""

    table: DrugTable
    changes: tuple[Change, ...] = ()

    def changed(self, *starts: str) -> list[str]:
        """The changes in words, of the keys that begin with one of ``starts``; of all without any."""
        return [_words(change) for change in self.changes if change.key.startswith(starts or "")]


def table_here() -> SiteTable:
    """The table of this site. Raises ProtocolError where the site's file does not hold: it is never left aside."""
    own = site_folder() / FILE
    return table_from(own) if own.exists() else SiteTable(load())


def table_from(path: Path) -> SiteTable:
    """The table in a file: a whole one, or changes of the program's under ``[override]``. Raises ProtocolError."""
    text, file = file_text(path), str(path)
    tables = tables_of(text, file)
    if not is_override(tables):
        return SiteTable(build(DrugTable, tables, file))
    shipped = tables_of(resources.files("protocols").joinpath(FILE).read_text(encoding="utf-8"), FILE)
    together, changes = merge_override(shipped, tables, file)
    return SiteTable(build(DrugTable, together, file), changes)


def _words(change: Change) -> str:
    reason = f": {change.reason}" if change.reason else ""
    return f"{change.key} from {change.old} to {change.new}, by {change.author}{reason}"
