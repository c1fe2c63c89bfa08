"""A live procedure: it reads the amplifier, steps the engine, requests pulses, and serves the screen."""

from guidance.session.live_job import LiveJob

__all__ = ["LiveJob"]
