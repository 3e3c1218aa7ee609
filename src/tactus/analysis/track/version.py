"""Version of the analysis: program, features, estimators and network weights. Part of the keys of stored results."""

import hashlib
from types import ModuleType

import tactus
from tactus.analysis import catalogue, tuning
from tactus.analysis.networks import harmony as harmony_network
from tactus.analysis.networks import rhythm as rhythm_network
from tactus.analysis.track.harmony import chords, key
from tactus.analysis.track.mood import acousticness, liveness, mood, voice
from tactus.analysis.track.rhythm import hinted, rhythm, swing, tatums, tempo_curve
from tactus.analysis.track.sections import sections
from tactus.analysis.track.sound import attack_decay, fades, loudness, segments, waveform

_ESTIMATORS: tuple[ModuleType, ...] = (
    acousticness,
    chords,
    fades,
    harmony_network,
    hinted,
    key,
    liveness,
    loudness,
    mood,
    rhythm,
    rhythm_network,
    sections,
    segments,
    attack_decay,
    swing,
    tatums,
    tempo_curve,
    tuning,
    voice,
    waveform,
)
"""Modules whose `VERSION` is raised whenever their results change."""


def estimator_versions() -> dict[str, int]:
    """Versions of all estimators, by module name in `tactus.analysis`."""
    return {module.__name__.removeprefix("tactus.analysis."): module.VERSION for module in _ESTIMATORS}


def versions_digest() -> str:
    """8 hexadecimal digits of the SHA-256 of the versions of all features, estimators and network weights."""
    estimators = (f"{name}.{version}" for name, version in sorted(estimator_versions().items()))
    versions = " ".join(
        (catalogue.versions(), *estimators, rhythm_network.WEIGHTS_SHA256, harmony_network.WEIGHTS_SHA256)
    )
    return hashlib.sha256(versions.encode()).hexdigest()[:8]


def analyzer_version() -> str:
    """Version of the program and digest of all versions of the analysis, as in `0.1.0+3f2a9c01`."""
    return f"{tactus.__version__}+{versions_digest()}"
