"""The pages of the screen, in the order of a procedure: one key leads to the next, another back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guidance.contracts.snapshot import Snapshot


class ScreenPage(StrEnum):
    """What is shown between the alarms and the states."""

    PREPARE = "prepare"
    GUIDE = "guide"
    INJECT = "inject"
    REVIEW = "review"
    HELP = "help"


_LIVE = (ScreenPage.PREPARE, ScreenPage.GUIDE, ScreenPage.INJECT, ScreenPage.REVIEW)
_RECORDED = (ScreenPage.GUIDE, ScreenPage.REVIEW)


def order(snapshot: Snapshot | None) -> tuple[ScreenPage, ...]:
    """The pages that there are; a replay has nothing to prepare and injects nothing."""
    return _LIVE if snapshot is None or snapshot.live else _RECORDED


def first(snapshot: Snapshot) -> ScreenPage:
    """Where to begin: a procedure under way needs guidance at once."""
    begun = bool(snapshot.stimuli) or (snapshot.stimulator is not None and snapshot.stimulator.armed)
    return ScreenPage.PREPARE if snapshot.live and not begun else ScreenPage.GUIDE


@dataclass(frozen=True, slots=True)
class PageState:
    """What decides which keys hold: the newest Snapshot, the page, and whether one only looks on."""

    snapshot: Snapshot | None
    page: ScreenPage
    is_observer: bool = False

    def beside(self, step: int) -> ScreenPage | None:
        """The page ``step`` further on (-1: back), None where there is none; from the help, nowhere but back."""
        pages = order(self.snapshot)
        if self.page not in pages:
            return None
        at = pages.index(self.page) + step
        return pages[at] if 0 <= at < len(pages) else None

    @property
    def mode(self) -> str:
        """Who chooses the current."""
        return self.snapshot.mode if self.snapshot else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What may be noted by one key."""
        return self.snapshot.notes if self.snapshot else ()

    @property
    def has_needle_emg(self) -> bool:
        """Whether the needle is guided by its own EMG."""
        return self.snapshot is not None and self.snapshot.needle is not None

    @property
    def simulates(self) -> bool:
        """Whether the patient is a simulated one."""
        return self.snapshot is not None and bool(self.snapshot.simulated)
