"""The origin of a signal: as recorded or, in an old record, as its device lets one infer."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.contracts.origin import RECORDED, Origin, is_simulation, origin_of, replayed, reports_simulation


def start(model: str, address: str, **fields: object) -> dict[str, Any]:
    return {"kind": "start", "device": {"model": model, "address": address}} | fields


@pytest.mark.parametrize(
    ("record", "origin"),
    [
        (start("NA-4", "ona:/dev/ttyACM0"), Origin(live=True, simulated=False)),
        (start("NA-4", "sim:3"), Origin(live=True, simulated=True)),
        (start("Simulated ONA amplifier", "ona:socket://localhost:1"), Origin(live=True, simulated=True)),
        (start("EDF+ recording", "day.edf"), Origin(live=False, simulated=False)),
        ({"kind": "start", "device": {}}, Origin(live=True, simulated=False)),
    ],
)
def test_the_origin_of_an_old_record_is_inferred_from_its_device(record: dict[str, Any], origin: Origin) -> None:
    assert origin_of(record) == origin


def test_the_origin_in_a_record_stands_whatever_its_device_is_called() -> None:
    assert origin_of(start("Simulated", "sim:1", live=True, simulated=False)) == Origin(live=True, simulated=False)
    assert origin_of(start("NA-4", "ona:x", live=False, simulated=None)) == RECORDED


@pytest.mark.parametrize("live", ["yes", 1, None])
def test_a_record_with_an_invalid_origin_is_read_as_an_old_one(live: object) -> None:
    assert origin_of(start("NA-4", "sim:1", live=live, simulated="no")) == Origin(live=True, simulated=True)


def test_a_replay_is_a_recording_and_as_simulated_as_what_is_replayed() -> None:
    assert replayed(start("NA-4", "sim:1")) == Origin(live=False, simulated=True)
    assert replayed(start("NA-4", "ona:x")) == Origin(live=False, simulated=False)


def test_an_address_names_a_simulation_by_its_scheme_alone() -> None:
    assert is_simulation("sim:1,needle")
    assert not is_simulation("ona:sim:1")
    assert reports_simulation("Simulated patient", "direct")
