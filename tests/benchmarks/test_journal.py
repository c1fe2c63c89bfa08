"""The benchmark of the record, in small: it runs, and what it aims at holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.bench_journal import flips, kill_report, load_report
from tests.benchmarks.journal_kills import kill_once
from tests.benchmarks.journal_load import load
from tests.support.recorded_procedure import record_procedure


def test_every_flipped_bit_is_detected(tmp_path: Path) -> None:
    assert flips(record_procedure(tmp_path), 40) == (40, 40)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_killed_demo_loses_no_line_and_its_signal_is_read_by_others(tmp_path: Path) -> None:
    found = [kill_once(tmp_path / str(seed), seed) for seed in (3, 5)]
    for each in found:
        assert (each.lost, each.torn_accepted, each.whole) == (0, 0, True)
        assert each.unsynced_s < 5.0
        assert all(after == each.has_signal for _, after in each.readers.values())
    assert "2 demos killed" in kill_report(found)[0]


def test_the_load_is_measured_with_the_record_and_without(tmp_path: Path) -> None:
    with_record, without = load(tmp_path, 1.0), load(None, 1.0)
    assert 0.36 < with_record.megabytes_s < 0.5
    assert without.megabytes_s == 0
    assert len(load_report(with_record, without)) == 5
