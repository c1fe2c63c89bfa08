"""Biofeedback's envelope and onsets beside NeuroKit2's and BioSPPy's, on BioSPPy's two recordings of surface EMG.

``uv run --group peers python -m tests.benchmarks.bench_envelope``

This program: the RMS of 0.1 s as a visit shows it, fed in blocks of 20 ms, each value at the time when it is emitted.
NeuroKit2: ``emg_process`` (amplitude, and activation by its default). BioSPPy: ``emg.emg`` for filter and onsets; it
gives no envelope, so the rectified signal is smoothed over 50 ms, as where its onsets are found. Both peers filter
forwards and backwards, hence see the future and have no lag. The lag of this program is the shift at which the two
envelopes agree best. Agreement is Pearson's correlation, as emitted and with the lag removed.

Onsets of this program are where the envelope leaves rest, whose limit is drawn as in a visit, from the weakest stretch
of the length that a visit takes; dips of 0.2 s and less are no end. For every onset of a peer the nearest of this
program within 0.5 s, and the other way round. The recordings carry no true onsets.
"""

from __future__ import annotations

import importlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from guidance.biofeedback.calibration import measure_rest
from guidance.biofeedback.envelope import STEP_S, Envelope, wide_band
from guidance.biofeedback.plan import plan_of
from guidance.biofeedback.scoring import GAP_S
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from guidance.signal.sweep.basis import Array
from tests.benchmarks.trial import run
from tests.support.shared import shared

T = TypeVar("T")
NAMES = ("emg", "emg_1")
BLOCK_S, PEER_SMOOTH_S = 0.02, 0.05
NEAR_S, MOST_LAG_S, SETTLED_S = 0.5, 0.3, 1.0
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Analysed:
    """What one program makes of a recording: envelope (steps of STEP_S,), onsets in s, and its wall time in s."""

    envelope: Array
    onsets_s: Array
    wall_s: float


def lag_s(envelope: Array, reference: Array, most_s: float = MOST_LAG_S) -> float:
    """By how much ``envelope`` comes after ``reference`` (both in steps of STEP_S), where they correlate best."""
    shifts = range(round(most_s / STEP_S) + 1)
    best = max(shifts, key=lambda shift: correlation(envelope[shift:], reference[: len(reference) - shift]))
    return best * STEP_S


def correlation(first: Array, second: Array) -> float:
    """Pearson's, over the steps that both know."""
    known = np.isfinite(first) & np.isfinite(second)
    return float(np.corrcoef(first[known], second[known])[0, 1])


def onsets_s(above: NDArray[np.bool_]) -> Array:
    """Times in s at which ``above`` (steps of STEP_S) is seen to begin; one after a dip of GAP_S or less is none."""
    at = np.flatnonzero(above)
    begins = np.diff(at, prepend=-np.inf) > GAP_S / STEP_S + 1
    return np.asarray((at[begins] + 1) * STEP_S)


def differences_ms(of: Array, to: Array, near_s: float = NEAR_S) -> Array:
    """The nearest onset in ``of`` less each in ``to``, both in s, in ms; without those that have none in ``near_s``."""
    if not len(of) or not len(to):
        return np.zeros(0)
    off = of[:, None] - to[None, :]
    nearest = off[np.abs(off).argmin(axis=0), np.arange(len(to))]
    return np.asarray(nearest[np.abs(nearest) <= near_s] * 1e3)


def this_program(counts: Array, rate_hz: float) -> Analysed:
    """As in a visit: streamed, the limit of rest from the weakest stretch."""
    sheet = load_sheet("contract-hold").sheet
    assert isinstance(sheet, BiofeedbackProtocol)
    plan = plan_of(sheet)[0]
    size = round(BLOCK_S * rate_hz)

    def stream() -> Array:
        follow = Envelope(rate_hz, wide_band(rate_hz), plan.window_s)
        return np.concatenate([follow(counts[at : at + size]) for at in range(0, len(counts), size)])

    envelope, wall_s = _timed(stream)
    rest = measure_rest(_quietest(envelope, round(plan.rest_s / STEP_S)), plan.rest_sd)
    if isinstance(rest, str):
        raise SystemExit(f"no rest in the recording: {rest}")
    return Analysed(envelope, onsets_s(envelope > rest.limit_uv), wall_s)


