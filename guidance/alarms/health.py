"""Health of signal, electrodes, device, journal and screen, and the alarms of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from drivers.base import Block, Status
from guidance.alarms.board import AlarmBoard
from guidance.alarms.timing import TimingMonitor
from guidance.contracts.commands import Acknowledge, FrameAck
from guidance.contracts.events import Alarm, Entry, Proximity
from guidance.contracts.signal_fitness import stale_after_s
from guidance.signal.pipeline import QualitySecond
from guidance.signal.response.range_monitor import RangeFault
from guidance.stimulation.control import Stimulation
from guidance.stimulation.interlock import SCREEN_ALIVE_S, SIGNAL_FRESH_S, InterlockConditions

_LOSS_SHOWN_S = 5.0
"""The alarm ``samples-lost`` stays at least so long, in s, so that a short loss is noticed (a judgement, unsourced)."""

_LOSS_BORNE = 0.1
"""Seconds of signal that may be lost within one second while stimulation may still begin (a judgement, unsourced)."""

_SATURATED = 0.05
"""Share of a second's samples at the input's limit from which ``saturated`` holds (a judgement, unsourced)."""

_AT_LIMIT_S = 1.0
"""Seconds at the limit, longer than the artefact of any pulse (a judgement, unsourced)."""

_CLOSE_PROBABLE = 0.5
"""Probability of the zone ``close`` from which ``too-close`` begins at once: more likely than not."""

_CLOSE_PASSES = 2
"""Estimates in a row below that probability that end it: one may waver (a judgement, unsourced)."""

_STATUS_S = 1.0
"""A status may belong to a sample so far from its block, in s; beyond it, its time cannot be true (a judgement)."""

_AT_LIMIT = "The amplifier reports that its input has been at its limit for a second; check the electrodes."
_UNFIT = ("device-lost", "device-fault", "clock-wrong", "saturated", "lead-off", "signal-dead")
_AWAY = "Nobody sees the guidance: the screen has not responded for a second. No pulse is given."
_CLOSE = "Withdraw: the tip may be in the nerve. The threshold is at or below the lower bound."
_DEAD = (
    "The signal is dead: {}. No pulse is given. Check the electrodes' cable and the amplifier; switch it off and on."
)
_FLOOD = (
    "The device is faulty: it reports more pulses than a stimulator can give. They are ignored, and no pulse is "
    "given. Do not use it again before it has been inspected."
)
_FAULTS = {
    "host lost": "The amplifier had lost its host (host lost) and switched its stimulator off by itself.",
    "open circuit": "The amplifier reports an open circuit. Check needle cable and return electrode, then arm again.",
    "battery": "The amplifier's battery is empty, its stimulator is off. Charge it.",
}


class HealthMonitor:
    """The newest state of all that the interlock depends on, and the alarms of it."""

    def __init__(self, alarms: AlarmBoard, sample_rate_hz: float) -> None:
        """Begin with nothing known; alarms go to ``alarms``, ``sample_rate_hz`` is the signal's."""
        self._alarms, self._sample_rate_hz = alarms, sample_rate_hz
        self.screen_ack_ns: int | None = None
        self.storage_ok = True
        self.lead_off: tuple[bool, ...] = ()
        self.last_response_t: float | None = None
        self._fault: str | None = None
        self._floods = False
        self._arrived_ns: int | None = None
        self._losses: deque[tuple[float, float]] = deque(maxlen=200)
        self._armed_t: float | None = None
        self._within_t = 0.0
        self.timing = TimingMonitor(alarms, sample_rate_hz)
        self._passing = 0

    def receive(self, message: FrameAck | Acknowledge, now_ns: int) -> Iterator[Entry]:
        """Receive, at host time ``now_ns``, that the screen drew a frame or that the alarms were acknowledged."""
        if isinstance(message, FrameAck):
            self.screen_ack_ns = now_ns
        elif codes := self._alarms.acknowledge():
            yield Entry("acknowledge", {"alarms": codes})

    def screen_lost(self) -> None:
        """Note that nobody sees the guidance any more: for the interlock the screen is as old as the host."""
        self.screen_ack_ns = 0

    def journal_failed(self) -> None:
        """Note that nothing is recorded any more, for the rest of the procedure."""
        self.storage_ok = False

    def block(self, block: Block) -> Iterator[tuple[float, Alarm]]:
        """Receive ``block``; yield the alarms of its losses and states, each with its device time in s."""
        t = block.first_sample / self._sample_rate_hz
        if len(block.samples):
            self._arrived_ns = block.arrived_ns
            if not any(block.clipped):
                self._within_t = block.end_sample / self._sample_rate_hz
        if block.lost_before:
            lost_s = block.lost_before / self._sample_rate_hz
            self._losses.append((t, lost_s))
            why = ": the computer is too slow" if self.timing.computer_is_slow else "; check the cable"
            text = f"{lost_s * 1e3:.0f} ms of the signal were lost{why}."
            yield from self._changes(t, {"samples-lost": text})
        for status in block.status:
            yield from self._status(status, block)

    def second(self, second: QualitySecond, t: float) -> Iterator[Alarm]:
        """Yield the alarms that a ``second`` of signal begins or ends."""
        yield from self.clipped(max((quality.clipped_fraction or 0.0 for quality in second.channels), default=0.0), t)

    def clipped(self, clipped: float, t: float) -> Iterator[Alarm]:
        """Yield the same, where a share ``clipped`` of the second that ended at ``t`` is at the input's limit."""
        text = f"The input is at its limit for {clipped:.0%} of the time; check the electrodes."
        texts: dict[str, str | None] = {"saturated": text if clipped > _SATURATED else None}
        if not self._losses or t - self._losses[-1][0] > _LOSS_SHOWN_S:
            texts["samples-lost"] = None
        yield from (alarm for _, alarm in self._changes(t, texts))

    def is_fit(self, t: float, now_ns: int) -> bool:
        """Return whether samples arrive with few losses and all electrodes are on: fit to begin stimulation."""
        age_s = _age(self._arrived_ns, now_ns)
        arriving = age_s is not None and age_s <= SIGNAL_FRESH_S
        lost_s = sum(lost_s for at, lost_s in self._losses if at > t - 1.0)
        troubled = any(self._alarms.holds(code) for code in _UNFIT)
        return arriving and lost_s <= _LOSS_BORNE and not troubled and self._fault is None and self.storage_ok

    def signal_dead(self, why: str | None) -> Iterator[Alarm]:
        """Yield the alarm that the main channel's input is dead, for the reason ``why`` (a clause); None where it is
        alive.
        """
        yield from self._update("signal-dead", _DEAD.format(why) if why else None)

    def range_wrong(self, fault: RangeFault) -> Iterator[Alarm]:
        """Yield the alarm that the range of the main channel is not the one declared: low where only the range is
        wrong, medium where the sizes of responses may be, too. It holds for the rest of the procedure.
        """
        grave = "Amplitudes may be wrong; check range and gain at the device."
        mild = "Stimuli overload it early; move needle and recording electrodes apart, or choose a larger range."
        text = f"The input's range is another: {fault.why}. {grave if fault.is_grave else mild}"
        alarm = self._alarms.update("range-wrong", text, priority="medium" if fault.is_grave else None)
        if alarm:
            yield alarm

    def flood(self, *, floods: bool) -> Iterator[Alarm]:
        """Yield the alarm that the device reports more pulses than a stimulator can give."""
        self._floods = floods
        yield from self._update("device-fault", _FLOOD if floods else None, "reports")

    def too_close(self, proximity: Proximity) -> Alarm | None:
        """Return the alarm that the threshold is probably at or below the lower bound, whether the estimate is valid or
        not. Call once for each estimate.
        """
        close = (proximity.zone_probability or {}).get("close", 0.0)
        self._passing = self._passing + 1 if proximity.zone_probability and close < _CLOSE_PROBABLE else 0
        persists = self._alarms.holds("too-close") and 0 < self._passing < _CLOSE_PASSES
        probable = close >= _CLOSE_PROBABLE or persists
        return self._alarms.update("too-close", _CLOSE if probable else None)

    def is_stale(self, t: float, pulse_rate_hz: float) -> bool:
        """Return whether by device time ``t`` the last fit response is too old, for pulses at ``pulse_rate_hz``."""
        return t - max(self.last_response_t or 0.0, self._armed_t or 0.0) > stale_after_s(pulse_rate_hz)

    def supervise(self, stimulation: Stimulation | None, state: InterlockConditions, t: float) -> Iterator[Alarm]:
        """Yield the alarms of a running procedure that no block brings by itself.

        The amplifier's own report of a full input counts where it lasts for a second, longer than any pulse: only the
        amplifier knows of a stage before the samples, or where no range is known.
        """
        at_limit = state.connected and t - self._within_t > _AT_LIMIT_S
        yield from self._update("saturated", _AT_LIMIT if at_limit else None, "amplifier")
        yield from self._update("display-lost", _AWAY if _is_away(state) else None)
        if not state.connected:
            self._arrived_ns = None
            self.timing.restart()
        yield from self.timing.supervise(t)
        silent = state.connected and state.signal_age_s is not None and state.signal_age_s > 2 * SIGNAL_FRESH_S
        yield from self._update("stale", "No samples arrive; check the amplifier." if silent else None, "signal")
        if stimulation:
            self._armed_t = None if not state.armed else t if self._armed_t is None else self._armed_t
            stale = state.armed and self.is_stale(t, stimulation.usual_pulse_rate_hz)
            text = "No fit response to the last pulses: the estimate is stale."
            yield from self._update("stale", text if stale else None, "responses")
            yield from self._update("stimulus-not-delivered", stimulation.delivery_fault, "pulse")
            yield from self._update("stimulus-unrequested", stimulation.unrequested)
            yield from self._update("stimulus-not-delivered", stimulation.output.not_on, "output")
            yield from self._update("stimulator-not-off", stimulation.output.not_off)

    def is_silent(self, state: InterlockConditions) -> bool:
        """Return whether no samples arrive, so that device time does not pass and nothing is known any more."""
        return not state.connected or (state.signal_age_s or 0.0) > 2 * SIGNAL_FRESH_S

    def conditions(self, stimulation: Stimulation | None, now_ns: int, *, headless: bool) -> InterlockConditions:
        """Return the state that the interlock depends on, at host time ``now_ns``."""
        return InterlockConditions(
            armed=stimulation is not None and stimulation.armed,
            screen_age_s=_age(self.screen_ack_ns, now_ns),
            signal_age_s=_age(self._arrived_ns, now_ns),
            response_pending=stimulation is not None and stimulation.response_pending,
            without_response=0 if stimulation is None else stimulation.without_response,
            storage_ok=self.storage_ok,
            connected=not self._alarms.holds("device-lost") and not self._alarms.holds("device-fault", "stream"),
            lead_off=any(self.lead_off),
            device_fault=self._fault,
            headless=headless,
            device_floods=self._floods,
            reports_late=self.timing.reports_late,
            signal_dead=self._alarms.holds("signal-dead"),
            clock_wrong=self._alarms.holds("clock-wrong"),
            host_s=now_ns / 1e9,
        )

    def _status(self, status: Status, block: Block) -> Iterator[tuple[float, Alarm]]:
        sample, may = status.sample, round(_STATUS_S * self._sample_rate_hz)
        is_near = block.first_sample - may <= sample <= block.end_sample + may
        t = (sample if is_near else block.end_sample) / self._sample_rate_hz
        self.lead_off = status.lead_off
        self._fault = None if status.fault == "none" else status.fault
        off = ", ".join(str(i + 1) for i, lead in enumerate(status.lead_off) if lead)
        yield from self._changes(t, {"lead-off": f"The electrode of channel {off} is off; attach it." if off else None})
        for alarm in self._update("stimulus-not-delivered", fault_text(self._fault), "fault"):
            yield t, alarm

    def _changes(self, t: float, texts: dict[str, str | None]) -> Iterator[tuple[float, Alarm]]:
        for code, text in texts.items():
            for alarm in self._update(code, text):
                yield t, alarm

    def _update(self, code: str, text: str | None, cause: str = "") -> Iterator[Alarm]:
        alarm = self._alarms.update(code, text, cause)
        if alarm:
            yield alarm


def fault_text(fault: str | None) -> str | None:
    """Return the device's ``fault`` as a sentence; None for none."""
    if fault is None:
        return None
    return _FAULTS.get(fault, f"The amplifier reports a fault: {fault}. Clear its cause, then arm again.")


def _is_away(state: InterlockConditions) -> bool:
    return not state.headless and (state.screen_age_s or 0.0) > SCREEN_ALIVE_S


def _age(then_ns: int | None, now_ns: int) -> float | None:
    return None if then_ns is None else (now_ns - then_ns) / 1e9
