"""Three real needle recordings, distinguished by published ranges without training on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from guidance.analysis.motor_units import WHOLE_SAMPLE
from guidance.analysis.report import AnalysisReport, impression
from guidance.analysis.run import analyse_files
from guidance.analysis.spontaneous import ABNORMAL
from guidance.analysis.study_context import StudyContext
from tests.support.needle_recordings import MUSCLE, recorded, write


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], AnalysisReport]:
    """Analyse a record, each only once."""
    folder = tmp_path_factory.mktemp("records")

    @cache
    def analysed(name: str) -> AnalysisReport:
        path = write(folder / f"{name}.edf", *recorded(name))
        return analyse_files([str(path)], [], [MUSCLE], StudyContext(age=50))

    return analysed


@pytest.mark.parametrize(
    ("name", "suggested", "compared"),
    [("healthy", set(), True), ("myopathy", {"myopathic"}, True), ("neuropathy", set(), False)],
)
def test_a_record_suggests_no_pattern_but_its_own_and_too_few_units_rule_none_out(
    report: Callable[[str], AnalysisReport], name: str, suggested: set[str], compared: bool
) -> None:
    analysis = report(name)
    patterns = {f.name.removesuffix(" pattern") for f in analysis.findings if f.word == "suggested"}
    assert patterns == suggested
    words = {f.name: f.word for f in analysis.findings}
    ruled_out = {name for name, word in words.items() if name.endswith("ic pattern") and word == "not suggested"}
    assert not ruled_out or len(analysis.units) >= WHOLE_SAMPLE
    assert "distinguished" in next(row for row in analysis.rows if row.measure == "motor units").value
    assert all(f"{pattern} pattern" in impression(analysis).partition(" suggested")[0] for pattern in suggested)
    rise = next(row for row in analysis.rows if row.measure == "rise time")
    assert rise.value.startswith("not assessable: 4000 Hz")
    assert any("jnnp" in source for source in analysis.sources) == compared


def test_without_a_muscle_the_report_names_the_ranges_of_any_muscle(tmp_path: Path) -> None:
    uv, sample_rate_hz = recorded("healthy")
    path = write(tmp_path / "healthy.edf", uv[: round(4 * sample_rate_hz)], sample_rate_hz)
    analysis = analyse_files([str(path)], [], [])
    assert any("ranges of any muscle" in line for line in analysis.about)
    assert not any("jnnp" in source for source in analysis.sources)


@pytest.mark.parametrize("name", ["healthy", "myopathy", "neuropathy"])
def test_a_voluntary_record_has_no_firm_spontaneous_activity(
    report: Callable[[str], AnalysisReport], name: str
) -> None:
    analysis = report(name)
    assert not [finding for finding in analysis.findings if finding.word == "seen"]
    if name == "healthy":
        assert not [finding for finding in analysis.findings if finding.name.removesuffix(" activity") in ABNORMAL]


def test_one_record_of_a_neuropathy_names_no_root_and_suggests_no_reduced_recruitment(
    report: Callable[[str], AnalysisReport],
) -> None:
    words = {finding.name: finding.word for finding in report("neuropathy").findings}
    assert words["radiculopathy pattern"] == "not assessable"
    assert words["reduced recruitment"] in {"undecided", "not suggested", "not assessable"}
