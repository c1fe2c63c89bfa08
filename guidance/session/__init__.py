"""A live procedure: an amplifier read, the engine stepped, the stimulator asked, the screen served."""

from guidance.session.live_job import LiveJob

__all__ = ["LiveJob"]
