"""The screen of a procedure: alarms, states and keys always in sight, and one page between them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from guidance.contracts.snapshot import Snapshot
from guidance.ui.arming import Stage
from guidance.ui.estimate import EstimateReader, is_guided, is_led_by_emg
from guidance.ui.pages import ScreenPage
from guidance.ui.widgets.alarms import AlarmBars
from guidance.ui.widgets.bars import ResponseBars
from guidance.ui.widgets.checks import Checks
from guidance.ui.widgets.dose_line import DoseLine
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.entry import EntryLine
from guidance.ui.widgets.gauge import GaugePanel
from guidance.ui.widgets.help import HelpPage
from guidance.ui.widgets.keys import KeyBar
from guidance.ui.widgets.latency_line import LatencyLine
from guidance.ui.widgets.leave import LeaveLine
from guidance.ui.widgets.needle import NeedlePanel
from guidance.ui.widgets.output import StimulatorPanel
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.reading import Reading
from guidance.ui.widgets.rescue_page import RescuePage
from guidance.ui.widgets.review import Review
from guidance.ui.widgets.states import StatesLine
from guidance.ui.widgets.status import StatusLine
from guidance.ui.widgets.stop_page import StopPage
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.sweeps import Sweeps
from guidance.ui.widgets.syringe import Syringe
from guidance.ui.widgets.title import Title
from guidance.ui.widgets.too_small import LEAST_COLUMNS, LEAST_ROWS, TooSmall
from guidance.ui.widgets.trend import Trend
from guidance.ui.widgets.waterfall import Waterfall
from guidance.ui.widgets.zone import ZoneWord

_HEIGHTS = [(0, "-low"), (LEAST_ROWS, "-tight"), (36, "-roomy"), (46, "-tall")]
_WIDTHS = [(0, "-narrow"), (LEAST_COLUMNS, "-wide")]


class ProcedureScreen(Screen[None], inherit_bindings=False):
    """The screen that draws Snapshots; it has no keys of its own, so that only the app's are active."""

    DEFAULT_CSS = """
    ProcedureScreen {
        background: $background;
        layers: base banner;
        #prepare, #stop, #guide, #inject, #review, #help, #rescue { display: none; height: 1fr; }
        &.-on-stop #stop, &.-on-rescue #rescue { display: block; }
        &.-on-prepare #prepare, &.-on-guide #guide, &.-on-inject #inject { display: block; }
        &.-on-review #review, &.-on-help #help { display: block; }
        #body, #figures { width: 1fr; }
        #figures { min-width: 26; }
        #middle { height: 12fr; }
        #traces { width: 2fr; }
        #inject ZoneWord { height: 6; display: block; }
        Waterfall, Trend { display: none; }
        #inject Syringe { height: 1fr; }
        #inject ResponseBars { height: 7; }
        &.-tight #inject ResponseBars { display: none; }
        &.-roomy #inject ZoneWord, &.-tall #inject ZoneWord { height: 9; }
        &.-tall #inject ResponseBars { height: 13; }
        &.-roomy, &.-tall { ResponseBars, EmgStrip, Waterfall, Trend, Syringe, Checks { margin-top: 1; } }
        &.-tight Title { height: 1; }
        &.-stopped Panel { opacity: 40%; }
        &.-stopped Stopped { opacity: 100%; }
        #lines { height: auto; }
        &.-guided {
            GaugePanel, #guide ZoneWord, StimulatorPanel { display: block; }
            #body, #figures { margin-left: 1; }
            #guide ResponseBars { display: none; }
            #guide ZoneWord { height: 9; }
            &.-tight #guide ZoneWord { height: 8; }
            &.-tight EmgStrip { display: none; }
            &.-roomy, &.-tall { Waterfall, Trend { display: block; } }
            &.-tall {
                #guide ZoneWord { height: 13; }
                #middle { height: 1fr; }
                EmgStrip { height: 4; }
                Waterfall { height: 15; }
                StimulatorPanel { height: 11; }
                Reading { height: 7; }
                Trend { height: 1fr; }
            }
            &.-by-emg {
                #middle { display: none; }
                EmgStrip { display: block; height: 1fr; }
            }
        }
        &.-low, &.-narrow {
            #prepare, #stop, #guide, #inject, #review, #help, #rescue, #lines, Title, StatusLine { display: none; }
            TooSmall { display: block; }
        }
    }
    """
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(self, bindings: Sequence[Binding], *, is_observer: bool = False) -> None:
        """Begin without a Snapshot; ``bindings`` are the keys that the help shows."""
        super().__init__()
        self.title_line, self.alarms, self.sweeps = Title(is_observer=is_observer), AlarmBars(), Sweeps()
        self.states, self.status, self.keys, self.banner = StatesLine(), StatusLine(), KeyBar(), Stopped()
        self.output, self.reading, self.entry, self.leave = StimulatorPanel(), Reading(), EntryLine(), LeaveLine()
        self.syringe, self.past = Syringe(), Review()
        self._latency_line, self._dose_line, self._needle = LatencyLine(), DoseLine(), NeedlePanel()
        self._checks, self._help = Checks(), HelpPage(bindings)
        self.stop_page, self._rescue, self._too_small = StopPage(), RescuePage(), TooSmall()
        self._gauge, self._word, self._small_word = GaugePanel(), ZoneWord(), ZoneWord()
        self._bars, self._bars_after = ResponseBars(), ResponseBars()
        self._emg, self._waterfall, self._trend = EmgStrip(), Waterfall(), Trend()
        self._reader = EstimateReader()
        self._newest: Snapshot | None = None
        self._page: ScreenPage | None = None

    def compose(self) -> ComposeResult:
        """Lay out the parts: the lines that are always there at top and bottom, the pages between, the banner on top of
        all.
        """
        yield from (self.title_line, self.alarms)
        yield Vertical(self._latency_line, self._dose_line, self._needle, id="lines")
        yield self._too_small
        yield Vertical(self._checks, id="prepare")
        traces = Vertical(self.sweeps, self._waterfall, id="traces")
        figures = Vertical(self.output, self.reading, self._trend, id="figures")
        body = Vertical(self._word, Horizontal(traces, figures, id="middle"), self._bars, self._emg, id="body")
        yield Horizontal(self._gauge, body, id="guide")
        yield Vertical(self._small_word, self.syringe, self._bars_after, id="inject")
        yield Vertical(self.past, id="review")
        yield Vertical(self._help, id="help")
        yield Vertical(self.stop_page, id="stop")
        yield Vertical(self._rescue, id="rescue")
        yield from (self.states, self.status, self.entry, self.leave, self.keys, self.banner)

    @property
    def _always(self) -> tuple[Panel, ...]:
        top = (self.title_line, self.alarms, self._latency_line, self._dose_line, self._needle)
        return (*top, self._too_small, self.states, self.status, self.leave, self.keys, self.banner)

    def _on_page(self, page: ScreenPage) -> tuple[Panel, ...]:
        guide = (self.sweeps, self._waterfall, self.output, self.reading, self._trend, self._bars, self._emg)
        return {
            ScreenPage.PREPARE: (self._checks,),
            ScreenPage.GUIDE: guide,
            ScreenPage.INJECT: (self.syringe, self._bars_after),
            ScreenPage.REVIEW: (self.past,),
            ScreenPage.HELP: (self._help,),
            ScreenPage.STOP: (self.stop_page,),
            ScreenPage.RESCUE: (self._rescue,),
        }[page]

    def turn_to(self, page: ScreenPage, snapshot: Snapshot | None) -> None:
        """Show ``page`` with ``snapshot``."""
        for other in ScreenPage:
            self.set_class(other is page, f"-on-{other}")
        self._page = page
        self._dose_line.styles.height = 0 if page is ScreenPage.INJECT else 1  # that page shows the dose itself
        self.title_line.turn_to(page)
        if snapshot is not None:
            self.show(snapshot)

    def scroll(self, page: ScreenPage, steps: int) -> None:
        """Move ``steps`` rows or items down on ``page``."""
        aside = {ScreenPage.HELP: self._help, ScreenPage.RESCUE: self._rescue}
        (aside.get(page) or self.past).scroll(steps)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the parts of ``snapshot`` that are in sight."""
        self._newest = snapshot
        if is_guided(snapshot):  # and from here on, or a pulse of unknown current would change the layout
            self.add_class("-guided")
        self.set_class(is_led_by_emg(snapshot), "-by-emg")
        for panel in (*self._always, *(self._on_page(self._page) if self._page else ())):
            panel.show(snapshot)

    def show_silence(self, silent_s: int | None) -> None:
        """Show for how many seconds the engine has been silent, None if it is not; the estimate is then not known."""
        self.alarms.show_silence(silent_s)
        self.title_line.show_silence(silent=silent_s is not None)
        self._show_estimate(silent=silent_s is not None)

    def show_stage(self, stage: Stage) -> None:
        """Show the stage of arming."""
        self.output.show_stage(stage)
        self.states.show_stage(stage, silent=self.alarms.silent_s is not None or self.banner.display)

    def show_stopped(self) -> None:
        """Show that the engine's process is gone."""
        self.banner.display = True
        self.call_after_refresh(self._dim)

    def _dim(self) -> None:
        """Dim all that is old; done after the banner, because it takes longer than the banner may."""
        self._show_estimate(silent=True)
        self.title_line.show_silence(silent=True)
        self.add_class("-stopped")

    def _show_estimate(self, *, silent: bool) -> None:
        if self._newest is not None:
            estimate = self._reader.read(self._newest, silent=silent)
            for panel in (self._gauge, self._word, self._small_word, self._too_small):
                panel.show_estimate(estimate)
            self.reading.show_age(is_old=estimate.is_old and self.has_class("-guided"))
