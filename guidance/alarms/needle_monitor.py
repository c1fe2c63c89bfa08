"""Signs of the needle apart from the estimate: its impedance, and the response that an injection takes away."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base import Outcome, Pulse
from guidance.alarms.board import AlarmBoard
from guidance.alarms.impedance import ImpedanceTrend
from guidance.alarms.twitch import TwitchMonitor
from guidance.contracts.events import Alarm, Entry, PulseOutcome

_NEW_PLACE = {"insertion", "redirect"}


class NeedleMonitor:
    """Source of the alarms ``impedance-rise``, ``impedance-fall`` and ``twitch-loss``; none of them moves
    the estimate.
    """

    def __init__(self, alarms: AlarmBoard) -> None:
        """Begin without readings; alarms go to ``alarms``."""
        self._alarms = alarms
        self._impedance, self._twitch = ImpedanceTrend(), TwitchMonitor()

    def pulse(self, pulse: Pulse, t: float, *, lead_off: bool) -> Iterator[Alarm]:
        """Receive a pulse at ``t`` and yield the alarms of its impedance; through an open circuit it shows nothing of
        the tissue.
        """
        if lead_off or pulse.outcome is not Outcome.DELIVERED:
            self._impedance.interrupt()
            return
        self._impedance.read(t, pulse.impedance_kohm)
        yield from self._changes()

    def observe(self, outcome: PulseOutcome) -> Iterator[Alarm]:
        """Yield the alarms that the main channel's response to a pulse begins or ends."""
        self._twitch.observe(outcome)
        yield from self._changes()

    def apply_entry(self, entry: Entry, t: float) -> Iterator[Alarm]:
        """Apply the ``entry`` at ``t``: at a new place all begins anew, in another fluid the impedance does, and with
        another muscle the twitch.
        """
        if entry.what in _NEW_PLACE:
            self._impedance.restart()
            self._twitch.restart()
        elif entry.what == "injection":
            self._impedance.restart()
            self._twitch.injected(t)
        elif entry.what == "response-changed":
            self._twitch.restart()
        yield from self._changes()

    def _changes(self) -> Iterator[Alarm]:
        rise, fall = self._impedance.rise, self._impedance.fall
        lost_ma, persists_ma = self._twitch.lost_ma, self._twitch.persists_ma
        for code, cause, text in (
            ("impedance-rise", "", None if rise is None else _rise(rise)),
            ("impedance-fall", "", None if fall is None else _fall(fall)),
            ("twitch-loss", "persists", None if persists_ma is None else _persists(persists_ma)),
            ("twitch-loss", "lost", None if lost_ma is None else _lost(lost_ma)),
        ):
            alarm = self._alarms.update(code, text, cause)
            if alarm:
                yield alarm


def _rise(share: float) -> str:
    return f"Impedance {share:+.0%} against this needle's baseline: the tip may have entered a nerve. Do not inject."


def _fall(share: float) -> str:
    return f"Impedance {share:+.0%} against this needle's baseline: the tip may be in a vessel or in fluid. Aspirate."


def _lost(current_ma: float) -> str:
    return (
        f"Twitch lost after the injection at {current_ma:.2f} mA, as is expected of saline or local anaesthetic. "
        "Thresholds do not show the distance now."
    )


def _persists(current_ma: float) -> str:
    return (
        f"Twitch not lost after the injection: still there at {current_ma:.2f} mA. Unless it was dextrose, stop and "
        "look where the fluid goes."
    )
