"""Recovery of a procedure that was cut off: nothing is lost, and what is added is marked."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest

from guidance.common.errors import UserError
from guidance.journal import recover as recover_module
from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.event_reader import read_events
from guidance.journal.recover import TORN_NAME, recover
from guidance.journal.seal import SEAL_NAME
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, verify
from tests.support.event_rules import faults
from tests.support.recorded_procedure import record_procedure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return record_procedure(tmp_path, cut_off=True)


def tear(path: Path, size: int) -> None:
    """Leave only the first ``size`` bytes, as a power cut does."""
    os.truncate(path, size)


def test_a_journal_cut_at_any_byte_keeps_every_whole_line(folder: Path) -> None:
    path = folder / EVENTS_NAME
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for size in [1, len(whole) - 1, *(int(size) for size in rng.integers(1, len(whole), size=25))]:
        path.write_bytes(whole[:size])
        (folder / SEAL_NAME).unlink(missing_ok=True)
        recovery = recover(folder)
        record_in = whole[:size].count(b"\n")
        assert recovery is not None
        assert recovery.lines == record_in
        assert recovery.torn == size - (whole[:size].rfind(b"\n") + 1)
        assert path.read_bytes().startswith(whole[: size - recovery.torn])
        assert verify(folder).is_intact
        if record_in:
            events = read_events(folder)
            assert faults(events) == []
            assert [event.get("what") for event in events[-2:-1]] == ["recovered"]
            assert events[-1]["reason"] == "error"


def test_the_torn_line_stays_beside_it(folder: Path) -> None:
    with (folder / EVENTS_NAME).open("ab") as file:
        file.write(b'{"kind": "ent')
    recovery = recover(folder)
    assert recovery is not None
    assert (folder / TORN_NAME).read_bytes() == b'{"kind": "ent'
    assert "13 bytes of an unfinished line are in torn.bin" in recovery.sentence


def test_the_signal_is_recovered_with_it(folder: Path) -> None:
    path = folder / SIGNAL_NAME
    tear(path, path.stat().st_size - 1000)
    recovery = recover(folder)
    assert recovery is not None
    assert recovery.signal_s == pytest.approx(2.1, abs=0.11)
    with pyedflib.EdfReader(str(path)) as reader:
        assert reader.file_duration == pytest.approx(recovery.signal_s)
    assert edfio.read_bdf(path).duration == pytest.approx(recovery.signal_s)
    assert verify(folder).state is RecordState.WHOLE


def test_a_second_recovery_changes_nothing(folder: Path) -> None:
    recover(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert recover(folder) is None
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_an_end_without_a_seal_is_sealed_and_gets_no_second_end(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path)
    (folder / SEAL_NAME).unlink()
    before = (folder / EVENTS_NAME).read_bytes()
    recover(folder)
    assert (folder / EVENTS_NAME).read_bytes() == before
    assert verify(folder).state is RecordState.WHOLE


def test_a_recovery_that_was_cut_off_is_recovered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(recover_module, "write_seal", fail)
        with pytest.raises(UserError, match="cannot be recovered \\(No space left"):
            recover(folder)
    recover(folder)
    assert verify(folder).state is RecordState.WHOLE
    assert faults(read_events(folder)) == []


def test_a_partial_seal_of_a_dead_process_is_ignored(folder: Path) -> None:
    (folder / f".{SEAL_NAME}.{os.getpid()}").write_text("half a se")
    recover(folder)
    assert verify(folder).state is RecordState.WHOLE


def test_a_broken_record_is_not_recovered(folder: Path) -> None:
    path = folder / EVENTS_NAME
    path.write_bytes(path.read_bytes().replace(b'"t": 0', b'"t": 1', 1))
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"line 1 is broken.*the record is not changed"):
        recover(folder)
    assert path.read_bytes() == before


def test_what_is_still_being_recorded_is_left_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(UserError, match="still being recorded"):
        recover(tmp_path)
    journal.close()


def test_without_a_line_there_is_nothing_to_recover(tmp_path: Path) -> None:
    (tmp_path / EVENTS_NAME).touch()
    recovery = recover(tmp_path)
    assert recovery is not None
    assert recovery.sentence == "nothing had been recorded"


def test_chained_lines_that_are_no_events_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(b'{"kind": "start"}\n')
    journal.close()
    with pytest.raises(UserError, match="its lines are not events"):
        recover(tmp_path)
