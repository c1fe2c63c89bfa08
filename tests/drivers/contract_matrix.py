"""Table of the contract tests, driver by clause: ``python -m tests.drivers.contract_matrix [RIG_FILE]``.

It collects and runs both contract tests with pytest, the slow ones too, and prints Markdown. A clause is a test's name;
beside it is the number of its cases that passed, failed or were skipped. Not applicable: it has no case of the driver.
With RIG_FILE it runs the amplifiers' contract on the drivers of that file alone: drivers in packages of their own.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers import DRIVERS, STIMULATORS
from tests.drivers.rigs import RIGS, use_rigs

HERE = Path(__file__).resolve().parent
CONTRACTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("amplifier", "test_contract.py", DRIVERS),
    ("stimulator", "stimulators/test_contract.py", STIMULATORS),
)
_NOT_APPLICABLE = "not applicable"


@dataclass(slots=True, eq=False)
class Outcomes:
    """Pytest plugin that records the outcome of each case by clause and driver, clauses in the order of the file."""

    drivers: frozenset[str]
    alone: bool = False
    found: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    clauses: dict[str, None] = field(default_factory=dict)
    cases: dict[str, tuple[str, str, bool]] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Record the clause and driver of each case; with ``alone``, drop the cases of no driver of the table."""
        items[:] = [item for item in items if not self.alone or self._driver(item) is not None]
        for item in items:
            driver = self._driver(item)
            if driver is not None:
                clause = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
                self.clauses[clause] = None
                self.cases[item.nodeid] = clause, driver, item.get_closest_marker("slow") is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the outcome of a case; a failure before or after it counts too."""
        if report.nodeid in self.cases and (report.when == "call" or report.outcome != "passed"):
            clause, driver, slow = self.cases[report.nodeid]
            self.found[clause, driver].append(f"slow, {report.outcome}" if slow else report.outcome)

    def _driver(self, item: pytest.Item) -> str | None:
        """Return the driver of a case; None for a clause on the registry itself."""
        callspec = getattr(item, "callspec", None)
        values = callspec.params.values() if callspec else ()
        return next((value for value in values if isinstance(value, str) and value in self.drivers), None)

    def cell(self, clause: str, driver: str) -> str:
        """Return the text of a cell, such as ``passed``, ``passed 5`` or ``slow, passed``."""
        outcomes = self.found.get((clause, driver), [])
        counts = {outcome: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)}
        outcome_texts = [outcome if count == 1 else f"{outcome} {count}" for outcome, count in counts.items()]
        return "; ".join(outcome_texts) or _NOT_APPLICABLE


def run(file: str, drivers: frozenset[str], *, alone: bool) -> Outcomes:
    """Run the contract test ``file`` in this process, all or ``alone`` the cases of ``drivers``; output to stderr."""
    outcomes = Outcomes(drivers, alone)
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main([str(HERE / file), "-o", "addopts=", "-q", "-p", "no:cacheprovider"], plugins=[outcomes])
    return outcomes


def table(outcomes: Outcomes) -> str:
    """Return the Markdown table, one row a clause."""
    drivers = sorted(outcomes.drivers)
    head = ["clause", *drivers]
    body = [[clause, *(outcomes.cell(clause, driver) for driver in drivers)] for clause in outcomes.clauses]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body))


def main(rig_file: str | None = None) -> int:
    """Print both tables, or that of the drivers in ``rig_file``; return 1 where a case failed or nothing was found."""
    failed, contracts = False, CONTRACTS
    if rig_file is not None:
        use_rigs(Path(rig_file))
        contracts = (("amplifier in a package of its own", "test_contract.py", dict.fromkeys(RIGS, "")),)
    for what, file, registry in contracts:
        outcomes = run(file, frozenset(registry), alone=rig_file is not None)
        print(f"### Contract of every {what}\n\n{table(outcomes)}\n", flush=True)
        outcome_texts = [outcome for cases in outcomes.found.values() for outcome in cases]
        failed |= not outcome_texts or any("failed" in outcome for outcome in outcome_texts)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
