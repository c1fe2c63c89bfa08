"""The screen: a process of its own, connected to the engine by one Link."""

from __future__ import annotations

from guidance.ui.app import run_screen

__all__ = ["run_screen"]
