"""Throughput of the whole chain beside the field's own tools, all on one signal in one run.

``python -m tests.benchmarks.bench_throughput [--seconds S] [--rate HZ]``; ``uv sync --group peers`` brings the peers.
One channel, two pulses a second, every second one with a response. Ours is the engine: pulses, detection, threshold and
every record of the event stream written out; the peers filter (SciPy, MNE) or search for voluntary bursts (NeuroKit2,
BioSPPy), and none detects an evoked response. Each runs once to warm up, then the best of ``--repeats`` counts. Time is
the process's own on the processor, so that other programs on the machine hardly matter.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.session.event_writer import EventWriter, open_target
from tests.worlds.waves import NOISE_UV, RESPONSE_MS, Array, noise, response

CHUNK_S, FAST_BLOCK_S = 1e-3, 0.25
_WARM_UP_S = 3.0
_BAND_HZ = (20.0, 2000.0)
_SECTIONS = 6
_RANGE_UV, _PEAK_UV, _RATIO = 5000.0, 2000.0, 24.0


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A signal (n,) in uV at ``rate_hz`` and its pulses."""

    rate_hz: float
    signal: Array
    pulses: tuple[Pulse, ...]

    def first(self, seconds: float) -> Recording:
        """Its first ``seconds``."""
        count = int(seconds * self.rate_hz)
        return Recording(self.rate_hz, self.signal[:count], tuple(p for p in self.pulses if p.sample < count))


Run = Callable[[Recording], None]


