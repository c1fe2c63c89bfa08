"""The pages of the screen, in the order of a procedure: one key turns to the next, another turns back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guidance.contracts.snapshot import Snapshot
from guidance.language import mark, tr


class ScreenPage(StrEnum):
    """A page, shown between the alarms and the states."""

    PREPARE = "prepare"
    STOP = "stop"
    GUIDE = "guide"
    INJECT = "inject"
    REVIEW = "review"
    HELP = "help"
    RESCUE = "rescue"


_TITLES = {
    ScreenPage.PREPARE: mark("Prepare"),
    ScreenPage.STOP: mark("Stop"),
    ScreenPage.GUIDE: mark("Guide"),
    ScreenPage.INJECT: mark("Inject"),
    ScreenPage.REVIEW: mark("Review"),
    ScreenPage.HELP: mark("Help"),
    ScreenPage.RESCUE: mark("Rescue"),
}
_LIVE = (ScreenPage.PREPARE, ScreenPage.STOP, ScreenPage.GUIDE, ScreenPage.INJECT, ScreenPage.REVIEW)
_RECORDED = (ScreenPage.GUIDE, ScreenPage.REVIEW)


def order(snapshot: Snapshot | None) -> tuple[ScreenPage, ...]:
    """Return the pages; a replay has none to prepare or to inject, and the stop moment has one where it is required."""
    if snapshot is not None and not snapshot.live:
        return _RECORDED
    has_stop = snapshot is not None and snapshot.stop_moment is not None
    return tuple(page for page in _LIVE if has_stop or page is not ScreenPage.STOP)


def shown_title(page: ScreenPage) -> str:
    """Return the name of ``page`` for the operator."""
    return tr(_TITLES[page])


def first(snapshot: Snapshot) -> ScreenPage:
    """Return the page to begin with; a procedure under way needs guidance at once."""
    begun = bool(snapshot.stimuli) or (snapshot.stimulator is not None and snapshot.stimulator.armed)
    return ScreenPage.PREPARE if snapshot.live and not begun else ScreenPage.GUIDE


@dataclass(frozen=True, slots=True)
class PageState:
    """What decides which keys are active: the newest Snapshot, the page, and whether the user only observes."""

    snapshot: Snapshot | None
    page: ScreenPage
    is_observer: bool = False

    def beside(self, step: int) -> ScreenPage | None:
        """Return the page ``step`` further on (-1: back), None if there is none or from the help."""
        pages = order(self.snapshot)
        if self.page not in pages:
            return None
        at = pages.index(self.page) + step
        return pages[at] if 0 <= at < len(pages) else None

    @property
    def is_stopped(self) -> bool:
        """Whether the stop moment is at hand: its page is shown, and the user may answer."""
        return self.page is ScreenPage.STOP and not self.is_observer

    @property
    def mode(self) -> str:
        """Mode of the procedure: who chooses the current."""
        return self.snapshot.mode if self.snapshot else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that take one key each."""
        return self.snapshot.notes if self.snapshot else ()

    @property
    def has_needle_emg(self) -> bool:
        """Whether the needle's own EMG guides it."""
        return self.snapshot is not None and self.snapshot.needle is not None

    @property
    def simulates(self) -> bool:
        """Whether the patient is simulated."""
        return self.snapshot is not None and bool(self.snapshot.simulated)
