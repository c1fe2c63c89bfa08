"""What the engine watches beside the signal's answers: freshness, leads, losses, the screen; and their alarms."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base import Block, Status
from guidance.alarms import AlarmBoard
from guidance.events import Alarm, Proximity
from guidance.interlock import SCREEN_ALIVE_S, SIGNAL_FRESH_S, Conditions
from guidance.signal.path import Second
from guidance.stimulation import Stimulation

_LOSS_SHOWN_S = 5.0
_SATURATED = 0.05
_STALE_S = 3.0
_CLOSE_PROBABLE = 0.5


class Watch:
    """Keeps the newest of everything the interlock asks about, and raises the alarms of it."""

    def __init__(self, alarms: AlarmBoard, rate_hz: float) -> None:
        """Alarms go to ``alarms``; ``rate_hz`` is the signal's."""
        self._alarms, self._rate_hz = alarms, rate_hz
        self.screen_seen_ns: int | None = None
        self.storage_ok = True
        self.lead_off: tuple[bool, ...] = ()
        self.answered_t: float | None = None
        self._fault: str | None = None
        self._arrived_ns: int | None = None
        self._lost_t: float | None = None
        self._armed_t: float | None = None

    def block(self, block: Block) -> Iterator[tuple[float, Alarm]]:
        """Take in what came with ``block``."""
        t = block.first_sample / self._rate_hz
        if len(block.samples):
            self._arrived_ns = block.arrived_ns
        if block.lost_before:
            self._lost_t = t
            text = f"{block.lost_before / self._rate_hz * 1e3:.0f} ms of the signal were lost; check the cable."
            yield from self._changes(t, {"samples-lost": text})
        for status in block.status:
            yield from self._changes(status.sample / self._rate_hz, self._status(status))

    def second(self, second: Second, t: float) -> Iterator[Alarm]:
        """Alarms that a second of signal begins or ends."""
        clipped = max((quality.clipped_fraction or 0.0 for quality in second.channels), default=0.0)
        if self._lost_t is not None and t - self._lost_t > _LOSS_SHOWN_S:
            self._lost_t = None
            yield from (alarm for _, alarm in self._changes(t, {"samples-lost": None}))
        text = f"The input is at its limit for {clipped:.0%} of the time; check the electrodes."
        yield from (alarm for _, alarm in self._changes(t, {"saturated": text if clipped > _SATURATED else None}))

    def sound(self, now_ns: int) -> bool:
        """Whether samples arrive without loss, and all electrodes are on: fit to begin stimulation."""
        age_s = _age(self._arrived_ns, now_ns)
        arriving = age_s is not None and age_s <= SIGNAL_FRESH_S
        troubled = any(self._alarms.holds(code) for code in ("samples-lost", "saturated", "lead-off"))
        return arriving and not troubled and self._fault is None and self.storage_ok

    def too_close(self, proximity: Proximity) -> Alarm | None:
        """The alarm that the threshold is probably at or below the lower bound."""
        probable = proximity.valid and (proximity.zone_probability or {}).get("close", 0.0) >= _CLOSE_PROBABLE
        text = "The threshold is at or below the lower bound: the tip may be in the nerve. Withdraw."
        return self._alarms.condition("too-close", text if probable else None)

    def live(self, stimulation: Stimulation, state: Conditions, t: float) -> Iterator[Alarm]:
        """Alarms of a running procedure that no block brings."""
        self._armed_t = None if not state.armed else self._armed_t if self._armed_t is not None else t
        since = max(self.answered_t or 0.0, self._armed_t or 0.0)
        silent = state.armed and t - since > _STALE_S
        no_signal = state.signal_age_s is None or state.signal_age_s > 2 * SIGNAL_FRESH_S
        stale = "No samples arrive." if no_signal else f"No answer for {_STALE_S:g} s: the estimate is stale."
        away = not state.headless and (state.screen_age_s or 0.0) > SCREEN_ALIVE_S
        found: dict[str, str | None] = {
            "stale": stale if silent or (no_signal and state.signal_age_s is not None) else None,
            "display-lost": "The screen has not answered for a second; the stimulator is off." if away else None,
        }
        if stimulation.amiss:
            found["stimulus-not-delivered"] = stimulation.amiss
        yield from (alarm for _, alarm in self._changes(t, found))

    def conditions(self, now_ns: int, *, armed: bool, pending: bool, headless: bool) -> Conditions:
        """What the interlock asks about, at host time ``now_ns``."""
        return Conditions(
            armed=armed,
            screen_age_s=_age(self.screen_seen_ns, now_ns),
            signal_age_s=_age(self._arrived_ns, now_ns),
            answer_pending=pending,
            storage_ok=self.storage_ok,
            lead_off=any(self.lead_off),
            device_fault=self._fault,
            headless=headless,
        )

    def _status(self, status: Status) -> dict[str, str | None]:
        self.lead_off = status.lead_off
        self._fault = None if status.fault == "none" else status.fault
        off = ", ".join(str(i + 1) for i, lead in enumerate(status.lead_off) if lead)
        fault = f"The amplifier reports a fault: {self._fault}. Clear it, then arm again." if self._fault else None
        found: dict[str, str | None] = {
            "lead-off": f"Electrode of channel {off} is off; attach it again." if off else None
        }
        if fault or self._alarms.holds("stimulus-not-delivered"):
            found["stimulus-not-delivered"] = fault
        return found

    def _changes(self, t: float, found: dict[str, str | None]) -> Iterator[tuple[float, Alarm]]:
        for code, text in found.items():
            alarm = self._alarms.condition(code, text)
            if alarm:
                yield t, alarm


def _age(then_ns: int | None, now_ns: int) -> float | None:
    return None if then_ns is None else (now_ns - then_ns) / 1e9
