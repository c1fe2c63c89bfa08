"""Intan RHX over TCP: RHD and RHS controllers record; an RHS also stimulates, on channels that the address names."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from drivers.base import (
    Channel,
    CommandOutcome,
    DeviceError,
    DeviceInfo,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    Limits,
    Pulse,
    Stimulator,
)
from drivers.rhx import stimulus
from drivers.rhx.address import parse_rhx_address
from drivers.rhx.commands import RhxCommands
from drivers.rhx.output import Output, PreparedPulses, UploadedPulses, Wiring, limits_of
from drivers.rhx.samples import BlockReader, Frames, StimulusMarks, microvolts, rising_edges
from drivers.rhx.stimulator import RhxStimulator
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Port

_REACH_UV = 6389.0
_CONNECT_S = 2.0
_WAIT_S = 0.02
_QUIET_S, _WIND_DOWN_S = 0.1, 1.0
"""RHX has ended its run when no samples have come for so long; it is waited for at most so long."""

_FOREIGN_BLOCKS = 4
"""So many blocks' worth of bytes without one block are not RHX's waveforms."""

_NO_LIMITS = Limits(0.0, 0.0, 0.0, 0.0, 0.0)
_WRAP, _HALF = 1 << 32, 1 << 31


class IntanRhx(StreamingAmplifier, Stimulator):
    """RHX at ``rhx:HOST:PORT?channels=a-000,a-001&stimulate=a-010&sync=1``.

    ``channels`` (a-000 by default) are recorded wide-band. The program uses the stimulator only with ``stimulate``, and
    only on the channels named there; that they gave a pulse is read from the stimulus words of the stream, and its
    current is what was set and read back for it. ``sync`` is the digital input, 1 to 16, that another stimulator raises
    with each pulse. RHX must be stopped when recording starts, and is stopped again at the end.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_rhx_address(rest)
        self.limits = _NO_LIMITS
        self._commands: RhxCommands | None = None
        self._data: Port | None = None
        self._stimulator: RhxStimulator | None = None
        self._found: dict[str, dict[str, str]] = {}
        self._early: list[tuple[int, Frames]] = []
        self._runs = False
        super().__init__(str(self._address))

    def _connect(self) -> DeviceInfo:
        address = self._address
        commands = self._commands = RhxCommands(address.host, address.command_port)
        firmware, sample_rate_hz = commands.get("version"), commands.number("sampleratehertz")
        counts = self._require_channels(commands)
        limits = None
        if address.stimulated:
            limits = self.limits = self._stimulator_limits(commands, sample_rate_hz)
            self._stimulator = RhxStimulator(commands, self._output(commands, counts, limits))
        return DeviceInfo(
            model=f"Intan RHX {commands.kind}",
            serial="",
            address=str(address),
            sample_rate_hz=sample_rate_hz,
            channels=tuple(Channel(name.upper(), _REACH_UV * 0.999) for name in address.channels),
            firmware=firmware,
            limits=limits,
            marks_pulses=address.sync is not None,
        )

    def _require_channels(self, commands: RhxCommands) -> dict[str, int]:
        """Return how many amplifier channels each port has. Raises DeviceRefused where a wanted one is not there."""
        wanted = [*self._address.channels, *self._address.stimulated]
        ports = sorted({name[0] for name in wanted} | set(stimulus.STIM_PORTS))
        counts: dict[str, int] = {}
        for port in ports:
            with contextlib.suppress(DeviceRefused):  # a controller without this port
                counts[port] = int(commands.number(f"{port}.numberamplifierchannels"))
        missing = [name for name in wanted if int(name[2:]) >= counts.get(name[0], 0)]
        if missing:
            there = [f"{port.upper()}-000 to {port.upper()}-{count - 1:03d}" for port, count in counts.items() if count]
            has = f"it has {', '.join(there)}" if there else "no headstage is connected; connect one and rescan in RHX"
            raise DeviceRefused(f"{commands.name} has no channel {stimulus.names(missing)}; {has}.")
        return counts

    def _stimulator_limits(self, commands: RhxCommands, sample_rate_hz: float) -> Limits:
        if commands.kind.lower() != "controllerstimrecord":
            raise DeviceRefused(f"{self._address}: a {commands.kind} does not stimulate; leave stimulate= out.")
        chip = limits_of(commands.number("stimstepsizemicroamps"), sample_rate_hz)
        return self._address.prepared_limits(chip) if self._address.step_ma else chip

    def _output(self, commands: RhxCommands, counts: dict[str, int], limits: Limits) -> Output:
        outputs = tuple(stimulus.stimulating_outputs(commands, counts))
        wiring = Wiring(self._address.stimulated, outputs, self._address.disabled)
        output = (PreparedPulses if self._address.step_ma else UploadedPulses)(commands, wiring, limits)
        output.found = self._found  # by a link that was lost they could not be put back
        return output

    def _begin(self) -> None:
        commands = self._need_commands()
        if self._runs:
            self._halt(commands)
        self._require_stopped(commands)
        self._choose_outputs(commands)
        if self._stimulator:
            self._stimulator.output.prepare()
            self.info = replace(self.info, notes=self._stimulator.output.notes)
        if self._data is None:
            self._data = self._connect_data(commands)
        self._data.read()  # drop what is left of an earlier run
        self._reader = BlockReader(len(self._words()))
        self._early, self._early_bytes, self._bad = [], 0, 0
        self._expected: int | None = None
        self._sync_high = True  # high from the start is no edge
        self._marks = {name: StimulusMarks(self.info.sample_rate_hz) for name in self._address.stimulated}
        self._runs = True
        try:
            commands.run(self._has_begun)
        except BaseException:
            with contextlib.suppress(DeviceError):
                self._halt(commands)
            raise

    def _require_stopped(self, commands: RhxCommands) -> None:
        """Raise DeviceRefused where RHX runs, or records for somebody else."""
        mode = commands.get("runmode").lower()
        if mode in {"record", "trigger"}:
            raise DeviceRefused(
                f"{commands.name} is recording for another program or by hand and was left alone; start again when "
                "that recording has ended."
            )
        if mode != "stop":
            raise DeviceRefused(f"{commands.name} is running already; press Stop in RHX, then start again.")

    def _has_begun(self) -> bool:
        """Return whether the first block of the run has arrived, after a short wait for it. Raises DeviceRefused."""
        for arrived_ns, data in self._data.read(_WAIT_S) if self._data else ():
            self._early_bytes += len(data)
            self._early += [(arrived_ns, frames) for frames in self._reader.feed(data)]
        if not self._early and self._early_bytes > _FOREIGN_BLOCKS * self._reader.block_bytes:
            where = f"{self._address.host}:{self._address.data_port}"
            raise DeviceRefused(
                f"What listens at {where} is not RHX: end that program, or choose another port for RHX's waveforms and "
                "give it as data_port=."
            )
        return bool(self._early)

    def _halt(self, commands: RhxCommands) -> None:
        """Stop RHX, and wait until its run has ended and its last samples have come."""
        commands.stop()
        self._runs = False
        until_s = time.monotonic() + _WIND_DOWN_S
        while self._data and self._data.read(_QUIET_S) and time.monotonic() < until_s:
            pass

    def _choose_outputs(self, commands: RhxCommands) -> None:
        """Set RHX to send our channels and nothing else, in its smallest portions; read every setting back."""
        values: dict[str, str | float] = {"tcpnumberdatablocksperwrite": 1}
        values |= {f"{name}.tcpdataoutputenabled": "true" for name in self._address.channels}
        values |= {f"{name}.tcpdataoutputenabledstim": "true" for name in self._address.stimulated}
        if self._address.sync is not None:
            values[f"digital-in-{self._address.sync:02d}.tcpdataoutputenabled"] = "true"
        commands.change(values, before=["clearalldataoutputs"])

    def _connect_data(self, commands: RhxCommands) -> Port:
        """Connect the sample stream. RHX opens its port a moment after the command."""
        commands.execute("connecttcpwaveformdataoutput")
        deadline = time.monotonic() + _CONNECT_S
        while True:
            try:
                return open_port(f"socket://{self._address.host}:{self._address.data_port}", name=str(self._address))
            except DeviceNotFound:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _words(self) -> list[str]:
        """Return the name of each word of a frame, in RHX's order: the bands of each channel, then digital inputs."""
        bands = {"wide": self._address.channels, "stim": self._address.stimulated}
        names = sorted({*bands["wide"], *bands["stim"]})
        ordered = [f"{name} {band}" for name in names for band in bands if name in bands[band]]
        return ordered + (["digital-in"] if self._address.sync is not None else [])

    def _pump(self, timeout_s: float) -> None:
        if self._data is None:
            raise DeviceLost(f"{self._address} is not connected.")
        if self._stimulator:
            self._stimulator.service()
        early, self._early = self._early, []
        for arrived_ns, frames in early:
            self._take(frames, arrived_ns)
        for arrived_ns, data in self._data.read(0.0 if early else timeout_s):
            for frames in self._reader.feed(data):
                self._take(frames, arrived_ns)
        bad, self._bad = self._reader.bad - self._bad, self._reader.bad
        self.emit_damage(bad)

    def _take(self, frames: Frames, arrived_ns: int) -> None:
        """Emit the samples of ``frames``, the gap before them if there is one, and their pulses. Raises DeviceLost."""
        jump = 0 if self._expected is None else (frames.first - self._expected + _HALF) % _WRAP - _HALF
        if jump < 0:
            raise DeviceLost("RHX has restarted its count: it was stopped and started by hand; start again.")
        self.emit_gap(jump)
        self._expected = (frames.first + len(frames.words)) % _WRAP
        words = self._words()
        columns = [words.index(f"{name} wide") for name in self._address.channels]
        self.emit_samples(microvolts(frames.words[:, columns]), arrived_ns)
        for pulse in self._pulses(frames, words, self.next_sample - len(frames.words)):
            self.emit_event(pulse, arrived_ns)

    def _pulses(self, frames: Frames, words: list[str], first_sample: int) -> list[Pulse]:
        pulses: list[Pulse] = []
        for name, marks in self._marks.items():
            found = marks.feed(frames.words[:, words.index(f"{name} stim")], first_sample)
            output = self._need_stimulator().output
            pulses += [output.pulse(name, mark, self.info.sample_rate_hz) for mark in found]
        if self._address.sync is not None:
            edges, self._sync_high = rising_edges(frames.words[:, -1], self._address.sync - 1, self._sync_high)
            pulses += [Pulse(first_sample + at) for at in edges]
        return pulses

    def enable(self, on: bool) -> None:
        """Arm or disarm the channels that the address names."""
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
        """Give no further pulse, stop RHX if it was started here, put back what was found, close the connections."""
        stimulator, self._stimulator = self._stimulator, None
        commands, self._commands = self._commands, None
        if stimulator:
            stimulator.close()
        if commands:
            with contextlib.suppress(DeviceError):
                self._leave(commands, stimulator)
            commands.close()
        data, self._data = self._data, None
        if data:
            data.close()
        self._runs = False

    def _leave(self, commands: RhxCommands, stimulator: RhxStimulator | None) -> None:
        if self._runs:
            commands.stop()
        if stimulator:
            stimulator.output.restore()
            self._found = {}

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
