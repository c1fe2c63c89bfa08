"""The newest Snapshot of an engine, for whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.engine import Engine
from guidance.origin import Origin
from guidance.protocol import Protocol
from guidance.signal.monitor import COLUMN_MS
from guidance.snapshot import JournalView, Past, Snapshot, SoundView, StimulatorView
from guidance.zones import edges_ma

_RUNNING = {"stimulus", "proximity", "response"}


@dataclass(frozen=True, slots=True)
class Position:
    """What the session knows and the engine does not: the signal's source and origin, how far it is, how fast it goes,
    whether the device is ``connected``, what has happened so far, how the sound is, and the record that is kept.
    """

    source: str
    origin: Origin
    duration_s: float | None
    speed: float | None
    paused: bool = False
    ended: str | None = None
    notice: str = ""
    connected: bool = True
    past: Past = field(default_factory=Past)
    sound: SoundView | None = None
    journal: JournalView | None = None


def snapshot(engine: Engine, position: Position) -> Snapshot:
    """All that a screen shows now."""
    tally, settings, path = engine.tally, engine.settings, engine.path
    seconds = path.history.end / engine.info.sample_rate_hz
    emg, gaps = path.monitor.strip()
    main = tally.quality[0] if tally.quality else None
    return Snapshot(
        t=seconds,
        source=position.source,
        live=position.origin.live,
        simulated=position.origin.simulated,
        protocol=settings.protocol.id,
        mode=settings.mode.value,
        position_s=seconds,
        duration_s=position.duration_s,
        speed=position.speed,
        paused=position.paused,
        ended=position.ended,
        window_ms=settings.window,
        criterion_uv=settings.named_criterion_uv,
        channel=engine.info.channels[0].name,
        sweeps=tuple(tally.sweeps),
        stimuli=tally.stimuli,
        responses=tally.responses,
        detections=tally.detections,
        lost_samples=tally.lost_samples,
        rms_uv=main.rms_uv if main else None,
        mains_uv=main.mains_uv if main else None,
        emg=emg,
        emg_gaps=gaps,
        emg_span_s=len(emg) * COLUMN_MS / 1e3,
        alarms=engine.alarms.signals(),
        stimulator=_stimulator(engine),
        proximity=engine.proximity,
        zone_edges_ma=edges_ma(settings.protocol),
        connected=position.connected,
        unsourced=_unsourced(settings.protocol),
        notice=position.notice,
        dose=engine.dose.view(),
        title=settings.protocol.title,
        patient=settings.patient,
        side=tally.told.get("side") or settings.side,
        patient_kg=settings.dose.patient.weight_kg if settings.dose else None,
        lead_off=engine.watch.lead_off,
        clipped=main.clipped_fraction if main else None,
        notes=settings.protocol.notes,
        past=position.past,
        dial_ma=engine.dialled.current_ma if engine.dialled else None,
        needle=engine.emg.view() if engine.emg else None,
        sound=position.sound,
        journal=position.journal,
    )


def _unsourced(protocol: Protocol) -> tuple[str, ...]:
    """What this procedure runs with and no source bears out, in words, or is assumed where a value is missing."""
    running = [key.partition(".") for key in protocol.unsourced]
    return (*(_in_words(name) for table, _, name in running if table in _RUNNING), *protocol.assumed)


def _in_words(name: str) -> str:
    """``start_current_ma`` as ``start current``."""
    return name.rpartition("_")[0].replace("_", " ")


def _stimulator(engine: Engine) -> StimulatorView | None:
    stimulation = engine.stimulation
    if stimulation is None:
        return None
    last, aligned, beside = engine.tally.last_pulse, engine.tally.last_alignment, engine.info.stimulator
    return StimulatorView(
        armed=stimulation.armed,
        current_ma=stimulation.current_ma if stimulation.armed else None,
        wanted_ma=stimulation.hand.next_ma(),
        max_ma=stimulation.bounds.highest_ma(stimulation.width_ms),
        width_ms=stimulation.pulse_width_ms,
        rate_hz=stimulation.pulse_rate_hz,
        delivered_ma=last.current_ma if last else None,
        impedance_kohm=last.impedance_kohm if last else None,
        chooser=stimulation.hand.who.value,
        doing=stimulation.hand.doing,
        why=stimulation.refused,
        sets_current=beside is None or beside.sets_current,
        offset_ms=aligned.offset_ms if aligned else None,
        drift_ppm=aligned.drift_ppm if aligned else None,
    )
