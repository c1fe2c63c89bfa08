"""The fields of the note.

Those of nerve blocks follow the consensus list of Ahmed (Reg Anesth Pain Med 2022, 47/5/301). Its last items and all
fields of botulinum toxin were not read in a source. Aspiration, resistance and pain are those that an audit of 145
blocks found missing (Paul, Eur J Anaesthesiol 2006, A-495). A site may require more on paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.note.field_forms import ChoiceField, DateField, FieldForm, NumberField, TextField

SECTIONS = {
    "patient": "Patient",
    "preparation": "Preparation",
    "performance": "Performance",
    "localisation": "Localisation",
    "injection": "Injection",
    "outcome": "Outcome",
}
BLOCK, BOTULINUM, PAIN, BIOFEEDBACK = "block", "botulinum", "injection", "biofeedback"
NEEDLED = (BLOCK, BOTULINUM, PAIN)
_ALL = (*NEEDLED, BIOFEEDBACK)
_INJECTED = (BLOCK, PAIN)
SIDES = ChoiceField(("left", "right", "midline", "both sides"))
YES_NO = ChoiceField(("yes", "no"))
PRODUCTS = ChoiceField(("onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA", "rimabotulinumtoxinB"))
ASA_CLASSES = ChoiceField(
    ("I", "II", "III", "IV", "V", "VI"),
    (
        "a normal healthy patient",
        "mild systemic disease",
        "severe systemic disease",
        "severe systemic disease that is a constant threat to life",
        "moribund, not expected to survive without the operation",
        "declared brain-dead, a donor of organs",
    ),
    numbered=True,
)
"""Classes of the American Society of Anesthesiologists, as it names them (ASA Physical Status, 2020)."""
_TEXT = TextField()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the notes of these ``kinds`` of procedure; a ``required`` one must have an answer before signing."""

    key: str
    label: str
    section: str
    form: FieldForm = _TEXT
    kinds: tuple[str, ...] = _ALL
    required: bool = True