def neurokit(counts: Array, rate_hz: float) -> Analysed:
    """NeuroKit2's whole EMG pipeline."""
    peer = importlib.import_module("neurokit2")
    (signals, found), wall_s = _timed(lambda: peer.emg_process(counts, sampling_rate=int(rate_hz)))
    amplitude = np.asarray(signals["EMG_Amplitude"], dtype=float)
    return Analysed(_at_steps(amplitude, rate_hz), np.asarray(found["EMG_Onsets"], dtype=float) / rate_hz, wall_s)


def biosppy(counts: Array, rate_hz: float) -> Analysed:
    """BioSPPy's filter and onsets, which names beginnings and ends alike: each second one is a beginning."""
    peer, tools = importlib.import_module("biosppy.signals.emg"), importlib.import_module("biosppy.signals.tools")
    found, wall_s = _timed(lambda: peer.emg(counts, sampling_rate=rate_hz, show=False))
    rectified = np.abs(found["filtered"] - np.mean(found["filtered"]))
    smooth = tools.smoother(rectified, kernel="boxcar", size=round(PEER_SMOOTH_S * rate_hz), mirror=True)["signal"]
    return Analysed(_at_steps(smooth, rate_hz), np.asarray(found["onsets"][::2], dtype=float) / rate_hz, wall_s)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` gives, and its shortest wall time of REPEATS in s."""
    walls = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        out = work()
        walls.append(time.perf_counter() - began)
    return out, min(walls)


def _quietest(envelope: Array, steps: int) -> Array:
    known = np.nan_to_num(envelope, nan=np.inf)
    known = known[np.isfinite(known)]
    means = np.lib.stride_tricks.sliding_window_view(known, steps).mean(axis=1)
    return known[means.argmin() :][:steps]


def _at_steps(values: Array, rate_hz: float) -> Array:
    """``values`` at the end of each step of STEP_S."""
    step = round(STEP_S * rate_hz)
    return np.asarray(values[step - 1 :: step], dtype=float)


def _row(name: str, recording: str, mine: Analysed, peer: Analysed) -> str:
    settled = slice(round(SETTLED_S / STEP_S), None)
    envelope, reference = mine.envelope[settled], peer.envelope[settled]
    lag = lag_s(envelope, reference)
    shift = round(lag / STEP_S)
    after = correlation(envelope[shift:], reference[: len(reference) - shift])
    off, back = differences_ms(mine.onsets_s, peer.onsets_s), differences_ms(peer.onsets_s, mine.onsets_s)
    middle = f"{np.median(off):+10.0f}  {off.min():+.0f} to {off.max():+.0f}" if len(off) else f"{'-':>10}  -"
    return (
        f"{recording:8}{name:12}{correlation(envelope, reference):8.3f}{after:10.3f}{lag * 1e3:6.0f}"
        f"{f'{len(off)} of {len(peer.onsets_s)}':>12}{f'{len(back)} of {len(mine.onsets_s)}':>12}{middle}"
    )


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")  # NeuroKit2 warns where it finds no burst; the table shows it
    speeds = []
    print(f"{'':20}{'correlation':>18}{'lag':>6}{'onsets that met':>24}{'ours minus theirs, ms':>26}")
    print(f"{'file':8}{'peer':12}{'raw':>8}{'lag out':>10}{'ms':>6}{'theirs':>12}{'ours':>12}{'median':>10}  range")
    for recording in NAMES:
        with np.load(shared(f"data/surface_emg_biosppy_{recording}.npz")) as held:
            counts, rate_hz = held["signal_adc"].astype(float), float(held["fs"])
        seconds = len(counts) / rate_hz
        mine = this_program(counts, rate_hz)
        peers = {"NeuroKit2": neurokit(counts, rate_hz), "BioSPPy": biosppy(counts, rate_hz)}
        for name, peer in peers.items():
            print(_row(name, recording, mine, peer))
        for name, analysed in {"this program, streamed": mine, **peers}.items():
            speeds.append(f"{recording:8}{name:26}{analysed.wall_s * 1e3:10.1f}{seconds / analysed.wall_s:14.0f}")
    print(f"\n{'file':8}{'program':26}{'wall ms':>10}{'x real time':>14}")
    print("\n".join(speeds))


if __name__ == "__main__":
    run(main)
