"""A biofeedback exercise on a device or a recording: what it runs with, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from drivers import open_device
from drivers.base import Amplifier, DeviceInfo
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import Mute, Sound
from guidance.biofeedback.engine import BiofeedbackEngine
from guidance.biofeedback.envelope import LEAST_RATE_HZ
from guidance.biofeedback.feedback import EXERCISE
from guidance.biofeedback.plan import MUSCLES, ExercisePlan
from guidance.common.errors import UsageError, UserError
from guidance.common.start_lines import LIVE_STAGES, StageReporter, report_nowhere
from guidance.common.text import digits
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.events import Entry
from guidance.contracts.origin import RECORDED, is_simulation
from guidance.engine.settings import Settings
from guidance.journal.visits import Visit, earlier_visits, keep_label
from guidance.processes.screen_channel import ScreenChannel
from guidance.session.device import LiveDevice
from guidance.session.live import LiveSession
from guidance.session.record_output import SessionOutputs
from guidance.session.recording_device import RecordingDevice
from guidance.session.simulated_subject import Effort, SimulatedSubject
from guidance.session.startup import Startup

_MOST_MUSCLES = 2


@dataclass(frozen=True, slots=True)
class BiofeedbackJob:
    """An exercise to run on the device at ``address``, or on the recording ``file``.

    ``speed`` is a multiple of real time, None for as fast as possible. ``label`` is the case that the visit belongs to.
    ``script`` and ``follows`` steer a simulated person. ``symptoms`` are the scores before and after, where they were
    given at the start.
    """

    settings: Settings
    plan: ExercisePlan
    store: str
    address: str | None = None
    file: str | None = None
    full_scale_uv: float | None = None
    sample_rate_hz: float | None = None
    speed: float | None = 1.0
    channels: tuple[str, ...] = ()
    label: str | None = None
    events: str | None = None
    duration_s: float | None = None
    sound: SoundSettings | None = None
    script: tuple[Effort, ...] | None = None
    follows: bool = False
    symptoms: tuple[int | None, int | None] = (None, None)

    @property
    def stages(self) -> tuple[str, ...]:
        """What opens, in order."""
        return LIVE_STAGES

    def open(self, report: StageReporter = report_nowhere) -> BiofeedbackSession:
        """Open the session, its device streaming, and ``report`` each stage; no output is touched. Raises UserError and
        DeviceError.
        """
        with Startup(self.store, self.events, report=report) as startup:
            amplifier = self._amplifier()
            startup.stack.callback(amplifier.close)
            info = amplifier.info
            names = tuple(c.name for c in info.channels) if self.file and self.channels else self.channels
            columns = columns_of(info, names, MUSCLES.get(self.plan.exercise, 1))
            device = startup.start_device(amplifier, requests_pulses=False)
            sound = Mute("exercise") if self.sound is None else _sound(self.sound, info)
            before = earlier_visits(startup.store, self.label, self.plan.exercise) if self.label else []
            outputs = startup.open_outputs(self.settings.protocol, info, sound)
            keep_label(outputs.record.folder, self.label)
            session = BiofeedbackSession(
                BiofeedbackEngine(self.settings, self.plan, info, columns, startup.wall_time),
                device,
                outputs,
                self.duration_s,
                startup.notices(self.settings.protocol) + _file_notices(amplifier) + _last_visit_notice(before),
                startup.stack.pop_all(),
                recording=amplifier if isinstance(amplifier, RecordingDevice) else None,
                subject=SimulatedSubject(self.script, follows=self.follows, exercise=self.plan.exercise),
            )
            session.take_symptoms(*self.symptoms)
            return session

    def _amplifier(self) -> Amplifier:
        if self.file is not None:
            return RecordingDevice(
                self.file, self.speed, channels=self.channels, full_scale_uv=self.full_scale_uv,
                sample_rate_hz=self.sample_rate_hz,
            )  # fmt: skip
        address = self.address or ""
        return open_device(address, channels=_MOST_MUSCLES) if is_simulation(address) else open_device(address)


class BiofeedbackSession(LiveSession):
    """An exercise under way; it ends with its last trial, or with the recording."""

    def __init__(
        self,
        engine: BiofeedbackEngine,
        device: LiveDevice,
        outputs: SessionOutputs,
        duration_s: float | None,
        notices: list[str],
        stack: ExitStack,
        *,
        recording: RecordingDevice | None,
        subject: SimulatedSubject,
    ) -> None:
        """Run as LiveSession does; ``recording`` is None on a live device, ``subject`` acts for a simulated person."""
        super().__init__(engine, device, outputs, duration_s, notices, stack)
        self._exercise, self._recording, self._subject = engine, recording, subject
        self._symptoms: dict[str, int | None] = {}
        if recording is not None:
            self._origin, self._speed = RECORDED, recording.speed

    def take_symptoms(self, before: int | None, after: int | None) -> None:
        """Take the symptom scores that were given at the start, to be recorded at their time."""
        self._symptoms = {"before": before, "after": after}

    def _step(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        self._enter_symptom("before")
        reason = super()._step(screen_channel, stopping)
        if reason is not None and self._exercise.sequence.scores:
            self._enter_symptom("after")
        if self._device.is_simulated:
            for words in self._subject.words(self._exercise.t, self._exercise.sequence.phase):
                self._device.steer(words)
                self._write(self._exercise.enter(Entry("simulated", {"words": words})))
        return reason

    def _enter_symptom(self, when: str) -> None:
        """Record the score that was given at the start for ``when``, once."""
        score = self._symptoms.pop(when, None)
        if score is not None:
            self._write(self._exercise.enter(Entry("symptom", {"when": when, "score": score})))

    def _end_reason(self, screen_channel: ScreenChannel, messages: list[OperatorCommand], stopping: bool) -> str | None:
        reason = super()._end_reason(screen_channel, messages, stopping)
        sequence = self._exercise.sequence
        if reason is None and sequence.failed:
            self._output.fault_sentence = sequence.failed
            return "error"
        if reason is None and (sequence.over or (self._recording is not None and self._recording.over)):
            return "duration"
        return reason


def columns_of(info: DeviceInfo, names: tuple[str, ...], needed: int) -> tuple[int, ...]:
    """Find the columns of the channels ``names`` of device ``info``, or of its first two.

    Raises UsageError and UserError.
    """
    if info.sample_rate_hz < LEAST_RATE_HZ:
        raise UserError(
            f"{info.address} samples at {info.sample_rate_hz:g} Hz, too slow for an envelope, which needs at least "
            f"{LEAST_RATE_HZ:g} Hz."
        )
    there = [channel.name for channel in info.channels]
    for name in names:
        if name not in there:
            raise UsageError(f"{info.address} has no channel {name!r}; it has: {', '.join(there)}.")
    columns = tuple(there.index(name) for name in names) or tuple(range(min(len(there), _MOST_MUSCLES)))
    if len(set(columns)) < needed:
        raise UsageError(
            f"This exercise needs {needed} channels, one over each muscle; {len(set(columns))} is selected."
        )
    return columns


def _sound(settings: SoundSettings, info: DeviceInfo) -> Sound:
    return Sound(replace(settings, mapping="exercise", monitor=0.0), info.sample_rate_hz, EXERCISE)


def _file_notices(amplifier: Amplifier) -> list[str]:
    """Return what is to be known of the recording that is played, in sentences."""
    return [f"{warning}." for warning in amplifier.warnings] if isinstance(amplifier, RecordingDevice) else []


def _last_visit_notice(before: list[Visit]) -> list[str]:
    """Describe the last visit in a sentence."""
    if not before:
        return []
    last = before[-1]
    score = "not known" if last.mean_score is None else f"{last.mean_score:.0f} %"
    trials = f"{last.reached} of {len(last.scores)} trials reached, mean {score}"
    rest = "" if last.rest_uv is None else f"; at rest {digits(last.rest_uv)} uV"
    relax = "" if last.relax_s is None else f", time to relax {last.relax_s:.1f} s"
    return [f"Visit {len(before) + 1}. Last time ({last.wall_time[:10]}): {trials}{rest}{relax}."]
