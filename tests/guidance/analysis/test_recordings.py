"""Three real needle recordings told apart by published ranges, without training on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.analysis.report import AnalysisReport
from guidance.analysis.run import analysed
from tests.benchmarks.needle_recordings import MUSCLE, recorded, write


def report(tmp_path: Path, name: str) -> AnalysisReport:
    path = write(tmp_path / f"{name}.edf", *recorded(name))
    return analysed([str(path)], [], MUSCLE, 50)


@pytest.mark.parametrize(
    ("name", "suggested"), [("healthy", set()), ("myopathy", {"myopathic"}), ("neuropathy", {"neurogenic"})]
)
def test_each_record_suggests_its_own_pattern_and_no_other(tmp_path: Path, name: str, suggested: set[str]) -> None:
    told = report(tmp_path, name)
    found = {f.name.removesuffix(" pattern") for f in told.findings if f.word == "suggested"}
    assert found == suggested
    assert len(told.units) >= 10
    rise = next(row for row in told.rows if row.measure == "rise time")
    assert rise.value.startswith("not assessable: 4000 Hz")
    assert any("jnnp" in source for source in told.sources)


def test_without_a_muscle_the_wide_ranges_say_so(tmp_path: Path) -> None:
    uv, rate_hz = recorded("healthy")
    path = write(tmp_path / "healthy.edf", uv[: round(4 * rate_hz)], rate_hz)
    told = analysed([str(path)], [], None, None)
    assert any("ranges of any muscle" in line for line in told.about)
    assert not any("jnnp" in source for source in told.sources)
