"""The Open Needle Amplifier, protocol version 1: a needle's EMG front end and stimulator on a serial port."""

from __future__ import annotations

import contextlib
from functools import partial

import numpy as np

from drivers.base import (
    CLOCK,
    Block,
    Clock,
    CommandOutcome,
    DeviceInfo,
    DeviceLost,
    DeviceRefused,
    Limits,
    Stimulator,
    Tap,
)
from drivers.ona.commands import ACK_NS, ATTEMPTS, SentCommand
from drivers.ona.frames import FrameReader, OnaFrame
from drivers.ona.info import Description, parse_info
from drivers.ona.line import OnaLine
from drivers.ona.link import LinkEvent
from drivers.ona.loss import OffAfterLoss
from drivers.ona.messages import FAULTS, CommandKind, MalformedError, Reply, parse_button, parse_status, parse_stim
from drivers.ona.pulses import single_body, train_body
from drivers.ona.samples import SampleStream
from drivers.toolkit.streaming import RETRY_S, StreamingAmplifier, check_gap
from drivers.transport.port import PortOpener, open_port

_NO_LIMITS = Limits(0.0, 0.0, 0.0, 0.0, 0.0, single_pulses=False)


class OnaAmplifier(StreamingAmplifier, Stimulator):
    """An amplifier at ``port`` (``/dev/ttyACM0``, ``socket://HOST:PORT``, ...), address ``ona:PORT``.

    Only ``read`` and ``service`` decode bytes, repeat commands and send heartbeats, so the stimulator lapses when the
    program hangs. Commands to the stimulator do not wait; ``take_outcomes`` returns their outcomes.
    """

    pumps_before_start = True

    def __init__(
        self, port: str, *, address: str | None = None, clock: Clock = CLOCK, open_port: PortOpener = open_port
    ) -> None:
        """Prepare for ``port``, which ``connect`` opens by ``open_port``."""
        self._url, self._address, self._open_port = port, address or f"ona:{port}", open_port
        super().__init__(self._address, clock=clock)
        self.limits = _NO_LIMITS
        self._reader = FrameReader(tuple(Reply))
        self._repeated = self._reported_bad = 0
        self._stream: SampleStream | None = None
        self._description: Description | None = None
        self._found: Description | None = None
        self._info: bytes | None = None
        self._opened: OnaLine | None = None
        self._train_is_ours = self._may_be_on = False
        self._off_after_loss: OffAfterLoss | None = None
        self._tap: Tap | None = None

    @property
    def bad_frames(self) -> int:
        """Frames dropped since opening: damaged, too short, too long, or with a body outside the protocol."""
        return self._reader.bad

    @property
    def lost_frames(self) -> int:
        """Frames missing in the device's sequence since opening."""
        return self._reader.lost

    @property
    def unknown_frames(self) -> int:
        """Good frames of a type that this program does not know, since opening."""
        return self._reader.unknown

    @property
    def duplicates(self) -> int:
        """Frames dropped since opening because they repeated earlier ones."""
        running = 0 if self._stream is None else self._stream.duplicates
        return self._reader.repeated + self._repeated + running

    @property
    def next_sample(self) -> int:
        """Index of the sample that comes next."""
        return 0 if self._stream is None else self._stream.next_sample

    @property
    def replies_late(self) -> bool:
        """Whether the newest ACKs came later than the protocol's 100 ms."""
        return self._opened is not None and self._opened.link.commands.are_late

    def service(self) -> None:
        """Send heartbeats and commands that are due, without returning blocks. Raises DeviceLost."""
        self._connection.require()
        self._advance(0.0)
        self._connection.require()

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train delivered while enabled; with ``rate_hz`` 0 only single pulses are delivered.

        The current is rounded down to the stimulator's step. Raises LimitExceeded, DeviceRefused, DeviceLost.
        """
        self._require_stimulator()
        self._line.request(CommandKind.STIM_SET, train_body(self.limits, current_ma, width_ms, rate_hz))
        self._train_is_ours = True

    def enable(self, on: bool) -> None:
        """Arm or disarm the output. Disarming withdraws all waiting commands and is sent at once.

        Before the output is first armed, any train that an earlier client set is ended.
        """
        self._require_stimulator()
        if on:
            if not self._train_is_ours:
                self.set_pulses(0.0, self.limits.min_width_ms, 0.0)
            self._may_be_on = True
            self._line.link.commands.start_beat(self._clock.monotonic_ns())
        else:
            self._line.link.commands.stop_beat()
            self._line.link.commands.withdraw()
        self._line.request(CommandKind.STIM_ENABLE, bytes((on,)))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse at once, while enabled; the current is rounded down to the step."""
        self._require_stimulator()
        if not self.limits.single_pulses:
            raise DeviceRefused(f"The amplifier {self.info.model} delivers no single pulses; set a train instead.")
        self._line.request(CommandKind.STIM_ONCE, single_body(self.limits, current_ma, width_ms))

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands to the stimulator since the last call, in order."""
        return [] if self._opened is None else self._opened.link.take_outcomes()

    def tap(self, take: Tap) -> None:
        """Pass every byte received and sent to ``take`` from now on."""
        self._tap = take
        if self._opened is not None:
            self._opened.tap = take

    def reopen(self, timeout_s: float = 0.0) -> None:
        """Connect to the lost device again, as the base class does.

        Where its stimulator may be on, off is sent first, then nothing for 1.2 s, and DeviceLost is raised until then.
        """
        deadline = self._clock.monotonic() + timeout_s
        while self._off_after_loss is not None and not self._off_after_loss.is_over(self._clock.monotonic_ns()):
            self._send_off()
            if self._clock.monotonic() >= deadline:
                self._connection.require()
            self._clock.sleep(RETRY_S)
        self._off_after_loss = None
        super().reopen(max(deadline - self._clock.monotonic(), 0.0))

    def probe(self) -> float | None:
        """Return the seconds from HEARTBEAT to its ACK, including the time of repeats where one was lost."""
        self._connection.require()
        requested_ns = self._clock.monotonic_ns()
        self._line.request_and_wait(CommandKind.HEARTBEAT)
        return (self._clock.monotonic_ns() - requested_ns) / 1e9

    def _connect(self) -> DeviceInfo:
        """Open the port and request the device's description."""
        self._train_is_ours = False
        port = self._open_port(self._url)
        self._opened = OnaLine(port, self._reader, self._clock, self._take, self.mark_received)
        self._opened.tap = self._tap
        found = self._describe()
        if self._description is None:
            self._description = found
            self.limits = found.info.limits or _NO_LIMITS
            self._scale_uv = np.array(found.scale_uv, np.float32)
        self._found = found
        return found.info

    def _is_same(self, found: DeviceInfo) -> bool:
        """Return whether all of INFO is what it was before."""
        return found == self.info and self._found == self._description

    def _describe(self) -> Description:
        """Send HELLO until INFO has arrived, which follows the ACK unless it was lost on the way."""
        for _ in range(ATTEMPTS):
            self._info = None
            command = self._line.request_and_wait(CommandKind.HELLO)
            if command.error is not None:
                raise command.error
            self._line.exchange(ACK_NS / 1e9, lambda: self._info is not None)
            if self._info is not None:
                return parse_info(self._info, self._address)
        raise DeviceLost(f"The amplifier at {self._url} replies, but does not describe itself; switch it off and on.")

    def _begin(self) -> None:
        """Send START; the time since the last sample before a loss becomes a gap in the index.

        STOP comes first: a program that died may have left the device streaming, and its old count would mislead.
        """
        self._stop()
        first_index = 0 if self._resume is None else self._resume[0]
        gap = self._missed(self._clock.monotonic_ns())
        self._repeated = self.duplicates - self._reader.repeated
        self._stream = SampleStream(self._scale_uv, first_index + gap, gap, partial(check_gap, info=self.info))
        self._streaming = True
        command = self._line.request_and_wait(CommandKind.START)
        if command.error is not None:
            self._streaming = False
            raise command.error
        self._reported_bad = self.bad_frames

    def _stop(self) -> None:
        """Send STOP at once. A device that was not streaming may refuse it."""
        self._streaming = False
        self._line.link.commands.stop_beat()
        self._line.link.commands.withdraw()
        if self._line.request_and_wait(CommandKind.STOP).error is None:
            self._may_be_on = False

    def _lose(self) -> None:
        if self._may_be_on:
            self._off_after_loss = OffAfterLoss(self._clock.monotonic_ns())
            self._send_off()

    def _send_off(self) -> None:
        if self._off_after_loss and self._off_after_loss.is_due(self._clock.monotonic_ns()):
            with contextlib.suppress(DeviceLost):
                self._line.send_off()

    def _release(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _pump(self, timeout_s: float) -> None:
        self._line.exchange(timeout_s, lambda: bool(self._stream))

    def _take_blocks(self) -> list[Block]:
        if not self._stream:
            return []
        bad_frames = self.bad_frames - self._reported_bad
        self._reported_bad += bad_frames
        return self._stream.take(bad_frames)

    def _take(self, event: LinkEvent, arrived_ns: int) -> None:
        """Process what the device sent; frames outside a run belong to no sample count. Raises DeviceLost."""
        stream = self._stream if self._streaming else None
        if isinstance(event, SentCommand):
            if stream is not None and event.kind is CommandKind.START:
                stream.confirm(len(event.seqs))
        elif event.type == Reply.INFO:
            self._info = event.body
        elif stream is not None:
            self._take_frame(stream, event, arrived_ns)

    def _take_frame(self, stream: SampleStream, frame: OnaFrame, arrived_ns: int) -> None:
        """Process a frame of the run; count one whose body does not follow the protocol as bad."""
        try:
            if frame.type == Reply.SAMPLES:
                stream.add_samples(frame.body, arrived_ns)
                self._sampled_ns = stream.sampled_ns
            elif frame.type == Reply.STIM:
                stream.add_event(parse_stim(frame.body, stream.unwrap)[0], arrived_ns)
            elif frame.type == Reply.STATUS:
                self._on_status(stream, frame.body, arrived_ns)
            else:
                stream.add_event(parse_button(frame.body, stream.unwrap), arrived_ns)
        except MalformedError:
            self._line.link.count_bad()

    def _on_status(self, stream: SampleStream, body: bytes, arrived_ns: int) -> None:
        """Process a STATUS; a device at fault has disabled its stimulator, so the heartbeats end."""
        status = parse_status(body, stream.unwrap, len(self.info.channels))
        if status.fault != FAULTS[0]:
            self._line.link.commands.stop_beat()
        stream.add_event(status, arrived_ns)

    @property
    def _line(self) -> OnaLine:
        """The open line. Raises DeviceLost where there is none."""
        if self._opened is None:
            self._connection.require()
            raise DeviceLost(f"{self._address} is not connected.")
        return self._opened

    def _require_stimulator(self) -> None:
        self._connection.require()
        if self.info.limits is None:
            raise DeviceRefused(f"The amplifier {self.info.model} does not stimulate; connect one that does.")
