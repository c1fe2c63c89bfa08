"""A recorded signal as a device: blocks and pulses as from an amplifier, with no clock to wait for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import numpy as np

from drivers.base import Amplifier, Block, DeviceInfo, DeviceLost, Pulse
from drivers.formats.loaded import Annotation, FileOptions, FileOptionValues, SamplePage
from drivers.formats.opening import load
from drivers.formats.pulses import parse_pulse, pulse_annotations


class Recording(Amplifier):
    """Player of a recorded file of any known format. The signal does not depend on the sizes of the blocks.

    ``total_samples`` includes the gaps. ``pulses`` are the pulses that will be returned; one in a gap comes with the
    block after it. ``pulses_outside`` counts those annotated before the first or after the last sample. ``warnings``
    are sentences on contradictions in the file; ``annotations`` holds every text in it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        listen: bool = False,
        block_samples: int = 50,
        **options: Unpack[FileOptionValues],
    ) -> None:
        """Open ``path``: the named ``channel`` or ``channels``, or those that may be a muscle's at the highest rate.

        ``listen`` leaves annotated pulses out. ``full_scale_uv`` is needed for WAV and FLAC files, ``sample_rate_hz``
        for a CSV file without times; further options: ``FileOptions``. ``read`` returns at most ``block_samples``.
        Raises DeviceNotFound, and DeviceRefused where the file is foreign, damaged or lacks what was requested.
        """
        if block_samples < 1:
            raise ValueError(f"a block of {block_samples} samples is empty; use 1 or more")
        self._path = Path(path)
        chosen = FileOptions(**options)
        self._loaded = load(self._path, chosen)
        self._block_samples = block_samples
        self.annotations = self._loaded.annotations
        stimuli = pulse_annotations(self._path, self.annotations, chosen.stim_label)
        self.warnings = self._loaded.warnings + (() if listen else stimuli.notes)
        self.total_samples = self._loaded.segments[-1].end_sample
        self.has_pulse_annotations = bool(stimuli.annotations)
        annotated = () if listen else self._pulses_of(stimuli.annotations)
        self.pulses = tuple(pulse for pulse in annotated if 0 <= pulse.sample < self.total_samples)
        self.pulses_outside = len(annotated) - len(self.pulses)
        self.info = DeviceInfo(
            model=self._loaded.model,
            serial="",
            address=str(path),
            sample_rate_hz=self._loaded.sample_rate_hz,
            channels=self._loaded.channels,
        )
        self._closed = False
        self._page: tuple[int, SamplePage] | None = None
        self.start()

    def _pulses_of(self, annotations: Sequence[Annotation]) -> tuple[Pulse, ...]:
        sample_rate_hz = self._loaded.sample_rate_hz
        pulses = [parse_pulse(self._path, annotation, sample_rate_hz) for annotation in annotations]
        return tuple(sorted(pulses, key=lambda pulse: (pulse.sample, pulse.offset_ns)))

    def start(self) -> None:
        """Go back to the first sample."""
        self._segment = 0
        self._played = 0
        self._end = 0
        self._next_pulse = 0

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Return the next block at once, or none at the end of the file. Raises DeviceLost."""
        del timeout_s  # a file needs no waiting
        block = self.take(self._block_samples)
        return [block] if block else []

    def take(self, samples: int) -> Block | None:
        """Return the next ``samples`` samples, fewer before a gap and at the end; None where there are none.

        Raises DeviceLost where the file cannot be read any more, or is closed.
        """
        if samples < 0:
            raise ValueError(f"{samples} samples cannot be read; request 0 or more")
        if self._closed:
            raise DeviceLost(f"{self._path} is closed; open it again")
        if samples == 0 or self._segment == len(self._loaded.segments):
            return None
        segment = self._loaded.segments[self._segment]
        first = segment.first_sample + self._played
        end = min(first + samples, segment.end_sample)
        uv, extreme = self._stored(segment.stored_at + self._played, end - first)
        block = Block(
            first_sample=first,
            samples=uv,
            pulses=self._pulses_before(end),
            clipped=tuple(bool(flags.any()) for flags in extreme.T),
            lost_before=first - self._end,
            arrived_ns=time.monotonic_ns(),
        )
        self._advance(end)
        return block

    def close(self) -> None:
        """Close the file; nothing can be read from it afterwards."""
        self._closed = True
        self._page = None

    def _advance(self, end: int) -> None:
        segment = self._loaded.segments[self._segment]
        self._end = end
        self._played = end - segment.first_sample
        if end == segment.end_sample:
            self._segment += 1
            self._played = 0

    def _pulses_before(self, end: int) -> tuple[Pulse, ...]:
        first = self._next_pulse
        while self._next_pulse < len(self.pulses) and self.pulses[self._next_pulse].sample < end:
            self._next_pulse += 1
        return self.pulses[first : self._next_pulse]

    def _stored(self, first: int, samples: int) -> SamplePage:
        parts = []
        while samples:
            index, offset = divmod(first, self._loaded.page_samples)
            uv, extreme = self._page_at(index)
            part = slice(offset, min(offset + samples, len(uv)))
            parts.append((uv[part], extreme[part]))
            first, samples = first + part.stop - part.start, samples - (part.stop - part.start)
        return np.concatenate([uv for uv, _ in parts]), np.concatenate([extreme for _, extreme in parts])

    def _page_at(self, index: int) -> SamplePage:
        if self._page is None or self._page[0] != index:
            try:
                self._page = index, self._loaded.page(index)
            except OSError as error:
                raise DeviceLost(f"{self._path} cannot be read any more: {error.strerror or error}") from error
        return self._page[1]
