"""The query plan of an audit: from the facts of one site to counts, and from the counts of many sites to one set.

Facts are a Parquet file, the query is DuckDB's, and what leaves a site is how often each value occurs in each group.
The counts of sites add up, so the figures are the same wherever and in whatever order the sites were counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from guidance.audit.facts import ProcedureFacts
from guidance.audit.measures import MEASURES, Grouping, Measure
from guidance.common.errors import UserError

_MISSING = "An audit needs DuckDB and PyArrow; install them with: pip install 'needle-guidance[audit]'"


PROCEDURES, MISSING = "procedures", "missing"
"""Names, in the place of a measure, of the count of procedures by kind and of missing answers by field."""


class Cell(NamedTuple):
    """A value of a measure in a group of procedures; shares have 1 and 0, None is not known."""

    measure: str
    grouping: str
    group: str
    value: float | None


CellCounts = Counter[Cell]
"""How many procedures have each value."""


def write_parquet(path: Path, site: str, facts: Sequence[ProcedureFacts]) -> None:
    """Write ``facts`` of ``site`` as Parquet; operators become numbers. Raises UserError without PyArrow."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(_MISSING) from None
    numbers = {name: number for number, name in enumerate(dict.fromkeys(filter(None, (f.operator for f in facts))), 1)}
    rows = [
        asdict(one)
        | {
            "site": site,
            "operator": f"{site}, operator {numbers[one.operator]}" if one.operator else f"{site}, not known",
            "missing": list(one.missing),
        }
        for one in facts
    ]
    parquet.write_table(pa.Table.from_pylist(rows, schema=_schema(pa)), path)


def count(path: Path, *, leave_out: Collection[str] = (), simulated: bool = False) -> CellCounts:
    """Count the Parquet file at ``path``, without the procedures ``leave_out``, by name. Raises UserError.

    Simulated procedures are counted alone or not at all.
    """
    try:
        import duckdb
    except ImportError:
        raise UserError(_MISSING) from None
    with duckdb.connect() as database:
        rows = database.execute(_QUERY, [str(path), simulated, list(leave_out)]).fetchall()
    return Counter({Cell(*row[:4]): row[4] for row in rows})


def merged(parts: Iterable[CellCounts]) -> CellCounts:
    """Return the sum of the counts of all sites."""
    total: CellCounts = Counter()
    for part in parts:
        total.update(part)
    return total


def _value(measure: Measure) -> str:
    """Return the SQL of the value of ``measure``: 1 and 0 for a share, rounded for an amount."""
    if measure.is_share:
        return f"CAST({measure.column} AS INTEGER)::DOUBLE"
    return f"round(round({measure.column} / {measure.step}) * {measure.step}, 6)::DOUBLE"


_GROUPS = tuple(grouping.value for grouping in Grouping if grouping is not Grouping.ALL)
_QUERY = f"""
WITH facts AS (
    SELECT * FROM read_parquet($1) WHERE simulated = $2 AND NOT list_contains($3::VARCHAR[], name)
), measured AS (
    SELECT {", ".join(_GROUPS)}, {", ".join(f'{_value(m)} AS "{m.key}"' for m in MEASURES)} FROM facts
), long AS (
    FROM measured UNPIVOT INCLUDE NULLS (value FOR measure IN ({", ".join(f'"{m.key}"' for m in MEASURES)}))
)
SELECT measure, 'all', 'all', value, count(*) FROM long GROUP BY measure, value
UNION ALL SELECT '{PROCEDURES}', 'kind', kind, NULL, count(*) FROM facts GROUP BY kind
UNION ALL SELECT '{MISSING}', 'field', key, NULL, count(*) FROM (SELECT unnest(missing) AS key FROM facts) GROUP BY key
{" ".join(f"UNION ALL SELECT measure, '{g}', {g}, value, count(*) FROM long GROUP BY ALL" for g in _GROUPS)}
"""  # noqa: S608
"""CellCounts procedures by kind, missing answers by field, and each measure's values: of all procedures, and by each
grouping. It is built from the constants of this package alone.
"""


def _schema(pa: object) -> object:
    """Return the columns of the Parquet file and their types."""
    text, flag, number, whole = pa.string(), pa.bool_(), pa.float64(), pa.int64()  # type: ignore[attr-defined]
    types = {str: text, bool: flag, float: number, int: whole}
    columns = [("site", text)]
    for name, hint in ProcedureFacts.__annotations__.items():
        columns.append((name, pa.list_(text) if name == "missing" else types[_type_of(hint)]))  # type: ignore[attr-defined]
    return pa.schema(columns)  # type: ignore[attr-defined]


def _type_of(hint: str) -> type:
    return {"str": str, "bool": bool, "float": float, "int": int}[hint.removesuffix(" | None")]
