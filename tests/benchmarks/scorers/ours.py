"""Our chain on a simulated procedure: the signal path, fed with blocks and pulses as by a device."""

from __future__ import annotations

import copy

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.pipeline import ChannelResponse, SignalPipeline
from tests.worlds.procedures import SILENT, Procedure, World
from tests.worlds.waves import Array

TAUGHT = 6
TAUGHT_RATIO = 24.0
FROM_MS = 2.0
_TURNS = 7


def signal_path(world: World) -> SignalPipeline:
    """The path as it is set up for every procedure here."""
    info = DeviceInfo("bench", "", "", world.rate_hz, (Channel("EMG", world.clip_uv),))
    return SignalPipeline(info, (FROM_MS, world.decided_ms), None, listen=False)


def scores(procedure: Procedure, ratios: tuple[float, ...], *, learned: bool) -> Array:
    """-log10 of the p-value of each tested pulse (ratios, tested), NaN where not tried; 0 where it is not known.

    The stream goes on as if no such pulse had a response; where the shape is to be ``learned``, the taught pulses and
    every other tested one have a response of TAUGHT_RATIO. Each score is what the pipeline would have reported had
    this one pulse had the response: a copy of the pipeline, taken as the pulse begins, gets the rest. Empty sweeps are
    scored for all pulses, and a part of the ratios in turn.
    """
    path = signal_path(procedure.world)
    taught = {i: TAUGHT_RATIO for i in range(SILENT, len(procedure.pulses)) if learned and _is_taught(i, procedure)}
    signal = procedure.with_responses(taught).astype(np.float32)[:, None]
    values = np.full((len(ratios), len(procedure.tested)), np.nan)
    at = 0
    for i, pulse in enumerate(procedure.pulses):
        list(path.feed(Block(at, signal[at : pulse.sample + 1], (pulse,))))
        at = pulse.sample + 1
        if i in procedure.tested:
            place = i - procedure.tested[0]
            for k in (0, *range(1 + place % _TURNS, len(ratios), _TURNS)):
                values[k, place] = _score(copy.deepcopy(path), pulse, procedure.sweep(i, ratios[k]))
    return values


def _is_taught(i: int, procedure: Procedure) -> bool:
    return i < procedure.tested[0] or i % 2 == 0


def _score(path: SignalPipeline, pulse: Pulse, sweep: Array) -> float:
    block = Block(pulse.sample + 1, sweep.astype(np.float32)[:, None])
    sweeps = [found.evoked for found in path.feed(block) if isinstance(found, ChannelResponse) and found.pulse == pulse]
    return -float(np.log10(sweeps[0].p_value or 1.0))
