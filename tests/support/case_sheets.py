"""A case sheet with all answers that a block needs beside its record; its identifiers are invented."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from guidance.note.case_sheet import CaseSheet, case_from_toml

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
PATIENT, BORN, NUMBER, PERFORMER = "Quirina Nachname-Xylander", "1951-07-23", "MRN-55-0815", "Dr Wolpertinger"
BLOCK_SHEET = f"""
patient = "{PATIENT}"
birth_date = {BORN}
sex = "female"
record_number = "{NUMBER}"
height_cm = 168
asa_class = "ii"
allergies = "penicillin"
performer = "{PERFORMER}"
supervisor = "not done: the performer is a consultant"
consent = "written"
risks = "none beyond the usual"
evaluation = "power and sensation normal"
diagnosis = "osteoarthritis"
stop_moment = "done"
iv_access = "18 G"
position = "supine"
monitors = "ECG, SpO2"
vital_signs = "72, 128/76"
premedication = "none"
sedation = "awake"
asepsis = "chlorhexidine"
skin_infiltration = "lidocaine 1 %"
needle_tip = "short bevel"
needle_maker = "Kestrelmaker"
needle_length_mm = 50
needle_gauge = 22
side = "left"
ultrasound = false
adjunct = "none"
resistance = "low"
pain = "none"
complications = "none"
"""
TOXIN_SHEET = """
sex = "male"
product = "onabotulinumtoxinA"
lot = "LOT-C4711"
expiry = 2027-01-31
dilution_u_per_ml = 50
[muscles.fds]
name = "flexor digitorum superficialis"
side = "right"
sites = 2
units = 30
volume_ml = 0.6
guidance = "EMG and stimulation"
emg_activity = "brisk"
[muscles.fcr]
name = "flexor carpi radialis"
side = "right"
sites = 1
units = 20
volume_ml = 0.4
guidance = "EMG"
emg_activity = "moderate"
"""


def sheet(text: str = BLOCK_SHEET, **answers: str) -> CaseSheet:
    """Return the case sheet in ``text`` with further ``answers``."""
    case = case_from_toml(text, "case.toml", NOW)
    for key, answer in answers.items():
        case = case.with_answer(key, answer, NOW)
    return case


def sheet_file(folder: Path, text: str = BLOCK_SHEET) -> Path:
    """Write the sheet to a file in ``folder`` and return its path."""
    path = folder / "case.toml"
    path.write_text(text, encoding="utf-8")
    return path
