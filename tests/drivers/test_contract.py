"""Contract of every amplifier of the registry and of the one in drivers/README.md, each tested on its simulation.

``contract_matrix`` runs it on the driver of another package.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drivers import AMPLIFIER, DRIVERS, find_driver, open_device
from drivers.base import Amplifier, DeviceError, DeviceLost, LimitExceeded, Stimulator
from tests.drivers import readme_driver, rigs
from tests.drivers.reading import read_until, samples_of
from tests.drivers.rigs import ABSENT, RIGS, STIMULATING, UNNUMBERED, Rig


@pytest.fixture(autouse=True)
def _readme_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the driver of drivers/README.md, unless the rigs are those of another package."""
    if RIGS.get(readme_driver.SCHEME) is rigs.readme:
        readme_driver.register(monkeypatch)


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path, monkeypatch) as made:
        yield made
        for amplifier in made.opened:
            amplifier.close()


SLOW = ("sim", "brainflow")
"""A process to start each time, and a board that takes a second to greet: run with -m slow."""


def over(schemes: Iterable[str]) -> pytest.MarkDecorator:
    """Run the test on the rig of each of ``schemes``."""
    marks = {scheme: [pytest.mark.slow] for scheme in SLOW}
    return pytest.mark.parametrize(
        "rig", [pytest.param(s, marks=marks.get(s, [])) for s in sorted(schemes)], indirect=True
    )


every, streaming, stimulating = over(RIGS), over(RIGS.keys() - {"file"}), over(STIMULATING)
numbered = over(RIGS.keys() - set(UNNUMBERED))


def stimulator(rig: Rig) -> tuple[Amplifier, Stimulator]:
    amplifier = rig.start()
    assert isinstance(amplifier, Stimulator)
    assert amplifier.info.limits == amplifier.limits
    return amplifier, amplifier


def test_every_driver_of_the_registry_is_in_the_contract_test() -> None:
    assert RIGS.keys() == DRIVERS.keys()


@every
def test_its_info_names_it_and_what_it_measures(rig: Rig) -> None:
    info = rig.open().info
    assert info.model
    assert info.channels
    assert all(channel.name for channel in info.channels)
    assert info.sample_rate_hz > 0
    assert info.scale_known


@every
def test_opening_and_streaming_change_no_output(rig: Rig) -> None:
    amplifier = rig.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 50)
    assert rig.output_commands() == []
    assert not [pulse for block in blocks for pulse in block.pulses]


@every
def test_blocks_are_float32_microvolts_with_indices_that_go_on(rig: Rig) -> None:
    amplifier = rig.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 150)
    assert blocks[0].first_sample - blocks[0].lost_before == 0
    for block in blocks:
        assert block.samples.dtype == np.float32
        assert block.samples.shape[1] == len(amplifier.info.channels)
        assert len(block.clipped) in {0, len(amplifier.info.channels)}
        assert np.isfinite(block.samples).all()
    for before, after in pairwise(blocks):
        assert after.first_sample == before.end_sample + after.lost_before


@numbered
def test_missing_samples_show_where_they_are_missing(rig: Rig) -> None:
    amplifier = rig.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 50)
    assert sum(block.lost_before for block in blocks) == 0
    rig.lose()
    blocks = blocks[-1:] + read_until(amplifier, lambda blocks: any(block.lost_before for block in blocks))
    for before, after in pairwise(blocks):
        assert after.first_sample == before.end_sample + after.lost_before


@streaming
def test_nothing_is_returned_before_it_is_started(rig: Rig) -> None:
    assert rig.open().read(0.05) == []


@every
def test_closed_twice_it_stays_closed_with_a_reason(rig: Rig) -> None:
    amplifier = rig.start()
    read_until(amplifier, samples_of)
    amplifier.close()
    amplifier.close()
    with pytest.raises(DeviceLost, match="closed"):
        amplifier.read()


