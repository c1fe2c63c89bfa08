"""A stream of the Lab Streaming Layer as an amplifier, with a marker stream beside it. Needs pylsl.

Tested on pylsl's own outlets and mne-lsl's player, on no amplifier.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base import Calibrated, Channel, DeviceInfo, DeviceLost, DeviceNotFound, DeviceRefused, Pulse
from drivers.formats.loaded import channel_names, microvolts_per, number
from drivers.toolkit.address import parse_address
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.toolkit.timestamps import StampedSamples

RESOLVE_S = 2.0
"""Longest wait for a stream on the first connection."""
SECOND_S = 0.3
"""Wait for a second stream that matches, which would make the address ambiguous."""
AGAIN_S = 0.05
"""Wait for the stream on reopening, which is tried again and again."""
_INFO_S = 3.0
_BUFFER_S = 10
_CHUNK = 4096
_OPTIONS = ("type", "source_id", "markers", "marker", "scale_uv")
_UNITS = {"microvolt": "uV", "millivolt": "mV", "volt": "V", "nanovolt": "nV"}
_POWERS = ("0", "-3", "-6", "-9")
_VOLTAGES = ("emg", "eeg", "ecg", "eog", "ecog", "seeg", "dbs", "bio")
_DTYPES = {1: np.float32, 2: np.float64, 4: np.int32, 5: np.int16, 6: np.int8, 7: np.int64}
_CONFIGS = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")


class LslStream(StreamingAmplifier, Calibrated):
    """The stream at ``lsl:NAME?type=EMG&source_id=ID``. Any part may be left out if only one stream matches the rest.

    Channels in volts (mV, uV) are read. ``scale_uv`` is the uV of 1 in a stream that does not state its units; without
    it, samples are in the stream's units. With ``markers=NAME`` each marker of that stream is a stimulus, or only those
    that begin with ``marker=TEXT``; ``current_ma=`` and ``width_ms=`` in a marker are read.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("lsl", rest, _OPTIONS)
        self._scale_uv = self._address.number("scale_uv")
        self._lsl = library()
        self._inlet: Any = None
        self._markers: Any = None
        self._resolve_s = RESOLVE_S
        super().__init__(str(self._address))

    def rescaled(self, factor: float) -> str:
        """Return the address with a scale of ``factor`` times what it is now."""
        scale_uv = self._scale_uv if self._scale_uv is not None else float(self._scales[0])
        return str(self._address.changed(scale_uv=f"{scale_uv * factor:.6g}"))

    def _connect(self) -> DeviceInfo:
        options = self._address.options
        wanted = {"name": self._address.target, **{key: options.get(key, "") for key in ("type", "source_id")}}
        found = self._resolve(wanted)
        if not found.nominal_srate() > 0:
            raise DeviceRefused(f"{self._address} has no steady rate: it is a stream of markers; name it as markers=.")
        if found.channel_format() not in _DTYPES:
            raise DeviceRefused(f"{self._address} sends text, not samples; name it as markers=.")
        self._inlet = self._open(found)
        if "markers" in options:
            self._markers = self._open(self._resolve({"name": options["markers"]}))
        self._resolve_s = AGAIN_S
        return self._describe(self._inlet.info(timeout=_INFO_S))

    def _describe(self, full: Any) -> DeviceInfo:
        count = full.channel_count()
        names = channel_names(_each(full.get_channel_labels(), count))
        kinds = _each(full.get_channel_types(), count)
        stated = _each(full.get_channel_units(), count)
        units = [_microvolts_of(unit, kind) for unit, kind in zip(stated, kinds, strict=True)]
        known = [i for i, unit in enumerate(units) if unit is not None] or list(range(count))
        self._columns = known
        self._scales = np.array([self._scale_uv or units[i] or 1.0 for i in known], np.float64)
        self._buffer = np.zeros((_CHUNK, count), _DTYPES[full.channel_format()])
        return DeviceInfo(
            model=f"LSL {full.type() or 'stream'} {full.name()}",
            serial=full.source_id(),
            address=str(self._address),
            sample_rate_hz=float(full.nominal_srate()),
            channels=tuple(Channel(names[i]) for i in known),
            firmware=full.hostname(),
            scale_known=self._scale_uv is not None or any(unit is not None for unit in units),
            marks_pulses="markers" in self._address.options,
        )

    def _begin(self) -> None:
        self._stamps = StampedSamples(self.info.sample_rate_hz)
        try:
            self._inlet.open_stream(timeout=_INFO_S)
            self._inlet.flush()
            if self._markers:
                self._markers.open_stream(timeout=_INFO_S)
                self._markers.flush()
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError) as error:
            raise self._gone() from error

    def _pump(self, timeout_s: float) -> None:
        """Wait for one sample, then read all others: the fastest way that pylsl offers."""
        try:
            first, stamp_s = self._inlet.pull_sample(timeout=timeout_s)
            if stamp_s is not None:
                self._take(np.array([first], self._buffer.dtype), np.array([stamp_s]))
            while stamp_s is not None:
                _, stamps_s = self._inlet.pull_chunk(0.0, _CHUNK, self._buffer)
                self._take(self._buffer[: len(stamps_s)].copy(), np.array(stamps_s, np.float64))
                if len(stamps_s) < _CHUNK:
                    break
            self._pull_markers()
        except self._lsl.util.LostError as error:
            raise self._gone() from error

    def _take(self, rows: NDArray[Any], stamps_s: NDArray[np.float64]) -> None:
        """Emit ``rows`` of all channels, with gaps where their stamps show missing samples."""
        arrived_ns = time.monotonic_ns()
        samples_uv = np.asarray(rows[:, self._columns] * self._scales, np.float32)
        begun = 0
        for at, lost in self._stamps.gaps(stamps_s, self.next_sample):
            self.emit_samples(samples_uv[begun:at], arrived_ns)
            self.emit_gap(lost)
            begun = at
        self.emit_samples(samples_uv[begun:], arrived_ns)

    def _pull_markers(self) -> None:
        """Emit the markers that have arrived; one from before the first sample is dropped."""
        while self._markers:
            values, stamp_s = self._markers.pull_sample(timeout=0.0)
            if stamp_s is None:
                return
            text = str(values[0])
            if text in {"", "0"} or not text.startswith(self._address.text("marker") or ""):
                continue
            sample, after_s = self._stamps.place(stamp_s)
            if sample >= 0 and self.next_sample:
                self.emit_event(_pulse(sample, after_s, text), time.monotonic_ns())

    def _resolve(self, wanted: dict[str, str]) -> Any:
        """Return the one stream that matches ``wanted``. Raises DeviceNotFound, or DeviceRefused for several."""
        terms = [f"{key}={_quoted(value)}" for key, value in wanted.items() if value]
        if not terms:
            raise DeviceRefused(
                "lsl: names no stream; write lsl:NAME or lsl:?type=EMG. The command devices lists them."
            )
        which = " and ".join(terms)
        streams = self._lsl.resolve_bypred(which, 2, SECOND_S) or self._lsl.resolve_bypred(which, 1, self._resolve_s)
        if not streams:
            raise DeviceNotFound(f"No LSL stream has {which}; start it, or see the command devices.")
        if len({stream.uid() for stream in streams}) > 1:
            known = "; ".join(
                sorted(f"source_id={stream.source_id() or '?'} of {stream.hostname()}" for stream in streams)
            )
            ids = [stream.source_id() for stream in streams]
            can_help = all(ids) and len(set(ids)) == len(ids)
            advice = "Add ?source_id=ID." if can_help else "Their source_id does not differ: stop one, or rename it."
            raise DeviceRefused(f"Several LSL streams have {which}: {known}. {advice}")
        return streams[0]

    def _open(self, found: Any) -> Any:
        """Open an inlet whose stamps are on this computer's clock; a lost stream stays lost."""
        flags = self._lsl.proc_clocksync
        inlet = self._lsl.StreamInlet(found, max_buflen=_BUFFER_S, recover=False, processing_flags=flags)
        try:
            inlet.info(timeout=_INFO_S)
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError) as error:
            raise self._gone() from error
        return inlet

    def _gone(self) -> DeviceLost:
        return DeviceLost(f"The stream {self._address} has ended: its program was closed, or the network is down.")

    def _release(self) -> None:
        for inlet in (self._inlet, self._markers):
            if inlet is not None:
                inlet.close_stream()
        self._inlet = self._markers = None


