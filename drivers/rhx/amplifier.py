"""Intan RHX over TCP: RHD and RHS controllers record; an RHS also stimulates, on one channel that the address names.

Tested on bytes that RHX sent and on a simulation, on no controller.
"""

from __future__ import annotations

import contextlib
import re
import time

from drivers.base import (
    Channel,
    CommandOutcome,
    DeviceError,
    DeviceInfo,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    Limits,
    OptionRefused,
    Pulse,
    Stimulator,
)
from drivers.rhx.commands import RhxCommands
from drivers.rhx.samples import BlockReader, Frames, StimulusMarks, microvolts, rising_edges
from drivers.rhx.stimulator import RhxStimulator, limits_of
from drivers.toolkit.address import parse_address
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Port

COMMAND_PORT = 5000
_REACH_UV = 6389.0
_CONNECT_S = 2.0
_OPTIONS = ("channels", "stimulate", "sync", "data_port")
_NO_LIMITS = Limits(0.0, 0.0, 0.0, 0.0, 0.0)
_WRAP, _HALF = 1 << 32, 1 << 31


class IntanRhx(StreamingAmplifier, Stimulator):
    """RHX at ``rhx:HOST:PORT?channels=a-000,a-001&stimulate=a-010&sync=1``.

    ``channels`` (a-000 by default) are recorded wide-band. The program uses the stimulator only with ``stimulate``, and
    only on that channel; its pulses are read from the stimulus marker in the stream. ``sync`` is the digital input, 1
    to 16, that another stimulator raises with each pulse. RHX must be stopped when recording starts.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("rhx", rest, _OPTIONS)
        self._host, self._command_port = _host_and_port(self._address.target)
        self._data_port_number = self._address.count("data_port", min(self._command_port + 1, 65_535), 65_535)
        self._channels = _channels(self._address.text("channels") or "a-000")
        self._stimulated = _channels(self._address.text("stimulate") or "")
        self._sync = self._address.count("sync", 1, 16) if self._address.text("sync") else None
        if len(self._stimulated) > 1:
            raise OptionRefused(f"{self._address}: one channel can stimulate, not {len(self._stimulated)}.")
        self.limits = _NO_LIMITS
        self._commands: RhxCommands | None = None
        self._data: Port | None = None
        self._stimulator: RhxStimulator | None = None
        self._runs = False
        super().__init__(str(self._address))

    def _connect(self) -> DeviceInfo:
        self._commands = RhxCommands(self._host, self._command_port)
        kind, sample_rate_hz = self._commands.get("type"), self._commands.number("sampleratehertz")
        limits = self._stimulator_limits(self._commands, kind, sample_rate_hz)
        self.limits = limits or _NO_LIMITS
        if limits:
            self._stimulator = RhxStimulator(self._commands, self._stimulated[0], limits)
        return DeviceInfo(
            model=f"Intan RHX {kind}",
            serial="",
            address=str(self._address),
            sample_rate_hz=sample_rate_hz,
            channels=tuple(Channel(name.upper(), _REACH_UV * 0.999) for name in self._channels),
            firmware=self._commands.get("version"),
            limits=limits,
            marks_pulses=self._sync is not None,
        )

    def _stimulator_limits(self, commands: RhxCommands, kind: str, sample_rate_hz: float) -> Limits | None:
        if not self._stimulated:
            return None
        if kind.lower() != "controllerstimrecord":
            raise DeviceRefused(f"{self._address}: a {kind} does not stimulate; leave stimulate= out.")
        return limits_of(commands.number("stimstepsizemicroamps"), sample_rate_hz)

    def _begin(self) -> None:
        commands = self._need_commands()
        if self._runs:
            commands.set("runmode", "stop")
        elif commands.get("runmode").lower() != "stop":
            raise DeviceRefused(f"RHX at {self._host} is running already; press Stop in RHX, then start again.")
        self._choose_outputs(commands)
        if self._data is None:
            self._data = self._connect_data(commands)
        self._data.read()  # drop what is left of an earlier run
        self._reader = BlockReader(len(self._words()))
        self._expected: int | None = None
        self._sync_high = True  # high from the start is no edge
        self._marks = StimulusMarks(self.limits.current_step_ma, self.info.sample_rate_hz)
        commands.set("runmode", "run")
        self._runs = True

    def _choose_outputs(self, commands: RhxCommands) -> None:
        """Set RHX to send our channels and nothing else, in its smallest portions; read every setting back."""
        commands.execute("clearalldataoutputs")
        commands.set("tcpnumberdatablocksperwrite", 1)
        for name in self._channels:
            commands.set(f"{name}.tcpdataoutputenabled", "true")
        for name in self._stimulated:
            commands.set(f"{name}.tcpdataoutputenabledstim", "true")
        if self._sync is not None:
            commands.set(f"digital-in-{self._sync:02d}.tcpdataoutputenabled", "true")

    def _connect_data(self, commands: RhxCommands) -> Port:
        commands.execute("connecttcpwaveformdataoutput")
        deadline = time.monotonic() + _CONNECT_S
        while True:
            try:
                return open_port(f"socket://{self._host}:{self._data_port_number}")
            except DeviceNotFound:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _words(self) -> list[str]:
        """Return the name of each word of a frame, in RHX's order: the bands of each channel, then digital inputs."""
        bands = {"wide": self._channels, "stim": self._stimulated}
        names = sorted({*self._channels, *self._stimulated})
        ordered = [f"{name} {band}" for name in names for band in bands if name in bands[band]]
        return ordered + (["digital-in"] if self._sync is not None else [])

    def _pump(self, timeout_s: float) -> None:
        if self._data is None:
            raise DeviceLost(f"{self._address} is not connected.")
        if self._stimulator:
            self._stimulator.service()
        for arrived_ns, data in self._data.read(timeout_s):
            bad = self._reader.bad
            for frames in self._reader.feed(data):
                self._take(frames, arrived_ns)
            self.emit_damage(self._reader.bad - bad)

    def _take(self, frames: Frames, arrived_ns: int) -> None:
        """Emit the samples of ``frames``, the gap before them if there is one, and their pulses. Raises DeviceLost."""
        jump = 0 if self._expected is None else (frames.first - self._expected + _HALF) % _WRAP - _HALF
        if jump < 0:
            raise DeviceLost("RHX has restarted its count: it was stopped and started by hand; start again.")
        self.emit_gap(jump)
        self._expected = (frames.first + len(frames.words)) % _WRAP
        words = self._words()
        columns = [words.index(f"{name} wide") for name in self._channels]
        self.emit_samples(microvolts(frames.words[:, columns]), arrived_ns)
        for pulse in self._pulses(frames, words, self.next_sample - len(frames.words)):
            self.emit_event(pulse, arrived_ns)

    def _pulses(self, frames: Frames, words: list[str], first_sample: int) -> list[Pulse]:
        pulses = []
        for name in self._stimulated:
            pulses += self._marks.feed(frames.words[:, words.index(f"{name} stim")], first_sample)
        if self._sync is not None:
            edges, self._sync_high = rising_edges(frames.words[:, -1], self._sync - 1, self._sync_high)
            pulses += [Pulse(first_sample + at) for at in edges]
        return pulses

    def enable(self, on: bool) -> None:
        """Arm or disarm the channel that the address names."""
        self._need_stimulator().enable(on)

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one biphasic pulse at once, negative phase first, while enabled."""
        self._need_stimulator().pulse_once(current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train that ``read`` keeps up while enabled; with ``rate_hz`` 0 only single pulses are delivered."""
        self._need_stimulator().set_pulses(current_ma, width_ms, rate_hz)

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands since the last call, in order."""
        return self._stimulator.take_outcomes() if self._stimulator else []

    def _release(self) -> None:
        """Switch the stimulator off, stop recording if it was started here, close the connections."""
        stimulator, self._stimulator = self._stimulator, None
        commands, self._commands = self._commands, None
        data, self._data = self._data, None
        if stimulator:
            stimulator.close()
        if commands:
            with contextlib.suppress(DeviceError):
                if self._runs:
                    commands.set("runmode", "stop")
            commands.close()
        if data:
            data.close()
        self._runs = False

    def _need_commands(self) -> RhxCommands:
        if self._commands is None:
            raise DeviceLost(f"{self._address} is not connected.")
        return self._commands

    def _need_stimulator(self) -> RhxStimulator:
        self._connection.require()
        if self._stimulator is None:
            raise DeviceRefused(
                f"{self._address} may not stimulate: add stimulate=CHANNEL to its address, if an RHS is connected."
            )
        return self._stimulator


def _host_and_port(target: str) -> tuple[str, int]:
    """Parse HOST:PORT, where either may be left out. Raises OptionRefused."""
    host, _, port = target.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65_535):
        raise OptionRefused(f"rhx:{target} is not an address; write rhx:HOST:PORT, such as rhx:127.0.0.1:5000.")
    return host or "127.0.0.1", int(port or COMMAND_PORT)


def _channels(typed: str) -> list[str]:
    """Parse channels such as ``a-010,b-003``; return them in RHX's order. Raises OptionRefused."""
    names = sorted({name.strip().lower() for name in typed.split(",") if name.strip()})
    for name in names:
        if not re.fullmatch("[a-h]-[0-9]{3}", name):
            raise OptionRefused(f"rhx: '{name}' is not a channel; write a-000, b-017, several with commas.")
    return names