FIELDS = (
    Field("patient", "Name", "patient"),
    Field("birth_date", "Date of birth", "patient", DateField()),
    Field("sex", "Sex", "patient", ChoiceField(("female", "male", "other", "unknown"))),
    Field("record_number", "Record number", "patient"),
    Field("weight_kg", "Weight (kg)", "patient", NumberField("kg", 0.5, 400.0), NEEDLED),
    Field("height_cm", "Height (cm)", "patient", NumberField("cm", 30.0, 250.0), NEEDLED),
    Field("asa_class", "ASA class", "patient", ASA_CLASSES, _INJECTED),
    Field("allergies", "Allergies", "patient", kinds=NEEDLED),
    Field("nerve_disease", "Diabetes or nerve disease", "patient", kinds=NEEDLED, required=False),
    Field("performer", "Performed by", "preparation"),
    Field("grade", "Grade of the performer", "preparation", required=False),
    Field("supervisor", "Supervised by", "preparation", kinds=_INJECTED),
    Field("consent", "Consent", "preparation", kinds=NEEDLED),
    Field("risks", "Individual risks", "preparation", kinds=_INJECTED),
    Field("evaluation", "Evaluation before", "preparation", kinds=_INJECTED),
    Field("coagulation", "Coagulation", "preparation", kinds=NEEDLED, required=False),
    Field("diagnosis", "Diagnosis", "preparation", kinds=NEEDLED),
    Field("time_out", "Time-out", "preparation", kinds=NEEDLED, required=False),
    Field("stop_moment", "Stop before you block: side and site checked", "preparation", kinds=_INJECTED),
    Field("iv_access", "Intravenous access", "preparation", kinds=_INJECTED),
    Field("position", "Position of the patient", "preparation", kinds=NEEDLED),
    Field("monitors", "Monitors", "preparation", kinds=_INJECTED),
    Field("vital_signs", "Vital signs before", "preparation", kinds=_INJECTED),
    Field("premedication", "Premedication", "preparation", kinds=_INJECTED),
    Field("sedation", "Level of sedation", "preparation", kinds=_INJECTED),
    Field("asepsis", "Asepsis: agent and technique", "performance", kinds=NEEDLED),
    Field("skin_infiltration", "Skin infiltration", "performance", kinds=_INJECTED),
    Field("needle_tip", "Needle: tip", "performance", kinds=NEEDLED),
    Field("needle_maker", "Needle: maker", "performance", kinds=NEEDLED),
    Field("needle_length_mm", "Needle: length (mm)", "performance", NumberField("mm", 5.0, 250.0), NEEDLED),
    Field("needle_gauge", "Needle: gauge", "performance", NumberField("G", 14.0, 34.0), NEEDLED),
    Field("side", "Side", "localisation", SIDES, _INJECTED),
    Field("technique", "Technique of localisation", "localisation", kinds=_INJECTED),
    Field("ultrasound", "Ultrasound used as well", "localisation", YES_NO, _INJECTED),
    Field("image_saved", "Image saved", "localisation", kinds=_INJECTED, required=False),
    Field("minimum_current", "Minimum current and its duration", "localisation", kinds=(BLOCK,)),
    Field("no_response_below", "No response below", "localisation", kinds=(BLOCK,)),
    Field("drug", "Drug and concentration", "injection", kinds=_INJECTED),
    Field("volume_ml", "Volume (mL)", "injection", NumberField("mL", 0.1, 500.0), _INJECTED),
    Field("epinephrine", "Epinephrine", "injection", kinds=_INJECTED),
    Field("adjunct", "Adjunct", "injection", kinds=_INJECTED),
    Field("product", "Product", "injection", PRODUCTS, (BOTULINUM,)),
    Field("lot", "Lot", "injection", kinds=(BOTULINUM,)),
    Field("expiry", "Expiry", "injection", DateField(), (BOTULINUM,)),
    Field("dilution_u_per_ml", "Dilution (U/mL)", "injection", NumberField("U/mL", 1.0, 10000.0), (BOTULINUM,)),
    Field("wastage_u", "Units discarded", "injection", NumberField("U", 0.0, 25000.0), (BOTULINUM,), required=False),
    Field("aspiration", "Aspiration", "injection", kinds=NEEDLED),
    Field("resistance", "Resistance to injection", "injection", kinds=_INJECTED),
    Field("opening_pressure", "Opening pressure", "injection", kinds=_INJECTED, required=False),
    Field("pain", "Pain or paraesthesia", "injection", kinds=NEEDLED),
    Field("twitch_loss", "Twitch abolished on injection (Raj test)", "injection", kinds=(BLOCK,)),
    Field("catheter", "Catheter: depth and fixation", "outcome", kinds=(BLOCK,), required=False),
    Field("block_test", "Block test: sensory and motor", "outcome", kinds=(BLOCK,), required=False),
    Field("complications", "Complications and adverse events", "outcome"),
    Field("disposition", "Disposition and advice", "outcome", required=False),
    Field("next_date", "Next appointment", "outcome", DateField(), (BOTULINUM, BIOFEEDBACK), required=False),
    Field("remarks", "Remarks", "outcome", required=False),
)

MUSCLE_FIELDS = (
    Field("name", "Muscle", "injection", kinds=(BOTULINUM,)),
    Field("side", "Side", "injection", SIDES, (BOTULINUM,)),
    Field("sites", "Sites", "injection", NumberField("sites", 1.0, 50.0), (BOTULINUM,)),
    Field("units", "Units", "injection", NumberField("U", 0.1, 25000.0), (BOTULINUM,)),
    Field("volume_ml", "Volume (mL)", "injection", NumberField("mL", 0.01, 100.0), (BOTULINUM,)),
    Field("guidance", "Guidance", "injection", kinds=(BOTULINUM,)),
    Field("emg_activity", "EMG activity", "injection", kinds=(BOTULINUM,)),
    Field("threshold_ma", "Threshold (mA)", "injection", NumberField("mA", 0.01, 6.0), (BOTULINUM,), required=False),
)


def fields_of(kind: str) -> tuple[Field, ...]:
    """Return the fields of the note of a procedure of this ``kind``, in their order."""
    return tuple(field for field in FIELDS if kind in field.kinds)
