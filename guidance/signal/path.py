"""From blocks to findings: pulses, answers, and the quality of each second, in the order of the signal's own clock."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from drivers.base import Block, DeviceInfo, Outcome, Pulse
from guidance.signal.align import Aligner, Alignment
from guidance.signal.evoked import SweepResult
from guidance.signal.history import History
from guidance.signal.listen import EdgeFinder, Rhythm
from guidance.signal.monitor import Monitor, Quality
from guidance.signal.response import ResponseDetector

LEAST_RATE_HZ = 2000.0
"""Below this rate nothing can be said of evoked responses."""

_HISTORY_S = 8.0
_SLICE_S = 1.0
_MARGIN_MS = 2.0
_HOLD_MS, _HOLD_WINDOWS, _LEAST_FREE_MS = 60.0, 2.5, 20.0


@dataclass(frozen=True, slots=True)
class PulseSeen:
    """A pulse; ``due`` is the sample index by which it was known. ``alignment``: how it was found, if looked for."""

    due: int
    pulse: Pulse
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What channel number ``channel`` answered to ``pulse``, known by sample ``due``."""

    due: int
    pulse: Pulse
    channel: int
    evoked: SweepResult


@dataclass(frozen=True, slots=True)
class Second:
    """The quality of each channel over one second, known by sample ``due``."""

    due: int
    channels: tuple[Quality, ...]


Finding = PulseSeen | Answer | Second


