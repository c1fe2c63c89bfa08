"""Muscles that a nerve supplies beyond the place where a sheet stimulates it.

The keys are the nerves as sheets write them, with the place where it matters: at the ankle the tibial nerve moves no
calf. From textbook anatomy, not from a cited source; a response of another muscle means another nerve, or the muscle
itself.
"""

from __future__ import annotations

_HAND_ULNAR = {
    "adductor-pollicis", "first-dorsal-interosseus", "abductor-digiti-minimi", "interossei",
    "lumbricals-of-digits-4-and-5",
}  # fmt: skip
_FOREARM_ULNAR = _HAND_ULNAR | {"flexor-carpi-ulnaris", "flexor-digitorum-profundus-of-digits-4-and-5"}
_HAND_MEDIAN = {"abductor-pollicis-brevis", "opponens-pollicis", "lumbricals-of-digits-2-and-3"}
_FOREARM_MEDIAN = _HAND_MEDIAN | {
    "pronator-teres", "pronator-quadratus", "flexor-carpi-radialis", "palmaris-longus",
    "flexor-digitorum-superficialis", "flexor-digitorum-profundus-of-digits-2-and-3", "flexor-pollicis-longus",
}  # fmt: skip
_FOREARM_RADIAL = {
    "extensor-carpi-radialis", "extensor-carpi-ulnaris", "extensor-digitorum", "extensor-indicis",
    "extensor-pollicis-longus", "abductor-pollicis-longus", "supinator", "brachioradialis",
}  # fmt: skip
_ARM_RADIAL = _FOREARM_RADIAL | {"triceps", "anconeus"}
_MUSCULOCUTANEOUS = {"biceps", "brachialis", "coracobrachialis"}
_SUPRASCAPULAR = {"supraspinatus", "infraspinatus"}
_CORDS = _FOREARM_ULNAR | _FOREARM_MEDIAN | _ARM_RADIAL | _MUSCULOCUTANEOUS | {"deltoid", "teres-minor"}
_TRUNKS = _CORDS | _SUPRASCAPULAR | {"pectoralis-major", "latissimus-dorsi", "teres-major", "subscapularis"}

_QUADRICEPS = {"rectus-femoris", "vastus-medialis", "vastus-lateralis", "vastus-intermedius"}
_ADDUCTORS = {"adductor-longus", "adductor-brevis", "adductor-magnus", "gracilis"}
_FOOT_TIBIAL = {
    "abductor-hallucis",
    "flexor-hallucis-brevis",
    "flexor-digitorum-brevis",
    "abductor-digiti-minimi-pedis",
}
_CALF = {
    "gastrocnemius", "soleus", "tibialis-posterior", "flexor-digitorum-longus", "flexor-hallucis-longus", "plantaris",
    "popliteus",
}  # fmt: skip
_PERONEAL = {
    "tibialis-anterior", "extensor-hallucis-longus", "extensor-digitorum-longus", "extensor-digitorum-brevis",
    "peroneus-longus", "peroneus-brevis",
}  # fmt: skip
_BELOW_THE_KNEE = _FOOT_TIBIAL | _CALF | _PERONEAL
_HAMSTRINGS = {"biceps-femoris", "semitendinosus", "semimembranosus"}
_SCIATIC = _BELOW_THE_KNEE | _HAMSTRINGS

SUPPLY: dict[str, frozenset[str]] = {
    name: frozenset(muscles)
    for name, muscles in {
        "brachial plexus, between the scalenes": _TRUNKS,
        "brachial plexus, above the clavicle": _TRUNKS,
        "brachial plexus, below the clavicle": _CORDS,
        "suprascapular nerve": _SUPRASCAPULAR,
        "median nerve in the axilla": _FOREARM_MEDIAN,
        "ulnar nerve in the axilla": _FOREARM_ULNAR,
        "radial nerve in the axilla": _ARM_RADIAL,
        "musculocutaneous nerve in the axilla": _MUSCULOCUTANEOUS,
        "radial nerve at the middle of the humerus": _FOREARM_RADIAL,
        "median nerve at the elbow": _FOREARM_MEDIAN,
        "ulnar nerve at the elbow": _FOREARM_ULNAR,
        "radial nerve at the elbow": _FOREARM_RADIAL,
        "lumbar plexus": _QUADRICEPS | _ADDUCTORS | {"sartorius", "pectineus", "iliopsoas"},
        "femoral nerve": _QUADRICEPS | {"sartorius", "pectineus"},
        "saphenous nerve": {"vastus-medialis"},
        "obturator nerve": _ADDUCTORS,
        "sciatic nerve, gluteal": _SCIATIC,
        "sacral plexus, parasacral": _SCIATIC | {"gluteus-maximus"},
        "sciatic nerve, anterior of the thigh": _SCIATIC,
        "sciatic nerve, popliteal": _BELOW_THE_KNEE,
        "tibial nerve at the knee": _FOOT_TIBIAL | _CALF,
        "tibial nerve at the ankle": _FOOT_TIBIAL,
        "common peroneal nerve": _PERONEAL,
        "accessory nerve": {"trapezius", "sternocleidomastoid"},
        "facial nerve": {"nasalis", "orbicularis-oculi", "orbicularis-oris", "frontalis"},
    }.items()
}
"""Muscles by nerve. The saphenous nerve supplies none; the nerve to vastus medialis runs beside it."""
