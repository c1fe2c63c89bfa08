"""The screen: its own process, joined to the engine by one Link."""

from __future__ import annotations

from guidance.ui.app import run_screen

__all__ = ["run_screen"]
