"""One insertion in virtual time: simulated patient, engine, interlock and stimulator in a closed loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from drivers.base import Block
from drivers.simulated.front_ends import KINDS
from drivers.simulated.in_process import InProcessAmplifier
from drivers.simulated.patient import Patient
from guidance.contracts.events import Alarm, Proximity, TimedRecord
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.session.device import LiveDevice
from guidance.session.stimulation_setup import stimulation_within
from guidance.trial.needle_path import Leg, draw_needle_path
from guidance.trial.result import Insertion
from guidance.trial.score import InsertionScore, Truth

SAMPLE_RATE_HZ = 10_000
ARM_S = 1.0
"""Time in s before the stimulator is armed, at the start and after it was switched off."""

DRAWN = "drawn"
"""In place of a front end's name: each insertion draws one."""

_FRONT_STREAM = 1
_WALL_TIME = "1970-01-01T00:00:00+00:00"
_TRUTH_EVERY_S = 0.05


def fronts() -> tuple[str, ...]:
    """Return the names of the front ends that an insertion may have."""
    return (*KINDS, DRAWN)


def run_insertion(seed: int, world: int, protocol_id: str = "generic-block", front: str | None = None) -> Insertion:
    """Run insertion number ``world`` of the trial ``seed``; only the arguments determine its course.

    ``front`` is the kind of the amplifier's front end, or ``DRAWN``: each insertion then draws its own. Raises
    ProtocolError where there is no such protocol, ValueError where there is no such front end.
    """
    return SimulatedInsertion(seed, world, protocol_id, front).run()


class SimulatedInsertion:
    """Loop of one insertion."""

    def __init__(self, seed: int, world: int, protocol_id: str = "generic-block", front: str | None = None) -> None:
        """Draw insertion ``world`` as ``run_insertion`` does."""
        rng = np.random.default_rng([seed, world])
        self._world, self._path = world, draw_needle_path(rng)
        self.front = _drawn_front(seed, world) if front == DRAWN else front
        patient = Patient(
            int(rng.integers(2**63)),
            sample_rate_hz=SAMPLE_RATE_HZ,
            scenario="hold",
            start_mm=self._path.start_mm,
            front=self.front,
        )
        self._amplifier = InProcessAmplifier(patient)
        self._device = LiveDevice(self._amplifier, requests_pulses=True)
        settings = Settings(load(protocol_id), Mode.AUTO)
        self._stimulation = stimulation_within(settings, self._amplifier.limits)
        self.engine = Engine(settings, self._amplifier.info, _WALL_TIME, self._stimulation)
        self._criterion_uv = settings.threshold_criterion_uv
        self._score = InsertionScore(settings.protocol, self._stimulation.bounds.max_current_ma, self.front)
        self._off_since = 0.0
        self._truth_due = 0.0

    def run(self) -> Insertion:
        """Run along the needle's whole path."""
        for _ in self.turns():
            pass
        return self._score.insertion(self._world, self._amplifier.t)

    def turns(self) -> Iterator[tuple[Truth, list[TimedRecord]]]:
        """Run along the needle's whole path; yield the truth after each block and the records that it gave."""
        self._device.start()
        for leg, end_s in self._legs():
            while self._amplifier.t < end_s:
                records = self._turn(leg)
                yield self._actual(leg), records

    def _legs(self) -> Iterator[tuple[Leg, float]]:
        """Emit each leg as it begins, with the time at which it ends."""
        end_s = 0.0
        for leg in self._path.legs:
            if leg.speed_mm_s:
                self._amplifier.patient.steer(leg.ahead_mm, leg.aside_mm, leg.speed_mm_s)
            end_s += leg.seconds
            yield leg, end_s

    def _turn(self, leg: Leg) -> list[TimedRecord]:
        """Process one block: note the truth, read the device, step the engine; return the records."""
        self._observe(leg)
        blocks = self._device.read(0.0)
        records = self._step(blocks, leg)
        self._arm()
        self._device.act(self.engine.actions)
        return records

    def _observe(self, leg: Leg) -> None:
        """Note the truth when a pulse is about to be delivered, and at regular times."""
        t = self._amplifier.t
        if self._amplifier.pulse_is_due or t >= self._truth_due:
            self._truth_due = t + _TRUTH_EVERY_S
            self._score.now(self._actual(leg), pulse=self._amplifier.pulse_is_due)

    def _step(self, blocks: list[Block], leg: Leg) -> list[TimedRecord]:
        records = []
        for timed in self.engine.step(blocks, self._now_ns):
            if isinstance(timed.record, Proximity | Alarm):
                self._score.now(self._actual(leg))
            self._score.take(timed)
            records.append(timed)
        return records

    def _arm(self) -> None:
        """Arm as a headless procedure does, once the signal has been fit for ``ARM_S``."""
        armed, sound = self._stimulation.armed, self.engine.health.is_fit(self.engine.t, self._now_ns)
        if armed or not sound or self._stimulation.operator_must_arm:
            self._off_since = self.engine.t
        elif self.engine.t - self._off_since >= ARM_S:
            for timed in self.engine.arm("controller", self._now_ns):
                self._score.take(timed)

    def _actual(self, leg: Leg) -> Truth:
        truth = self._amplifier.patient.truth(self._criterion_uv)
        return Truth(self._amplifier.t, truth.threshold_ma, truth.distance_mm, leg.speed_mm_s)

    @property
    def _now_ns(self) -> int:
        return round(self._amplifier.t * 1e9)


def _drawn_front(seed: int, world: int) -> str:
    """Draw the front end of an insertion, with random numbers apart from those of patient and path."""
    kinds = list(KINDS)
    return kinds[int(np.random.default_rng([seed, world, _FRONT_STREAM]).integers(len(kinds)))]
