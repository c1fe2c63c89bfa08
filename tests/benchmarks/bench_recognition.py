"""Can the sounds be distinguished by their documented pitches and tempi alone, as a loudspeaker plays them?

``python -m tests.benchmarks.bench_recognition [--repeats N]``. Every zone of every mapping, and every alarm, is played
through PortAudio on a sound server's null sink and recorded there; the first second of each is judged
(tests/support/sound_recognition.py). A row is what was played, a column what was recognised. Then how many of them
meet the criteria of alarms.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from guidance.audio.samples import ALARMS, SoundSample, render_sample, sound_samples
from guidance.audio.sound_check import play
from guidance.cue import MAPPINGS
from tests.support.pulse_audio import PulseServer, Recorder, own_sound
from tests.support.sound_recognition import RATE_HZ, is_alarm, recognised


def recognise(recorder: Recorder, scene: SoundSample, mapping: str) -> tuple[str, bool]:
    """What the first second of ``scene`` is taken for, and whether it meets the criteria of alarms."""
    began_s = time.monotonic()
    play(render_sample(scene)[: round(1.3 * RATE_HZ)], None)
    recording = recorder.recording()
    first_s = recording.first_after(began_s, 5e-4)
    if first_s is None:
        return "silence", False
    second = recording.since(first_s)[:RATE_HZ]
    return recognised(second, mapping), is_alarm(second)


def main() -> None:
    """Play all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with own_sound(sys.exit) as server:
        _table(server, repeats)


def _table(server: PulseServer, repeats: int) -> None:
    alarms: Counter[str] = Counter()
    right = total = 0
    with Recorder(server) as recorder:
        for name in (*MAPPINGS, ALARMS):
            for scene in sound_samples(name):
                if scene.name in {"answers", "potentials"}:
                    continue
                found = [recognise(recorder, scene, "tempo" if name == ALARMS else name) for _ in range(repeats)]
                counts = Counter(word for word, _ in found)
                right, total = right + counts[scene.name], total + repeats
                alarms[name] += sum(like for _, like in found)
                confusions = ", ".join(f"{word} {count}" for word, count in counts.items())
                print(f"{name:8} {scene.name:9} recognised as {confusions}", flush=True)
    print(f"{right} of {total} are recognised as what they are")
    print("; ".join(f"{name}: {alarms[name]} meet the criteria of alarms" for name in (*MAPPINGS, ALARMS)))


if __name__ == "__main__":
    main()
