"""Lines chained by hash: each carries that of all before it, so that one changed, lost or moved shows.

A line is a JSON object whose last field is ``chain``: the SHA-256, in hex, of the chain of the line before (64 zeros
before the first) followed by the bytes of this object without that field.
"""

from __future__ import annotations

import re
from hashlib import sha256

ORIGIN = "0" * 64
MAX_LINE_BYTES = 1 << 20

_CHAINED = re.compile(rb'(\{.*), "chain": "([0-9a-f]{64})"\}\n', re.DOTALL)


def chain_hash(before: str, body: bytes) -> str:
    """The chain of the JSON object ``body``, whose line follows one with the chain ``before``."""
    return sha256(before.encode() + body).hexdigest()


def with_chain(before: str, line: bytes) -> tuple[bytes, str]:
    """``line`` (a JSON object and its end) with its chain in it, and that chain."""
    body = line.rstrip(b"\n")
    chain = chain_hash(before, body)
    return body[:-1] + b', "chain": "' + chain.encode() + b'"}\n', chain


def verified_chain(before: str, line: bytes) -> str | None:
    """The chain of ``line`` where it follows ``before`` unchanged; None where it does not."""
    match = _CHAINED.fullmatch(line)
    if match is None:
        return None
    chain = chain_hash(before, match[1] + b"}")
    return chain if chain == match[2].decode() else None
