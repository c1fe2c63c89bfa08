"""Biofeedback's envelope and loop: ``python -m tests.benchmarks.bench_biofeedback [--seconds S]``.

Signals are made (noise of 30 to 200 Hz, rest of 2 uV and efforts of 100 uV RMS, three seconds each in turn), except
the last rows of the second table, which are recorded (BioSPPy's example, in counts of its converter).

Error: RMS of the difference between the envelope under mains or heart and that of the clean signal, at rest and in
effort. Lag: device time from the onset of an effort to the first envelope above half of it (window 0.1 s); and the
host's time from a block handed to the loop to the record of a cue made of it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np

from drivers.base import Block
from guidance.biofeedback.envelope import STEP_S, Envelope, EnvelopeBand, band_above_heart, wide_band
from guidance.contracts.events import Cue
from guidance.signal.sweep.basis import Array
from tests.support.biofeedback_signals import emg, engine_of, exercise, heart, mains, person_signal
from tests.support.shared import shared

REST_UV, EFFORT_UV, TURN_S = 2.0, 100.0, 3.0
RATES_HZ = (250.0, 1000.0, 4000.0)
SETTLED_S, EDGE_S = 3.0, 0.35
BLOCK_S = 0.004


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="of signal for each row of the first table")
    seconds = options.parse_args().seconds
    print("\n".join(_errors(seconds)))
    print("\n".join(_lags()))
    print("\n".join(_loop()))


def _errors(seconds: float) -> Iterator[str]:
    yield "Envelope under contamination, error against the clean one in uV RMS (rest 2 uV, effort 100 uV)"
    yield f"  {'rate Hz':>8}  {'band Hz':>10}  {'contamination':24} {'at rest':>8} {'effort':>8}  {'added RMS':>14}"
    for rate_hz in RATES_HZ:
        bands = [wide_band(rate_hz), band_above_heart(rate_hz)]
        for band in filter(None, bands):
            yield from (_error(rate_hz, band, name, seconds) for name in ("mains 30 uV", "heart 150 uV", "both"))


def _error(rate_hz: float, band: EnvelopeBand, name: str, seconds: float) -> str:
    rng, samples = np.random.default_rng(11), round(seconds * rate_hz)
    effort = (np.arange(samples) / rate_hz) % (2 * TURN_S) >= TURN_S
    clean = emg(rng, samples, rate_hz) * np.where(effort, EFFORT_UV, REST_UV)
    added = np.zeros(samples)
    added += mains(samples, rate_hz, 30.0) if name != "heart 150 uV" else 0.0
    added += heart(samples, rate_hz, 150.0, rng) if name != "mains 30 uV" else 0.0
    before, after = (Envelope(rate_hz, band, 0.1)(each) for each in (clean, clean + added))
    t = (np.arange(len(before)) + 1) * STEP_S
    turn = t % TURN_S
    counts = (t > SETTLED_S) & (turn > EDGE_S)
    works = (t % (2 * TURN_S)) >= TURN_S
    error = after - before
    rest, work = (float(np.sqrt(np.mean(error[counts & chosen] ** 2))) for chosen in (~works, works))
    added_uv = float(np.sqrt(np.mean(added**2)))
    limits = f"{band.low_hz:g}-{band.high_hz:g}"
    return f"  {rate_hz:8g}  {limits:>10}  {name:24} {rest:8.2f} {work:8.2f}  {added_uv:14.1f}"


def _lags() -> Iterator[str]:
    yield ""
    yield "Lag of the envelope in ms: onset of an effort to half of it (device time)"
    yield f"  {'signal':34} {'median':>7} {'p95':>7} {'efforts':>8}"
    for rate_hz in RATES_HZ:
        found = [_made_lag(rate_hz, seed) for seed in range(200)]
        low, high = np.percentile(found, [50, 95])
        yield f"  {f'made, {rate_hz:g} Hz':34} {low:7.0f} {high:7.0f} {len(found):8}"
    yield from _recorded()


def _made_lag(rate_hz: float, seed: int) -> float:
    rng = np.random.default_rng(seed)
    samples, begins = round(2 * rate_hz), round((1 + float(rng.random()) * 0.1) * rate_hz)
    signal = emg(rng, samples, rate_hz) * np.where(np.arange(samples) < begins, REST_UV, EFFORT_UV)
    found = Envelope(rate_hz, wide_band(rate_hz), 0.1)(signal)
    return float((np.flatnonzero(found > EFFORT_UV / 2)[0] + 1) * STEP_S - begins / rate_hz) * 1e3


def _recorded() -> Iterator[str]:
    """Where the envelope crosses half a burst's height, against a centred RMS that sees the future."""
    with np.load(shared("data/surface_emg_biosppy_emg_1.npz")) as held:
        counts, rate_hz = held["signal_adc"].astype(float), float(held["fs"])
    envelope = Envelope(rate_hz, wide_band(rate_hz), 0.1)(counts)
    power = (counts - np.convolve(counts, np.ones(50) / 50, "same")) ** 2
    centred = np.sqrt(np.convolve(power, np.ones(20) / 20, "same"))
    lags = []
    for first_s, stop_s in ((0.8, 2.2), (14.8, 17.5)):
        height = float(np.nanmax(envelope[round(first_s * 100) : round(stop_s * 100)]))
        here = slice(round(first_s * rate_hz), round(stop_s * rate_hz))
        truth_s = first_s + float(np.argmax(centred[here] > height / 2)) / rate_hz
        shown = envelope[round(first_s * 100) : round(stop_s * 100)]
        lags.append((first_s + (float(np.argmax(shown > height / 2)) + 1) * STEP_S - truth_s) * 1e3)
    yield f"  {'recorded bursts (emg_1), 1000 Hz':34} {np.median(lags):7.0f} {max(lags):7.0f} {len(lags):8}"


def _loop() -> Iterator[str]:
    yield ""
    yield "The loop on two channels, blocks of 4 ms"
    yield f"  {'rate Hz':>8} {'core used':>10} {'cue, p50 ms':>12} {'cue, p99 ms':>12} {'cues':>5}"
    plan = exercise("contract-hold", trials=3)
    for rate_hz in (1000.0, 4000.0, 10_000.0):
        signal = person_signal(plan, rate_hz)
        engine, size = engine_of(plan, rate_hz), round(BLOCK_S * rate_hz)
        cues_ms, began = [], time.process_time()
        for block in _cut(signal, size):
            handed = time.perf_counter()
            cues_ms += [
                (time.perf_counter() - handed) * 1e3 for made in engine.step([block]) if isinstance(made.record, Cue)
            ]
        used = (time.process_time() - began) / (len(signal) / rate_hz)
        half, most = np.percentile(cues_ms, [50, 99])
        yield f"  {rate_hz:8g} {used:10.1%} {half:12.2f} {most:12.2f} {len(cues_ms):5}"


def _cut(signal: Array, size: int) -> Iterator[Block]:
    for at in range(0, len(signal), size):
        yield Block(at, signal[at : at + size].astype(np.float32))


if __name__ == "__main__":
    main()
