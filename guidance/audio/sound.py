"""The sound of a procedure: it receives records and samples, and the engine never waits for it.

A process of its own plays it (guidance/audio/player.py); one that does not report hangs and is replaced.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from drivers.base import Block, Outcome
from guidance.audio.emg_band import emg_band
from guidance.audio.player_process import receive_all, start_player
from guidance.audio.player_protocol import (
    Artefact,
    AudibleAlarm,
    Close,
    Emg,
    Heartbeat,
    Order,
    Play,
    PlayerOptions,
    ResponseSound,
    SoundReport,
    Tick,
    VolumeLevels,
)
from guidance.audio.settings import LEAST_VOLUME, SoundSettings
from guidance.contracts.commands import OperatorCommand, PauseAudio, TurnMonitor, TurnVolume
from guidance.contracts.events import Alarm, Cue, MotorUnit, Record, Response, Stimulus
from guidance.contracts.snapshot import AlarmView, SoundView
from guidance.cue import MAPPINGS, Mapping

PAUSE_S = 60.0
"""Length of an alarm pause."""

STEP = 0.1
"""Step of a volume key."""

_STARTS_S, _SILENT_S, _ENDS_S = 10.0, 2.5, 0.5
"""Longest time to the player's first report, between reports, and to its end."""

_ALIVE_EVERY_S = 0.5
_RESTART_S = 1.0
"""A player is replaced at the earliest after this long."""

_APART_S, _AFTER_STIMULUS_S = 0.05, 3.0
"""Least time from tone to tone of two potentials, and from the last stimulus to such a tone."""

_MOST_PENDING = 50
"""With more orders on their way, samples are dropped; with twice as many, all orders."""

_TRANSFER_NS = 500_000
"""Time from sending an order until the player applies it (an estimate)."""

_HUNG = "The sound process does not respond and is restarted. Watch the screen meanwhile."


