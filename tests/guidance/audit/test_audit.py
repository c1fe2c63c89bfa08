"""An audit of a small department whose figures were worked out by hand."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guidance.audit.agreement import share_as_recorded
from guidance.audit.counts import MISSING, PROCEDURES
from guidance.audit.measures import MEASURES, Grouping
from guidance.audit.results import Figure, figures_of
from guidance.audit.run import DUPLICATE, Audit, Site, run_audit
from guidance.audit.text import HIDDEN, as_json_object, lines
from guidance.journal.encryption import EncryptionKey, protect
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.index import INDEX_NAME
from guidance.journal.seal import SEAL_NAME
from guidance.journal.signal import SIGNAL_NAME
from guidance.reprocess.differences import ComparisonRow, DecisionDifference
from tests.guidance.audit.department import OPERATORS, TODAY, Block, department
from tests.support.plain_audit import plainly_counted
from tests.support.recorded_procedure import record_procedure


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    return department(tmp_path_factory.mktemp("department"))


@pytest.fixture(scope="module")
def audit(sites: list[Site]) -> Audit:
    return run_audit(sites, TODAY, small_cells=True)


def figure(audit: Audit, key: str, grouping: Grouping = Grouping.ALL, group: str = "all") -> Figure:
    (measure,) = [each for each in MEASURES if each.key == key]
    (found,) = [each for each in audit.figures.of(measure, grouping) if each.group == group]
    return found


def test_every_procedure_is_counted_once(audit: Audit) -> None:
    assert audit.figures.procedures == 12
    assert audit.left_out == {"north": {}, "south": {}}


SHARES = {
    "complete": (11, 12, 0),
    "signed": (10, 12, 0),
    "contradicts": (2, 12, 0),  # the wrong side; pain on record, and "none" on the case sheet
    "wrong_side": (1, 12, 0),
    "reached": (11, 12, 0),
    "twitch_lost": (11, 11, 1),
    "over_limit": (1, 11, 1),
    "too_close": (1, 12, 0),
    "pain": (1, 12, 0),
    "blood": (1, 11, 1),
    "complication": (1, 12, 0),
    "success": (8, 9, 3),
}
"""Events, known and unknown procedures of each share, worked out by hand."""
AMOUNTS = {
    "time_to_target": (5.0, 5.0, 5.0, 11),
    "pulses": (6.0, 6.0, 6.0, 12),
    "redirects": (0.0, 0.0, 1.0, 12),  # seven times none, four times one, once two
    "minimum_current": (0.4, 0.4, 0.4, 11),
    "undecided": (0.0, 0.0, 0.0, 12),  # eleven times none, once 1 of 3
    "alarms": (1.0, 1.0, 1.0, 12),  # once none, ten times one, once three
    "acknowledged": (7.0, 7.0, 7.0, 1),
}
"""The 10 % point, median and 90 % point of each amount, and the procedures that show it, worked out by hand."""


@pytest.mark.parametrize("key", SHARES)
def test_shares_are_those_worked_out_by_hand(audit: Audit, key: str) -> None:
    found, (events, known, unknown) = figure(audit, key), SHARES[key]
    assert (found.events, found.known, found.unknown) == (events, known, unknown)
    assert found.value == pytest.approx(events / known)


@pytest.mark.parametrize("key", AMOUNTS)
def test_amounts_are_those_worked_out_by_hand(audit: Audit, key: str) -> None:
    found, (low, middle, high, known) = figure(audit, key), AMOUNTS[key]
    assert (found.low, found.value, found.high, found.known) == (low, middle, high, known)
    assert found.unknown == 12 - known


def test_every_figure_was_worked_out_by_hand_but_the_agreement_which_needs_a_replay(audit: Audit) -> None:
    assert {measure.key for measure in MEASURES} == {*SHARES, *AMOUNTS, "agreement"}
    assert figure(audit, "agreement").unknown == 12


def test_figures_by_site_are_those_worked_out_by_hand(audit: Audit) -> None:
    undecided = figure(audit, "undecided", Grouping.SITE, "south")  # four times none, once 1 of 3
    assert (undecided.low, undecided.value, undecided.high) == (0.0, 0.0, 33.0)
    redirects = figure(audit, "redirects", Grouping.SITE, "south")
    assert (redirects.low, redirects.value, redirects.high) == (0.0, 1.0, 1.0)
    assert figure(audit, "reached", Grouping.SITE, "south").events == 4
    assert figure(audit, "pulses", Grouping.DEVICE, "NA-4").known == 12
    assert figure(audit, "pulses", Grouping.PROTOCOL, "femoral").known == 12


def test_the_missing_threshold_is_a_missing_field(audit: Audit) -> None:
    (found,) = [row for row in audit.figures.fields if row.key == "minimum_current"]
    assert (found.needed, found.missing) == (12, 1)


def test_operators_are_numbers_and_their_procedures_are_theirs(audit: Audit) -> None:
    groups = {"north, operator 1": 6, "north, operator 2": 1, "south, operator 1": 5}
    assert {g: figure(audit, "pulses", Grouping.OPERATOR, g).known for g in groups} == groups
    assert figure(audit, "wrong_side", Grouping.OPERATOR, "north, operator 1").events == 1


def test_months_are_those_of_the_procedures(audit: Audit) -> None:
    assert figure(audit, "pulses", Grouping.MONTH, "2026-03").known == 10
    assert figure(audit, "pulses", Grouping.MONTH, "2026-04").known == 2


def test_small_cells_are_hidden_and_cannot_be_found_by_subtraction(sites: list[Site]) -> None:
    audit = run_audit(sites, TODAY)
    assert figure(audit, "wrong_side").hidden
    by_operator = [figure(audit, "pulses", Grouping.OPERATOR, f"{s}, operator {n}") for s, n in
                   (("north", 1), ("north", 2), ("south", 1))]  # fmt: skip
    assert [each.hidden for each in by_operator] == [False, True, True]
    assert [each.known for each in by_operator] == [6, None, None]
    text = "\n".join(lines(audit, Grouping.OPERATOR))
    assert f"Side entered differs from the case sheet                    {HIDDEN}" in text


def test_no_name_is_in_the_figures_or_in_the_index(sites: list[Site], audit: Audit) -> None:
    shown = json.dumps(as_json_object(audit)) + "\n".join(lines(audit, Grouping.OPERATOR))
    kept = b"".join((site.store / INDEX_NAME).read_bytes() for site in sites)
    for name in OPERATORS:
        assert name not in shown
        assert name.encode() not in kept


def test_figures_equal_a_plain_loop_over_the_journals(sites: list[Site], audit: Audit) -> None:
    measured = {cell: n for cell, n in audit.counts.items() if cell.measure not in {PROCEDURES, MISSING}}
    assert measured == dict(plainly_counted(sites, TODAY))


def test_figures_do_not_depend_on_the_order_or_the_division_of_the_stores(
    sites: list[Site], audit: Audit, tmp_path: Path
) -> None:
    turned = run_audit(sites[::-1], TODAY, small_cells=True)
    assert turned.counts == audit.counts
    for site in sites:
        shutil.copytree(site.store, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(INDEX_NAME))
    one = run_audit([Site("all", tmp_path)], TODAY, small_cells=True)
    whole = {cell: n for cell, n in audit.counts.items() if cell.grouping not in {"site", "operator"}}
    assert {cell: n for cell, n in one.counts.items() if cell.grouping not in {"site", "operator"}} == whole


def test_figures_are_the_same_on_the_workers_of_a_cluster(sites: list[Site], audit: Audit) -> None:
    from guidance.trial.workers import DaskPool

    with DaskPool(2, None) as pool:
        assert run_audit(sites, TODAY, small_cells=True, each=pool.each).counts == audit.counts


def test_a_second_audit_reads_no_record_again(sites: list[Site], audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidance.audit.run.read_facts", lambda *_: pytest.fail("a record was read again"))
    assert run_audit(sites, TODAY, small_cells=True).counts == audit.counts


def test_simulated_procedures_are_counted_apart(tmp_path: Path) -> None:
    for day in range(2):
        Block(day, OPERATORS[0]).record_in(tmp_path, simulated=day == 1)
    site = [Site("here", tmp_path)]
    of_patients, of_simulation = (run_audit(site, TODAY, simulated=each) for each in (False, True))
    assert (of_patients.figures.procedures, of_patients.other) == (1, 1)
    assert (of_simulation.figures.procedures, of_simulation.other) == (1, 1)
    assert next(lines(of_simulation, Grouping.ALL)).startswith("SIMULATED PATIENTS")
    assert not next(lines(of_patients, Grouping.ALL)).startswith("SIMULATED")


def rewritten(folder: Path, old: bytes, new: bytes) -> None:
    """Replace ``old`` in the record, and chain and seal it again as its writer would."""
    from guidance.journal.chain import ORIGIN, with_chain
    from guidance.journal.seal import read_seal, write_seal

    path, chain, kept = folder / EVENTS_NAME, ORIGIN, []
    for line in path.read_bytes().replace(old, new).splitlines():
        fields = json.loads(line)
        fields.pop("chain")
        text, chain = with_chain(chain, json.dumps(fields).encode() + b"\n")
        kept.append(text)
    path.write_bytes(b"".join(kept))
    seal = read_seal(folder)
    assert seal is not None
    write_seal(folder, dataclasses.replace(seal, chain=chain))


def cut_to(folder: Path, lines: int) -> None:
    """Leave the first ``lines`` of the record, as a copy that was interrupted does."""
    path = folder / EVENTS_NAME
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / SEAL_NAME).unlink(), "has no seal"),
        (lambda folder: (folder / SIGNAL_NAME).unlink(), "signal.bdf was sealed with it and is not there"),
        (lambda folder: (folder / EVENTS_NAME).write_bytes(b"{}\n"), "chain does not hold: line 1 is broken"),
        (lambda folder: cut_to(folder, 10), "It has 10 lines, but 2. were sealed"),
        (lambda folder: rewritten(folder, b'"version": 1', b'"version": 7'), "of version 7; this program reads"),
        (lambda folder: rewritten(folder, b'"2026-03-14T', b'"1970-01-01T'), "clock was wrong"),
        (lambda folder: rewritten(folder, b'"2026-03-14T', b'"2031-03-14T'), "clock was wrong"),
        (lambda folder: rewritten(folder, b'"2026-03-14T', b'"2026-05-14T'), "is dated 2026-03-14 and its record"),
        (lambda folder: protect(folder, EncryptionKey(phrase="a long passphrase")), "are encrypted"),
        (lambda folder: (folder / "case.json").write_bytes(b"{"), "case sheet in .* is damaged"),
        (lambda folder: (folder / SEAL_NAME).write_bytes(b"{"), "seal cannot be read"),
    ],
    ids=[
        "cut-off",
        "half-copied",
        "changed",
        "lines-missing",
        "version",
        "1970",
        "2031",
        "redated",
        "encrypted",
        "sheet",
        "seal",
    ],
)
def test_a_record_that_does_not_hold_is_left_out_with_the_reason(tmp_path: Path, spoil: object, why: str) -> None:
    folder = Block(0, OPERATORS[0]).record_in(tmp_path)
    Block(1, OPERATORS[0]).record_in(tmp_path)
    assert callable(spoil)
    spoil(folder)
    audit = run_audit([Site("here", tmp_path)], TODAY)
    assert audit.figures.procedures == 1
    (sentence,) = audit.left_out["here"].values()
    assert re.search(why, sentence)
    assert any(folder.name in line and line.startswith("Left out: ") for line in lines(audit, Grouping.ALL))


def test_an_encrypted_procedure_is_counted_with_its_key_and_leaves_nothing_in_the_index(tmp_path: Path) -> None:
    key = EncryptionKey(phrase="a long passphrase")
    protect(Block(0, OPERATORS[0]).record_in(tmp_path), key)
    site = [Site("here", tmp_path)]
    assert run_audit(site, TODAY, key=key).figures.procedures == 1
    assert run_audit(site, TODAY).figures.procedures == 0


def test_the_same_procedure_in_two_stores_or_under_two_names_is_counted_once(tmp_path: Path) -> None:
    folder = Block(0, OPERATORS[0]).record_in(tmp_path / "a")
    shutil.copytree(folder, tmp_path / "b" / folder.name)
    shutil.copytree(folder, tmp_path / "a" / "z-copy")
    audit = run_audit([Site("a", tmp_path / "a"), Site("b", tmp_path / "b")], TODAY)
    assert audit.figures.procedures == 1
    assert audit.left_out == {"a": {"z-copy": DUPLICATE}, "b": {folder.name: DUPLICATE}}


def test_a_store_without_procedures_has_no_figures() -> None:
    empty = figures_of(Counter())
    assert (empty.procedures, empty.figures, empty.fields) == (0, (), ())


def test_agreement_of_todays_code_with_what_was_decided_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_procedure(tmp_path)
    with_signal = next(each for each in tmp_path.iterdir() if each.is_dir())
    rewritten(with_signal, b'"live": false', b'"live": true')
    site, now = [Site("here", tmp_path)], datetime(2026, 2, 1, tzinfo=UTC)
    plain, again = (run_audit(site, now, small_cells=True, replay=each) for each in (False, True))
    assert (figure(plain, "agreement").known, figure(plain, "agreement").unknown) == (0, 1)
    assert (figure(again, "agreement").value, figure(again, "agreement").known) == (100.0, 1)
    rewritten(with_signal, b'"detected": true', b'"detected": false')
    changed = figure(run_audit(site, now, small_cells=True, replay=True), "agreement")
    assert changed.value is not None
    assert changed.value < 100.0
    (with_signal / SIGNAL_NAME).write_bytes(b"no signal")
    assert figure(run_audit(site, now, small_cells=True, replay=True), "agreement").unknown == 1


def test_two_different_alarms_agree_in_nothing_and_amplitudes_are_no_decision() -> None:
    differing = (DecisionDifference(1.0, "alarms", "a", None), DecisionDifference(1.0, "alarms", None, "b"))
    assert share_as_recorded([ComparisonRow("alarms", 1, 1, differing)]) == 0.0
    assert share_as_recorded([ComparisonRow("amplitude", 3, 3, differing)]) is None
    rows = [ComparisonRow("detected", 4, 4, differing[:1]), ComparisonRow("zone", 4, 4, ())]
    assert share_as_recorded(rows) == 0.875
