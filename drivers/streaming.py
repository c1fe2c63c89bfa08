"""What amplifiers that only stream have in common: started, read, lost, found again, closed."""

from __future__ import annotations

import time
from abc import abstractmethod

import numpy as np

from drivers.base import Amplifier, Block, DeviceInfo, DeviceLost, DeviceRefused, Samples
from drivers.blocks import BlockMaker, Clipped

SILENCE_S = 3.0


class StreamingAmplifier(Amplifier):
    """A driver says how to connect, what to begin, what has arrived and how to let go; the rest is here.

    ``_connect`` returns the DeviceInfo of what it found; it is called again by ``reopen``. What has arrived goes into
    ``_blocks``; ``_heard_ns`` (monotonic) is when that was last.
    """

    silence_s = SILENCE_S

    def __init__(self) -> None:
        self._lost: str | None = None
        self._closed = self._streaming = False
        self._heard_ns = 0
        self._hole_from_ns: int | None = None
        self.info = self._connect_or_release()
        ranges_uv = [channel.range_uv for channel in self.info.channels]
        self._limits_uv = np.array([np.nan if each is None else each for each in ranges_uv], np.float32)
        self._blocks = self._maker(0)

    @abstractmethod
    def _connect(self) -> DeviceInfo:
        """Connect and say who is there; no output of the device changes. Raises DeviceError."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin to stream. Raises DeviceLost, DeviceRefused."""

    @abstractmethod
    def _pump(self, timeout_s: float) -> None:
        """Put what has arrived into ``_blocks``, waiting at most ``timeout_s`` for the first. Raises DeviceLost."""

    @abstractmethod
    def _release(self) -> None:
        """Stop and let go of the device, whatever state it is in; called twice it does nothing more."""

    def start(self) -> None:
        """Begin to stream; the sample count starts at 0. Raises DeviceLost, DeviceRefused."""
        self._raise_if_lost()
        self._blocks, self._hole_from_ns = self._maker(0), None
        self._begin()
        self._streaming, self._heard_ns = True, time.monotonic_ns()

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Blocks that have arrived, waiting at most ``timeout_s``; none before ``start``. Raises DeviceLost once all
        that came before has been handed out.
        """
        if self._streaming and self._lost is None:
            try:
                self._pump(timeout_s)
                self._check_silence()
            except DeviceLost as error:
                self._lost = str(error)
        blocks = self._blocks.take()
        if not blocks:
            self._raise_if_lost()
        return blocks

    def reopen(self) -> None:
        """Connect to the same lost device again and start it; the hole is told by the host's clock.

        Raises DeviceNotFound, DeviceLost, or DeviceRefused where another device answers.
        """
        if self._closed:
            raise DeviceLost(f"{self.info.address} has been closed.")
        self._lost = self._lost or f"{self.info.address} has not been opened again."
        self._release()
        found = self._connect_or_release()
        if (found.channels, found.sample_rate_hz) != (self.info.channels, self.info.sample_rate_hz):
            self._release()
            raise DeviceRefused(
                f"{self.info.address} is not the device it was: channels or rate differ; connect {self.info.model} "
                "again, or open the new device by itself."
            )
        self._go_on()

    def close(self) -> None:
        """Stop streaming and release the device."""
        self._closed, self._streaming = True, False
        self._lost = self._lost or f"{self.info.address} has been closed."
        self._release()

    def _go_on(self) -> None:
        first = self._blocks.next_sample
        self._begin()
        self._blocks = self._maker(first)
        self._hole_from_ns = self._hole_from_ns or self._heard_ns
        self._lost, self._streaming, self._heard_ns = None, True, time.monotonic_ns()

    def _maker(self, first_sample: int) -> BlockMaker[Samples]:
        return BlockMaker(len(self.info.channels), np.concatenate, first_sample)

    def _connect_or_release(self) -> DeviceInfo:
        try:
            return self._connect()
        except BaseException:
            self._release()
            raise

    def _put(self, samples_uv: Samples, arrived_ns: int) -> None:
        """Hand on what has arrived at ``arrived_ns``; where that is after a loss, behind the hole it left."""
        self._heard_ns = arrived_ns
        if not len(samples_uv):
            return
        if self._hole_from_ns is not None:
            hole = round((arrived_ns - self._hole_from_ns) / 1e9 * self.info.sample_rate_hz) - len(samples_uv)
            self._blocks.lose(max(hole, 1))
            self._hole_from_ns = None
        self._blocks.add(samples_uv, len(samples_uv), arrived_ns, self._clipped(samples_uv))

    def _clipped(self, samples_uv: Samples) -> Clipped:
        """Which channels reached the limit of their input range; None where no range is known."""
        if np.isnan(self._limits_uv).all():
            return None
        return np.asarray((np.abs(samples_uv) >= self._limits_uv).any(axis=0))

    def _check_silence(self) -> None:
        if time.monotonic_ns() - self._heard_ns > self.silence_s * 1e9:
            raise DeviceLost(
                f"{self.info.address} has sent nothing for {self.silence_s:g} s; check that it is on and connected."
            )

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise DeviceLost(self._lost)
