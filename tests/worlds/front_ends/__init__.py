"""Stimulated muscles behind amplifiers of many kinds, with the truth: does an artefact ever count as a response?"""

from tests.worlds.front_ends.streams import FrontEndStream, Truth, stream

__all__ = ["FrontEndStream", "Truth", "stream"]
