"""The records that a block of the amplifier gives rise to: losses, states, buttons, pulses, and what its
samples show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from drivers.base import Block, Button, Pulse
from guidance.contracts.events import Entry, Proximity, Record, TimedRecord
from guidance.engine.parts import EngineParts
from guidance.engine.pipeline_results import PipelineResults
from guidance.needle_emg.guide import NeedleGuide


class BlockProcessor:
    """Records of blocks, in the order of the signal."""

    def __init__(self, parts: EngineParts) -> None:
        """Feed the stages ``parts``."""
        self._parts = parts
        self._results = PipelineResults(parts)

    def records(self, block: Block) -> Iterator[TimedRecord]:
        """Yield the records that ``block`` gives rise to."""
        parts = self._parts
        parts.counters.count_block(block)
        if parts.is_live and block.pulses:
            for pulse in block.pulses:
                late_s = 0.0 if pulse.requested_ns is not None else parts.t - parts.seconds(pulse.sample)
                yield from parts.timed(parts.health.timing.report_late(late_s, parts.t))
            block = replace(block, pulses=tuple(self._reconcile(block)))
        yield from (TimedRecord(t, alarm) for t, alarm in parts.health.block(block))
        if parts.stimulation:
            for status in block.status:
                parts.stimulation.output.report(status.state)
        for button in block.buttons:
            yield from (TimedRecord(parts.seconds(button.sample), record) for record in self._button(button))
        for part in parts.needle_guide.cut(block) if parts.needle_guide else (block,):
            for t, record in self._part(part):
                yield TimedRecord(t, record, block.arrived_ns)

    def _part(self, part: Block) -> Iterator[tuple[float, Record]]:
        """Yield what the pipeline, and then the needle's own EMG, make of ``part`` of a block."""
        for result in self._parts.pipeline.feed(part):
            yield from self._results.records(result)
        if self._parts.needle_guide:
            yield from self._guide_by_emg(self._parts.needle_guide, part)

    def _reconcile(self, block: Block) -> Iterator[Pulse]:
        """Yield the pulses that the device reports with ``block``, marked where they were not requested; of a flood of
        reports the rest is left out.
        """
        parts = self._parts
        for pulse in block.pulses:
            if not parts.report_limit.admits(parts.t):
                continue
            requested = parts.stimulation is None or parts.stimulation.reconcile(pulse, parts.seconds(pulse.sample))
            yield pulse if requested else replace(pulse, unrequested=True)

    def _button(self, button: Button) -> Iterator[Record]:
        """Yield that the amplifier's pedal or needle button was pressed, and stop: no other key is always in reach."""
        stimulation = self._parts.stimulation
        if not button.pressed:
            return
        stops = stimulation is not None and stimulation.armed
        yield Entry("button", {"button": button.button, "did": "stop" if stops else "nothing"})
        if stimulation and stops:
            yield from stimulation.disarm("operator", f"button {button.button} was pressed")

    def _guide_by_emg(self, guide: NeedleGuide, part: Block) -> Iterator[tuple[float, Record]]:
        """Yield what the needle's own EMG shows; it guides while nothing stimulates."""
        parts = self._parts
        stimulates = parts.stimulation is not None and parts.stimulation.armed
        for record in guide.set_stimulating(part.first_sample, stimulates=stimulates):
            yield parts.seconds(part.first_sample), record
        for sample, shown in guide.follow(part):
            records = parts.proximity.adopt(shown) if isinstance(shown, Proximity) else (shown,)
            yield from ((parts.seconds(sample), record) for record in records)
