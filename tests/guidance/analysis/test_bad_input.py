"""A signal that is no muscle's, through ``analyse``: no measure of motor units, no firm finding, and a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.analysis.findings import SEEN, SUGGESTED
from guidance.analysis.run import analyse_files
from guidance.analysis.study_context import StudyContext
from tests.support.needle_recordings import MUSCLE, write
from tests.worlds.bad_signals import BAD_SIGNALS


@pytest.mark.parametrize("name", BAD_SIGNALS)
def test_what_is_no_muscle_has_no_unit_measures_no_firm_finding_and_a_reason(name: str, tmp_path: Path) -> None:
    bad = BAD_SIGNALS[name]
    path = write(tmp_path / "bad.edf", bad.uv, bad.sample_rate_hz)
    report = analyse_files([str(path)], [], [MUSCLE], StudyContext(age=50), rest=[(0.0, 6.0)])
    assert not report.units
    assert not [finding.name for finding in report.findings if finding.word in {SEEN, SUGGESTED}]
    assert any(bad.reason in finding.why for finding in report.findings)
