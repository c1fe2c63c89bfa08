"""A live procedure: it reads the amplifier, steps the engine, requests pulses, and serves the screen."""

from guidance.session.host import HOST, Host
from guidance.session.live_job import LiveJob

__all__ = ["HOST", "Host", "LiveJob"]
