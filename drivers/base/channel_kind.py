"""What a channel holds, by its label: the muscle, a trigger line, or something else of the body or the room."""

from __future__ import annotations

import re
from enum import IntEnum


class ChannelKind(IntEnum):
    """What a channel holds; the lower, the sooner it is taken for the muscle's."""

    MUSCLE = 0
    UNNAMED = 1
    """The label says nothing, such as ``A1`` or ``channel 2``: it may be a muscle."""
    OTHER = 2
    """Something else of the body, or a sensor: EEG, ECG, breathing, force."""
    TRIGGER = 3
    """A line of pulses or codes: it never shows a muscle."""


_TRIGGER = re.compile(
    r"(trig(ger)?s?|trg|status|stim(ulus|ulation)?|ttl|sti|sync|event|events|marker|markers|mark|din|digital|"
    r"photodiode|clock|counter|button|flags?|annotations?|timestamps?)(?![a-z])"
)
_OTHER = re.compile(
    r"(eeg|ecg|ekg|eog|meg|seeg|ecog|dbs|resp(iration)?|breath|flow|thorax|abdomen|abdo|snore|spo2|sao2|pulse|pleth|ppg|"
    r"temp(erature)?|light|pos(ition)?|acc|accel|gyro|mag|force|torque|angle|gonio|press(ure)?|gsr|eda|scr|veog|heog|"
    r"battery|batt|imp(edance)?|cap|mic|sound|audio|ref(erence)?|gnd|ground)(?![a-z])"
)
_MUSCLE = re.compile(
    r"(s?emg|needle|muscles?|cmap|mep|snap|motor|mwave|hreflex|chin|(left|right|l|r)?(leg|arm)s?|tib|tibialis|"
    r"gastrocnemius|soleus|biceps|triceps|deltoid|vastus|rectus|flexor|extensor|abductor|adductor|apb|adm|fdi|edb|"
    r"brachioradialis|masseter|orbicularis|trapezius|quadriceps|hamstrings?|thenar|hypothenar)(?![a-z])"
)
_SITE = r"(fp|af|f|ft|fc|t|tp|c|cp|p|po|o)(\d{1,2}|z)"
_STANDARD_10_20 = re.compile(rf"(eeg[ -])?{_SITE}([ -]?(ref|le|avg|a1|a2|m1|m2|{_SITE}))?")
_WORD = re.compile(r"[^a-z0-9]+")


def channel_kind(label: str, kind: str = "") -> ChannelKind:
    """Return what the channel ``label`` holds; ``kind`` is the type that the file or stream states, if it does."""
    stated = _kind_of_words(kind)
    return _kind_of_words(label) if stated is ChannelKind.UNNAMED else stated


def _kind_of_words(text: str) -> ChannelKind:
    words = _WORD.sub(" ", text.casefold()).split()
    if any(_TRIGGER.match(word) for word in words):
        return ChannelKind.TRIGGER
    if _STANDARD_10_20.fullmatch(" ".join(words)) or _STANDARD_10_20.fullmatch("-".join(words)):
        return ChannelKind.OTHER
    if any(_MUSCLE.match(word) for word in words):
        return ChannelKind.MUSCLE
    return ChannelKind.OTHER if any(_OTHER.match(word) for word in words) else ChannelKind.UNNAMED
