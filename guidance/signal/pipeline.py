"""The pipeline from blocks to results: pulses, responses and the quality of each second, in order of signal time."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from drivers.base import Block, DeviceInfo, Outcome, Pulse
from guidance.signal.response.detector import ResponseDetector
from guidance.signal.response.range_monitor import RangeFault
from guidance.signal.response.result_builder import unknown_result
from guidance.signal.response.sweep_result import SweepResult
from guidance.signal.sweep.dead_input import DeadInputDetector, is_constant, is_repeat
from guidance.signal.sweep.monitor import ChannelQuality, SignalMonitor
from guidance.signal.sweep.pulse_alignment import Alignment, PulseAligner
from guidance.signal.sweep.pulse_finder import PulseTrainDetector, TransientDetector
from guidance.signal.sweep.ring_buffer import RingBuffer

LEAST_RATE_HZ = 2000.0
"""Below this rate nothing can be said of evoked responses."""

_HISTORY_S = 8.0
_SLICE_S = 1.0
_MARGIN_MS = 2.0
_HOLD_MS, _HOLD_WINDOWS, _LEAST_FREE_MS = 60.0, 2.5, 20.0
_STILL_SWEEP_MS, _STILL_BEFORE_MS, _REPEATED_S = 10.0, 20.0, 2.0
"""A sweep whose last 10 ms hold one value, or that is equal to one of the 2 s before, shows no muscle; nothing is
learned from a stretch that held one value for the last 20 ms before its pulse. Blanking lasts a few ms at either place.
"""


@dataclass(frozen=True, slots=True)
class PulseFound:
    """A pulse, known by sample index ``due``. ``alignment``: how it was found, if it was searched for."""

    due: int
    pulse: Pulse
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChannelResponse:
    """The response of channel number ``channel`` to ``pulse``, known by sample ``due``."""

    due: int
    pulse: Pulse
    channel: int
    evoked: SweepResult


@dataclass(frozen=True, slots=True)
class QualitySecond:
    """The quality of each channel over one second, known by sample ``due``."""

    due: int
    channels: tuple[ChannelQuality, ...]


@dataclass(frozen=True, slots=True)
class InputState:
    """By sample ``due`` it was known that the main channel is dead (``why``, a clause) or lives again (None)."""

    due: int
    why: str | None


@dataclass(frozen=True, slots=True)
class RangeState:
    """By sample ``due`` the sweeps of the main channel have shown this ``fault`` of the range that it declares."""

    due: int
    fault: RangeFault


PathResult = PulseFound | ChannelResponse | QualitySecond | InputState | RangeState


class SignalPipeline:
    """The streaming pipeline of all channels. Results depend on samples and pulses, never on block size."""

    def __init__(
        self, info: DeviceInfo, window_ms: tuple[float, float], criterion_uv: float | None, *, listen: bool,
        current_ma: float | None = None, silent: int = 0, marker: int | None = None,
    ) -> None:  # fmt: skip
        """Detect responses in ``window_ms`` after each pulse; ``listen`` finds the pulses by their artefact, and
        ``current_ma`` is then the reading of the external dial. The first ``silent`` pulses are known to be below
        threshold. Channel number ``marker`` shows the pulses of a stimulator on another clock, and no muscle.
        """
        sample_rate_hz = info.sample_rate_hz
        self._listen, self._follows_marks = listen and not info.marks_pulses, listen and info.marks_pulses
        self._sample_rate_hz = sample_rate_hz
        self._dial: list[tuple[int, float | None]] = [(0, current_ma)]
        self.history = RingBuffer(len(info.channels), int(_HISTORY_S * sample_rate_hz))
        self._slice = max(1, int(_SLICE_S * sample_rate_hz))
        self.monitor = SignalMonitor(len(info.channels), sample_rate_hz, tuple(c.range_uv for c in info.channels))
        self._dead = DeadInputDetector(sample_rate_hz, info.channels[0].step_uv, info.channels[0].range_uv)
        self._edges, self._rhythm = TransientDetector(0, sample_rate_hz), PulseTrainDetector(sample_rate_hz)
        self._marker = None if marker is None else TransientDetector(marker, sample_rate_hz)
        self._aligner = PulseAligner(sample_rate_hz, marker=marker is not None)
        self._detectors = [
            ResponseDetector(i, window_ms, info, criterion_uv, silent) for i in range(len(info.channels))
        ]
        self.muscle_channels = [i for i in range(len(info.channels)) if i != marker]
        self._range_fault: RangeFault | None = None
        self._hold = round(max(_HOLD_MS, _HOLD_WINDOWS * window_ms[1]) * sample_rate_hz / 1e3)
        self._margin = round(_MARGIN_MS * sample_rate_hz / 1e3)
        self._short = round(_LEAST_FREE_MS * sample_rate_hz / 1e3)
        self._still_sweep, self._still_before = (
            max(2, round(ms * sample_rate_hz / 1e3)) for ms in (_STILL_SWEEP_MS, _STILL_BEFORE_MS)
        )
        self._repeated = round(_REPEATED_S * sample_rate_hz)
        self._scheduled: list[tuple[int, int, int, PulseFound | _PendingSweep | QualitySecond | InputState]] = []
        self._order = count()
        self._pulses: deque[int] = deque(maxlen=64)
        self._known: deque[int] = deque(maxlen=64)

    def feed(self, block: Block) -> Iterator[PathResult]:
        """Yield all results that ``block`` completes, each as soon as it is ready. Consume the iterator to its end."""
        for pulse in () if self._listen else block.pulses:
            if pulse.requested_ns is not None:
                self._aligner.expect(pulse)
                continue
            if pulse.sample in self._known:
                continue
            self._known.append(pulse.sample)
            self._schedule(pulse.sample + 1, 0, PulseFound(pulse.sample + 1, self._with_current(pulse)))
            self.monitor.hold_out(pulse.sample)
        for at in range(0, max(len(block.samples), 1), self._slice):
            part = block.samples[at : at + self._slice]
            if len(part):
                self.history.append(block.first_sample + at, part)
            yield from self._advance()

    def dial(self, current_ma: float | None) -> None:
        """Set the reading of the external dial to ``current_ma`` from now on."""
        self._dial.append((self.history.end, current_ma))

    def response_due(self, within_s: float) -> bool:
        """Return whether a response will be due in less than ``within_s`` seconds of signal."""
        soon = self.history.end + within_s * self._sample_rate_hz
        return any(due < soon and isinstance(item, _PendingSweep) for due, _, _, item in self._scheduled)

    def _advance(self) -> Iterator[PathResult]:
        for edge in self._edges.advance(self.history):
            self.monitor.hold_out(edge.sample)
            if self._marker is None:
                self._aligner.add(edge)
            for pulse in self._rhythm.feed(edge, self.history) if self._listen else ():
                found = Pulse(pulse.sample, current_ma=self._dial_current(pulse.sample), source="artefact")
                self._schedule(edge.known_at, 0, PulseFound(edge.known_at, found))
        self._align()
        for change in self._dead.advance(self.history):
            self._schedule(change.due, -1, InputState(change.due, change.why))
        for due, channels in self.monitor.advance(self.history, self._edges.searched_to - self._margin):
            self._schedule(due, 2, QualitySecond(due, channels))
        while self._scheduled and self._scheduled[0][0] <= self.history.end:
            due, _, _, item = heapq.heappop(self._scheduled)
            yield from self._complete_sweep(due, item) if isinstance(item, _PendingSweep) else self._complete(item)

    def _align(self) -> None:
        """Find the pulses that were requested of a stimulator on another clock."""
        for edge in self._marker.advance(self.history) if self._marker else ():
            self._aligner.add(edge)
        for due, pulse, alignment in self._aligner.settle((self._marker or self._edges).searched_to):
            self._schedule(due, 0, PulseFound(due, pulse, alignment))

    def _dial_current(self, sample: int) -> float | None:
        """Return the dial's reading when ``sample`` was recorded."""
        return next(current_ma for since, current_ma in reversed(self._dial) if since <= sample)

    def _with_current(self, pulse: Pulse) -> Pulse:
        """Return ``pulse`` with the dial's current where a mark of an external stimulator does not report one."""
        unknown = self._follows_marks and pulse.current_ma is None and not pulse.compliance
        return replace(pulse, current_ma=self._dial_current(pulse.sample)) if unknown else pulse

    def _schedule(self, due: int, rank: int, item: PulseFound | _PendingSweep | QualitySecond | InputState) -> None:
        heapq.heappush(self._scheduled, (due, rank, next(self._order), item))

    def _complete(self, item: PulseFound | QualitySecond | InputState) -> list[PathResult]:
        if isinstance(item, PulseFound) and _may_evoke(item):
            for channel in () if item.pulse.unrequested else self.muscle_channels:
                self._prepare(item, channel)
            self._pulses.append(item.pulse.sample)
        return [item]

    def _prepare(self, pulse_found: PulseFound, channel: int) -> None:
        """Prepare for the response of ``channel``; nothing is learned from a dead stretch before the pulse."""
        detector, pulse = self._detectors[channel], pulse_found.pulse
        sweep_samples = detector.samples_after[0]
        still = is_constant(self.history, channel, pulse.sample - self._still_before, pulse.sample)
        if still or self._why_dead(channel, pulse_found.due):
            detector.skip(pulse)
        else:
            detector.prepare(self.history, pulse, self._free_from(pulse, sweep_samples))
        self._schedule(max(pulse_found.due, pulse.sample + sweep_samples), 1, _PendingSweep(pulse, channel))

    def _complete_sweep(self, due: int, pending: _PendingSweep) -> list[PathResult]:
        pulse, detector = pending.pulse, self._detectors[pending.channel]
        evoked, longer = self._judge(pending, detector, due)
        if longer and longer <= due:  # its samples are here, and the next pulse may be judged before it comes up again
            evoked, longer = self._judge(replace(pending, longer=True), detector, due)
        if longer:
            self._schedule(max(due, longer), 1, _PendingSweep(pulse, pending.channel, longer=True))
            return []
        detector.forget(pulse)
        return [ChannelResponse(due, pulse, pending.channel, evoked), *self._range_state(due)]

    def _range_state(self, due: int) -> Iterator[RangeState]:
        """Yield the fault of the main channel's range where it is new."""
        fault = self._detectors[0].range_fault
        if fault is not None and fault != self._range_fault:
            self._range_fault = fault
            yield RangeState(due, fault)

    def _judge(self, pending: _PendingSweep, detector: ResponseDetector, due: int) -> tuple[SweepResult, int | None]:
        """Return the result; and if it is unfinished and a longer sweep has no other pulse, when that is due."""
        first = pending.pulse.sample
        stop, longer = (first + after for after in detector.samples_after)
        if self._pulse_within(first, stop):
            return unknown_result("another pulse in the window"), None
        why = self._why_dead(pending.channel, due) or self._why_no_muscle(pending.channel, first, stop)
        if why:
            return unknown_result(f"the input is dead: {why}"), None
        free = not self._pulse_within(first, longer)
        evoked = detector.judge(self.history, pending.pulse, longer=pending.longer and free)
        return evoked, longer if evoked.unfinished and free and not pending.longer else None

    def _free_from(self, pulse: Pulse, sweep_samples: int) -> int:
        """Return where the stream before ``pulse`` is free of stimuli: well after the one before, or in a fast train at
        least after its window, ``sweep_samples`` samples long.
        """
        lives = self._dead.alive_since(pulse.sample)
        before = max((sample for sample in self._pulses if sample < pulse.sample), default=None)
        if before is None:
            return lives
        return max(lives, self._free_after(before, pulse, sweep_samples))

    def _free_after(self, before: int, pulse: Pulse, sweep_samples: int) -> int:
        return min(before + self._hold, max(before + sweep_samples, pulse.sample - self._short))

    def _why_dead(self, channel: int, due: int) -> str | None:
        """Return why the input was known to be dead by ``due``; only the main channel is watched continuously."""
        return self._dead.why_dead(due) if channel == 0 else None

    def _why_no_muscle(self, channel: int, first: int, stop: int) -> str | None:
        """Return why the sweep from ``first`` to ``stop`` cannot show a muscle; None where it can."""
        half = (stop - first) // 2
        if is_constant(self.history, channel, stop - min(half, self._still_sweep), stop):
            return "the sweep holds one value"
        if is_repeat(self.history, channel, first + half, stop, self._repeated):
            return "the sweep repeats earlier samples"
        return None

    def _pulse_within(self, first: int, stop: int) -> bool:
        return any(first < sample < stop for sample in self._pulses)


def _may_evoke(pulse_found: PulseFound) -> bool:
    """Return whether the pulse is known to have been delivered, and where."""
    pulse = pulse_found.pulse
    unfound = pulse.requested_ns is not None and pulse_found.alignment is None
    return pulse.outcome is not Outcome.NOT_DELIVERED and not unfound


@dataclass(frozen=True, slots=True)
class _PendingSweep:
    pulse: Pulse
    channel: int
    longer: bool = False
