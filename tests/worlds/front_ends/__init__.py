"""Stimulated muscles behind amplifiers of many kinds, with the truth: is an artefact ever taken for a response?"""

from tests.worlds.front_ends.streams import FrontEndStream, Truth, stream

__all__ = ["FrontEndStream", "Truth", "stream"]
