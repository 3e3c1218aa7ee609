"""Moods of sounds: each moves in the direction that its name promises, in formulas and in sounds made by formula."""

from collections.abc import Callable
from dataclasses import astuple
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.features import log_mel
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.mood.acousticness import acousticness
from tactus.analysis.track.mood.from_sound import envelope_features, sound_mood
from tactus.analysis.track.mood.liveness import liveness
from tactus.analysis.track.mood.mood import pulse_clarity
from tactus.analysis.track.mood.voice import instrumentalness, speechiness
from tactus.analysis.track.result import Mood, SoundMood
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.signal_pass import Block
from tactus.analysis.track.sound.band_levels import band_levels_db
from tactus.analysis.track.sound.loudness import loudness
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import noise, silence, song
from tests.fixtures.sounds import (
    applause,
    drum_machine,
    held_chords,
    in_a_room,
    mixed,
    plucked_strings,
    singing,
    speech,
)

ratios = st.floats(0, 1)
decibels = st.floats(0, 40)
few = settings(max_examples=3, deadline=None)
seeds = st.integers(0, 2**31)

RHYTHM_HZ = INNER_GRIDS["rhythm"].frame_rate_hz
READ = ("log_mel", "onset_strength", "pitch_glide", "k_weighted_steps")


def sound_mood_of(samples: Floats) -> SoundMood:
    """As the analysis of a track makes it, without its rhythm."""
    timelines = Analyzer(features_for(READ), INNER_GRIDS).run([np.atleast_2d(samples)])
    values = {name: timeline.values for name, timeline in timelines.items()}
    return sound_mood(
        band_levels_db(values["log_mel"], log_mel.COMPRESSION),
        envelope_features(values["log_mel"]),
        pitch_glide=values["pitch_glide"][:, 0],
        k_weighted_steps=values["k_weighted_steps"],
        pulse=pulse_clarity(onset_curve(values["onset_strength"]), RHYTHM_HZ),
        range_lu=loudness(values["k_weighted_steps"]).range_lu,
    )


@cache
def of_song(bpm: float = 110, mode: str = "major", gain: float = 1.0) -> Mood:
    """Mood of a whole analysis of a song."""
    samples = np.float32(gain) * song(bpm=bpm, mode="minor" if mode == "minor" else "major", form="AB").samples
    found = TrackAnalyzer(TrackOptions("basic"), network_weights()).analysis(lambda: [Block(samples, samples)])
    assert found.character is not None
    return found.character.mood


@given(ratios, ratios, ratios, ratios)
def test_more_gliding_more_pauses_and_less_of_a_beat_is_more_speech(
    gliding: float, pauses: float, pulse: float, more: float
) -> None:
    base = speechiness(gliding=gliding, pauses=pauses, pulse=pulse)
    assert 0 <= base <= 1
    assert speechiness(gliding=gliding + more, pauses=pauses, pulse=pulse) >= base
    assert speechiness(gliding=gliding, pauses=pauses + more, pulse=pulse) >= base
    assert speechiness(gliding=gliding, pauses=pauses, pulse=pulse + more) <= base


@given(ratios, ratios, ratios)
def test_more_gliding_and_more_speech_is_less_instrumental(gliding: float, spoken: float, more: float) -> None:
    base = instrumentalness(gliding=gliding, speechiness=spoken)
    assert 0 <= base <= 1
    assert instrumentalness(gliding=gliding + more, speechiness=spoken) <= base
    assert instrumentalness(gliding=gliding, speechiness=min(1, spoken + more)) <= base


@given(ratios, decibels, ratios)
def test_more_applause_and_softer_falls_are_more_live(clapping: float, decay_db: float, more: float) -> None:
    base = liveness(applause=clapping, decay_db=decay_db)
    assert 0 <= base <= 1
    assert liveness(applause=clapping + more, decay_db=decay_db) >= base
    assert liveness(applause=clapping, decay_db=decay_db + 20 * more) <= base or decay_db == 0


@given(decibels, st.floats(-30, 30), st.floats(0, 20), decibels)
def test_steeper_attacks_deeper_bass_and_even_loudness_are_less_acoustic(
    attack_db: float, bass_db: float, range_lu: float, more: float
) -> None:
    base = acousticness(attack_db=attack_db, bass_db=bass_db, range_lu=range_lu)
    assert 0 <= base <= 1
    assert acousticness(attack_db=attack_db + more, bass_db=bass_db, range_lu=range_lu) <= base
    assert acousticness(attack_db=attack_db, bass_db=bass_db + more, range_lu=range_lu) <= base
    assert acousticness(attack_db=attack_db, bass_db=bass_db, range_lu=range_lu + more) >= base


@few
@given(seeds)
def test_talk_is_speech_and_instruments_are_none(seed: int) -> None:
    assert sound_mood_of(speech(seed)).speechiness > 0.66
    assert sound_mood_of(speech(seed, low_hz=150, high_hz=350)).speechiness > 0.66
    for played in (plucked_strings(seed), held_chords(), drum_machine()):
        assert sound_mood_of(played).speechiness < 0.2


