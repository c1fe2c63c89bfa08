"""Two processes and whoever looks on: the engine's process, which owns what must outlive the screen, and the screen's.

Read in this order: ``launch``, ``screen_channel`` (the engine's end) and ``link`` (the screen's end), ``exit_status``;
``observers`` (the engine's end) and ``observer_link`` (theirs), which meet at the sockets of ``sockets``.
"""

from guidance.processes.exit_status import ExitOutcome, outcome_of
from guidance.processes.launch import EngineJob, ScreenMain, Session, run_headless, run_with_screen, start_engine
from guidance.processes.link import EngineLink

__all__ = [
    "EngineJob",
    "EngineLink",
    "ExitOutcome",
    "ScreenMain",
    "Session",
    "outcome_of",
    "run_headless",
    "run_with_screen",
    "start_engine",
]  # fmt: skip
