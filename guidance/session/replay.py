"""Replay of a recording through the same engine as a live procedure, in real time or as fast as possible."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from drivers.recording import Recording
from guidance.common.errors import UserError
from guidance.common.start_lines import GOOD, RECORDING, StageReporter, report_nowhere
from guidance.contracts.commands import PausePlayback, Quit
from guidance.contracts.events import Entry, TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.contracts.snapshot import Snapshot
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.engine.snapshot_builder import SessionState
from guidance.processes.screen_channel import ScreenChannel
from guidance.session.event_writer import EventWriter, open_target
from guidance.signal.pipeline import LEAST_RATE_HZ

_TICK_S = 0.004
_FAST_BLOCK_S = 0.25

LONGEST_GAP_S = 10.0
"""A longer gap of a recording is played as one of this length: nobody waits through it (a judgement)."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay to run. ``speed`` is a multiple of real time, None for as fast as possible."""

    path: str
    settings: Settings
    channel: str | None = None
    full_scale_uv: float | None = None
    sample_rate_hz: float | None = None
    stim_label: str | None = None
    events: str | None = None
    speed: float | None = 1.0

    @property
    def stages(self) -> tuple[str, ...]:
        """What opens."""
        return (RECORDING,)

    def open(self, report: StageReporter = report_nowhere) -> ReplaySession:
        """Open the session, ready to run, and ``report`` it. Raises UserError and DeviceError."""
        listen = self.settings.mode is Mode.LISTEN
        recording = Recording(
            self.path,
            channel=self.channel,
            listen=listen,
            full_scale_uv=self.full_scale_uv,
            sample_rate_hz=self.sample_rate_hz,
            stim_label=self.stim_label,
        )
        sample_rate_hz = recording.info.sample_rate_hz
        if sample_rate_hz < LEAST_RATE_HZ:
            raise UserError(
                f"{self.path} is sampled at {sample_rate_hz:g} Hz, too slow for evoked responses, which need at least "
                f"{LEAST_RATE_HZ:g} Hz; nothing is detected in it."
            )
        if self.events and self.events != "-" and Path(self.events).exists() and Path(self.events).samefile(self.path):
            raise UserError(f"The events would overwrite the recording {self.path}; name another file.")
        report(RECORDING, GOOD)
        return ReplaySession(self, recording)


@dataclass(slots=True)
class ReplaySession:
    """A replay under way."""

    replay: ReplayJob
    recording: Recording
    paused: bool = field(default=False, init=False)
    notices: tuple[str, ...] = field(default=(), init=False)

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Play to the end, to the operator's Quit, or until ``stopping``; returns a sentence about a fault, or None."""
        writer = EventWriter(open_target(self.replay.events) if self.replay.events else None)
        try:
            return self._run(screen_channel, stopping, writer)
        finally:
            writer.close()
            self.recording.close()

    def _run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool], writer: EventWriter) -> str | None:
        settings = self.replay.settings
        if settings.mode is not Mode.LISTEN and not self.recording.has_pulse_annotations:
            settings = replace(settings, mode=Mode.LISTEN)
            self.notices = (f"no pulse is annotated in {self.replay.path}; pulses are found by their artefact",)
        self.notices = self.recording.warnings + self.notices
        engine = Engine(settings, self.recording.info, _recorded_at(self.replay.path))
        writer.write(engine.begin(RECORDED))
        for notice in self.notices:
            screen_channel.notify(f"{notice}.")
            writer.write(TimedRecord(0.0, Entry("recording", {"text": notice})))
        reason = self._play(engine, screen_channel, stopping, writer)
        for timed in engine.end(reason):
            writer.write(timed)
        ended = "end of recording" if reason == "duration" else reason
        screen_channel.show(lambda: self._draw(engine, ended), at_once=True)
        needs_pulses = settings.protocol.stimulation == "required"
        if engine.counters.stimuli or reason != "duration" or not needs_pulses:
            return None  # without pulses, the needle's own EMG guides a protocol that needs none
        return (
            f"No pulse was found in {self.replay.path}: there is no annotation 'stim', and no artefact recurs at a "
            "regular interval; check --channel, or annotate the pulses."
        )

    def _play(
        self, engine: Engine, screen_channel: ScreenChannel, stopping: Callable[[], bool], writer: EventWriter
    ) -> str:
        clock = PlaybackClock(self.replay.speed, engine.info.sample_rate_hz)
        while True:
            for message in screen_channel.messages():
                if isinstance(message, Quit):
                    return "operator"
                if isinstance(message, PausePlayback):
                    self.paused = message.on
                    clock.pause(on=message.on)
            if stopping() or screen_channel.gone:
                return "operator"
            block = self.recording.take(clock.due())
            if block:
                for timed in engine.step([block]):
                    writer.write(timed)
                clock.count(len(block.samples), block.lost_before)
            elif engine.pipeline.history.end >= self.recording.total_samples:
                return "duration"
            else:
                time.sleep(_TICK_S)
            screen_channel.show(lambda: self._draw(engine, None))

    def _draw(self, engine: Engine, ended: str | None) -> Snapshot:
        state = SessionState(
            source=self.replay.path,
            origin=RECORDED,
            duration_s=self.recording.total_samples / engine.info.sample_rate_hz,
            speed=self.replay.speed,
            paused=self.paused,
            ended=ended,
            notice=" ".join(f"{notice}." for notice in self.notices),
        )
        return engine.snapshot(state)


class PlaybackClock:
    """Clock of a playback: how many samples are due, by the host's clock and the requested speed."""

    def __init__(self, speed: float | None, sample_rate_hz: float) -> None:
        """Play at ``speed`` times real time, or as fast as possible (None)."""
        self._speed, self._sample_rate_hz = speed, sample_rate_hz
        self._began = time.monotonic()
        self._paused_at: float | None = None
        self._delivered = 0

    def due(self) -> int:
        """Return how many samples may be played now."""
        if self._paused_at is not None:
            return 0
        if self._speed is None:
            return max(1, int(_FAST_BLOCK_S * self._sample_rate_hz))
        passed = (time.monotonic() - self._began) * self._speed * self._sample_rate_hz
        return max(0, int(min(passed, sys.maxsize)) - self._delivered)

    def count(self, samples: int, gap: int) -> None:
        """Count ``samples`` as played; a ``gap`` of lost samples takes its own time, at most ``LONGEST_GAP_S``."""
        self._delivered += samples + min(gap, round(LONGEST_GAP_S * self._sample_rate_hz))

    def pause(self, *, on: bool) -> None:
        """Stop the clock, or let it go on from where it stopped."""
        now = time.monotonic()
        if on and self._paused_at is None:
            self._paused_at = now
        elif not on and self._paused_at is not None:
            self._began += now - self._paused_at
            self._paused_at = None


def _recorded_at(path: str) -> str:
    """Return when the file was written (RFC 3339), so that every replay has the same start time."""
    return datetime.fromtimestamp(int(Path(path).stat().st_mtime), UTC).isoformat()