def library() -> Any:
    """Return pylsl with its log switched off, unless the site has a configuration of its own.

    Raises DeviceRefused where it is not installed.
    """
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:
        raise DeviceRefused(
            "Streams of the Lab Streaming Layer need pylsl: pip install 'needle-guidance[lsl]'."
        ) from error
    if "LSLAPICFG" not in os.environ and not any(Path(path).expanduser().exists() for path in _CONFIGS):
        pylsl.set_config_content("[log]\nlevel = -3\n")
    return pylsl


def _each(described: list[str | None] | None, count: int) -> list[str]:
    words = [word or "" for word in described or []]
    return words if len(words) == count else [""] * count


def _microvolts_of(unit: str, kind: str) -> float | None:
    """Return the uV of one ``unit``; None where it is not a voltage or not stated.

    MNE writes the power of ten of the volt as the unit of a signal whose ``kind`` is a voltage.
    """
    plain = unit.strip()
    if plain in _POWERS and kind.lower() in _VOLTAGES:
        return 10.0 ** (6 + int(plain))
    return microvolts_per(_UNITS.get(plain.lower().removesuffix("s"), plain))


def _quoted(value: str) -> str:
    return f"'{value}'" if "'" not in value else f'"{value}"'


def _pulse(sample: int, after_s: float, text: str) -> Pulse:
    """Return the stimulus of a marker, with the current and width in its ``text``."""
    words = dict(word.split("=", 1) for word in text.split() if "=" in word)
    current_ma, width_ms = (number(words[key]) if key in words else None for key in ("current_ma", "width_ms"))
    return Pulse(sample, round(after_s * 1e9), current_ma, width_ms=width_ms or None)
