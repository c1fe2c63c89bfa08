"""The search for a first response, or for one that was lost: as little charge as finds it, and a question to the
operator where nothing is found.

The current climbs to what is comfortable, waits there a little, and climbs once to the limit. After a response it
remembers that the nerve was in reach: it goes on from the present current, without the wait. Then it stays at what is
comfortable, so that a nerve that comes near responds at once. It climbs to the limit again only where the operator
wants that, or once a minute where there is nobody to answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guidance.contracts.events import Entry

COMFORTABLE_UC = 0.2
"""Charge in uC that most people bear for long, 2 mA for 0.1 ms: nerves are usually sought with 1 to 2 mA (a judgement
from practice, not measured).
"""

SKIN_UC = 0.1
"""Charge in uC that is not exceeded in the skin, whose own nerves are near: half of it (a judgement, unsourced)."""

_SKIN_S = 3.0
"""The tip counts as in the skin for so many s after the operator's entry of an insertion (a judgement, unsourced)."""

_COMFORTABLE_PULSES = 3
"""Pulses at the comfortable current before it climbs further (a judgement, unsourced)."""

_LIMIT_PULSES = 6
"""Pulses at the limit before the current returns to what is comfortable: a single one may be dead (a judgement)."""

ASK_AFTER_S = 20.0
"""Seconds without a response after which the operator is asked (a judgement, unsourced)."""

_ALONE_S = 60.0
"""Where nobody can answer, the current climbs to the limit once in so many s (a judgement, unsourced)."""

_AT = 0.99
"""A current counts as at a ceiling from this share of it: devices round."""


@dataclass(frozen=True, slots=True)
class SearchRange:
    """Currents of a search in mA, pulses being of ``width_ms``; ``asks``: an operator can answer."""

    start_ma: float
    max_ma: float
    width_ms: float
    asks: bool

    def charged_ma(self, charge_uc: float) -> float:
        """Return the current in mA that has ``charge_uc``, within the limit."""
        return min(charge_uc / self.width_ms, self.max_ma)


class Search:
    """One search, from its first pulse without a response until a response."""

    def __init__(self, search_range: SearchRange) -> None:
        """Begin a procedure."""
        self._range = search_range
        self._skin_until_s: float | None = None
        self._entries: list[Entry] = []
        self._is_inserted = False
        self._reset(is_lost=False)

    @property
    def is_asking(self) -> bool:
        """Whether the question to the operator is open."""
        return self._is_asking

    def end(self) -> None:
        """End the search by a response."""
        self._reset(is_lost=True)

    def _reset(self, *, is_lost: bool) -> None:
        self._since_s: float | None = None
        self._climbs, self._is_asking = 1, False
        self._comfortable_pulses = self._limit_pulses = 0
        self._is_lost = is_lost

    def apply_entry(self, what: str) -> None:
        """Apply the operator's entry: an insertion begins in the skin, ``search-on`` answers the question with yes."""
        if what == "insertion":
            self._reset(is_lost=False)
            self._is_inserted = True
        elif what == "redirect":
            self._reset(is_lost=False)
        elif what == "search-on":
            self._since_s, self._is_asking = None, False
            self._climbs, self._comfortable_pulses = 1, 0

    def entries(self) -> Iterator[Entry]:
        """Yield the questions since the last call."""
        found, self._entries = self._entries, []
        return iter(found)

    def next_ma(self, t: float, last_ma: float, step_ma: float) -> float:
        """Return the current in mA after a pulse of ``last_ma`` at ``t`` had no response; ``step_ma`` is the highest
        that may follow.
        """
        self._begin(t)
        ceiling_ma = self._ceiling_ma(t)
        self._count(last_ma, ceiling_ma)
        if self._since_s is not None and t - self._since_s >= (ASK_AFTER_S if self._range.asks else _ALONE_S):
            self._ask(t)
        return min(step_ma, self._ceiling_ma(t))

    def doing(self, last_ma: float) -> str:
        """Return in words what is being done, the last pulse being of ``last_ma``."""
        how = "the response is lost" if self._is_lost else "no response yet"
        if self._is_asking:
            return (
                f"still searching? {how} for {ASK_AFTER_S:.0f} s. Press Y to search up to {self._range.max_ma:g} mA "
                "once more"
            )
        if last_ma >= _AT * self._range.max_ma:
            return f"searching at the highest current: {how}"
        is_waiting = self._climbs == 0 and last_ma >= _AT * self._comfortable_ma
        return f"{'waiting at a comfortable current' if is_waiting else 'searching upward'}: {how}"

    @property
    def _comfortable_ma(self) -> float:
        return self._range.charged_ma(COMFORTABLE_UC)

    def _begin(self, t: float) -> None:
        if self._is_inserted:
            self._skin_until_s, self._is_inserted = t + _SKIN_S, False
        if self._since_s is None or t < self._since_s:
            self._since_s = t

    def _ceiling_ma(self, t: float) -> float:
        if self._skin_until_s is not None and t < self._skin_until_s:
            return self._range.charged_ma(SKIN_UC)
        waited = self._is_lost or self._comfortable_pulses >= _COMFORTABLE_PULSES
        return self._range.max_ma if self._climbs and waited else self._comfortable_ma

    def _count(self, last_ma: float, ceiling_ma: float) -> None:
        """Count the pulses at the two ceilings, and the climbs that are left."""
        if last_ma >= _AT * self._range.max_ma:
            self._limit_pulses += 1
            if self._limit_pulses >= _LIMIT_PULSES:
                self._climbs = self._limit_pulses = 0
        elif last_ma >= _AT * ceiling_ma and ceiling_ma >= self._comfortable_ma:
            self._comfortable_pulses += 1

    def _ask(self, t: float) -> None:
        """Ask the operator once; without one, climb again."""
        if not self._range.asks:
            self._since_s, self._climbs, self._comfortable_pulses = t, 1, 0
            text = f"no response for {_ALONE_S:.0f} s, and nobody to ask: one climb to {self._range.max_ma:g} mA"
            self._entries.append(Entry("still-searching", {"text": text, "asked": False}))
        elif not self._is_asking:
            self._is_asking = True
            text = f"no response for {ASK_AFTER_S:.0f} s: still searching?"
            self._entries.append(Entry("still-searching", {"text": text, "asked": True}))
