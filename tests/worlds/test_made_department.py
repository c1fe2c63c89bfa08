"""The made department: records that hold, that differ, and that do not depend on how they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.base import Channel, DeviceInfo
from guidance.audit.run import run_audit
from guidance.contracts.events import TimedRecord
from guidance.contracts.origin import Origin
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.journal.verify import RecordState, verify
from guidance.protocol import load
from tests.worlds.made_department import CHUNK, SITES, TODAY, RecordedInsertion, make


@pytest.fixture(scope="module")
def short() -> RecordedInsertion:
    """Return the records of a procedure that ends as it begins."""
    device = DeviceInfo("made", "", "simulated:", 10_000.0, (Channel("vastus medialis", 5000.0),))
    engine = Engine(Settings(load("femoral"), Mode.LISTEN), device, "1970-01-01T00:00:00+00:00")
    begin = engine.begin(Origin(live=True, simulated=True))
    end = [TimedRecord(1.0, each.record) for each in engine.end("operator")]
    return RecordedInsertion([begin, *end])


def test_every_made_procedure_holds_and_is_counted_once(tmp_path: Path, short: RecordedInsertion) -> None:
    sites = make(tmp_path, SITES, [short])
    folders = [folder for site in sites for folder in site.store.iterdir()]
    assert {verify(folder).state for folder in folders} == {RecordState.WHOLE}
    audit = run_audit(sites, TODAY, simulated=True)
    assert audit.figures.procedures == SITES
    assert not any(audit.left_out.values())


def test_the_number_of_processes_changes_nothing(tmp_path: Path, short: RecordedInsertion) -> None:
    one, two = (
        run_audit(make(tmp_path / str(jobs), CHUNK + 5, [short], notes=False, jobs=jobs), TODAY, simulated=True).counts
        for jobs in (1, 2)
    )
    assert one == two
