"""A worklist of planned procedures, from a FHIR bundle or from CSV, as entries that fill a case sheet.

FHIR: a Bundle of ServiceRequest and Patient (R4). CSV: a header with keys of the case sheet, such as patient,
birth_date, record_number and side, and optionally protocol, case_label and time. Only what these name is filled in;
whatever cannot be used is reported, never dropped in silence.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from guidance.citations import ProtocolError
from guidance.common.errors import UsageError
from guidance.common.folders import text_of_file
from guidance.common.text import one_line
from guidance.note.case_sheet import CaseSheet, read_answer
from guidance.protocol.search import resolve

_OTHER = ("protocol", "case_label", "time")
_MOST_ENTRIES = 1000
"""A list of one day has fewer; more is another kind of file (a judgement)."""


@dataclass(frozen=True, slots=True)
class WorklistEntry:
    """A planned procedure: the case sheet as far as it is known, the protocol's identifier, the case label, the time.

    ``text`` is what was ordered, in the list's own words. ``faults`` state what the list has and could not be used.
    """

    case: CaseSheet
    protocol_id: str | None = None
    label: str | None = None
    time: str | None = None
    text: str = ""
    faults: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The entry in one line, with the patient's name."""
        parts = (self.time, self.case.get("patient"), self.case.get("birth_date"), self.text, self.protocol_id)
        return "  ".join(dict.fromkeys(part for part in parts if part)) or "nothing known"


def read_worklist(path: Path, now: datetime) -> list[WorklistEntry]:
    """Read the entries of the worklist at ``path``, in their order, as entered ``now``. Raises UsageError."""
    try:
        text = text_of_file(path)
    except OSError as fault:
        raise UsageError(f"The worklist {path} cannot be read ({fault.strerror}).") from None
    except ValueError:
        raise UsageError(f"The worklist {path} is not text in UTF-8.") from None
    entries = [*(_from_bundle(text, path, now) if text.lstrip().startswith("{") else _from_csv(text, path, now))]
    if not entries:
        raise UsageError(f"The worklist {path} has no entry.")
    if len(entries) > _MOST_ENTRIES:
        raise UsageError(f"The worklist {path} has {len(entries)} entries; at most {_MOST_ENTRIES} are read.")
    return entries


def worklist_entry(path: Path, number: int, now: datetime) -> WorklistEntry:
    """Return entry ``number``, from 1, of the worklist at ``path``. Raises UsageError."""
    entries = read_worklist(path, now)
    if not 1 <= number <= len(entries):
        raise UsageError(f"The worklist {path} has entries 1 to {len(entries)}, and --entry names {number}.")
    return entries[number - 1]


def _from_csv(text: str, path: Path, now: datetime) -> Iterator[WorklistEntry]:
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        head = [name.strip() for name in next(rows, [])]
        if not {"patient", "record_number"} & set(head):
            raise UsageError(
                f"The worklist {path} is neither a FHIR bundle nor CSV with a column patient or record_number."
            )
        for number, row in enumerate(rows, 2):
            if len(row) != len(head) and any(row):
                raise UsageError(f"Line {number} of {path} has {len(row)} cells, and the header {len(head)}; mend it.")
            if any(row):
                known = {name: cell.strip() for name, cell in zip(head, row, strict=True) if cell.strip()}
                yield _entry(known, now)
    except csv.Error as fault:
        raise UsageError(f"The worklist {path} is not CSV ({fault}).") from None


def _from_bundle(text: str, path: Path, now: datetime) -> Iterator[WorklistEntry]:
    try:
        bundle = json.loads(text)
        if bundle.get("resourceType") != "Bundle":
            raise UsageError(f"The worklist {path} is JSON, but no FHIR Bundle of ServiceRequest and Patient.")
        found = [(str(e.get("fullUrl", "")), e["resource"]) for e in bundle.get("entry", []) if "resource" in e]
        patients = {
            address: part for url, part in found if part["resourceType"] == "Patient" for address in _names(url, part)
        }
        for _, part in found:
            if part["resourceType"] == "ServiceRequest":
                yield _entry(dict(_of_request(part, patients)), now, one_line(_words(part.get("code"))))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise UsageError(f"The worklist {path} is no FHIR Bundle that this program can read.") from None


def _names(url: str, resource: Mapping[str, Any]) -> list[str]:
    """Return how other resources may refer to ``resource``."""
    return [url, f"{resource['resourceType']}/{resource['id']}"] if resource.get("id") else [url]


def _of_request(request: Mapping[str, Any], patients: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    reference = str(request["subject"].get("reference", ""))
    patient = patients.get(reference)
    if patient is None:
        yield "no patient", reference or "no reference"
    else:
        yield from _of_patient(patient)
    when = request.get("occurrenceDateTime") or (request.get("occurrencePeriod") or {}).get("start")
    yield from (("time", str(when)),) if when else ()
    code = request.get("code") or {}
    codings = [str(each.get("code") or each.get("display")) for each in code.get("coding", [])]
    yield from (("protocol", (codings or [str(code.get("text"))])[0]),) if code else ()
    reason = [_words(each) for each in request.get("reasonCode", [])]
    yield from (("diagnosis", "; ".join(filter(None, reason))),) if any(reason) else ()
    sides = {"left", "right"} & {word for site in request.get("bodySite", []) for word in _words(site).lower().split()}
    yield from (("side", next(iter(sides))),) if len(sides) == 1 else ()


def _of_patient(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = patient.get("name") or [{}]
    name = names[0].get("text") or " ".join([*names[0].get("given", []), names[0].get("family", "")])
    identifiers = [str(each["value"]) for each in patient.get("identifier", []) if each.get("value")]
    for key, value in (
        ("patient", name), ("birth_date", patient.get("birthDate")), ("sex", patient.get("gender")),
        ("record_number", identifiers[0] if identifiers else None),
    ):  # fmt: skip
        if value and str(value).strip():
            yield key, str(value).strip()


def _words(concept: Mapping[str, Any] | None) -> str:
    """Return the text of a concept, or what its first coding displays."""
    known = concept or {}
    codings = known.get("coding") or [{}]
    return str(known.get("text") or codings[0].get("display") or codings[0].get("code") or "")


def _entry(known: Mapping[str, str], now: datetime, text: str = "") -> WorklistEntry:
    """Return the entry of these cells by key; what cannot be used is among its faults."""
    answers: dict[str, str] = {}
    faults: list[str] = []
    for key, value in known.items():
        if key in _OTHER:
            continue
        if key == "no patient":
            faults.append(f"The list holds no patient for this request ({one_line(value)}).")
            continue
        try:
            answers[key] = read_answer(key, value, "The worklist")
        except UsageError as fault:
            faults.append(str(fault))
    protocol_id, unknown = _protocol(known.get("protocol"))
    stamp = now.isoformat(timespec="seconds")
    return WorklistEntry(
        CaseSheet(answers, dict.fromkeys(answers, stamp)),
        protocol_id,
        known.get("case_label"),
        one_line(known["time"]) if "time" in known else None,
        text or one_line(known.get("protocol", "")),
        (*faults, *([unknown] if unknown else [])),
    )


def _protocol(name: str | None) -> tuple[str | None, str | None]:
    """Return the identifier of the protocol that ``name`` means, or why it means none."""
    if not name:
        return None, None
    try:
        return resolve(name), None
    except ProtocolError as fault:
        return None, str(fault)
