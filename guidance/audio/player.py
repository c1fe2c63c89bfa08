"""The player process: it follows the engine's orders, and sounds an alarm by itself if the engine is lost or silent.

It is a process of its own so that neither engine nor screen can delay the loudspeaker, and so that a hung sound system
can be replaced.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from multiprocessing.connection import Connection

from guidance.audio.emg import EmgMonitor
from guidance.audio.mixer import Mixer
from guidance.audio.output import AudioOutput, hasten
from guidance.audio.player_protocol import (
    Artefact,
    AudibleAlarm,
    Close,
    Emg,
    Order,
    Play,
    PlayerOptions,
    ResponseSound,
    SoundReport,
    Tick,
    VolumeLevels,
)
from guidance.audio.waveforms import make_tables, response_tone, stimulus_tick, table
from guidance.cue import MAPPINGS

REPORT_S = 0.05
"""Interval of reports to the engine."""

ENGINE_SILENT_S = 2.0
"""The engine sends an order at least every half second; a longer silence means that it hangs."""

ENGINE_LOST_S = 12.0
"""How long the alarm sounds for a lost engine; the screen shows the loss permanently."""

_POLL_S = 0.02
"""Longest wait for an order."""

_FADE_OUT_S = 0.1
"""Time to fall silent before the device is closed."""

_SWITCH_S = 0.0005
"""Switch interval of threads, short so that the callback is not delayed."""

_PRIORITY = 5
"""Below that of the callback. At normal priority, a busy machine stops this thread while the callback waits for it."""


class Player:
    """The player: it applies orders to a mixer, without device or clock."""

    def __init__(self, options: PlayerOptions) -> None:
        self.monitor = EmgMonitor(options.emg_sample_rate_hz, options.band, options.full_scale_uv)
        self.mixer = Mixer(self.monitor.fill)
        self._tick = stimulus_tick()
        self._alarms = AudibleAlarm(None)
        self.closing = False

    def obey(self, order: Order) -> None:
        """Apply ``order``."""
        if isinstance(order, Emg):
            self.monitor.feed(order.first, order.uv.astype(float), awaiting=order.awaiting)
        elif isinstance(order, Play):
            self.mixer.cue.play(table(order.tone, order.beep_rate_hz), in_step=order.in_step)
        elif isinstance(order, Tick):
            self.mixer.tick.play(self._tick, repeats=False)
        elif isinstance(order, ResponseSound):
            self.mixer.response.play(response_tone(order.amplitude_uv, brief=order.brief), repeats=False)
        elif isinstance(order, Artefact):
            self.monitor.pulse(order.sample)
        else:
            self._obey_rare(order)

    def sound_engine_lost_alarm(self, *, engine_silent: bool) -> None:
        """Sound a high alarm while the engine is silent, and the engine's own alarm when it is back."""
        alarm = AudibleAlarm("high") if engine_silent else self._alarms
        self.mixer.alarm.sound(alarm.priority, passed=alarm.passed)

    def _obey_rare(self, order: Order) -> None:
        if isinstance(order, AudibleAlarm):
            self._alarms = order
            self.mixer.alarm.sound(order.priority, passed=order.passed)
        elif isinstance(order, VolumeLevels):
            self.mixer.volume, self.mixer.monitor_volume = order.cues, order.monitor
        elif isinstance(order, Close):
            self.closing = True
            self.mixer.hush()


def play(connection: Connection) -> None:
    """Run the player until it receives Close, or for ENGINE_LOST_S after the engine is lost.

    The first message on ``connection`` is its PlayerOptions.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options: PlayerOptions = connection.recv()
    player = Player(options)
    make_tables(tone for mapping in MAPPINGS.values() for tone in mapping.tones.values())
    hasten(_PRIORITY)
    output = AudioOutput(player.mixer.render, options.device, latency_s=options.latency_s)
    sys.setswitchinterval(_SWITCH_S)
    gc.freeze()
    try:
        _serve(connection, player, output)
    except (EOFError, OSError):
        _sound_engine_lost_alarm(player, output)
    finally:
        output.close()


def _serve(connection: Connection, player: Player, output: AudioOutput) -> None:
    orders, engine_silent = 0, False
    last_order = reported = time.monotonic()
    while not player.closing:
        if connection.poll(_POLL_S):
            player.obey(connection.recv())
            orders, last_order = orders + 1, time.monotonic()
        now = time.monotonic()
        if (now - last_order > ENGINE_SILENT_S) != engine_silent:
            engine_silent = not engine_silent
            player.sound_engine_lost_alarm(engine_silent=engine_silent)
        if now - reported >= REPORT_S:
            reported = now
            output.tend()
            connection.send(_report(output, orders))
    time.sleep(_FADE_OUT_S)


def _report(output: AudioOutput, orders: int) -> SoundReport:
    timing = output.timing
    if not timing.calls or output.lost is not None:
        return SoundReport(output.lost, output.underruns, orders)
    return SoundReport(
        None, output.underruns, orders, output.latency_ms, output.block_ns, timing.called_ns, timing.leaves_ns
    )  # fmt: skip


def _sound_engine_lost_alarm(player: Player, output: AudioOutput) -> None:
    until = time.monotonic() + ENGINE_LOST_S
    player.sound_engine_lost_alarm(engine_silent=True)
    while time.monotonic() < until and output.lost is None:
        output.tend()
        time.sleep(REPORT_S)


if __name__ == "__main__":
    play(Connection(int(sys.argv[1])))
