"""Lines chained by hash: each carries a hash of all lines before it, so a changed, lost or moved line is detected.

A line is a JSON object whose last field is ``chain``: the SHA-256, in hex, of the ``chain`` of the line before (64
zeros before the first line) followed by the bytes of this object without that field.
"""

from __future__ import annotations

import re
from hashlib import sha256

ORIGIN = "0" * 64
MAX_LINE_BYTES = 1 << 20
"""Longer lines are none of this program; a reader does not load them whole."""

_CHAINED = re.compile(rb'(\{.*), "chain": "([0-9a-f]{64})"\}\n', re.DOTALL)


def chain_hash(before: str, body: bytes) -> str:
    """Return the chain of the JSON object ``body`` that follows a line with the chain ``before``."""
    return sha256(before.encode() + body).hexdigest()


def with_chain(before: str, line: bytes) -> tuple[bytes, str]:
    """Return ``line`` (a JSON object with a newline) with its chain added, and that chain."""
    body = line.rstrip(b"\n")
    chain = chain_hash(before, body)
    return body[:-1] + b', "chain": "' + chain.encode() + b'"}\n', chain


def verified_chain(before: str, line: bytes) -> str | None:
    """Return the chain of ``line`` if it follows ``before`` unchanged, else None."""
    match = _CHAINED.fullmatch(line)
    if match is None:
        return None
    chain = chain_hash(before, match[1] + b"}")
    return chain if chain == match[2].decode() else None
