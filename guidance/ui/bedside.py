"""The one screen and its layout. With currents known, gauge and zone lead; without, the sweeps do."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from guidance.snapshot import Snapshot
from guidance.ui.estimate import Reader
from guidance.ui.facts import is_guided
from guidance.ui.theme import BACKGROUND
from guidance.ui.widgets.alarms import Alarms
from guidance.ui.widgets.bars import Bars
from guidance.ui.widgets.dosed import Dosed
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.gauge import Gauge
from guidance.ui.widgets.judged import Judged
from guidance.ui.widgets.keys import Keys
from guidance.ui.widgets.needle import NeedlePanel
from guidance.ui.widgets.output import Output
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.reading import Reading
from guidance.ui.widgets.status import Status
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.sweeps import Sweeps
from guidance.ui.widgets.title import Title
from guidance.ui.widgets.zone import ZoneWord

_BREAKPOINTS = [(0, "-tight"), (36, "-roomy"), (46, "-tall")]


class Bedside(Screen[None], inherit_bindings=False):
    """Draws Snapshots; has no keys of its own, so that none holds but the app's."""

    DEFAULT_CSS = f"""
    Bedside {{
        background: {BACKGROUND};
        layers: base banner;
        #body, #figures {{ width: 1fr; }}
        #figures {{ min-width: 26; }}
        #middle {{ height: 12fr; }}
        &.-roomy, &.-tall {{ Bars, EmgStrip {{ margin-top: 1; }} }}
        &.-stopped Panel {{ opacity: 40%; }}
        &.-stopped Stopped {{ opacity: 100%; }}
        &.-guided {{
            Gauge, ZoneWord, Output {{ display: block; }}
            #body, #figures {{ margin-left: 1; }}
            #middle {{ height: 16fr; }}
            &.-tight Title {{ height: 1; }}
            &.-tight ZoneWord {{ height: 8; }}
            &.-tight Bars, &.-tight EmgStrip {{ display: none; }}
            &.-tall ZoneWord {{ height: 13; }}
        }}
    }}
    """
    VERTICAL_BREAKPOINTS = _BREAKPOINTS

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self.title_line, self.alarms, self.sweeps = Title(), Alarms(), Sweeps()
        self.output, self.status, self.keys, self.banner = Output(), Status(), Keys(), Stopped()
        self.reading = Reading()
        self._estimated = (Gauge(), ZoneWord())
        self._reader = Reader()
        self._newest: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """Lay out the parts: across the top, the gauge beside all else, across the bottom; the banner over them."""
        gauge, zone = self._estimated
        yield self.title_line
        yield self.alarms
        yield Judged()
        yield Dosed()
        yield NeedlePanel()
        with Horizontal():
            yield gauge
            with Vertical(id="body"):
                yield zone
                yield Horizontal(self.sweeps, Vertical(self.output, self.reading, id="figures"), id="middle")
                yield Bars()
                yield EmgStrip()
        yield self.status
        yield self.keys
        yield self.banner

    def show(self, snapshot: Snapshot) -> None:
        """Draw ``snapshot``."""
        self._newest = snapshot
        if is_guided(snapshot):  # and from here on, or the layout would jump with a pulse of unknown current
            self.add_class("-guided")
        for panel in self.query(Panel):
            panel.show(snapshot)

    def show_silence(self, silent_s: int | None) -> None:
        """Say for how long the engine has been silent, if for too long; an estimate is then no longer known."""
        self.alarms.show_silence(silent_s)
        self._show_estimate(silent=silent_s is not None)

    def show_stopped(self) -> None:
        """Say that the engine's process is gone."""
        self.banner.display = True
        self.call_after_refresh(self._dim)

    def _dim(self) -> None:
        """Make what is old look old, which takes longer than the banner may."""
        self._show_estimate(silent=True)
        self.add_class("-stopped")

    def _show_estimate(self, *, silent: bool) -> None:
        if self._newest is not None:
            estimate = self._reader.read(self._newest, silent=silent)
            for panel in self._estimated:
                panel.tell(estimate)
            self.reading.show_age(is_old=estimate.is_old and self.has_class("-guided"))
