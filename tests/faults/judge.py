"""The verdict on a scenario: whether the program survived it, how soon the output was off, and what was reported."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guidance.journal.verify import verify
from tests.faults.rig import Outcome, Rig
from tests.faults.scenarios import AT_S, Scenario
from tests.support.event_rules import faults as broken_rules

OFF_WITHIN_S = 0.1
"""The output must be off so soon after the fault can be known."""

_DECIMALS_S = 0.005
_MAX_UA = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How ``scenario`` went with one seed. ``faults`` lists what went wrong; ``off_s`` is None where it stayed on."""

    scenario: Scenario
    faults: tuple[str, ...]
    off_s: float | None
    reports: tuple[str, ...]
    unnoticed: int

    @property
    def survived(self) -> bool:
        """Whether nothing went wrong."""
        return not self.faults


def try_scenario(scenario: Scenario, seed: int = 1) -> Verdict:
    """Run ``scenario`` with ``seed``, and judge it."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), seed, single_pulses=scenario.single_pulses)
        scenario.inject(rig)
        outcome = rig.run(scenario.duration_s, *scenario.options)
        faults = (*_faults(scenario, rig, outcome), *_record_faults(scenario, rig, outcome))
    alarms = outcome.alarms()
    return Verdict(scenario, faults, outcome.off_after(AT_S), tuple(alarms), _unnoticed(outcome))


def _unnoticed(outcome: Outcome) -> int:
    """Return how many pulses nobody requested and no alarm reports; one that the device hides cannot be known."""
    noticed = {"stimulus-unrequested", "device-fault", "device-lost"} & set(outcome.alarms())
    return 0 if noticed else sum(pulse.reported and not pulse.requested for pulse in outcome.pulses)


def _faults(scenario: Scenario, rig: Rig, outcome: Outcome) -> Iterator[str]:
    if outcome.status not in scenario.statuses:
        yield f"status {outcome.status}: {outcome.err.strip()}"
    if "Traceback" in outcome.err or "program failed" in outcome.err:
        yield f"the program failed: {outcome.err.strip()}"
    if outcome.lasted_s > scenario.duration_s * 1.1 + 4.0:
        yield f"it took {outcome.lasted_s:.1f} s"
    if scenario.reports and not scenario.reports & set(outcome.alarms()) and not scenario.record_lost:
        reported = ", ".join(outcome.alarms()) or "nothing"
        yield f"none of {', '.join(sorted(scenario.reports))} was reported, only {reported}"
    if scenario.record_lost and not any(word in outcome.err for word in ("record", "events.jsonl")):
        yield f"the lost record was not reported: {outcome.err.strip()}"
    yield from _output_faults(scenario, rig, outcome)


def _output_faults(scenario: Scenario, rig: Rig, outcome: Outcome) -> Iterator[str]:
    if rig.device.is_on and not scenario.may_stay_on:
        yield "the output stayed on"
    if scenario.may_stay_on and "may still be on" not in outcome.err:
        yield "the end does not say that the output may be on"
    if scenario.known_s is not None:
        off_s = outcome.off_after(AT_S)
        if off_s is None or off_s > scenario.known_s + OFF_WITHIN_S + _DECIMALS_S:
            yield f"off after {off_s} s, known after {scenario.known_s:g} s"
    if _unnoticed(outcome):
        yield f"{_unnoticed(outcome)} pulses unnoticed"
    if any(pulse.current_ua > _MAX_UA for pulse in outcome.pulses):
        yield "a pulse beyond the limit"


def _record_faults(scenario: Scenario, rig: Rig, outcome: Outcome) -> Iterator[str]:
    if scenario.record_lost:
        return
    yield from broken_rules(outcome.lines)
    for journal in rig.store.glob("*/events.jsonl"):
        verdict = verify(journal.parent)
        if not verdict.is_intact:
            yield f"the record is {verdict.state}: {verdict.why}"
