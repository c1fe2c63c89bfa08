"""Two processes and whoever looks on: the engine's process, which owns what must outlive the screen, and the screen's.

Reads in this order: ``processes``, ``desk`` (the engine's end of the wire) and ``link`` (the screen's), ``outcome``;
``onlookers`` (the engine's end) and ``watching`` (theirs), which meet at the sockets of ``runtime``.
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
