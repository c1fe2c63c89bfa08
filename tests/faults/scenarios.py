"""Named faults, each as a scenario: what happens when, how soon it can be known, and what must be reported."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.drivers.ona import fake_ona as ona
from tests.faults.device import RATE_HZ
from tests.faults.rig import Rig

AT_S = 5.0
"""The fault begins at this time; stimulation began at about 2 s."""

SILENCE_S = 1.0
"""The device's watchdog, and the time after which missing samples or a missing screen count as silence."""

LATE_S = 1.5
"""The device is faulty with the third late reply or report in a row; pulses come at about two a second."""

Inject = Callable[[Rig], object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault that begins at ``AT_S`` and how the program must meet it.

    ``known_s``: seconds after which it can be known, None where the output may stay on. ``reports``: alarm codes, one
    of which must be raised. ``may_stay_on``: the device cannot be switched off, and the exit must say so.
    """

    name: str
    inject: Inject
    reports: frozenset[str] = frozenset()
    known_s: float | None = None
    duration_s: float = 10.0
    statuses: tuple[int, ...] = (0,)
    single_pulses: bool = True
    may_stay_on: bool = False
    record_lost: bool = False
    options: tuple[str, ...] = ()


def device(at_s: float = AT_S, *, until_s: float | None = None, **faults: object) -> Inject:
    """Set ``faults`` of the device at ``at_s``, and reset them at ``until_s``."""

    def inject(rig: Rig) -> None:
        before = {name: getattr(rig.device.faults, name) for name in faults}
        rig.after(at_s, lambda: _set(rig, faults))
        if until_s is not None:
            rig.after(until_s, lambda: _set(rig, before))

    return inject


def both(*parts: Inject) -> Inject:
    """Inject all ``parts``."""

    def inject(rig: Rig) -> None:
        for part in parts:
            part(rig)

    return inject


def at(act: Callable[[Rig], object], at_s: float = AT_S) -> Inject:
    """Do ``act`` at ``at_s``."""
    return lambda rig: rig.after(at_s, lambda: act(rig))


def unplug(rig: Rig) -> None:
    """Pull the plug; the device's stimulator goes off a second later by itself."""
    rig.plugged = False


def plug(rig: Rig) -> None:
    """Put it back."""
    rig.plugged = True


def stall(rig: Rig, seconds: float) -> None:
    """Hold back what the device sends."""
    rig.stalled_until_ns = rig.clock.now_ns + int(seconds * 1e9)


def journal_of(rig: Rig) -> Path:
    """Return the journal of the run."""
    return next(rig.store.glob("*/events.jsonl"))


def truncate(rig: Rig, size: int = 0) -> None:
    """Cut the journal to ``size`` bytes."""
    with journal_of(rig).open("r+b") as file:
        file.truncate(size)


def replace(rig: Rig) -> None:
    """Put another file in the journal's place."""
    path = journal_of(rig)
    path.unlink()
    path.write_text("{}\n", encoding="utf-8")


def append(rig: Rig) -> None:
    """Let another program write into the journal."""
    with journal_of(rig).open("ab") as file:
        file.write(b"{}\n")


def fill_disk(rig: Rig) -> None:
    """Let every call of the disk fail from now on."""
    rig.disk.fail_at, rig.disk.fails_on = len(rig.disk.calls), True


def raise_fault(rig: Rig, code: int) -> None:
    """Let the device report the fault ``code``."""
    rig.device.raise_fault(code, rig.clock.now_ns)


def terminate(_: Rig) -> None:
    """Request the end, as a shutdown of the computer does."""
    signal.raise_signal(signal.SIGTERM)


def _set(rig: Rig, faults: dict[str, object]) -> None:
    for name, value in faults.items():
        setattr(rig.device.faults, name, value)


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


LOST = _codes("device-lost")
UNREQUESTED = _codes("stimulus-unrequested")
FAULTY = _codes("device-fault")
RECORD = _codes("storage")
CLOCK = _codes("clock-wrong")
ENDS_LOST, FAILS = (3,), (1,)

SCENARIOS = (
    Scenario("no fault", lambda _: None),
    # 1 a dead input
    Scenario("input exactly 0", device(dead_uv=0.0), _codes("signal-dead"), 0.4),
    Scenario("input constant at 120 uV", device(dead_uv=120.0), _codes("signal-dead"), 0.4),
    # 2 pulses that nobody requested
    Scenario("5 unrequested pulses a second", device(extra_pulses_hz=5.0), UNREQUESTED, 0.2, statuses=(0, 1)),
    Scenario("26 unrequested pulses a second", device(extra_pulses_hz=26.0), UNREQUESTED, 0.1, statuses=(0, 1)),
    Scenario("unrequested, flagged as a train", device(extra_pulses_hz=5.0, single_flag=False), UNREQUESTED, 0.2),
    Scenario("unrequested while disarmed", device(0.5, extra_pulses_hz=5.0), UNREQUESTED),
    Scenario("4000 made-up reports a second", device(made_up_stims_hz=4000.0), FAULTY | UNREQUESTED, 0.1),
    # 4 losses: off is sent, then silence
    Scenario("deaf", device(deaf=True), LOST, SILENCE_S, 25.0, ENDS_LOST),
    Scenario("deaf in a train", device(deaf=True), LOST, SILENCE_S, 25.0, ENDS_LOST, single_pulses=False),
    Scenario("mute in a train", device(mute=True), LOST | _codes("stale"), 0.6, 25.0, ENDS_LOST, single_pulses=False),
    Scenario("replies lost, samples there", device(lose_acks=dict.fromkeys(range(256), 10**6)), LOST, 0.6, 25.0,
             ENDS_LOST, single_pulses=False),
    Scenario("replies lost for 2 s", device(until_s=7.0, lose_acks=dict.fromkeys(range(256), 10**6)), LOST, 0.6),
    Scenario("line takes no bytes", at(lambda rig: setattr(rig, "takes_bytes", False)), LOST, SILENCE_S, 25.0,
             ENDS_LOST, single_pulses=False),
    Scenario("unplugged for good", at(unplug), LOST, SILENCE_S, 25.0, ENDS_LOST),
    Scenario("unplugged for 0.3 s", both(at(unplug), at(plug, 5.3)), LOST, SILENCE_S),
    Scenario("unplugged for 3 s", both(at(unplug), at(plug, 8.0)), LOST, SILENCE_S),
    Scenario("stall of 0.3 s", at(partial(stall, seconds=0.3)), frozenset()),
    Scenario("stall of 1.5 s", at(partial(stall, seconds=1.5)), _codes("device-lost", "stale"), 0.6),
    Scenario("stall of 5 s", at(partial(stall, seconds=5.0)), _codes("device-lost", "stale"), 0.6, 14.0),
    # 5 off and on are what the device reports
    Scenario("stays on after off", device(stuck_on=True), _codes("stimulator-not-off"), statuses=FAILS,
             may_stay_on=True),
    Scenario("never goes on", device(0.5, stuck_off=True), _codes("stimulus-not-delivered")),
    Scenario("no states reported", device(no_status=True), _codes("stimulator-not-off"), statuses=FAILS,
             may_stay_on=True),
    # 6 no samples, no end
    Scenario("no samples, states go on", device(no_samples=True), _codes("stale"), SILENCE_S, 10.0, (0, 3)),
    Scenario("no samples for 2 s", device(until_s=7.0, no_samples=True), _codes("stale"), SILENCE_S, 12.0),
    Scenario("never a sample", device(0.0, no_samples=True), LOST | _codes("stale"), None, 8.0, (0, 3)),
    # 7 counters
    Scenario("count jumps by 2^31", device(jump=1 << 31), FAULTY | LOST, 0.05),
    Scenario("count jumps by 2 h", device(jump=7200 * RATE_HZ), FAULTY, 0.05),
    Scenario("count jumps by 11 s", device(jump=11 * RATE_HZ), FAULTY, 0.05),
    Scenario("count jumps by 2 s", device(jump=2 * RATE_HZ), _codes("samples-lost")),
    Scenario("count goes back by 1 s", device(jump=-RATE_HZ), FAULTY, 0.05),
    Scenario("device restarts", at(lambda rig: rig.device.restart(rig.clock.now_ns)), FAULTY | LOST, 0.05),
    # 8 the record
    Scenario("rm -rf of the store", at(lambda rig: shutil.rmtree(rig.store)), RECORD, 0.05, statuses=FAILS,
             record_lost=True),
    Scenario("journal truncated to nothing", at(truncate), RECORD, 0.05, statuses=FAILS, record_lost=True),
    Scenario("journal truncated by a byte", at(lambda rig: truncate(rig, journal_of(rig).stat().st_size - 1)), RECORD,
             0.05, statuses=FAILS, record_lost=True),
    Scenario("journal replaced", at(replace), RECORD, 0.05, statuses=FAILS, record_lost=True),
    Scenario("journal written by another", at(append), RECORD, 0.05, statuses=FAILS, record_lost=True),
    Scenario("signal.bdf deleted", at(lambda rig: next(rig.store.glob("*/signal.bdf")).unlink()), RECORD,
             statuses=FAILS),
    Scenario("disk full", at(fill_disk), RECORD, 1.0,
             statuses=FAILS, record_lost=True),
    Scenario("syncs hang", at(lambda rig: setattr(rig.disk, "hangs", True)), RECORD, 5.6, 14.0, FAILS,
             record_lost=True),
    Scenario("a write takes 8 s", both(at(lambda rig: setattr(rig.disk, "slow_s", 8.0)),
                                       at(lambda rig: setattr(rig.disk, "slow_s", 0.0), 5.5)),
             _codes("stimulus-not-delivered", "stale"), SILENCE_S, 18.0),
    # of the device's time
    Scenario("START acknowledged late", lambda rig: rig.device.faults.lose_acks.update({ona.START: 1})),
    Scenario("START never acknowledged", lambda rig: rig.device.faults.lose_acks.update({ona.START: 9})),
    *(
        Scenario(f"rate {factor:g} times the claimed", device(0.0, factor=factor), CLOCK, None,
                 20.0 / max(factor, 1.0) ** 0.5)
        for factor in (0.1, 0.5, 2.0, 10.0)
    ),
    *(
        Scenario(f"rate {factor:g} times from 5 s on", device(factor=factor), CLOCK, 3.5, 10.0)
        for factor in (0.1, 0.5, 2.0, 10.0)
    ),
    Scenario("reports of pulses 80 ms late", device(stim_late_ms=80.0)),
    *(
        Scenario(f"reports of pulses {late_ms} ms late", device(stim_late_ms=float(late_ms)), FAULTY | UNREQUESTED,
                 LATE_S)
        for late_ms in (200, 300, 400)
    ),
    *(
        Scenario(f"replies {late_ms} ms late", device(ack_late_ms=float(late_ms)), FAULTY | LOST, LATE_S)
        for late_ms in (150, 250, 350)
    ),
    Scenario("states with an absurd sample", device(status_sample=(1 << 31) - 1)),
    Scenario("slow disk for 2 s", both(at(lambda rig: setattr(rig.disk, "slow_s", 0.4)),
                                       at(lambda rig: setattr(rig.disk, "slow_s", 0.0), 7.0)), _codes("computer-slow")),
    # of the line and the operator
    Scenario("1 % of frames dropped", device(drop_share=0.01), frozenset(), statuses=(0,)),
    Scenario("5 % of frames damaged", device(flip_share=0.05), _codes("samples-lost"), statuses=(0, 1, 3)),
    Scenario("garbage between frames", device(garbage=b"\x07\x00\xff"), frozenset(), statuses=(0, 1, 3)),
    Scenario("no reports of pulses", device(no_stim=True), _codes("stimulus-not-delivered"), None),
    Scenario("pulses refused", device(refuse={ona.STIM_ONCE: 4}), _codes("stimulus-not-delivered"), 1.2),
    Scenario("electrode off", device(lead_off=1), _codes("lead-off"), 0.05),
    *(
        Scenario(f"device fault {code}", at(partial(raise_fault, code=code)),
                 _codes("stimulus-not-delivered"), 0.05)
        for code in (1, 2, 3, 4, 5, 255)
    ),
    Scenario("SIGTERM", at(terminate), known_s=0.05),
    Scenario("terminal closed", at(lambda _: signal.raise_signal(signal.SIGHUP)), known_s=0.05),
    Scenario("Ctrl-C", at(lambda _: signal.raise_signal(signal.SIGINT)), known_s=0.05),
    # two at once
    Scenario("deaf, then the disk fills", both(device(deaf=True), at(fill_disk, 6.0)), LOST,
             SILENCE_S, 25.0, (1, 3), record_lost=True),
    Scenario("replies lost, no watchdog", device(lose_acks=dict.fromkeys(range(256), 10**6), no_watchdog=True), LOST,
             0.6, 25.0, ENDS_LOST, single_pulses=False),
    Scenario("unrequested pulses of a deaf device", device(deaf=True, extra_pulses_hz=5.0), UNREQUESTED | LOST,
             SILENCE_S, 25.0, ENDS_LOST),
)  # fmt: skip


def combined(seed: int) -> Scenario:
    """Return two of the faults at once, drawn by ``seed``; each must be survived as by itself, and one be reported."""
    rng = np.random.default_rng(seed)
    may = [
        scenario for scenario in SCENARIOS if scenario.reports and not (scenario.may_stay_on or scenario.record_lost)
    ]
    first, second = (may[int(index)] for index in rng.choice(len(may), 2, replace=False))
    return Scenario(
        f"{first.name} + {second.name}",
        both(first.inject, second.inject),
        first.reports | second.reports,
        duration_s=max(first.duration_s, second.duration_s),
        statuses=(0, 1, 3),
        single_pulses=first.single_pulses and second.single_pulses,
    )
