"""The chain: a changed, lost, moved or added line is detected, and the first broken line is named."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidance.journal.chain import MAX_LINE_BYTES, ORIGIN, verified_chain, with_chain
from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.event_reader import read_events
from guidance.journal.seal import SEAL_NAME
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, verify
from tests.support.event_rules import faults
from tests.support.recorded_procedure import record_procedure
from tests.support.some import some


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return record_procedure(tmp_path)


def lines(folder: Path) -> list[bytes]:
    return (folder / EVENTS_NAME).read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, changed: list[bytes]) -> None:
    (folder / EVENTS_NAME).write_bytes(b"".join(changed))


def test_a_finished_record_is_whole(folder: Path) -> None:
    verdict = verify(folder)
    assert (verdict.state, verdict.is_intact, verdict.lines) == (RecordState.WHOLE, True, len(lines(folder)))


def test_a_chained_stream_still_keeps_the_rules_of_the_stream(folder: Path) -> None:
    assert faults(read_events(folder)) == []


def test_the_chain_is_the_hash_of_the_chain_before_and_of_the_line_without_it(folder: Path) -> None:
    before = ORIGIN
    for line in some(lines(folder)):
        record = json.loads(line)
        body = line.rstrip(b"\n").replace(f', "chain": "{record["chain"]}"'.encode(), b"")
        before = sha256(before.encode() + body).hexdigest()
        assert record["chain"] == before


@pytest.mark.hazard("changed-record")
def test_flipped_bits_are_detected_wherever_they_are(folder: Path) -> None:
    path, rng = folder / EVENTS_NAME, np.random.default_rng(1)
    whole = path.read_bytes()
    for at in [0, len(whole) - 1, *(int(each) for each in rng.integers(len(whole), size=150))]:
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        assert not verify(folder).is_intact, f"byte {at}"


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=60))
@settings(max_examples=60)
def test_a_line_follows_only_what_stood_before_it(before: bytes, other: bytes) -> None:
    chain = sha256(before).hexdigest()
    line, after = with_chain(chain, b'{"a": 1}\n')
    assert verified_chain(chain, line) == after
    assert verified_chain(sha256(before + other).hexdigest(), line) is None


def test_the_first_broken_line_is_named(folder: Path) -> None:
    changed = lines(folder)
    changed[3] = changed[3].replace(b'"t": ', b'"t": 1')
    changed[5] = b"{}\n"
    rewrite(folder, changed)
    verdict = verify(folder)
    assert (verdict.state, verdict.lines) == (RecordState.BROKEN, 3)
    assert verdict.why.startswith("line 4 is broken")


@pytest.mark.parametrize("edit", ["drop", "swap", "twice", "first"])
def test_a_line_dropped_moved_or_repeated_breaks_the_chain(folder: Path, edit: str) -> None:
    old = lines(folder)
    changed = {
        "drop": old[:4] + old[5:],
        "swap": [*old[:4], old[5], old[4], *old[6:]],
        "twice": [*old[:5], old[4], *old[5:]],
        "first": old[1:],
    }[edit]
    rewrite(folder, changed)
    assert verify(folder).state is RecordState.BROKEN


@pytest.mark.hazard("changed-record")
def test_the_seal_shows_lines_removed_from_the_end(folder: Path) -> None:
    rewrite(folder, lines(folder)[:-3])
    verdict = verify(folder)
    assert verdict.state is RecordState.BROKEN
    assert "were sealed" in verdict.why


def test_a_line_after_the_end_is_no_part_of_the_record(folder: Path) -> None:
    last = json.loads(lines(folder)[-1])["chain"]
    rewrite(folder, [*lines(folder), with_chain(last, b'{"kind": "entry"}\n')[0]])
    assert "follows the end of the record" in verify(folder).why


def test_the_seal_shows_a_changed_signal(folder: Path) -> None:
    path = folder / SIGNAL_NAME
    whole = path.read_bytes()
    for at in (100, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[at] ^= 1
        path.write_bytes(changed)
        assert verify(folder).why == "signal.bdf was changed after it was sealed"
    path.unlink()
    assert "signal.bdf cannot be read" in verify(folder).why


@pytest.mark.parametrize("seal", [b"", b"[]", b"{}", b'{"lines": true, "chain": 1, "signal": 2}', b"\xff"])
def test_a_damaged_seal_is_no_seal(folder: Path, seal: bytes) -> None:
    (folder / SEAL_NAME).write_bytes(seal)
    assert verify(folder).why == "the seal cannot be read (it is damaged)"


def test_a_record_without_its_seal_was_cut_off(folder: Path) -> None:
    (folder / SEAL_NAME).unlink()
    assert (verify(folder).state, verify(folder).is_intact) == (RecordState.CUT_OFF, False)


def test_a_running_record_is_intact_so_far(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(b'{"kind": "start"}\n')
    assert verify(tmp_path).state is RecordState.RUNNING
    journal.close()
    assert verify(tmp_path).state is RecordState.CUT_OFF


def test_an_unfinished_line_is_torn_and_the_rest_is_intact(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path, cut_off=True)
    whole = len(lines(folder))
    rewrite(folder, [*lines(folder), b'{"kind": "entry", "se'])
    verdict = verify(folder)
    assert (verdict.state, verdict.lines, verdict.torn) == (RecordState.CUT_OFF, whole, 21)
    assert "21 bytes of an unfinished line" in verdict.why


def test_an_empty_record_is_intact(tmp_path: Path) -> None:
    (tmp_path / EVENTS_NAME).touch()
    assert (verify(tmp_path).state, verify(tmp_path).is_intact) == (RecordState.EMPTY, True)


@pytest.mark.parametrize("line", [b"\xff\xfe\n", b"\n", b"[1]\n", b'{"chain": "x"}\n', b"[" * 50_000 + b"\n"])
def test_a_line_that_is_no_record_breaks_the_chain(folder: Path, line: bytes) -> None:
    rewrite(folder, [lines(folder)[0], line])
    assert verify(folder).why.startswith("line 2 is broken")


def test_a_line_longer_than_any_record_is_not_loaded_whole(folder: Path) -> None:
    rewrite(folder, [lines(folder)[0], b"x" * (3 * MAX_LINE_BYTES)])
    assert verify(folder).why == f"line 2 is broken: it is longer than any record ({MAX_LINE_BYTES} bytes)"
