"""Mood from the sound alone, independent of beats: acousticness, instrumentalness, liveness, speechiness."""

from dataclasses import dataclass

from tactus.analysis.features import log_mel
from tactus.analysis.track.mood.acousticness import acousticness, deep_bass_db
from tactus.analysis.track.mood.liveness import applause_share, liveness
from tactus.analysis.track.mood.voice import gliding_share, instrumentalness, pause_share, speechiness
from tactus.analysis.track.result import SoundMood
from tactus.analysis.track.sound.attack_decay import attack_decay_slopes_db
from tactus.analysis.track.sound.band_levels import band_levels_db
from tactus.dsp.arrays import Floats

_DEEP = log_mel.bands_between(0, 90)
_MID = log_mel.bands_between(300, 2000)
_CLEAR = log_mel.bands_between(400, 6000)
"""Bands for attacks, decays and applause: without the rumble of a room and the hiss of a tape."""

_FLOOR_DB = -90.0
"""Floor of the levels for attacks, decays and applause [dB]. Noise is weak in every band: at -60 dB, which does for
tones, applause would be silence."""


@dataclass(frozen=True, slots=True)
class EnvelopeFeatures:
    """Attacks, decays and applause.

    Args:
        attack_db: Attack slope from `attack_decay_slopes_db` [dB per 23 ms].
        decay_db: Decay slope from `attack_decay_slopes_db` [dB per 46 ms].
        applause: Share of applause from `applause_share`, in [0, 1].
    """

    attack_db: float
    decay_db: float
    applause: float


def envelope_features(log_mel_values: Floats) -> EnvelopeFeatures:
    """Attacks, decays and applause of a piece, from the feature log_mel, shape `[n_frames, n_bands]`."""
    levels_db = band_levels_db(log_mel_values[:, _CLEAR], log_mel.COMPRESSION, _FLOOR_DB)
    return EnvelopeFeatures(*attack_decay_slopes_db(levels_db), applause_share(levels_db))


def sound_mood(
    levels_db: Floats,
    envelope: EnvelopeFeatures,
    *,
    pitch_glide: Floats,
    k_weighted_steps: Floats,
    pulse: float,
    range_lu: float,
) -> SoundMood:
    """Acousticness, instrumentalness, liveness and speechiness of a piece.

    Args:
        levels_db: Level of each log-mel band [dB], shape `[n_frames, n_bands]`.
        envelope: Result of `envelope_features`.
        pitch_glide: Feature `pitch_glide`, shape `[n_frames]`.
        k_weighted_steps: Feature `k_weighted_steps`, shape `[n, n_steps]`.
        pulse: Pulse clarity, in [0, 1].
        range_lu: Loudness range [LU].
    """
    gliding = gliding_share(pitch_glide, levels_db)
    speech = speechiness(gliding=gliding, pauses=pause_share(k_weighted_steps), pulse=pulse)
    bass_db = deep_bass_db(levels_db, _DEEP, _MID)
    return SoundMood(
        acousticness=acousticness(attack_db=envelope.attack_db, bass_db=bass_db, range_lu=range_lu),
        instrumentalness=instrumentalness(gliding=gliding, speechiness=speech),
        liveness=liveness(applause=envelope.applause, decay_db=envelope.decay_db),
        speechiness=speech,
    )
