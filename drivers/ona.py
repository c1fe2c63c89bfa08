"""The Open Needle Amplifier, protocol version 1: a needle's EMG front end and stimulator on a serial port."""

from __future__ import annotations

import contextlib
import time
from collections import deque

import numpy as np

from drivers.base import (
    Amplifier,
    Block,
    CommandOutcome,
    DeviceError,
    DeviceLost,
    DeviceRefused,
    Limits,
    Stimulator,
    Tap,
)
from drivers.framing import Frame, FrameReader
from drivers.ona_commands import ACK_NS, ATTEMPTS
from drivers.ona_info import Description, parse_info
from drivers.ona_link import OnaLink
from drivers.ona_messages import FAULTS, CommandKind, Reply, StimFlag, parse_button, parse_status, parse_stim
from drivers.ona_pulses import single_body, train_body
from drivers.ona_stream import SampleStream
from drivers.port import open_port

# the protocol promises a STATUS every second while it streams
SILENCE_NS = 3_000_000_000
RETRY_S = 0.05

_NO_LIMITS = Limits(0.0, 0.0, 0.0, 0.0, 0.0, single_pulses=False)


class OnaAmplifier(Amplifier, Stimulator):
    """An amplifier at ``port`` (``/dev/ttyACM0``, ``socket://HOST:PORT``, ...), address ``ona:PORT``.

    One thread uses it, and calls ``read`` every few ms: only there bytes are decoded, commands sent again and the
    heartbeats sent, so that a program that hangs lets the stimulator lapse. Commands to the stimulator do not wait;
    ``take_outcomes`` tells what became of them. Opening raises DeviceNotFound, DeviceRefused, DeviceLost.
    """

    def __init__(self, port: str) -> None:
        self._url = port
        self._reader = FrameReader(tuple(Reply))
        self._repeated = self._reported_bad = 0
        self._infos: deque[bytes] = deque(maxlen=1)
        self._stream: SampleStream | None = None
        self._streaming = False
        self._heard: tuple[int, int | None] = (0, None)
        self._lost: str | None = None
        self._tap: Tap | None = None
        self._link, self._description = self._greet()
        self.info = self._description.info
        self.limits = self.info.limits or _NO_LIMITS
        self._scale_uv = np.array(self._description.scale_uv, np.float32)

    @property
    def bad_frames(self) -> int:
        """Frames dropped since opening: damaged, too short, too long, or with a body that is none of the protocol's."""
        return self._reader.bad

    @property
    def lost_frames(self) -> int:
        """Frames missing in the device's sequence since opening."""
        return self._reader.lost

    @property
    def unknown_frames(self) -> int:
        """Good frames of a type this program does not know, since opening."""
        return self._reader.unknown

    @property
    def duplicates(self) -> int:
        """Frames dropped since opening because they repeated what had come before."""
        running = 0 if self._stream is None else self._stream.duplicates
        return self._reader.repeated + self._repeated + running

    def start(self) -> None:
        """Begin to stream; the first sample is 0. Raises DeviceLost (then ``reopen``), DeviceRefused."""
        self._raise_if_lost()
        self._heard = (0, None)
        self._run()

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Blocks that have arrived, waiting at most ``timeout_s`` for the first; none before ``start``.

        A Block's pulses may belong to samples of the Blocks before or after it, by up to 100 ms. Raises DeviceLost
        once all that came before has been handed out.
        """
        if self._lost is None:
            self._pump(timeout_s)
        blocks = self._take_blocks()
        if not blocks:
            self._raise_if_lost()
        return blocks

    def service(self) -> None:
        """Send heartbeats and commands that are due, where blocks are not wanted yet. Raises DeviceLost."""
        self._raise_if_lost()
        self._pump(0.0)
        self._raise_if_lost()

    def reopen(self, timeout_s: float = 0.0) -> None:
        """Connect to the same device again and start it, the stimulator off; keep trying for ``timeout_s``.

        The device counts from 0 again, the indices here go on: the samples missing between are estimated from the
        host's clock and shown as ``lost_before``. Raises DeviceNotFound, DeviceLost, or DeviceRefused where another
        device, or this one with another description, answers.
        """
        if self._stream is not None and self._stream.sampled_ns is not None:
            self._heard = (self._stream.next_sample, self._stream.sampled_ns)
        self._lost = self._lost or f"{self.info.address} has not been opened again."
        self._streaming = False
        self._link.close()
        link, description = self._greet_again(time.monotonic() + timeout_s)
        if description != self._description:
            link.close()
            found, wanted = description.info, self.info
            raise DeviceRefused(
                f"{self.info.address} is not the device it was: {found.model} {found.serial} answers, or its settings "
                f"differ; connect {wanted.model} {wanted.serial}, or open the new device by itself."
            )
        self._link = link
        self._run()
        self._lost = None

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train delivered while enabled; ``rate_hz`` 0 leaves single pulses only.

        The current goes down to the stimulator's step. Raises LimitExceeded, DeviceRefused, DeviceLost.
        """
        self._require_stimulator()
        self._link.ask(CommandKind.STIM_SET, train_body(self.limits, current_ma, width_ms, rate_hz))

    def enable(self, on: bool) -> None:
        """Arm or disarm the output. Disarming withdraws all commands still waiting and is sent at once."""
        self._require_stimulator()
        if on:
            self._link.commands.start_beat(time.monotonic_ns())
        else:
            self._link.commands.stop_beat()
            self._link.commands.withdraw()
        self._link.ask(CommandKind.STIM_ENABLE, bytes((on,)))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse at once, while enabled; the current goes down to the step."""
        self._require_stimulator()
        if not self.limits.single_pulses:
            raise DeviceRefused(f"The amplifier {self.info.model} delivers no single pulses; set a train instead.")
        self._link.ask(CommandKind.STIM_ONCE, single_body(self.limits, current_ma, width_ms))

    def take_outcomes(self) -> list[CommandOutcome]:
        """Tell what became of the commands to the stimulator since the last call, in order."""
        return self._link.commands.take_outcomes()

    def tap(self, take: Tap) -> None:
        """Hand every byte received and sent to ``take`` from now on."""
        self._tap = self._link.tap = take

    def probe(self) -> float | None:
        """Seconds from HEARTBEAT to its ACK; one lost on the way counts with the time until it was sent again."""
        self._raise_if_lost()
        asked_ns = time.monotonic_ns()
        self._link.ask_and_wait(CommandKind.HEARTBEAT)
        return (time.monotonic_ns() - asked_ns) / 1e9

    def close(self) -> None:
        """Stop streaming, which disables the stimulator too, and release the port. A lost device is told as well."""
        with contextlib.suppress(DeviceLost):
            self._quiet()
        self._lost = f"{self.info.address} has been closed."
        self._link.close()

    def _greet(self) -> tuple[OnaLink, Description]:
        """Open the port and ask the device who it is."""
        link = OnaLink(open_port(self._url), self._reader, self._on_frame, self._tap)
        try:
            return link, self._ask_description(link)
        except BaseException:
            link.close()
            raise

    def _greet_again(self, deadline: float) -> tuple[OnaLink, Description]:
        """Greet until it succeeds or ``deadline`` (monotonic s): a port comes back before its device is ready."""
        while True:
            try:
                return self._greet()
            except DeviceError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(RETRY_S)

    def _ask_description(self, link: OnaLink) -> Description:
        """HELLO until INFO has come too: it follows its ACK, or was lost on the way."""
        for _ in range(ATTEMPTS):
            self._infos.clear()
            answer = link.ask_and_wait(CommandKind.HELLO)
            if answer.error is not None:
                raise answer.error
            link.pump(ACK_NS / 1e9, lambda: bool(self._infos))
            if self._infos:
                return parse_info(self._infos[0], f"ona:{self._url}")
        raise DeviceLost(f"The amplifier at {self._url} answers, but does not describe itself; switch it off and on.")

    def _quiet(self) -> None:
        """STOP, at once. A device that was not streaming may refuse it."""
        self._streaming = False
        self._link.commands.stop_beat()
        self._link.commands.withdraw()
        self._link.ask_and_wait(CommandKind.STOP)

    def _run(self) -> None:
        """START; what passed since the last sample heard is a hole in the index.

        STOP comes first: a program that died may have left the device streaming, and its count would mislead.
        """
        self._quiet()
        hole, (first_index, since_ns) = 0, self._heard
        if since_ns is not None:
            hole = round((time.monotonic_ns() - since_ns) / 1e9 * self.info.sample_rate_hz)
        self._repeated = self.duplicates - self._reader.repeated
        self._stream = SampleStream(self._scale_uv, first_index + hole, hole)
        self._streaming = True
        answer = self._link.ask_and_wait(CommandKind.START, then=self._stream.confirm)
        if answer.error is not None:
            self._streaming = False
            raise answer.error
        self._reported_bad = self.bad_frames

    def _pump(self, timeout_s: float) -> None:
        """Pump the link; a loss is kept for when the blocks before it have been handed out."""
        try:
            self._link.pump(timeout_s, lambda: bool(self._stream))
        except DeviceLost as error:
            self._lost = str(error)
        if self._streaming and self._lost is None and time.monotonic_ns() - self._link.heard_ns > SILENCE_NS:
            silent_s = SILENCE_NS / 1e9
            self._lost = f"{self.info.address} has sent nothing for {silent_s:g} s; check its cable and power."

    def _take_blocks(self) -> list[Block]:
        if not self._stream:
            return []
        bad_frames = self.bad_frames - self._reported_bad
        self._reported_bad += bad_frames
        return self._stream.take(bad_frames)

    def _on_frame(self, frame: Frame, arrived_ns: int) -> None:
        """Take a frame from the device; what comes outside a run belongs to no count of samples."""
        stream = self._stream
        if frame.type == Reply.INFO:
            self._infos.append(frame.body)
        elif stream is None or not self._streaming:
            return
        elif frame.type == Reply.SAMPLES:
            stream.samples(frame.body, arrived_ns)
        elif frame.type == Reply.STIM:
            self._on_stim(stream, frame.body, arrived_ns)
        elif frame.type == Reply.STATUS:
            self._on_status(stream, frame.body, arrived_ns)
        else:
            stream.add(parse_button(frame.body, stream.unwrap), arrived_ns)

    def _on_stim(self, stream: SampleStream, body: bytes, arrived_ns: int) -> None:
        pulse, flags = parse_stim(body, stream.unwrap)
        if StimFlag.ONCE in flags:
            self._link.commands.confirm(CommandKind.STIM_ONCE)
        stream.add(pulse, arrived_ns)

    def _on_status(self, stream: SampleStream, body: bytes, arrived_ns: int) -> None:
        """Take a STATUS; a device at fault has disabled its stimulator, so there is nothing to keep alive."""
        status = parse_status(body, stream.unwrap, len(self.info.channels))
        if status.fault != FAULTS[0]:
            self._link.commands.stop_beat()
        stream.add(status, arrived_ns)

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise DeviceLost(self._lost)

    def _require_stimulator(self) -> None:
        self._raise_if_lost()
        if self.info.limits is None:
            raise DeviceRefused(f"The amplifier {self.info.model} does not stimulate; connect one that does.")
