"""A PO file, read without a compiler: the wheel ships the files that translators write, and gettext reads the rest."""

from __future__ import annotations

import gettext
import io
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d\])?\s*(".*")')
_CONTEXT_END, _PLURAL = "\x04", "\x00"
"""What a compiled catalogue puts after a context, and between the forms of a plural."""
_MAGIC, _HEADER_BYTES, _INDEX_BYTES = 0x950412DE, 28, 8


@dataclass(frozen=True, slots=True)
class PoEntry:
    """One text: its context (may be empty), the English and its plural (may be empty), and the translations: one, or
    one for each form of the plural.
    """

    context: str
    english: str
    plural: str
    forms: tuple[str, ...]


@dataclass(slots=True)
class Catalogue:
    """The entries of a file in their order; the first, without English, is its header."""

    entries: list[PoEntry] = field(default_factory=list)

    def in_context(self, context: str) -> dict[str, str]:
        """Return translation by English of the entries in ``context``."""
        return {entry.english: entry.forms[0] for entry in self.entries if entry.context == context and entry.forms[0]}

    def translations(self) -> gettext.GNUTranslations:
        """Return the catalogue as gettext's own class, which chooses the plural by the header's formula."""
        return gettext.GNUTranslations(io.BytesIO(self._compiled()))

    def _compiled(self) -> bytes:
        """Return the entries in the binary form of GNU gettext (manual, "The Format of GNU MO Files")."""
        pairs = sorted(_pair(entry) for entry in self.entries if all(entry.forms))
        start = _HEADER_BYTES + 2 * _INDEX_BYTES * len(pairs)
        index, body = (bytearray(), bytearray()), bytearray()
        for side in (0, 1):
            for pair in pairs:
                index[side].extend(struct.pack("<II", len(pair[side]), start + len(body)))
                body += pair[side] + b"\0"
        second = _HEADER_BYTES + _INDEX_BYTES * len(pairs)
        header = struct.pack("<7I", _MAGIC, 0, len(pairs), _HEADER_BYTES, second, 0, 0)
        return bytes(header + index[0] + index[1] + body)


def read_catalogue(text: str) -> Catalogue:
    """Read the ``text`` of a PO file. Raises ValueError where a line of it is none of such a file."""
    return Catalogue(list(_entries(text)))


def _entries(text: str) -> Iterator[PoEntry]:
    parts: dict[str, str] = {}
    name = ""
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"line {number} is none of a PO file: {line}")
        if found[1]:
            if found[1] in {"msgctxt", "msgid"} and any(key.startswith("msgstr") for key in parts):
                yield _entry(parts)
                parts = {}
            name = found[1]
        parts[name] = parts.get(name, "") + json.loads(found[2])


def _entry(parts: dict[str, str]) -> PoEntry:
    forms = tuple(text for name, text in sorted(parts.items()) if name.startswith("msgstr"))
    return PoEntry(parts.get("msgctxt", ""), parts.get("msgid", ""), parts.get("msgid_plural", ""), forms)


def _pair(entry: PoEntry) -> tuple[bytes, bytes]:
    """Return key and value of ``entry`` as a compiled catalogue has them."""
    english = f"{entry.english}{_PLURAL}{entry.plural}" if entry.plural else entry.english
    key = f"{entry.context}{_CONTEXT_END}{english}" if entry.context else english
    return key.encode(), _PLURAL.join(entry.forms).encode()
