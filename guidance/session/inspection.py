"""What a recording holds, and how the program would take it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from drivers.recording import Recording

_LISTED = 12


def inspect_recording(path: str, **options: Any) -> dict[str, Any]:
    """Return what the file at ``path`` holds, as one JSON object. Raises DeviceError."""
    recording = Recording(path, **options)
    gaps = lost = played = 0
    while block := recording.take(1 << 16):
        gaps += block.lost_before > 0
        lost += block.lost_before
        played += len(block.samples)
    info = recording.info
    kinds = Counter(annotation.text for annotation in recording.annotations)
    lasting = dict.fromkeys(kinds, 0.0)
    for annotation in recording.annotations:
        lasting[annotation.text] += annotation.duration_s
    return {
        "format": info.model,
        "sample_rate_hz": info.sample_rate_hz,
        "duration_s": recording.total_samples / info.sample_rate_hz,
        "channels": [{"name": channel.name, "range_uv": channel.range_uv} for channel in info.channels],
        "samples": played,
        "gaps": gaps,
        "lost_samples": lost,
        "annotations": dict(kinds.most_common(_LISTED)),
        "annotations_s": {text: round(lasting[text], 6) for text, _ in kinds.most_common(_LISTED) if lasting[text]},
        "pulses": len(recording.pulses),
        "pulses_with_current": sum(pulse.current_ma is not None for pulse in recording.pulses),
        "notes": list(recording.warnings),
    }


def text_of_inspection(found: dict[str, Any]) -> str:
    """Return ``found``, from ``inspect_recording``, as lines for a reader."""
    first, *others = (channel["name"] for channel in found["channels"])
    also = f"; also played: {', '.join(others)}" if others else ""
    gaps = f", {found['gaps']} gaps with {found['lost_samples']} samples" if found["gaps"] else ", no gap"
    texts = ", ".join(_counted(text, count, found["annotations_s"]) for text, count in found["annotations"].items())
    pulses = (
        f"{found['pulses']} annotated, {found['pulses_with_current']} with a current"
        if found["pulses"]
        else "none annotated; they would be found by their artefact"
    )
    lines = [
        f"Format:      {found['format']}",
        f"Signal:      {found['duration_s']:.3f} s at {found['sample_rate_hz']:.10g} Hz{gaps}",
        f"Muscle:      {first}{also}",
        f"Pulses:      {pulses}",
        f"Annotations: {texts or 'none'}",
    ]
    return "\n".join([*lines, *(f"Note:        {note}." for note in found["notes"])])


def _counted(text: str, count: int, lasting: dict[str, float]) -> str:
    """Return one kind of annotation in words: how often, and how long all of it lasts where it does."""
    lasts = f", {lasting[text]:g} s in all" if text in lasting else ""
    return f"'{text}' {count} times{lasts}"