@few
@given(seeds)
def test_adding_speech_raises_speechiness(seed: int) -> None:
    for played in (held_chords(), plucked_strings(seed)):
        assert sound_mood_of(mixed(played, speech(seed))).speechiness > sound_mood_of(played).speechiness + 0.01


@few
@given(seeds)
def test_a_voice_makes_music_less_instrumental_whether_it_sings_or_speaks(seed: int) -> None:
    for played in (held_chords(), plucked_strings(seed)):
        alone = sound_mood_of(played).instrumentalness
        assert alone > 0.8
        assert sound_mood_of(mixed(played, singing(seed))).instrumentalness < alone - 0.3
        assert sound_mood_of(mixed(played, speech(seed))).instrumentalness < alone - 0.1


@few
@given(seeds)
def test_a_singer_alone_is_neither_instrumental_nor_talking(seed: int) -> None:
    found = sound_mood_of(singing(seed))
    assert found.instrumentalness < 0.2
    assert found.speechiness < 0.66


@few
@given(seeds)
def test_a_drum_machine_makes_music_less_acoustic(seed: int) -> None:
    for played in (held_chords(), plucked_strings(seed)):
        assert sound_mood_of(mixed(played, drum_machine())).acousticness < sound_mood_of(played).acousticness - 0.1


@few
@given(seeds)
def test_applause_and_a_hall_make_music_more_live(seed: int) -> None:
    dry = plucked_strings(seed)
    alone = sound_mood_of(dry).liveness
    assert sound_mood_of(np.concatenate((dry, applause(seed, 4.0)))).liveness > alone + 0.5
    assert sound_mood_of(mixed(drum_machine(), applause(seed, 12.0))).liveness >= sound_mood_of(drum_machine()).liveness
    assert sound_mood_of(in_a_room(drum_machine(), seed, 1.5)).liveness > sound_mood_of(drum_machine()).liveness


SOUNDS: dict[str, Callable[[], Floats]] = {
    "silence": lambda: silence(3.0),
    "one sample": lambda: np.full(1, 0.5, np.float32),
    "a tenth of a second": lambda: noise(1, 0.1),
    "noise": lambda: noise(2, 3.0),
    "a constant": lambda: np.full(44100, 0.5, np.float32),
    "speech": lambda: speech(1, 4.0),
    "applause": lambda: applause(1, 4.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_each_is_a_ratio_whatever_sounds(name: str) -> None:
    assert all(0 <= value <= 1 for value in astuple(sound_mood_of(SOUNDS[name]())))


def test_silence_has_no_speech_no_audience_and_nobody_who_sings() -> None:
    assert sound_mood_of(silence(3.0)) == SoundMood(
        acousticness=0.0, instrumentalness=1.0, liveness=0.0, speechiness=0.0
    )


@pytest.mark.parametrize("made", [speech, plucked_strings, applause], ids=lambda made: made.__name__)
def test_a_softer_recording_says_much_the_same(made: Callable[[int], Floats]) -> None:
    samples = made(3)
    assert astuple(sound_mood_of(np.float32(0.25) * samples)) == pytest.approx(astuple(sound_mood_of(samples)), abs=0.1)


def test_silence_around_says_nothing_new() -> None:
    samples = speech(4)
    padded = np.concatenate((silence(4.0), samples, silence(4.0)))
    found, alone = sound_mood_of(padded), sound_mood_of(samples)
    assert found.speechiness == pytest.approx(alone.speechiness, abs=0.05)
    assert found.instrumentalness == pytest.approx(alone.instrumentalness, abs=0.05)
    assert found.liveness == pytest.approx(alone.liveness, abs=0.05)


def test_the_same_song_in_minor_is_less_cheerful() -> None:
    assert of_song(mode="minor").valence < of_song().valence - 0.2


def test_the_same_song_faster_is_more_energetic_and_more_cheerful() -> None:
    slow, fast = of_song(bpm=90), of_song(bpm=140)
    assert fast.energy > slow.energy
    assert fast.valence > slow.valence


def test_the_same_song_louder_is_more_energetic_and_nothing_else() -> None:
    loud, soft = of_song(), of_song(gain=0.25)
    assert loud.energy > soft.energy + 0.1
    assert loud.valence == pytest.approx(soft.valence, abs=0.05)
    assert loud.danceability == pytest.approx(soft.danceability, abs=0.05)


def test_a_drum_machine_is_danceable_and_talk_is_not() -> None:
    def danceability(samples: Floats) -> float:
        stereo = np.stack((samples, samples))
        found = TrackAnalyzer(TrackOptions("basic"), network_weights()).analysis(lambda: [Block(stereo, stereo)])
        assert found.character is not None
        return found.character.mood.danceability

    held = held_chords(20.0)
    assert danceability(drum_machine(20.0)) > 0.8
    assert danceability(speech(5, 20.0)) < 0.2
    assert danceability(mixed(held, drum_machine(20.0))) > danceability(mixed(held, speech(5, 20.0)))
