"""A trial begins, is interrupted, goes on, and keeps its insertions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.trial import store
from guidance.trial.result import Insertion
from guidance.trial.run import Interrupted, Trial, TrialOutcome, run_trial
from guidance.trial.store import NAME, TrialFile
from guidance.trial.table import tabulate
from tests.guidance.trial.insertions import insertion


class Bench:
    """Pool in this process, last world first; after ``breaks_after`` insertions it raises ``with_``: Ctrl-C."""

    def __init__(self, breaks_after: int | None = None, with_: BaseException | None = None) -> None:
        self.requested: list[int] = []
        self._breaks_after, self._with = breaks_after, with_ or KeyboardInterrupt()

    def __call__(self) -> contextlib.AbstractContextManager[Bench]:
        return contextlib.nullcontext(self)

    def results(
        self, seed: int, worlds: Sequence[int], protocol_id: str, front: str | None = None
    ) -> Iterator[Insertion]:
        assert (protocol_id, front) == ("generic-block", None)
        self.requested = list(worlds)
        for done, world in enumerate(reversed(worlds)):
            if done == self._breaks_after:
                raise self._with
            yield insertion(world, stimuli=seed + world)


class Bar:
    def __init__(self) -> None:
        self.already: int | None = None
        self.steps = 0

    def begun(self, already: int) -> Callable[[], None]:
        self.already = already
        return self._step

    def _step(self) -> None:
        self.steps += 1


def run(folder: Path, worlds: int, bench: Bench, bar: Bar | None = None, seed: int = 7) -> TrialOutcome:
    return run_trial(Trial(worlds, seed, "generic-block", folder), bench, (bar or Bar()).begun)


def test_a_trial_makes_every_insertion_once_and_tabulates_them(tmp_path: Path) -> None:
    bar = Bar()
    outcome = run(tmp_path / "deep" / "trial", 4, Bench(), bar)
    assert outcome.table == tabulate(insertion(world, stimuli=7 + world) for world in range(4))
    assert (bar.already, bar.steps, outcome.new_count) == (0, 4, 4)


def test_an_interrupted_trial_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as stopped:
        run(tmp_path, 6, Bench(breaks_after=2))
    assert stopped.value.done == 2
    bench, bar = Bench(), Bar()
    outcome = run(tmp_path, 6, bench, bar)
    assert (bench.requested, bar.already) == ([0, 1, 2, 3], 2)
    assert outcome.table == run(tmp_path.with_name("other"), 6, Bench()).table


def test_a_finished_trial_needs_no_worker(tmp_path: Path) -> None:
    first = run(tmp_path, 3, Bench())
    bench = Bench()
    again = run(tmp_path, 3, bench)
    assert (again.table, again.new_count, bench.requested) == (first.table, 0, [])


def test_more_worlds_add_to_it_and_fewer_use_a_part(tmp_path: Path) -> None:
    run(tmp_path, 3, Bench())
    bench = Bench()
    assert run(tmp_path, 5, bench).table["insertions"] == 5
    assert bench.requested == [3, 4]
    assert run(tmp_path, 2, Bench()).table["insertions"] == 2


def test_a_line_cut_by_a_crash_is_done_again(tmp_path: Path) -> None:
    run(tmp_path, 3, Bench())
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    bench = Bench()
    assert run(tmp_path, 3, bench).table["insertions"] == 3
    assert len(bench.requested) == 1
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize("kept", [0, 10])
def test_a_header_cut_by_a_crash_is_written_again(tmp_path: Path, kept: int) -> None:
    run(tmp_path, 1, Bench())
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:kept])
    assert run(tmp_path, 1, Bench()).new_count == 1
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["seed"] == 7


@pytest.mark.parametrize("damage", ["{", "[]", "null", "{}", '{"world": 1}', "\ufffd"])
def test_a_damaged_line_is_reported_by_its_number(tmp_path: Path, damage: str) -> None:
    run(tmp_path, 3, Bench())
    path = tmp_path / NAME
    written = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([written[0], damage, *written[2:]]) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match="Line 2"):
        run(tmp_path, 3, Bench())


def test_the_folder_of_another_seed_is_refused(tmp_path: Path) -> None:
    run(tmp_path, 1, Bench())
    with pytest.raises(UsageError, match="seed"):
        run(tmp_path, 1, Bench(), seed=8)


def test_insertions_of_another_program_are_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, 1, Bench())
    monkeypatch.setattr(store, "program", lambda: "0.0.0+other")
    with pytest.raises(UsageError, match="version of the program"):
        run(tmp_path, 1, Bench())


def test_two_trials_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with TrialFile(tmp_path, 7, "generic-block"), pytest.raises(UsageError, match="Another trial is running"):
        run(tmp_path, 1, Bench())


def test_a_folder_that_cannot_be_made_is_a_bad_argument(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="--out"):
        run(tmp_path / "file" / "trial", 1, Bench())


def test_finished_insertions_are_stored_when_a_worker_fails(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="failed"):
        run(tmp_path, 2, Bench(breaks_after=1, with_=UserError("An insertion failed.")))
    with TrialFile(tmp_path, 7, "generic-block") as file:
        assert sorted(file.insertions) == [1]
