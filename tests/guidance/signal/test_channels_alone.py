"""Every channel is judged alike beside others and alone, whole and in pieces of any length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.pipeline import ChannelResponse, QualitySecond, SignalPipeline
from tests.worlds.waves import NOISE_UV, noise, response

RATE_HZ, SECONDS, CHANNELS = 10_000.0, 8.0, 3
WINDOW_MS = (3.0, 25.0)


def signal() -> tuple[NDArray[np.float32], list[Pulse]]:
    """Return noise, artefacts and responses of ``CHANNELS`` channels, each of its own size, and the pulses."""
    rng = np.random.default_rng(5)
    samples = np.stack([noise(int(SECONDS * RATE_HZ), RATE_HZ, rng) for _ in range(CHANNELS)], axis=1)
    t_ms = np.arange(300) / RATE_HZ * 1e3
    artefact = 2000.0 * np.exp(-t_ms / 0.2) + 60.0 * np.exp(-t_ms / 6.0)
    pulses = []
    for index, current_ma in enumerate(rng.uniform(0.6, 1.6, 14)):
        at = round((0.6 + 0.5 * index) * RATE_HZ)
        pulses.append(Pulse(at, current_ma=float(current_ma), width_ms=0.1))
        wave = 24.0 * NOISE_UV * response(t_ms) if index >= 5 and index % 2 else 0.0
        for channel in range(CHANNELS):
            samples[at : at + 300, channel] += current_ma * artefact / (channel + 1) + wave * (1 + channel)
    return samples.astype(np.float32), pulses


class Judged(NamedTuple):
    """What was found in a channel: by its sample, the verdict, values and the waveform."""

    channel: int
    sample: int
    verdict: tuple[bool | None, str | None]
    values: tuple[float | None, ...]
    uv: NDArray[np.float64]


def judged(channels: Iterable[int], step: int) -> list[Judged]:
    """Return what the pipeline finds in those ``channels``, handed over in blocks of ``step`` samples."""
    samples, pulses = signal()
    taken = samples[:, list(channels)]
    info = DeviceInfo("made", "", "", RATE_HZ, tuple(Channel(f"EMG{i}", 5000.0) for i in channels))
    pipeline, found = SignalPipeline(info, WINDOW_MS, None, listen=False), list[Judged]()
    for first in range(0, len(taken), step):
        within = tuple(pulse for pulse in pulses if first <= pulse.sample < first + step)
        for result in pipeline.feed(Block(first, taken[first : first + step], within)):
            if isinstance(result, ChannelResponse):
                one = result.evoked
                values = (one.p_value, one.amplitude_uv, one.amplitude_sd_uv, one.latency_ms)
                found.append(Judged(result.channel, result.pulse.sample, (one.detected, one.why), values, one.uv))
            elif isinstance(result, QualitySecond):
                found.extend(
                    Judged(channel, result.due, (None, None), (each.rms_uv, each.mains_uv), np.zeros(0))
                    for channel, each in enumerate(result.channels)
                )
    return found


def assert_same(one: list[Judged], other: list[Judged]) -> None:
    """Compare verdicts exactly and values to 1e-9."""
    assert [item[1:3] for item in one] == [item[1:3] for item in other]
    for found, wanted in zip(one, other, strict=True):
        known = [value is not None for value in wanted.values]
        assert [value is not None for value in found.values] == known
        np.testing.assert_allclose(
            [value or 0.0 for value in found.values], [value or 0.0 for value in wanted.values], rtol=1e-9
        )
        np.testing.assert_allclose(found.uv, wanted.uv, rtol=1e-9, atol=1e-9)


def test_a_channel_beside_others_is_judged_as_alone() -> None:
    together = judged(range(CHANNELS), 2500)
    assert sum(item.verdict[0] is True for item in together) >= 3 * CHANNELS
    for channel in range(CHANNELS):
        assert_same([item for item in together if item.channel == channel], judged([channel], 2500))


@pytest.mark.parametrize("step", [64, 80_000])
def test_a_signal_in_pieces_is_judged_as_the_whole(step: int) -> None:
    assert_same(judged([1], step), judged([1], 2500))
