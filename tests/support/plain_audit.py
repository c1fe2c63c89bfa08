"""The counts of an audit as a plain loop over the journals: without index, Parquet, query and worker."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from guidance.audit.counts import Cell, CellCounts
from guidance.audit.facts import ProcedureFacts
from guidance.audit.reading import read_facts
from guidance.audit.run import Site

_SHARES: dict[str, Callable[[ProcedureFacts], bool | None]] = {
    "complete": lambda facts: not facts.missing,
    "signed": lambda facts: facts.signed_after_h is not None and facts.signed_after_h <= 24.0,
    "contradicts": lambda facts: facts.contradicts,
    "wrong_side": lambda facts: facts.wrong_side,
    "reached": lambda facts: facts.reached,
    "twitch_lost": lambda facts: facts.twitch_lost,
    "over_limit": lambda facts: facts.over_limit,
    "too_close": lambda facts: facts.too_close,
    "pain": lambda facts: facts.pain,
    "blood": lambda facts: facts.blood,
    "complication": lambda facts: facts.complication,
    "success": lambda facts: facts.success,
}
_AMOUNTS: dict[str, tuple[Callable[[ProcedureFacts], float | None], float]] = {
    "time_to_target": (lambda facts: facts.time_to_target_s, 5.0),
    "pulses": (lambda facts: facts.pulses, 1.0),
    "redirects": (lambda facts: facts.redirects, 1.0),
    "minimum_current": (lambda facts: facts.minimum_current_ma, 0.02),
    "undecided": (lambda facts: None if facts.undecided_share is None else 100.0 * facts.undecided_share, 1.0),
    "alarms": (lambda facts: facts.alarms, 1.0),
    "acknowledged": (lambda facts: facts.acknowledged_s, 1.0),
    "agreement": (lambda facts: None if facts.agreement is None else 100.0 * facts.agreement, 1.0),
}


def plainly_counted(sites: Sequence[Site], now: datetime) -> CellCounts:
    """Count each measure of the procedures of ``sites``, which are all sound, in every grouping."""
    counts: CellCounts = Counter()
    for site in sites:
        operators: dict[str, int] = {}
        for folder in sorted(path for path in site.store.iterdir() if path.is_dir()):
            facts = read_facts(folder, now, "")
            assert isinstance(facts, ProcedureFacts), facts
            number = operators.setdefault(facts.operator, len(operators) + 1) if facts.operator else None
            groups = {
                "all": "all",
                "site": site.label,
                "operator": f"{site.label}, operator {number}" if number else f"{site.label}, not known",
                "protocol": facts.protocol,
                "device": facts.device,
                "month": facts.month,
            }
            for measure, value in _values(facts).items():
                counts.update(Cell(measure, grouping, group, value) for grouping, group in groups.items())
    return counts


def _values(facts: ProcedureFacts) -> dict[str, float | None]:
    shares = {key: share(facts) for key, share in _SHARES.items()}
    found = {key: None if share is None else float(share) for key, share in shares.items()}
    for key, (amount, step) in _AMOUNTS.items():
        value = amount(facts)
        found[key] = None if value is None else round(math.floor(value / step + 0.5) * step, 6)
    return found
