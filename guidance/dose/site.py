"""The drug table of a site: the shipped table, merged with the site's ``drugs.toml``."""

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
    """The table, and the site's changes with their authors."""

    table: DrugTable
    changes: tuple[Change, ...] = ()

    def changed(self, *starts: str) -> list[str]:
        """Describe the changes of keys that begin with one of ``starts``; all changes if there are none."""
        return [_words(change) for change in self.changes if change.key.startswith(starts or "")]


def table_here() -> SiteTable:
    """Load the table of this site. Raises ProtocolError if the site's file is invalid; it is never ignored."""
    own = site_folder() / FILE
    return table_from(own) if own.exists() else SiteTable(load())


def table_from(path: Path) -> SiteTable:
    """Load the table in a file: a whole table, or an ``[override]`` of the shipped table. Raises ProtocolError."""
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
