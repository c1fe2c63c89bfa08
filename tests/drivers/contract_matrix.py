"""The contract tests as a table, driver by clause: ``python -m tests.drivers.contract_matrix``.

Collects and runs both contract tests with pytest, the slow ones too, and prints Markdown. A clause is a test's name;
beside it stand how many of its cases passed, failed or were skipped. Not applicable: it is not put to that driver.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers import DRIVERS, STIMULATORS

HERE = Path(__file__).resolve().parent
CONTRACTS = (("amplifier", "test_contract.py", DRIVERS), ("stimulator", "stimulators/test_contract.py", STIMULATORS))
_NOT_APPLICABLE = "not applicable"


@dataclass(slots=True, eq=False)
class Outcomes:
    """A plugin of pytest: what became of each case, by clause and driver; ``clauses`` are in the order of the file."""

    drivers: frozenset[str]
    found: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    clauses: dict[str, None] = field(default_factory=dict)
    cases: dict[str, tuple[str, str, bool]] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which clause and driver each case is of."""
        for item in items:
            driver = self._driver(item)
            if driver is not None:
                clause = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
                self.clauses[clause] = None
                self.cases[item.nodeid] = clause, driver, item.get_closest_marker("slow") is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a case went; what breaks before or after it counts too."""
        if report.nodeid in self.cases and (report.when == "call" or report.outcome != "passed"):
            clause, driver, slow = self.cases[report.nodeid]
            self.found[clause, driver].append(f"slow, {report.outcome}" if slow else report.outcome)

    def _driver(self, item: pytest.Item) -> str | None:
        """The driver that a case is of; None for a clause on the registry itself."""
        callspec = getattr(item, "callspec", None)
        values = callspec.params.values() if callspec else ()
        return next((value for value in values if isinstance(value, str) and value in self.drivers), None)

    def cell(self, clause: str, driver: str) -> str:
        """What the table says: ``passed``, ``passed 5``, ``slow, passed``, each outcome that there was."""
        outcomes = self.found.get((clause, driver), [])
        counts = {outcome: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)}
        outcome_texts = [outcome if count == 1 else f"{outcome} {count}" for outcome, count in counts.items()]
        return "; ".join(outcome_texts) or _NOT_APPLICABLE


def run(file: str, drivers: frozenset[str]) -> Outcomes:
    """Run all of the contract test ``file`` in this process; what pytest says goes to standard error."""
    outcomes = Outcomes(drivers)
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main([str(HERE / file), "-o", "addopts=", "-q", "-p", "no:cacheprovider"], plugins=[outcomes])
    return outcomes


def table(outcomes: Outcomes) -> str:
    """The Markdown table, a row a clause."""
    drivers = sorted(outcomes.drivers)
    head = ["clause", *drivers]
    body = [[clause, *(outcomes.cell(clause, driver) for driver in drivers)] for clause in outcomes.clauses]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body))


def main() -> int:
    """Print both tables; 1 where a case did not pass or nothing was found."""
    failed = False
    for what, file, registry in CONTRACTS:
        outcomes = run(file, frozenset(registry))
        print(f"### Contract of every {what}\n\n{table(outcomes)}\n", flush=True)
        outcome_texts = [outcome for cases in outcomes.found.values() for outcome in cases]
        failed |= not outcome_texts or any("failed" in outcome for outcome in outcome_texts)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
