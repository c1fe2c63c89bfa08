"""A simulated patient of a protocol: its target muscle, the latencies and the depth of the nerve; all else as drawn."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import OptionRefused
from drivers.simulated.amplifier import SimulatedAmplifier
from drivers.simulated.motion import Motion
from drivers.simulated.muscle import SimulatedTarget
from drivers.simulated.patient import Patient
from guidance.cli.run import simulated_target
from guidance.protocol import load, names

SEEDS = range(12)


def test_the_muscle_and_its_latency_are_those_of_the_target() -> None:
    for seed in SEEDS:
        patient = Patient(seed, target=SimulatedTarget("deltoid", (3.0, 5.5)))
        assert patient.muscles.names[0] == "deltoid"
        assert 3.0 <= patient.muscles.latency_ms[0] <= 5.5


def test_a_target_changes_nothing_else_of_the_patient() -> None:
    plain, aimed = Patient(3), Patient(3, target=SimulatedTarget("deltoid", (3.0, 5.5)))
    assert aimed.nerve.radius_mm == plain.nerve.radius_mm
    assert np.array_equal(aimed.muscles.pickup, plain.muscles.pickup)
    assert aimed.motion.tip(5.0) == plain.motion.tip(5.0)


def test_no_needle_begins_beyond_the_depth_of_the_nerve() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        motion = Motion(rng, "hold", 1.0, None, still=True, depth_mm=12.0)
        assert motion.tip(0.0).ahead_mm <= 13.0


@pytest.mark.parametrize("word", ["m=3", "m=a-b", "depth=deep", "muscle=", "muscle=\x1b[2J", "h=1-"])
def test_a_target_that_is_not_valid_is_refused_in_one_sentence(word: str) -> None:
    with pytest.raises(OptionRefused, match="is not valid; write muscle=NAME") as caught:
        SimulatedAmplifier(f"1,{word}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", names())
def test_the_demo_of_every_protocol_has_the_protocols_muscle_and_latency(name: str) -> None:
    protocol = load(name)
    words = dict(word.partition("=")[::2] for word in simulated_target(protocol))
    SimulatedAmplifier(",".join(["1", *(f"{key}={value}" if value else key for key, value in words.items())]))
    if protocol.muscles:
        assert words["muscle"] in {muscle.muscle.partition(",")[0] for muscle in protocol.muscles}
    timed = [muscle for muscle in protocol.muscles if muscle.m_ms]
    if timed:
        assert words["m"] == f"{timed[0].m_ms[0]:g}-{timed[0].m_ms[1]:g}"  # type: ignore[index]