class Sound:
    """The sound of one procedure. ``lost`` is the reason if there is none."""

    def __init__(self, settings: SoundSettings, emg_sample_rate_hz: float, mapping: Mapping | None = None) -> None:
        """Play by ``settings``, with ``mapping`` in place of theirs; the EMG arrives at ``emg_sample_rate_hz``."""
        self._mapping_name, self._mapping = settings.mapping, mapping or MAPPINGS[settings.mapping]
        self._options = PlayerOptions(
            settings.device, emg_sample_rate_hz, emg_band(emg_sample_rate_hz),
            settings.full_scale_uv, settings.latency_s,
        )  # fmt: skip
        self.volume, self.monitor_volume = settings.volume, settings.monitor
        self._alarms = AudibleAlarm(None)
        self._paused_until = 0.0
        self._potential_at = self._stimulus_at = -math.inf
        self._cue = self._order(Cue("unknown", *_first_beep(self._mapping)))
        self._start()

    def play(self, record: Record) -> int | None:
        """Play ``record``.

        Returns the host's monotonic time in ns at which a cue leaves the loudspeaker; None for any other record, and
        without sound.
        """
        if isinstance(record, Cue):
            before, self._cue = self._cue, self._order(record)
            self._send(replace(self._cue, in_step=before.tone.figure == self._cue.tone.figure == "beep"))
            return self._leaves_ns()
        if isinstance(record, Stimulus) and record.outcome is not Outcome.NOT_DELIVERED.value:
            self._stimulus(record)
        elif isinstance(record, Response) and record.detected and record.amplitude_uv and self._mapping.response_tones:
            self._send(ResponseSound(record.amplitude_uv))
        elif isinstance(record, MotorUnit) and self._mapping.response_tones:
            self._potential(record)
        elif isinstance(record, Alarm) and record.active and record.priority == "high":
            self._paused_until = 0.0
        return None

    def feed(self, blocks: Sequence[Block], *, awaiting: bool) -> None:
        """Play the first channel of ``blocks``; ``awaiting``: a requested pulse is not reported yet."""
        if self._pending > _MOST_PENDING:
            return
        for block in blocks:
            if len(block.samples):
                self._send(Emg(block.first_sample, block.samples[:, 0].copy(), awaiting))

    def obey(self, message: OperatorCommand) -> dict[str, Any] | None:
        """Apply a sound command; return the new state, None where ``message`` does not concern the sound."""
        if isinstance(message, PauseAudio):
            self._paused_until = time.monotonic() + PAUSE_S if self.paused_s is None else 0.0
        elif isinstance(message, TurnVolume):
            self.volume = _turn(self.volume, message.steps, LEAST_VOLUME)
        elif isinstance(message, TurnMonitor):
            self.monitor_volume = _turn(self.monitor_volume, message.steps, 0.0)
        else:
            return None
        self._send(VolumeLevels(self.volume, self.monitor_volume))
        return {"volume": self.volume, "monitor": self.monitor_volume, "alarms_paused_s": self.paused_s}

    def tend(self, signals: Sequence[AlarmView]) -> str | None:
        """Sound the gravest of ``signals`` that is not acknowledged; return why there is no sound, or None."""
        now = time.monotonic()
        audible = [view for view in signals if not view.acknowledged and view.code != "audio-lost"]
        alarms = (
            AudibleAlarm(audible[0].priority, not audible[0].active)
            if audible and self.paused_s is None
            else AudibleAlarm(None)
        )
        if alarms != self._alarms:
            self._alarms = alarms
            self._send(alarms)
        if self._dropped and self._pending < _MOST_PENDING:
            self._send_all()
        if now - self._sent_at > _ALIVE_EVERY_S:
            self._send(Heartbeat())
        self._read_reports(now)
        return self.lost

    @property
    def plays_emg(self) -> bool:
        """Whether the EMG itself is played."""
        return self.monitor_volume > 0 and self.lost is None

    @property
    def underruns(self) -> int | None:
        """Count of underruns so far; None without sound."""
        return None if self.lost else self._underruns

    @property
    def latency_ms(self) -> float | None:
        """Latency that the sound device reports; None where it does not."""
        return self._report.latency_ms if self._report else None

    @property
    def paused_s(self) -> float | None:
        """Seconds for which alarms stay paused; None where they are not."""
        left_s = self._paused_until - time.monotonic()
        return left_s if left_s > 0 else None

    def view(self) -> SoundView:
        """Return the sound as a screen shows it."""
        state = "lost" if self.lost else "starting" if not self._plays else "on" if self.paused_s is None else "paused"
        return SoundView(state, self._mapping_name, self.volume, self.monitor_volume, self.paused_s)

    @property
    def _plays(self) -> bool:
        """Whether a sound device takes samples, by the player's newest report."""
        return self._report is not None and self._report.called_ns is not None

    def close(self) -> None:
        """Stop the sound within half a second."""
        self._send(Close())
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_S)
        self._end()

    def _start(self) -> None:
        self._connection, self._process = start_player(self._options)
        self._sent_at = self._started_at = self._reported_at = time.monotonic()
        self._report: SoundReport | None = None
        self._sent = self._underruns = 0
        self.lost: str | None = None
        self._send_all()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()

    @property
    def _pending(self) -> int:
        return self._sent - (self._report.orders if self._report else 0)

    def _send(self, order: Order) -> None:
        """Send ``order`` without waiting; drop it if the pipe is full, since nobody reads it then."""
        self._sent_at = time.monotonic()
        if self._pending > 2 * _MOST_PENDING:
            self._dropped = True
            return
        with contextlib.suppress(OSError):  # the player is lost or hangs; _read_reports detects that
            self._connection.send(order)
            self._sent += 1

    def _send_all(self) -> None:
        self._dropped = False
        for order in (VolumeLevels(self.volume, self.monitor_volume), self._cue, self._alarms):
            self._send(order)

    def _read_reports(self, now: float) -> None:
        gone = not receive_all(self._connection, self._take_report)
        allowed_s = _STARTS_S if self._report is None else _SILENT_S
        if gone or now - self._reported_at > allowed_s:
            self.lost = _HUNG
            if now - self._started_at > _RESTART_S:
                lost = self.lost
                self._end()
                self._start()
                self.lost = lost

    def _take_report(self, report: SoundReport) -> None:
        self._report, self._reported_at = report, time.monotonic()
        self.lost, self._underruns = report.lost, report.underruns

    def _stimulus(self, record: Stimulus) -> None:
        self._stimulus_at = record.sample
        self._send(Artefact(record.sample))
        if self._mapping.ticks:
            self._send(Tick())

    def _potential(self, record: MotorUnit) -> None:
        """Play a tone for a first answer, unless another has just started (many would merge) or a stimulus was near."""
        if record.settled or record.amplitude_uv is None:
            return
        if record.sample - self._potential_at < _APART_S * self._options.emg_sample_rate_hz:
            return
        if record.sample - self._stimulus_at > _AFTER_STIMULUS_S * self._options.emg_sample_rate_hz:
            self._potential_at = record.sample
            self._send(ResponseSound(record.amplitude_uv, brief=True))

    def _order(self, cue: Cue) -> Play:
        return Play(self._mapping.tones[cue.name], cue.rate_hz)

    def _leaves_ns(self) -> int | None:
        """Return when the next sample that is not computed yet leaves; None without sound."""
        report = self._report
        if report is None or report.called_ns is None or report.leaves_ns is None or not report.block_ns:
            return None
        late_ns = time.monotonic_ns() + _TRANSFER_NS - report.called_ns
        return report.leaves_ns + max(math.ceil(late_ns / report.block_ns), 1) * report.block_ns


@dataclass(slots=True)
class Mute:
    """No sound, by choice of the user."""

    mapping: str

    underruns: ClassVar[None] = None
    plays_emg: ClassVar[bool] = False

    def play(self, record: Record) -> None:
        """Play nothing."""

    def feed(self, blocks: Sequence[Block], *, awaiting: bool) -> None:
        """Play nothing."""

    def obey(self, message: OperatorCommand) -> None:
        """Change nothing."""

    def tend(self, signals: Sequence[AlarmView]) -> None:
        """Report no loss."""

    def view(self) -> SoundView:
        """Return the muted state."""
        return SoundView("muted", self.mapping, 0.0, 0.0)

    def close(self) -> None:
        """Close nothing."""


def _first_beep(mapping: Mapping) -> tuple[float | None, float | None]:
    tone = mapping.tones["unknown"]
    return tone.beep_rates_hz[0] if tone.beep_rates_hz else None, tone.pitch_hz


def _turn(volume: float, steps: int, least: float) -> float:
    return round(min(max(volume + steps * STEP, least), 1.0), 3)