class SignalPath:
    """The streaming path of all channels. Findings depend on samples and pulses, never on how blocks were cut."""

    def __init__(
        self, info: DeviceInfo, window_ms: tuple[float, float], criterion_uv: float | None, *, listen: bool,
        current_ma: float | None = None, silent: int = 0, marker: int | None = None,
    ) -> None:  # fmt: skip
        """Look for responses in ``window_ms`` after each pulse; ``listen`` finds the pulses by their artefact, and
        ``current_ma`` is then what the other maker's dial shows. The first ``silent`` pulses are known to be below
        threshold. Channel number ``marker`` shows the pulses of a stimulator on another clock, and no muscle.
        """
        rate_hz = info.sample_rate_hz
        self._listen, self._follows_marks = listen and not info.marks_pulses, listen and info.marks_pulses
        self._rate_hz = rate_hz
        self._dial: list[tuple[int, float | None]] = [(0, current_ma)]
        self.history = History(len(info.channels), int(_HISTORY_S * rate_hz))
        self._slice = max(1, int(_SLICE_S * rate_hz))
        self.monitor = Monitor(len(info.channels), rate_hz, tuple(c.range_uv for c in info.channels))
        self._edges, self._rhythm = EdgeFinder(0, rate_hz), Rhythm(rate_hz)
        self._marker = None if marker is None else EdgeFinder(marker, rate_hz)
        self._aligner = Aligner(rate_hz, marker=marker is not None)
        self._detectors = [
            ResponseDetector(i, window_ms, info, criterion_uv, silent) for i in range(len(info.channels))
        ]
        self._answering = [i for i in range(len(info.channels)) if i != marker]
        self._hold = round(max(_HOLD_MS, _HOLD_WINDOWS * window_ms[1]) * rate_hz / 1e3)
        self._margin = round(_MARGIN_MS * rate_hz / 1e3)
        self._short = round(_LEAST_FREE_MS * rate_hz / 1e3)
        self._waiting: list[tuple[int, int, int, PulseSeen | _Look | Second]] = []
        self._order = count()
        self._pulses: deque[int] = deque(maxlen=64)
        self._known: deque[int] = deque(maxlen=64)

    def feed(self, block: Block) -> Iterator[Finding]:
        """All findings that ``block`` completes, each as soon as it is made: take them all."""
        for pulse in () if self._listen else block.pulses:
            if pulse.asked_ns is not None:
                self._aligner.expect(pulse)
                continue
            if pulse.sample in self._known:
                continue
            self._known.append(pulse.sample)
            self._await(pulse.sample + 1, 0, PulseSeen(pulse.sample + 1, self._with_current(pulse)))
            self.monitor.hold_out(pulse.sample)
        for at in range(0, max(len(block.samples), 1), self._slice):
            part = block.samples[at : at + self._slice]
            if len(part):
                self.history.append(block.first_sample + at, part)
            yield from self._advance()

    def dial(self, current_ma: float | None) -> None:
        """Take it that the dial of another maker's stimulator shows ``current_ma`` from now on."""
        self._dial.append((self.history.end, current_ma))

    def answer_due(self, within_s: float) -> bool:
        """Whether an answer will be due in less than ``within_s`` seconds of signal."""
        soon = self.history.end + within_s * self._rate_hz
        return any(due < soon and isinstance(item, _Look) for due, _, _, item in self._waiting)

    def _advance(self) -> Iterator[Finding]:
        for edge in self._edges.advance(self.history):
            self.monitor.hold_out(edge.sample)
            if self._marker is None:
                self._aligner.add(edge)
            for pulse in self._rhythm.feed(edge) if self._listen else ():
                found = Pulse(pulse.sample, current_ma=self._dialled(pulse.sample), source="artefact")
                self._await(edge.known_at, 0, PulseSeen(edge.known_at, found))
        self._align()
        for due, channels in self.monitor.advance(self.history, self._edges.searched_to - self._margin):
            self._await(due, 2, Second(due, channels))
        while self._waiting and self._waiting[0][0] <= self.history.end:
            due, _, _, item = heapq.heappop(self._waiting)
            yield from self._look(due, item) if isinstance(item, _Look) else self._notice(item)

    def _align(self) -> None:
        """Find the pulses that a stimulator on another clock was asked for."""
        for edge in self._marker.advance(self.history) if self._marker else ():
            self._aligner.add(edge)
        for due, pulse, alignment in self._aligner.settle((self._marker or self._edges).searched_to):
            self._await(due, 0, PulseSeen(due, pulse, alignment))

    def _dialled(self, sample: int) -> float | None:
        """What the dial showed when ``sample`` was recorded."""
        return next(current_ma for since, current_ma in reversed(self._dial) if since <= sample)

    def _with_current(self, pulse: Pulse) -> Pulse:
        """``pulse``, its current what the dial shows where a mark of another maker's stimulator does not tell it."""
        unknown = self._follows_marks and pulse.current_ma is None and not pulse.compliance
        return replace(pulse, current_ma=self._dialled(pulse.sample)) if unknown else pulse

    def _await(self, due: int, rank: int, item: PulseSeen | _Look | Second) -> None:
        heapq.heappush(self._waiting, (due, rank, next(self._order), item))

    def _notice(self, item: PulseSeen | Second) -> list[Finding]:
        if isinstance(item, PulseSeen) and _may_be_answered(item):
            for channel in self._answering:
                detector = self._detectors[channel]
                answered = item.pulse.sample + detector.samples_after[0]
                detector.prepare(self.history, item.pulse, self._free_from(item.pulse, detector.samples_after[0]))
                self._await(max(item.due, answered), 1, _Look(item.pulse, channel))
            self._pulses.append(item.pulse.sample)
        return [item]

    def _look(self, due: int, look: _Look) -> list[Finding]:
        pulse, detector = look.pulse, self._detectors[look.channel]
        evoked, longer = self._judge(look, detector)
        if longer:
            self._await(max(due, longer), 1, _Look(pulse, look.channel, longer=True))
            return []
        detector.forget(pulse)
        return [Answer(due, pulse, look.channel, evoked)]

    def _judge(self, look: _Look, detector: ResponseDetector) -> tuple[SweepResult, int | None]:
        """The answer; and if it is unfinished and a longer look is free, the sample at which that is due."""
        first = look.pulse.sample
        stop, longer = (first + after for after in detector.samples_after)
        if self._pulse_within(first, stop):
            return detector.unknown("another pulse in the window"), None
        free = not self._pulse_within(first, longer)
        evoked = detector.judge(self.history, look.pulse, longer=look.longer and free)
        return evoked, longer if evoked.unfinished and free and not look.longer else None

    def _free_from(self, pulse: Pulse, answered: int) -> int:
        """Where the stream before ``pulse`` is free of stimuli: well after the one before, or in a fast train at least
        after its window, ``answered`` samples long.
        """
        before = max((sample for sample in self._pulses if sample < pulse.sample), default=None)
        if before is None:
            return 0
        return min(before + self._hold, max(before + answered, pulse.sample - self._short))

    def _pulse_within(self, first: int, stop: int) -> bool:
        return any(first < sample < stop for sample in self._pulses)


def _may_be_answered(seen: PulseSeen) -> bool:
    """Whether it is known that there was a pulse, and where."""
    pulse = seen.pulse
    unfound = pulse.asked_ns is not None and seen.alignment is None
    return pulse.outcome is not Outcome.NOT_DELIVERED and not unfound


@dataclass(frozen=True, slots=True)
class _Look:
    pulse: Pulse
    channel: int
    longer: bool = False