@every
def test_it_can_be_closed_before_it_is_started(rig: Rig) -> None:
    amplifier = rig.open()
    amplifier.close()
    with pytest.raises(DeviceError):
        begin_and_read(amplifier)


@streaming
def test_unplugged_it_is_lost_with_a_reason_once_all_has_been_returned(rig: Rig) -> None:
    amplifier = rig.start()
    read_until(amplifier, samples_of)
    assert rig.unplug is not None
    rig.unplug()
    with pytest.raises(DeviceLost) as lost:
        read_until(amplifier, lambda _: False)
    with pytest.raises(DeviceLost):
        amplifier.read()
    assert_sentence(lost.value)
    with pytest.raises(DeviceError) as gone:
        amplifier.reopen()
    assert_sentence(gone.value)
    amplifier.close()


@pytest.mark.parametrize("scheme", sorted(RIGS.keys() - {"sim", "file", "brainflow"}))
def test_what_is_not_there_is_refused_in_a_sentence(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lsl.RESOLVE_S", 0.2)
    with pytest.raises(DeviceError) as refused:
        open_device(f"{scheme}:{ABSENT.get(scheme, '/nowhere/at/all')}")
    assert_sentence(refused.value)


@pytest.mark.parametrize("scheme", sorted(RIGS.keys() - {"file"}))
def test_to_construct_a_driver_opens_nothing(scheme: str) -> None:
    if scheme in {"lsl", "brainflow"}:
        pytest.importorskip({"lsl": "pylsl"}.get(scheme, scheme), reason="it is in an extra of its own")
    construct, rest = find_driver(AMPLIFIER, f"{scheme}:{ABSENT.get(scheme, '/nowhere/at/all')}")
    amplifier = construct(rest)
    with pytest.raises(DeviceLost, match="not connected yet"):
        amplifier.start()
    amplifier.close()


@pytest.mark.hazard("overcurrent")
@stimulating
@pytest.mark.parametrize("factor", [1.01, 1000.0, -1.0, math.nan, math.inf])
def test_a_current_beyond_the_limits_is_refused_and_changes_nothing(rig: Rig, factor: float) -> None:
    _, device = stimulator(rig)
    current_ma = device.limits.max_current_ma * factor
    with pytest.raises(LimitExceeded):
        device.pulse_once(current_ma, 0.1)
    with pytest.raises(LimitExceeded):
        device.set_pulses(current_ma, 0.1, 1.0)
    assert rig.output_commands() == []


@stimulating
@pytest.mark.parametrize(
    ("width_ms", "pulse_rate_hz"), [(0.0, 1.0), (1000.0, 1.0), (math.nan, 1.0), (0.1, 1e4), (0.1, -1.0)]
)
def test_a_width_or_rate_beyond_the_limits_is_refused(rig: Rig, width_ms: float, pulse_rate_hz: float) -> None:
    _, device = stimulator(rig)
    with pytest.raises(LimitExceeded):
        device.set_pulses(0.5, width_ms, pulse_rate_hz)
    assert rig.output_commands() == []


@over(set(STIMULATING) - {"sim"})
def test_a_train_lapses_when_nobody_reads(rig: Rig) -> None:
    amplifier, device = stimulator(rig)
    assert rig.alive is not None
    device.set_pulses(0.5, 0.1, 10.0)
    device.enable(True)
    until = time.monotonic() + 0.45
    read_until(amplifier, lambda _: time.monotonic() > until)
    kept_up = rig.alive()
    assert kept_up >= 2
    time.sleep(0.35)
    assert rig.alive() <= kept_up + 1


def begin_and_read(amplifier: Amplifier) -> None:
    amplifier.start()
    amplifier.read()


def assert_sentence(error: Exception) -> None:
    """Check that ``text`` is one sentence for an operator: with a beginning, an end and no object's repr."""
    text = str(error)
    assert text.endswith(".")
    assert len(text.split()) > 5
    assert not {"<", "Traceback", "0x"} & set(text.split())
