"""The rules of the event stream, version 1, checked line by line as a reader would."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

Line = dict[str, Any]

COMMON = "kind seq t mono_ns"
FIELDS = {
    "start": "version program protocol device wall_time mode",
    "command": "current_ma width_ms rate_hz enabled by",
    "stimulus": "sample current_ma requested_ma width_ms impedance_kohm source",
    "response": "sample channel detected p_value amplitude_uv latency_ms contaminated lag_ms",
    "proximity": "sample threshold_ma threshold_0p1ms_ma distance_mm zone zone_probability valid why",
    "cue": "name rate_hz pitch_hz sounded_ns",
    "alarm": "code priority active text",
    "signal": "channels lost_samples bad_frames lag_ms",
    "entry": "what fields",
    "end": "reason stimuli responses samples lost_samples",
}
QUALITY = {"rms_uv", "mains_uv", "clipped_fraction", "lead_off"}
ZONES = {"none", "far", "approach", "target", "close"}
ALARMS = {
    "too-close", "device-lost", "samples-lost", "lead-off", "stimulus-not-delivered", "saturated", "impedance-rise",
    "impedance-fall", "twitch-loss", "dose-limit", "audio-lost", "display-lost", "storage", "stale",
    "signal-dead", "stimulus-unrequested", "device-fault",
    "stimulator-not-off", "clock-wrong", "computer-slow", "range-wrong",
}  # fmt: skip
INTERVALS = ("threshold_ma", "threshold_0p1ms_ma", "distance_mm")
POSITIVE = ("current_ma", "requested_ma", "width_ms", "amplitude_uv", "rms_uv", "mains_uv", "impedance_kohm")


def read(text: str) -> list[Line]:
    """Parse the records of ``text`` strictly: no NaN, no Infinity, one object a line."""

    def refuse(word: str) -> float:
        raise ValueError(f"{word} is not a number of JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def faults(lines: Sequence[Line]) -> list[str]:
    """List every rule that ``lines``, a whole stream, break."""
    each = [f"line {i + 1} ({line.get('kind')}): {fault}" for i, line in enumerate(lines) for fault in _faulty(line)]
    return [*each, *_whole(lines), *_counts(lines)]


def _faulty(line: Line) -> Iterator[str]:
    wanted = {*COMMON.split(), *FIELDS.get(line["kind"], "").split()}
    if lacking := sorted(wanted - set(line)):
        yield f"lacks {lacking}"
        return
    if not all(math.isfinite(number) for number in _numbers(line)):
        yield "a number is not finite"
    if any((line.get(field) or 0) < 0 for field in POSITIVE):
        yield "a size is negative"
    for field in INTERVALS:
        interval = line.get(field)
        if interval is not None and (len(interval) != 3 or interval != sorted(interval)):
            yield f"{field} is {interval}"
    yield from _BY_KIND.get(line["kind"], _nothing)(line)


def _nothing(_: Line) -> Iterable[str]:
    return ()


def _start(line: Line) -> Iterator[str]:
    if line["version"] != 1 or line["mode"] not in {"auto", "manual", "listen"}:
        yield "version or mode"
    if set(line["device"]) < {"model", "serial", "address", "sample_rate_hz", "channels"}:
        yield "device"


def _stimulus(line: Line) -> Iterator[str]:
    if line["source"] not in {"device", "artefact"}:
        yield "source"


def _response(line: Line) -> Iterator[str]:
    if line["latency_ms"] is not None and not line["detected"]:
        yield "there is a latency without a detected response"
    if line["detected"] and (line["contaminated"] or line["amplitude_uv"] is None):
        yield "detected, but contaminated or without an amplitude"
    if line["p_value"] is not None and not 0 < line["p_value"] <= 1:
        yield "p_value"


def _proximity(line: Line) -> Iterator[str]:
    if line["valid"] == (line["why"] is not None):
        yield "there is a why if and only if it is not valid"
    if line["zone"] not in {*ZONES, None}:
        yield "zone"
    probability = line["zone_probability"]
    if probability is not None and (set(probability) != ZONES or abs(sum(probability.values()) - 1) > 2e-3):
        yield "zone_probability"


def _alarm(line: Line) -> Iterator[str]:
    if line["code"] not in ALARMS or line["priority"] not in {"high", "medium", "low"} or not line["text"]:
        yield "code, priority or text"


def _signal(line: Line) -> Iterator[str]:
    if any(set(channel) < QUALITY for channel in line["channels"]):
        yield "channels"


def _end(line: Line) -> Iterator[str]:
    if line["reason"] not in {"operator", "duration", "device-lost", "error"}:
        yield "reason"


_BY_KIND = {
    "start": _start, "stimulus": _stimulus, "response": _response, "proximity": _proximity, "alarm": _alarm,
    "signal": _signal, "end": _end,
}  # fmt: skip


def _whole(lines: Sequence[Line]) -> Iterator[str]:
    if [line["seq"] for line in lines] != list(range(len(lines))):
        yield "seq has a hole"
    kinds = [line["kind"] for line in lines]
    if kinds[:1] != ["start"] or kinds[-1:] != ["end"] or kinds.count("start") + kinds.count("end") != 2:
        yield "the stream does not run from one start to one end"
    if any(later["mono_ns"] < line["mono_ns"] for line, later in pairwise(lines)):
        yield "mono_ns goes back"


def _counts(lines: Sequence[Line]) -> Iterator[str]:
    stimuli = [line for line in lines if line["kind"] == "stimulus"]
    # a pulse that was given up as unconfirmed may be reported after all
    pulses = [line["sample"] for line in stimuli if line["outcome"] != "unconfirmed"]
    responses = [(line["sample"], line["channel"]) for line in lines if line["kind"] == "response"]
    if len(set(pulses)) != len(pulses) or len(set(responses)) != len(responses):
        yield "a pulse or a response is recorded twice"
    stimulated: set[int] = set()
    for line in lines:
        stimulated |= {line["sample"]} if line["kind"] == "stimulus" else set()
        by_emg = line.get("by") == "needle-emg"
        if line["kind"] in {"response", "proximity"} and not by_emg and line["sample"] not in stimulated:
            yield f"{line['kind']} {line['sample']} belongs to a pulse not recorded before"
    end = lines[-1]
    if (end.get("stimuli"), end.get("responses")) != (len(stimuli), len(responses)):
        yield "end does not count what came before it"


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        yield from (number for item in value.values() for number in _numbers(item))
    elif isinstance(value, list):
        yield from (number for item in value for number in _numbers(item))
