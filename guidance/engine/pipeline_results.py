"""The records that a result of the signal pipeline gives rise to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from drivers.base import Pulse
from guidance.contracts.events import Entry, PulseOutcome, Record, Stimulus
from guidance.contracts.sweep_wave import SweepWave
from guidance.engine.parts import EngineParts
from guidance.engine.records import response_of, signal_of, stimulus_of
from guidance.signal.pipeline import ChannelResponse, InputState, PathResult, PulseFound, QualitySecond, RangeState

_RECENT_STIMULI = 64
"""As many as the pipeline keeps; far more than can wait for their response at once."""

_USUAL_PULSE_RATE_HZ = 1.0
"""Rate by which an estimate turns stale where no stimulator is controlled: nerve stimulators give 1 or 2 a second."""


class PipelineResults:
    """Records of the pipeline's results; each pulse's outcome goes to the estimate, the controller and the monitors."""

    def __init__(self, parts: EngineParts) -> None:
        """Begin without any pulse."""
        self._parts = parts
        self._stimuli: deque[Stimulus] = deque(maxlen=_RECENT_STIMULI)

    def records(self, result: PathResult) -> Iterator[tuple[float, Record]]:
        """Yield the records of ``result``, each with its device time in s."""
        if isinstance(result, PulseFound):
            t, records = self._parts.seconds(result.pulse.sample), self._pulse(result)
        elif isinstance(result, ChannelResponse):
            t = self._parts.seconds(result.due)
            records = self._response(result, t)
        elif isinstance(result, InputState):
            t, records = self._parts.seconds(result.due), self._input_state(result)
        elif isinstance(result, RangeState):
            t, records = self._parts.seconds(result.due), self._parts.health.range_wrong(result.fault)
        else:
            t = self._parts.seconds(result.due)
            records = self._second(result, t)
        yield from ((t, record) for record in records)

    def _pulse(self, found: PulseFound) -> Iterator[Record]:
        parts, pulse = self._parts, found.pulse
        if parts.stimulation and not pulse.unrequested:
            parts.stimulation.pulse_reported(pulse)
        if parts.needle_guide:
            parts.needle_guide.pulse(pulse.sample)
        stimulus = stimulus_of(pulse, found.alignment)
        self._stimuli.append(stimulus)
        yield stimulus
        if not pulse.unrequested:
            lead_off = any(parts.health.lead_off)
            yield from parts.needle_monitor.pulse(pulse, parts.seconds(pulse.sample), lead_off=lead_off)

    def _response(self, measured: ChannelResponse, t: float) -> Iterator[Record]:
        parts, pulse = self._parts, measured.pulse
        response = response_of(measured, parts.info.channels[measured.channel].name, parts.settings.protocol)
        is_main = measured.channel == 0
        if is_main:
            parts.builder.add_sweep(pulse.sample, measured.evoked, pulse.current_ma)
        yield response
        if is_main:
            yield from self._outcome(PulseOutcome(self._stimulus(pulse), response, t, _wave_of(measured)))
        yield from self._restarted(parts.proximity.other_channels(response), t)

    def _outcome(self, outcome: PulseOutcome) -> Iterator[Record]:
        """Yield what the main channel's response to a pulse gives rise to."""
        parts = self._parts
        proximity = parts.proximity.estimate(outcome)
        if not outcome.response.contaminated:
            parts.health.last_response_t = outcome.t
        yield from self._restarted(parts.proximity.filter.entries(), outcome.t)
        yield proximity
        if parts.stimulation:
            parts.stimulation.observe(outcome, proximity)
            yield from parts.stimulation.controller.entries()
        yield from parts.proximity.too_close()
        yield from parts.needle_monitor.observe(outcome)
        yield from parts.proximity.cue_change()

    def _restarted(self, records: Iterable[Record], t: float) -> Iterator[Record]:
        """Yield ``records`` of a restart of the estimate; what rests on the response before begins anew with it."""
        parts = self._parts
        for record in records:
            yield record
            if isinstance(record, Entry):
                yield from parts.needle_monitor.apply_entry(record, t)
                if parts.stimulation:
                    parts.stimulation.controller.apply_entry(record.what)

    def _stimulus(self, pulse: Pulse) -> Stimulus:
        """Return the record that ``pulse`` was given; one made anew where it is not kept any more."""
        recorded = (stimulus for stimulus in reversed(self._stimuli) if stimulus.sample == pulse.sample)
        return next(recorded, stimulus_of(pulse))

    def _input_state(self, state: InputState) -> Iterator[Record]:
        """Yield that the input is dead, or alive again: an alarm of a live procedure, an entry of a recording whose gap
        was filled. A valid proximity lapses, since the muscle is not observed.
        """
        parts = self._parts
        parts.proximity.input_dead = state.why is not None
        if parts.is_live:
            yield from parts.health.signal_dead(state.why)
        else:
            text = f"the signal is dead: {state.why}" if state.why else "the signal is there again"
            yield Entry("signal-dead", {"active": parts.proximity.input_dead, "text": text})
        yield from parts.proximity.lapse()

    def _second(self, second: QualitySecond, t: float) -> Iterator[Record]:
        parts, counters = self._parts, self._parts.counters
        yield signal_of(second, parts.health.lead_off, counters.lost_samples, counters.bad_frames)
        yield from parts.health.second(second, t)
        if self._is_stale(t):
            yield from parts.proximity.lapse_stale()

    def _is_stale(self, t: float) -> bool:
        """Return whether the newest proximity is a valid one of a live procedure, and the last response too old."""
        parts, proximity = self._parts, self._parts.proximity.newest
        rate_hz = parts.stimulation.usual_pulse_rate_hz if parts.stimulation else _USUAL_PULSE_RATE_HZ
        by_emg = parts.needle_guide is not None and parts.needle_guide.guides
        is_renewed = proximity is not None and proximity.valid and parts.is_live and not by_emg
        return is_renewed and parts.health.is_stale(t, rate_hz)


def _wave_of(measured: ChannelResponse) -> SweepWave | None:
    """Return the sweep's samples; None where it could not be judged."""
    times = measured.evoked.times_ms
    if len(times) < 2:
        return None
    return SweepWave(float(times[0]), float(times[1] - times[0]), measured.evoked.uv)