@dataclass(frozen=True, slots=True)
class Row:
    """A tool: its name, whether it takes the signal in 1 ms chunks, the modules it needs, and a run of it."""

    name: str
    streamed: bool
    needs: tuple[str, ...]
    run: Run

    def missing(self) -> list[str]:
        """Modules it needs that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


def recorded(seconds: float, rate_hz: float) -> Recording:
    """Noise, an artefact with a tail at each of two pulses a second, and a response to every second one."""
    rng = np.random.default_rng(1)
    signal = noise(int(seconds * rate_hz), rate_hz, rng)
    t = np.arange(int(RESPONSE_MS * rate_hz / 1e3)) / rate_hz * 1e3
    artefact = _PEAK_UV * np.exp(-t / 0.2) + 60.0 * np.exp(-t / 6.0)
    pulses = tuple(Pulse(int((0.3 + 0.5 * i) * rate_hz), current_ma=1.0, width_ms=0.1) for i in range(int(seconds * 2)))
    for i, pulse in enumerate(pulses):
        wave = artefact + (_RATIO * NOISE_UV * response(t) if i >= 5 and i % 2 else 0.0)
        here = signal[pulse.sample : pulse.sample + len(t)]
        here += wave[: len(here)]
    return Recording(rate_hz, signal, pulses)


def ours(block_s: float) -> Run:
    """The engine in blocks of ``block_s``, its records written to nowhere."""

    def run(recording: Recording) -> None:
        info = DeviceInfo("bench", "", "", recording.rate_hz, (Channel("EMG", _RANGE_UV),))
        engine, writer = (
            Engine(Settings(load("generic-block"), Mode.MANUAL), info, ""),
            EventWriter(open_target(os.devnull)),
        )
        for block in _blocks(recording, block_s):
            for made in engine.step([block]):
                writer.write(made)
        writer.close()
        if engine.counters.detections < len(recording.pulses) // 4:
            raise RuntimeError(
                f"only {engine.counters.detections} responses were found to {len(recording.pulses)} pulses"
            )

    return run


def _blocks(recording: Recording, block_s: float) -> list[Block]:
    samples = recording.signal[:, None].astype(np.float32)
    step = max(1, round(block_s * recording.rate_hz))
    pulses: dict[int, list[Pulse]] = {}
    for pulse in recording.pulses:
        pulses.setdefault(pulse.sample // step, []).append(pulse)
    starts = range(0, len(samples), step)
    return [Block(at, samples[at : at + step], tuple(pulses.get(at // step, ()))) for at in starts]


def sosfilt_whole(recording: Recording) -> None:
    """Six second-order sections over all samples at once."""
    sosfilt(_sections(recording), recording.signal)


def sosfilt_streamed(recording: Recording) -> None:
    """The same in chunks of 1 ms, with carried state."""
    sections = _sections(recording)
    state, step = np.zeros((len(sections), 2)), round(CHUNK_S * recording.rate_hz)
    for at in range(0, len(recording.signal), step):
        _, state = sosfilt(sections, recording.signal[at : at + step], zi=state)


def mne_filter(recording: Recording) -> None:
    """MNE ``filter_data``: a zero-phase FIR band-pass."""
    filters = importlib.import_module("mne.filter")
    filters.filter_data(recording.signal, recording.rate_hz, *_band(recording), verbose="error")


def neurokit(recording: Recording) -> None:
    """NeuroKit2 ``emg_process``: clean, amplitude, activation."""
    importlib.import_module("neurokit2").emg_process(recording.signal, sampling_rate=int(recording.rate_hz))


def biosppy(recording: Recording) -> None:
    """BioSPPy ``emg``: filter and onsets."""
    emg = importlib.import_module("biosppy.signals.emg")
    emg.emg(recording.signal, sampling_rate=recording.rate_hz, show=False)


ROWS = (
    Row("ours, streamed in 1 ms chunks", True, (), ours(CHUNK_S)),
    Row("ours, as --fast", False, (), ours(FAST_BLOCK_S)),
    Row("SciPy sosfilt, 1 ms chunks (floor)", True, (), sosfilt_streamed),
    Row("SciPy sosfilt, whole (floor)", False, (), sosfilt_whole),
    Row("MNE filter_data", False, ("mne",), mne_filter),
    Row("NeuroKit2 emg_process", False, ("neurokit2",), neurokit),
    Row("BioSPPy emg", False, ("biosppy", "peakutils"), biosppy),
)


def speed(run: Run, recording: Recording, repeats: int) -> float:
    """Multiples of real time: the best of ``repeats`` runs after a warm-up."""
    seconds = len(recording.signal) / recording.rate_hz
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(recording.first(min(_WARM_UP_S, seconds)))
        return max(seconds / _timed(run, recording) for _ in range(repeats))


def _timed(run: Run, recording: Recording) -> float:
    began = time.process_time()
    run(recording)
    return time.process_time() - began


def table(recording: Recording, repeats: int, rows: tuple[Row, ...] = ROWS) -> None:
    """Print a row a tool: multiples of real time, and how many times faster ours is in the same way of running."""
    own: dict[bool, float] = {}
    print(f"{'':38}{'x real time':>12}{'ours / it':>12}")
    for row in rows:
        missing = row.missing()
        if missing:
            print(f"{row.name:38}not run: {' and '.join(missing)} not installed; `uv sync --group peers` brings them.")
            continue
        times = speed(row.run, recording, repeats)
        ratio = own.setdefault(row.streamed, times) / times
        print(f"{row.name:38}{times:>12,.1f}{ratio:>12.2g}", flush=True)


def _sections(recording: Recording) -> Array:
    return np.asarray(butter(_SECTIONS, _band(recording), "bandpass", fs=recording.rate_hz, output="sos"))


def _band(recording: Recording) -> tuple[float, float]:
    return _BAND_HZ[0], min(_BAND_HZ[1], 0.45 * recording.rate_hz)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the signal (default 60)")
    parser.add_argument("--rate", type=float, default=10_000.0, help="sample rate in Hz (default 10000)")
    parser.add_argument("--repeats", type=int, default=2, help="runs of which the best counts (default 2)")
    options = parser.parse_args()
    if options.seconds < _WARM_UP_S or options.repeats < 1 or options.rate < 2 * _BAND_HZ[0] / 0.45:
        parser.error(f"at least {_WARM_UP_S:g} s, one run, and a rate that holds 20 Hz")
    print(f"{options.seconds:g} s of one channel at {options.rate:g} Hz, 2 pulses a second")
    table(recorded(options.seconds, options.rate), options.repeats)


if __name__ == "__main__":
    main()
