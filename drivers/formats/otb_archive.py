"""Archives of OT BioLab: a tar of samples (.sig) and their descriptions (.xml), and the markers in it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError  # only the classes: defusedxml parses

from defusedxml import DefusedXmlException, ElementTree

from drivers.base import DeviceRefused
from drivers.formats.loaded import Annotation, number, printable

MAGIC_AT, MAGIC = 257, b"ustar"

_MILLISECONDS = 1e-3
_MOST_BYTES = 1 << 32


def archive_members(path: Path) -> dict[str, bytes]:
    """Return the files of the archive that count, by name. Raises DeviceRefused."""
    try:
        with tarfile.open(path, "r") as archive:
            wanted = [each for each in archive if each.isfile() and each.name.endswith((".sig", ".xml"))]
            if sum(each.size for each in wanted) > _MOST_BYTES:
                raise DeviceRefused(f"{path} is larger than 4 GB unpacked; export a part of it")
            return {each.name: file.read() for each in wanted if (file := archive.extractfile(each))}
    except (tarfile.TarError, EOFError) as error:
        raise DeviceRefused(
            f"{path} is a damaged archive ({printable(str(error))}); copy the recording again"
        ) from error


def parsed_xml(path: Path, raw: bytes) -> Element:
    """Return the root of a description. Raises DeviceRefused where it is damaged."""
    try:
        parsed: Element = ElementTree.fromstring(raw)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DeviceRefused(f"a description in {path} is damaged; copy the recording again") from error
    return parsed


def markers_in(path: Path, members: dict[str, bytes]) -> Iterator[Annotation]:
    """Yield the markers of the archive. Raises DeviceRefused where their file is damaged."""
    for raw in (raw for name, raw in members.items() if name.casefold().startswith("marker")):
        for marker in parsed_xml(path, raw).iter("Marker"):
            at_ms = number((marker.findtext("Milliseconds") or "").strip())
            if at_ms is not None:
                text = printable(marker.findtext("Description") or "")
                yield Annotation(at_ms * _MILLISECONDS, text or "marker")
