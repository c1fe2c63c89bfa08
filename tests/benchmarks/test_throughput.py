"""The throughput table: its lines for tools that are installed, and for those that are not."""

from __future__ import annotations

import pytest

from tests.benchmarks import bench_pulse
from tests.benchmarks import bench_throughput as bench


def test_ours_finds_the_responses_of_the_signal_it_is_timed_on() -> None:
    bench.ours(bench.FAST_BLOCK_S)(bench.recorded(8.0, 10_000.0))


def test_a_chain_that_finds_no_response_is_not_timed() -> None:
    silent = bench.recorded(4.0, 10_000.0)
    silent.signal[:] = 0.0
    with pytest.raises(RuntimeError, match="0 responses were found"):
        bench.ours(bench.FAST_BLOCK_S)(silent)


def test_a_missing_peer_is_reported_in_one_sentence_and_the_rest_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    absent = bench.Row("A peer", False, ("no_such_module", "nor_this"), bench.mne_filter)
    there = bench.Row("Floor", False, (), bench.sosfilt_whole)
    bench.table(bench.recorded(3.0, 10_000.0), 1, (absent, there))
    _, missing, floor = capsys.readouterr().out.splitlines()
    assert (
        missing.split(":", 1)[1] == " no_such_module and nor_this not installed; `uv sync --group peers` brings them."
    )
    assert floor.startswith("Floor")


def test_blocks_carry_every_sample_and_pulse_once() -> None:
    recording = bench.recorded(2.0, 10_000.0)
    blocks = bench._blocks(recording, bench.CHUNK_S)
    assert [pulse for block in blocks for pulse in block.pulses] == list(recording.pulses)
    assert sum(len(block.samples) for block in blocks) == len(recording.signal)
    assert all(b.first_sample <= p.sample < b.end_sample for b in blocks for p in b.pulses)


def test_the_parts_of_a_pulse_are_timed_apart_and_the_program_is_left_as_it_was() -> None:
    before = [getattr(owner, method) for owner, method in bench_pulse.PARTS.values()]
    spent_s = bench_pulse.measured(1, 10_000.0, bench_pulse.blocks(1, 10_000.0, 3.0))
    assert all(part_s > 0 for part_s in spent_s.values())
    assert sum(spent_s.values()) < 2 * spent_s["all"]
    assert [getattr(owner, method) for owner, method in bench_pulse.PARTS.values()] == before


@pytest.mark.slow
@pytest.mark.parametrize("row", bench.ROWS, ids=lambda row: row.name)
def test_every_tool_runs_where_it_is_installed(row: bench.Row) -> None:
    if row.missing():
        pytest.skip(f"{' and '.join(row.missing())} not installed: `uv sync --group peers`")
    assert bench.speed(row.run, bench.recorded(6.0, 10_000.0), 1) > 0.5
