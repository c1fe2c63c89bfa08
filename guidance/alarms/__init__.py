"""What the needle itself tells beside the estimate: ``impedance``, ``twitch``, and the alarms of both in ``watch``."""

from guidance.alarms.needle_monitor import NeedleMonitor

__all__ = ["NeedleMonitor"]
