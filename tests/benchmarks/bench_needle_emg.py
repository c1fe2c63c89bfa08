"""Motor units of three needle recordings of tibialis anterior beside published ranges, and what is found in them.

uv run python -m tests.benchmarks.bench_needle_emg [--reports]

One person each; 4 kHz; a second half of a recording that repeats the first is left out. ``--reports`` prints each
record's whole analysis instead of the table.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from guidance.analysis.findings import MeasureRow
from guidance.analysis.report import AnalysisReport, text_of
from guidance.analysis.run import analyse_files
from tests.support.needle_recordings import MUSCLE, NAMES, recorded, write


def main(reports: bool) -> None:
    """Print a column a record, or the whole analysis of each."""
    analysed = {name: _analysed(name) for name in NAMES}
    if reports:
        print("\n\n".join(f"=== {name}\n{text_of(report)}" for name, report in analysed.items()))
        return
    print(f"| | {' | '.join(NAMES)} |")
    print(f"| --- |{' --- |' * len(NAMES)}")
    for label, cells in (*_rows(list(analysed.values())), *_findings(list(analysed.values()))):
        print(f"| {label} | {' | '.join(cells)} |")


def _analysed(name: str) -> AnalysisReport:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / f"{name}.edf", *recorded(name))
        return analyse_files([str(path)], [], [MUSCLE])


def _rows(reports: list[AnalysisReport]) -> list[tuple[str, list[str]]]:
    """Return measure and the value in each report, "-" where a report has none."""
    by_measure: dict[str, list[str]] = {}
    for column, report in enumerate(reports):
        for row in report.rows:
            cells = by_measure.setdefault(_label(row), ["-"] * len(reports))
            cells[column] = f"{row.value}{f' ({row.holds})' if row.holds else ''}"
    return list(by_measure.items())


def _label(row: MeasureRow) -> str:
    return f"{row.measure} ({row.reference})" if row.reference else row.measure


def _findings(reports: list[AnalysisReport]) -> list[tuple[str, list[str]]]:
    return [
        (finding.name, [report.findings[number].word for report in reports])
        for number, finding in enumerate(reports[0].findings)
    ]


if __name__ == "__main__":
    main("--reports" in sys.argv[1:])
