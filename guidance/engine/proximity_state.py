"""The proximity that is reported now. Each change of it is a record, and may begin an alarm or change the cue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Cue, Entry, Proximity, PulseOutcome, Record, Response, unknown_proximity
from guidance.contracts.zones import edges_of
from guidance.cue import MAPPINGS, CueChooser
from guidance.engine.settings import Settings
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.responding_channels import RespondingChannels
from guidance.proximity.zone_hysteresis import ZoneHysteresis


class ProximityState:
    """The newest Proximity, which lapses where nothing is known any more.

    ``newest`` is None until there is one. ``filter`` estimates it from pulses and their responses. ``input_dead``:
    whether the main channel's input is dead, so that nothing is known.
    """

    def __init__(self, settings: Settings, health: HealthMonitor, channels: int = 1) -> None:
        """Begin without a Proximity; ``health`` raises the alarm ``too-close``. Responses come of so many ``channels``
        that show a muscle.
        """
        protocol = settings.protocol
        self.filter = ProximityFilter(
            settings.threshold_criterion_uv, protocol.lower_bound_ma, protocol.target_ma,
            by_width=settings.probe_widths, limit_ma=protocol.max_current_ma,
        )  # fmt: skip
        self.newest: Proximity | None = None
        self.input_dead = False
        self._health = health
        self._zone_hysteresis = ZoneHysteresis()
        self._channels = RespondingChannels(channels)
        self._cues = CueChooser(MAPPINGS[settings.sounds], edges_of(protocol))

    def estimate(self, outcome: PulseOutcome) -> Proximity:
        """Estimate the proximity after ``outcome``, keep it as the newest, and return it."""
        self.newest = self._unless_dead(self._zone_hysteresis.settle(self.filter.observe(outcome)))
        return self.newest

    def adopt(self, proximity: Proximity) -> Iterator[Record]:
        """Yield ``proximity``, which becomes the newest, and a change of the cue; an unknown one of a dead input."""
        self.newest = self._unless_dead(proximity)
        yield self.newest
        yield from self.cue_change()

    def apply_entry(self, entry: Entry) -> Iterator[Record]:
        """Yield ``entry`` as it is recorded; where it changes what is known of the nerve, the new proximity too."""
        effect = self.filter.apply_entry(entry.what)
        if effect:
            self._channels.restart()
        yield replace(entry, fields=entry.fields | {"estimate": effect}) if effect else entry
        if effect:
            yield from self._begin_anew()

    def other_channels(self, response: Response) -> Iterator[Record]:
        """Yield that other channels respond than before, where ``response`` settles that: the estimate restarts."""
        change = self._channels.observe(response)
        if change is not None and self.filter.restart_by(change):
            yield from self.filter.entries()
            yield from self._begin_anew()

    def _begin_anew(self) -> Iterator[Record]:
        """Yield the proximity of an estimate that knows nothing, and what follows from it."""
        self.newest = self._unless_dead(self.filter.unknown(self.newest.sample if self.newest else 0))
        yield self.newest
        yield from self.too_close()
        yield from self.cue_change()

    def lapse(self) -> Iterator[Record]:
        """Yield an unknown proximity in place of a valid one of a dead input, and a change of the cue."""
        if self.input_dead and self.newest and self.newest.valid:
            yield from self.adopt(self.newest)

    def lapse_silent(self) -> Iterator[Record]:
        """Yield a ``stale`` proximity in place of a valid one: no samples arrive, so device time does not pass."""
        if self.newest and self.newest.valid:
            yield from self.lapse_stale()

    def lapse_stale(self) -> Iterator[Record]:
        """Yield a ``stale`` proximity in place of the newest, and a change of the cue."""
        if self.newest:
            self.newest = unknown_proximity(self.newest.sample, "stale")
            yield self.newest
            yield from self.cue_change()

    def too_close(self) -> Iterator[Record]:
        """Yield the alarm that the newest proximity begins or ends."""
        alarm = self._health.too_close(self.newest) if self.newest else None
        if alarm:
            yield alarm

    def cue_change(self) -> Iterator[Cue]:
        """Yield the cue of the newest proximity where it is another one than before."""
        cue = self._cues.changed(self.newest) if self.newest else None
        if cue:
            yield cue

    def _unless_dead(self, proximity: Proximity) -> Proximity:
        """Return ``proximity``, or an unknown one while the input is dead."""
        return unknown_proximity(proximity.sample, "signal-dead", by=proximity.by) if self.input_dead else proximity
