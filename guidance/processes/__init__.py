"""The processes of a procedure: the engine's, which owns what must outlive the screen, the screen's, and observers'.

Read in this order: ``launch``, ``screen_channel`` (the engine's end) and ``link`` (the screen's end), ``exit_status``;
``observers`` (the engine's end) and ``observer_link`` (the observer's end), which meet at a socket of ``sockets``.
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
