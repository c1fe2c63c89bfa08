"""The table of all scenarios: ``python -m tests.faults [--seeds N] [WORD]`` tries those whose name holds WORD."""

from __future__ import annotations

import argparse
import sys

from tests.faults.judge import Verdict, try_scenario
from tests.faults.scenarios import SCENARIOS, Scenario


def row(scenario: Scenario, verdicts: list[Verdict]) -> str:
    """Return the row of ``scenario`` in the table."""
    offs = [verdict.off_s for verdict in verdicts if verdict.off_s is not None]
    off = "-" if scenario.known_s is None or not offs else f"{max(offs):.2f}"
    known = "-" if scenario.known_s is None else f"{scenario.known_s:.2f}"
    reports = ", ".join(dict.fromkeys(code for verdict in verdicts for code in verdict.reports)) or "nothing"
    survived = sum(verdict.survived for verdict in verdicts)
    return f"| {scenario.name} | {len(verdicts)} | {survived} | {known} | {off} | {reports} |"


def main() -> int:
    """Print the table; the exit status is 1 where a scenario was not survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Try the faults, and print what came.")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="try each scenario with N seeds")
    parser.add_argument("word", nargs="?", default="", help="try only the scenarios whose name holds this")
    options = parser.parse_args()
    print("| scenario | tried | survived | known after s | off after s, at most | reported |")
    print("| --- | --- | --- | --- | --- | --- |")
    failed: list[str] = []
    tried = survived = unnoticed = 0
    for scenario in SCENARIOS:
        if options.word not in scenario.name:
            continue
        verdicts = [try_scenario(scenario, seed) for seed in range(1, options.seeds + 1)]
        print(row(scenario, verdicts), flush=True)
        tried += len(verdicts)
        survived += sum(verdict.survived for verdict in verdicts)
        unnoticed += sum(verdict.unnoticed for verdict in verdicts)
        failed += [f"{scenario.name}: {fault}" for verdict in verdicts for fault in verdict.faults]
    print(f"\n{tried} tried, {survived} survived, {unnoticed} pulses unnoticed")
    for line in failed:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
