"""The opening of a live procedure: device, external stimulator, record, engine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.base import Amplifier, DeviceInfo, Simulation
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import Mute, Sound
from guidance.common.errors import UsageError
from guidance.common.start_lines import LIVE_STAGES, StageReporter, report_nowhere
from guidance.engine.loop import Engine
from guidance.engine.settings import Settings
from guidance.journal.encryption import key_of_file
from guidance.journal.raw import RawLog
from guidance.journal.visits import keep_label
from guidance.note.case_sheet import CaseSheet, save_case
from guidance.session.amplifier_with_stimulator import AmplifierWithStimulator
from guidance.session.host import HOST, Host
from guidance.session.live import LiveSession
from guidance.session.lsl_outlet import LslOutlets
from guidance.session.startup import Startup
from guidance.session.stimulation_setup import check_external_stimulator, check_stimulus, stimulation_for


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A procedure to run on the device at ``address``; ``sim:SEED`` is a simulated patient.

    Without ``sound`` it is muted. ``case`` is saved apart from the events, encrypted where a ``key_file`` is named.
    ``label`` is the case that the procedure belongs to, ``remarks`` what its earlier sessions mean for this one: they
    are recorded, and shown here without a screen; on a screen they are cautions of the settings.
    ``stimulator`` is the address of an external stimulator. ``lsl_out`` streams signal and events to LSL. ``host`` is
    the computer that it runs on.
    """

    settings: Settings
    store: str
    address: str
    events: str | None = None
    duration_s: float | None = None
    sound: SoundSettings | None = None
    raw_log: bool = False
    case: CaseSheet | None = None
    key_file: str | None = None
    label: str | None = None
    remarks: tuple[str, ...] = ()
    stimulator: str | None = None
    lsl_out: bool = False
    host: Host = HOST

    @property
    def stages(self) -> tuple[str, ...]:
        """What opens, in order."""
        return LIVE_STAGES

    def open(self, report: StageReporter = report_nowhere) -> LiveSession:
        """Open the session, its device streaming, and ``report`` each stage. Raises UserError and DeviceError."""
        check_stimulus(self.settings)
        with Startup(self.store, self.events, self.host, report) as startup:
            raw = RawLog(self.host.disk) if self.raw_log else None
            if raw:
                startup.stack.callback(raw.close)
            amplifier = self._open_amplifier(startup.stack)
            if raw:
                amplifier.tap(raw.tap)
            info = amplifier.info
            _check_marker(self.settings, info)
            stimulation = stimulation_for(amplifier, self.settings)
            lsl = LslOutlets(info) if self.lsl_out else None
            device = startup.start_device(amplifier, requests_pulses=stimulation is not None, lsl=lsl)
            outputs = startup.open_outputs(self.settings.protocol, info, self._open_sound(info), raw, lsl)
            self._keep_case(outputs.record.folder)
            engine = Engine(self.settings, info, startup.wall_time, stimulation)
            notices = startup.notices(self.settings.protocol) + (list(self.remarks) if self.settings.headless else [])
            notices += amplifier.info.notes + (info.stimulator.notes if info.stimulator else ())
            clock = self.host.clock
            session = LiveSession(engine, device, outputs, self.duration_s, notices, startup.stack.pop_all(), clock)
            session.record_earlier_sessions(self.remarks)
            return session

    def _keep_case(self, folder: Path) -> None:
        keep_label(folder, self.label)
        if self.case:
            save_case(folder, self.case, key_of_file(Path(self.key_file)) if self.key_file else None)

    def _open_sound(self, info: DeviceInfo) -> Sound | Mute:
        if self.sound is None:
            return Mute(self.settings.sounds)
        return Sound(replace(self.sound, mapping=self.settings.sounds), info.sample_rate_hz)

    def _open_amplifier(self, stack: ExitStack) -> Amplifier:
        """Open the amplifier, with the external stimulator if there is one; ``stack`` closes them."""
        amplifier = self.host.open_device(self.address)
        stack.callback(amplifier.close)
        if self.stimulator is None:
            return amplifier
        stimulator = self.host.open_stimulator(self.stimulator)
        stack.callback(stimulator.close)
        if isinstance(amplifier, Simulation) and stimulator.info.fires:
            raise UsageError(f"{self.address} is a simulated patient; {self.stimulator} cannot stimulate it.")
        check_external_stimulator(self.settings, stimulator)
        return AmplifierWithStimulator(amplifier, stimulator)


def _check_marker(settings: Settings, info: DeviceInfo) -> None:
    """Refuse a marker channel that does not exist, or that is the muscle's. Raises UsageError."""
    names = [channel.name for channel in info.channels]
    if settings.marker is not None and settings.marker not in names[1:]:
        others = ", ".join(names[1:]) or "none"
        raise UsageError(
            f"--marker {settings.marker} is not a channel; beside the first, the muscle's, the amplifier has: {others}."
        )
