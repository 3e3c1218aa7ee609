"""What of a piece's mood its sound alone tells, whatever its beats."""

from dataclasses import dataclass

from tactus.analysis.features import log_mel
from tactus.analysis.track.mood.acousticness import acousticness, deep_bass_db
from tactus.analysis.track.mood.liveness import applause_share, liveness
from tactus.analysis.track.mood.voice import gliding_share, instrumentalness, pause_share, speechiness
from tactus.analysis.track.result import SoundMood
from tactus.analysis.track.sound.attack_decay import steepness_db
from tactus.analysis.track.sound.band_levels import band_levels_db
from tactus.dsp.arrays import Floats

_DEEP = log_mel.bands_between(0, 90)
_MIDDLE = log_mel.bands_between(300, 2000)
_CLEAR = log_mel.bands_between(400, 6000)
"""Where what begins and ends is neither the rumble of a room nor the hiss of a tape."""

_FLOOR_DB = -90.0
"""Noise is weak in every band: where a tone is told from silence at -60 dB, applause is not."""


@dataclass(frozen=True, slots=True)
class Edges:
    """How sounds begin and end, and what is heard between them.

    Args:
        rise_db: How steep attacks are, as `steepness_db` says.
        fall_db: How steep ends are, likewise.
        applause: As `applause_share` says, in [0, 1].
    """

    rise_db: float
    fall_db: float
    applause: float


def edges(log_mel_values: Floats) -> Edges:
    """The edges of sounds, from the feature log_mel."""
    levels_db = band_levels_db(log_mel_values[:, _CLEAR], log_mel.COMPRESSION, _FLOOR_DB)
    return Edges(*steepness_db(levels_db), applause_share(levels_db))


def sound_mood(
    levels_db: Floats,
    heard_edges: Edges,
    *,
    pitch_glide: Floats,
    k_weighted_steps: Floats,
    pulse: float,
    range_lu: float,
) -> SoundMood:
    """Acousticness, instrumentalness, liveness and speechiness of a piece.

    Args:
        levels_db: Level of each log-mel band [dB], shape `[n_frames, n_bands]`.
        heard_edges: As `edges` says.
        pitch_glide: The feature of that name, shape `[n_frames]`.
        k_weighted_steps: The feature of that name, shape `[n, n_steps]`.
        pulse: Pulse clarity, in [0, 1].
        range_lu: Loudness range [LU].
    """
    gliding = gliding_share(pitch_glide, levels_db)
    spoken = speechiness(gliding=gliding, pauses=pause_share(k_weighted_steps), pulse=pulse)
    return SoundMood(
        acousticness=acousticness(
            rise_db=heard_edges.rise_db, bass_db=deep_bass_db(levels_db, _DEEP, _MIDDLE), range_lu=range_lu
        ),
        instrumentalness=instrumentalness(gliding=gliding, speechiness=spoken),
        liveness=liveness(applause=heard_edges.applause, fall_db=heard_edges.fall_db),
        speechiness=spoken,
    )
