"""A recording that takes the place of an amplifier, played in real time or as fast as possible."""

from __future__ import annotations

import time

from drivers.base import Amplifier, Block
from drivers.recording import Recording
from guidance.session.replay import PlaybackClock

_IDLE_S = 0.004


class RecordingDevice(Amplifier):
    """Amplifier that plays a file at ``speed`` times real time (None: as fast as possible); ``over`` at its end."""

    def __init__(
        self,
        path: str,
        speed: float | None,
        *,
        channels: tuple[str, ...] = (),
        full_scale_uv: float | None = None,
        sample_rate_hz: float | None = None,
    ) -> None:
        """Open the file ``path`` with the options of ``Recording``. Raises DeviceNotFound, DeviceRefused."""
        self._recording = Recording(
            path, listen=True, channels=channels, full_scale_uv=full_scale_uv, sample_rate_hz=sample_rate_hz
        )
        self.warnings = self._recording.warnings
        self.info = self._recording.info
        self.speed = speed
        self._clock = PlaybackClock(speed, self.info.sample_rate_hz)
        self._end = 0

    @property
    def over(self) -> bool:
        """Whether all samples were played."""
        return self._end >= self._recording.total_samples

    def start(self) -> None:
        """Go back to the first sample."""
        self._recording.start()
        self._end = 0

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Return the block that is due by now, if any."""
        block = None if self.over else self._recording.take(self._clock.due())
        if block is None:
            time.sleep(min(timeout_s, _IDLE_S))
            return []
        self._clock.count(len(block.samples), block.lost_before)
        self._end = block.end_sample
        return [block]

    def close(self) -> None:
        """Close the file."""
        self._recording.close()
