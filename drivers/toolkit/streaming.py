"""Base class of a streaming driver: connect, start, read, loss, reopening and closing."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from typing import Self

import numpy as np

from drivers.base import (
    CLOCK,
    Amplifier,
    Block,
    Button,
    Clock,
    DeviceError,
    DeviceFaulty,
    DeviceInfo,
    DeviceLost,
    DeviceRefused,
    Pulse,
    Samples,
    Status,
)
from drivers.toolkit.block_builder import BlockBuilder, Clipped
from drivers.toolkit.connection import Connection

SILENCE_S = 3.0
"""A device that sends nothing for this long is lost: none of the known devices pauses longer while it streams."""

LONGEST_GAP_S = 10.0
"""A longer gap between two samples of a run is a faulty count: no device was silent for so long and not lost."""

RETRY_S = 0.05
"""Time between two attempts of ``reopen``: a port appears before its device is ready."""


class StreamingAmplifier(Amplifier):
    """Amplifier of which a driver defines ``_connect``, ``_begin``, ``_pump`` and ``_release``; the rest is here.

    The constructor checks the address and opens nothing; ``connect`` opens. ``_pump`` passes on what arrives by
    ``emit_samples``, ``emit_gap``, ``emit_event`` and ``emit_damage``, and calls ``mark_received`` for anything else.
    All of it runs on the thread that calls ``read``.
    """

    silence_s = SILENCE_S
    pumps_before_start = False
    """Whether ``read`` calls ``_pump`` before ``start`` too: True where replies to commands come through it."""

    def __init__(self, address: str, *, clock: Clock = CLOCK) -> None:
        self._clock = clock
        self._connection = Connection(address)
        self._streaming = False
        self._started_ns = 0
        self._sampled_ns: int | None = None
        self._resume: tuple[int, int] | None = None
        self._blocks: BlockBuilder[Samples] = BlockBuilder(0, np.concatenate)

    @abstractmethod
    def _connect(self) -> DeviceInfo:
        """Connect and return the device's identity; change no output. ``reopen`` calls it again. Raises DeviceError."""

    @abstractmethod
    def _begin(self) -> None:
        """Start streaming. Raises DeviceLost, DeviceRefused."""

    @abstractmethod
    def _pump(self, timeout_s: float) -> None:
        """Emit what has arrived, waiting at most ``timeout_s`` for the first. Raises DeviceLost."""

    @abstractmethod
    def _release(self) -> None:
        """Release the device, whatever its state; a second call does nothing more."""

    def _stop(self) -> None:
        """Command the device to stop, before ``close`` releases it; also where it is lost. May raise DeviceError."""

    def _lose(self) -> None:
        """Switch off what a lost device may still do, where its line takes bytes. Raises nothing."""

    def connect(self) -> Self:
        """Connect to the device and return this; its outputs stay as they are. A second call does nothing more.

        Raises DeviceNotFound, DeviceRefused, DeviceLost.
        """
        if not self._connection.is_new:
            self._connection.require()
            return self
        self.info = self._connect_or_release()
        ranges_uv = [channel.range_uv for channel in self.info.channels]
        self._limits_uv = np.array([np.nan if each is None else each for each in ranges_uv], np.float32)
        self._blocks = self._new_builder(0)
        self._connection.mark_connected(self._clock.monotonic_ns())
        return self

    def start(self) -> None:
        """Start streaming; the sample count starts at 0. Raises DeviceLost, DeviceRefused."""
        self._connection.require()
        self._resume = None
        self._run()

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Return blocks that have arrived, waiting at most ``timeout_s``; none before ``start``.

        Raises DeviceLost once all blocks from before the loss have been returned.
        """
        self._advance(timeout_s)
        blocks = self._take_blocks()
        if not blocks:
            self._connection.require()
        return blocks

    def reopen(self, timeout_s: float = 0.0) -> None:
        """Connect to the same lost device again and start it; keep trying for ``timeout_s``.

        Sample indices go on; the samples missed are estimated by the host's clock and shown as ``lost_before``.
        Raises DeviceNotFound, DeviceLost, or DeviceRefused where another device replies.
        """
        self._connection.begin_reopening()
        self._streaming = False
        self._release()
        found = self._connect_until(self._clock.monotonic() + timeout_s)
        if not self._is_same(found):
            self._release()
            raise DeviceRefused(
                f"{self.info.address} is not the device it was: {_name(found)} replies, or its settings differ; "
                f"connect {_name(self.info)}, or open the new device by itself."
            )
        if self._sampled_ns is not None:
            self._resume = (self.next_sample, self._sampled_ns)
        self._run()

    def close(self) -> None:
        """Stop streaming and release the device."""
        if not (self._connection.is_new or self._connection.is_closed):
            with contextlib.suppress(DeviceError):
                self._stop()
        self._connection.close()
        self._streaming = False
        self._release()

    @property
    def next_sample(self) -> int:
        """Index of the sample that comes next."""
        return self._blocks.next_sample

    def emit_samples(self, samples_uv: Samples, arrived_ns: int) -> None:
        """Pass on float32 microvolts of shape (samples, channels) that arrived at ``arrived_ns`` (monotonic).

        The first samples after a loss follow the gap that it left. A value that is no number is a hole: NaN in one
        channel, a gap where no channel has one.
        """
        self.mark_received(arrived_ns)
        if not len(samples_uv):
            return
        if self._sampled_ns is None and self._resume is not None:
            self._blocks.add_gap(max(self._missed(arrived_ns) - len(samples_uv), 1))
        self._sampled_ns = arrived_ns
        if np.isfinite(samples_uv).all():
            self._add(samples_uv, arrived_ns)
        else:
            self._add_with_holes(np.where(np.isfinite(samples_uv), samples_uv, np.float32(np.nan)), arrived_ns)

    def _add_with_holes(self, samples_uv: Samples, arrived_ns: int) -> None:
        is_hole = np.asarray(np.isnan(samples_uv).all(axis=1))
        for run in np.split(np.arange(len(samples_uv)), np.flatnonzero(np.diff(is_hole)) + 1):
            if is_hole[run[0]]:
                self.emit_gap(len(run))
            else:
                self._add(samples_uv[run], arrived_ns)

    def _add(self, samples_uv: Samples, arrived_ns: int) -> None:
        self._blocks.add_samples(samples_uv, len(samples_uv), arrived_ns, self._clipped(samples_uv))

    def emit_gap(self, samples: int) -> None:
        """Pass on that so many ``samples`` are missing before the next ones. Raises DeviceFaulty beyond 10 s."""
        check_gap(samples, self.info)
        self._blocks.add_gap(samples)

    def emit_event(self, event: Pulse | Status | Button, arrived_ns: int) -> None:
        """Pass on ``event`` with the current block, whatever sample it belongs to."""
        self._blocks.add_event(event, arrived_ns)

    def emit_damage(self, frames: int) -> None:
        """Pass on that so many ``frames`` arrived damaged."""
        self._blocks.add_damage(frames)

    def mark_received(self, arrived_ns: int) -> None:
        """Record that the device sent something at ``arrived_ns``, samples or not: it is not silent."""
        self._connection.received_ns = arrived_ns

    def _advance(self, timeout_s: float) -> None:
        """Pump; keep a loss until the blocks from before it have been returned."""
        if self._connection.reason is not None or not (self._streaming or self.pumps_before_start):
            return
        try:
            self._pump(timeout_s)
            if self._streaming:
                self._check_silence(self._clock.monotonic_ns())
        except DeviceLost as error:
            self._connection.mark_lost(error)
            self._lose()

    def _check_silence(self, now_ns: int) -> None:
        """Raise DeviceLost where nothing arrives, or other messages and no samples."""
        self._connection.check_silence(now_ns, self.silence_s)
        if now_ns - (self._sampled_ns or self._started_ns) > self.silence_s * 1e9:
            raise DeviceLost(
                f"{self.info.address} has sent no samples for {self.silence_s:g} s; check it, and switch it off and on."
            )

    def _take_blocks(self) -> list[Block]:
        return self._blocks.take()

    def _run(self) -> None:
        """Start at sample 0, or after a loss at the sample that was due then."""
        self._sampled_ns, self._streaming = None, False
        self._begin()
        self._blocks = self._new_builder(0 if self._resume is None else self._resume[0])
        self._streaming, self._started_ns = True, self._clock.monotonic_ns()
        self._connection.mark_connected(self._clock.monotonic_ns())

    def _missed(self, until_ns: int) -> int:
        """Return the samples missed from the last one before the loss to ``until_ns``; 0 where none had arrived."""
        if self._resume is None:
            return 0
        return round((until_ns - self._resume[1]) / 1e9 * self.info.sample_rate_hz)

    def _new_builder(self, first_sample: int) -> BlockBuilder[Samples]:
        return BlockBuilder(len(self.info.channels), np.concatenate, first_sample)

    def _is_same(self, found: DeviceInfo) -> bool:
        """Return whether the device ``found`` by ``reopen`` has the channels and sample rate of the lost one."""
        return (found.channels, found.sample_rate_hz) == (self.info.channels, self.info.sample_rate_hz)

    def _connect_until(self, deadline: float) -> DeviceInfo:
        """Connect; retry until ``deadline`` (monotonic s)."""
        while True:
            try:
                return self._connect_or_release()
            except DeviceError:
                if self._clock.monotonic() >= deadline:
                    raise
            self._clock.sleep(RETRY_S)

    def _connect_or_release(self) -> DeviceInfo:
        try:
            return self._connect()
        except BaseException:
            self._release()
            raise

    def _clipped(self, samples_uv: Samples) -> Clipped:
        """Return which channels reached the limit of their input range; None where no range is known."""
        if np.isnan(self._limits_uv).all():
            return None
        with np.errstate(invalid="ignore"):
            return np.asarray((np.abs(samples_uv) >= self._limits_uv).any(axis=0))


def check_gap(samples: int, info: DeviceInfo) -> None:
    """Raise DeviceFaulty where a gap of ``samples`` between two samples of a run is longer than 10 s."""
    seconds = samples / info.sample_rate_hz
    if seconds > LONGEST_GAP_S:
        raise DeviceFaulty(
            f"{info.address} is faulty: its sample count jumped by {seconds:.0f} s at once. It is opened again, its "
            "stimulator off."
        )


def _name(info: DeviceInfo) -> str:
    return f"{info.model} {info.serial}".rstrip()
