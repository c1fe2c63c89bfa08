"""Alarms: their board, the health of signal and devices, and the needle's own signs (impedance, twitch)."""

from guidance.alarms.needle_monitor import NeedleMonitor

__all__ = ["NeedleMonitor"]
