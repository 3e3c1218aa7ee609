"""What frames say beside levels and beats: loudness, strokes, harmony, passages."""

import numpy as np
import pytest

from tactus.analysis.live import build_and_drop
from tactus.analysis.live.drums import DrumHits
from tactus.dsp.arrays import Floats
from tests.analysis.live.test_engine import frames_of
from tests.fixtures.signals import SAMPLE_RATE, chord, click_track, noise, silence, song, times_s, tone


def kick(decay_s: float = 0.04, length_s: float = 0.25) -> Floats:
    """A low tone that fades; its attack is soft, for a hard one is a click that sounds in every range."""
    at = times_s(length_s)
    return np.asarray(0.8 * np.sin(2 * np.pi * 60 * at) * np.exp(-at / decay_s) * np.minimum(at / 0.006, 1), np.float32)


def burst(seed: int, low_hz: float, high_hz: float, fade_s: float = 0.02) -> Floats:
    """Noise in a range of frequency that fades, likewise."""
    spectrum = np.fft.rfft(noise(seed, 0.25))
    hz = np.fft.rfftfreq(round(0.25 * SAMPLE_RATE), 1 / SAMPLE_RATE)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    at = times_s(0.25)
    return np.asarray(np.fft.irfft(spectrum, len(at)) * np.exp(-at / fade_s) * np.minimum(at / 0.006, 1), np.float32)


def snare() -> Floats:
    """Noise over a short tone."""
    at = times_s(0.25)
    tone_below = 0.3 * np.sin(2 * np.pi * 200 * at) * np.exp(-at / 0.05) * np.minimum(at / 0.006, 1)
    return np.asarray(burst(2, 900, 16000, fade_s=0.08) + tone_below, np.float32)


def test_loudness_is_that_of_the_standard() -> None:
    last = frames_of(tone(997, 4.0))[-1]
    assert last["loudness_momentary"] == pytest.approx(-3.01, abs=0.1)
    assert last["loudness_short_term"] == pytest.approx(-3.01, abs=0.1)
    frames = frames_of(np.concatenate((tone(997, 4.0, amplitude=0.1), silence(1.0))))
    assert frames[-1]["loudness_momentary"] == -70
    assert frames[-1]["loudness_short_term"] == pytest.approx(-23.01 + 10 * np.log10(2 / 3), abs=0.1)


def test_strokes_are_told_apart() -> None:
    bar = np.concatenate((kick(), burst(1, 7000, 16000), snare(), burst(3, 7000, 16000)))
    frames = frames_of(np.tile(bar, 12))
    told = [
        (round(frame["audio_time"] // 0.25) % 4, name)
        for frame in frames
        for name, hit in frame["drums"].items()
        if hit and 2 < frame["audio_time"] < 12 and frame["audio_time"] % 0.25 < 0.08
    ]
    counts = {place: [sum(one == (place, name) for one in told) for name in DrumHits._fields] for place in range(4)}
    assert counts[0][:2] == [10, 0]
    assert counts[0][2] < 5
    assert counts[1][:2] == counts[3][:2] == [0, 0]
    assert counts[2][1] == 10  # a snare has something of a kick and of a hat
    assert counts[1][2] + counts[3][2] >= 16


def test_noise_and_silence_have_no_strokes() -> None:
    for drumless in (noise(1, 8, amplitude=0.2), silence(2)):
        assert not any(hit for frame in frames_of(drumless)[200:] for hit in frame["drums"].values())


def test_chroma_and_key_are_those_of_the_last_seconds() -> None:
    piece = song(bpm=110, form="AB").samples[0]
    tonic, *others = [chord(notes, 1.5) for notes in ((60, 64, 67), (65, 69, 72), (67, 71, 74))]
    triads = np.concatenate((tonic, *others, tonic) * 3)
    last = frames_of(triads)[-1]
    assert (last["key"]["tonic"], last["key"]["mode"]) == ("C", "major")
    assert len(last["chroma"]) == 12
    assert max(last["chroma"]) == 1
    assert set(np.argsort(last["chroma"])[-7:]) == {0, 2, 4, 5, 7, 9, 11}
    assert frames_of(piece)[-1]["key"] is not None
    sharp = np.interp(np.arange(0, len(triads), 2 ** (40 / 1200)), np.arange(len(triads)), triads).astype(np.float32)
    retuned = frames_of(sharp)[-1]
    assert (retuned["key"]["tonic"], retuned["key"]["mode"]) == ("C", "major")
    np.testing.assert_allclose(retuned["chroma"], last["chroma"], atol=0.1)
    for keyless in (noise(1, 12), silence(3), click_track(120, 12)):
        assert frames_of(keyless)[-1]["key"] is None


def rows(length_s: float, lows: float, highs: float, whole: float, rise_db: float = 0.0) -> Floats:
    """Powers by row, the highs and the whole rising evenly."""
    n = round(length_s / build_and_drop.ROW_S)
    rising = 10 ** (np.linspace(0, rise_db, n) / 10)
    return np.stack((np.full(n, lows), highs * rising, whole * rising), axis=1)


def said(powers: Floats) -> list[build_and_drop.BuildDrop | None]:
    state, words = build_and_drop.start(), []
    for row in powers:
        state = build_and_drop.step(state, tuple(row.tolist()), build_and_drop.ROW_S)
        words.append(state.build_drop)
    return words


def test_break_build_and_drop_are_told_as_they_come() -> None:
    full, bare = (0.04, 0.004, 0.05), (0.0005, 0.001, 0.004)
    words = said(np.concatenate((rows(20, *full), rows(10, *bare), rows(8, *bare, rise_db=7), rows(40, *full))))
    at = {second: words[round(second / build_and_drop.ROW_S)] for second in (15, 25, 29, 36, 39, 60, 75)}
    assert at == {15: None, 25: "break", 29: "break", 36: "build", 39: "drop", 60: "drop", 75: None}


def test_a_build_as_loud_as_its_drop_is_followed_by_one() -> None:
    full, bare = (0.04, 0.004, 0.05), (0.0005, 0.001, 0.01)
    words = said(np.concatenate((rows(20, *full), rows(8, *bare, rise_db=7), rows(10, *full))))
    assert words[round(27 / build_and_drop.ROW_S)] == "build"
    assert words[round(30 / build_and_drop.ROW_S)] == "drop"


def test_a_faint_treble_that_comes_and_goes_makes_no_build() -> None:
    full = rows(20, 0.04, 0.004, 0.05)
    chords = np.concatenate([rows(3, 0.0005, faint, 0.01) for faint in (1e-6, 4e-6) * 4])
    assert set(said(np.concatenate((full, chords)))[round(23 / build_and_drop.ROW_S) :]) == {"break"}


@pytest.mark.parametrize("length_s", [0.0116, 0.0929, 0.3715])
def test_passages_do_not_depend_on_how_messages_are_cut(length_s: float) -> None:
    full, bare = (0.04, 0.004, 0.05), (0.0005, 0.001, 0.004)
    state = build_and_drop.start()
    told_s: dict[str | None, float] = {}
    for number in range(round(40 / length_s)):
        at_s = number * length_s
        state = build_and_drop.step(state, full if at_s < 20 or at_s > 30 else bare, length_s)
        told_s.setdefault(state.build_drop, at_s)
    assert told_s["break"] == pytest.approx(20 + build_and_drop.THIN_S, abs=0.5)
    assert told_s["drop"] == pytest.approx(30 + build_and_drop.BACK_S, abs=0.6)


def test_music_without_such_contrasts_has_no_passages() -> None:
    assert set(said(rows(60, 0.02, 0.002, 0.03))) == {None}
    full, fill = rows(20, 0.02, 0.002, 0.03), rows(1, 0.001, 0.002, 0.02)
    assert set(said(np.concatenate((full, fill, full)))) == {None}
    assert {frame["state"]["passage"] for frame in frames_of(song(bpm=120, form="ABAB").samples[0])} == {None}


def test_a_track_by_formula_is_told_with_its_sound() -> None:
    beat = np.concatenate((kick(0.15), burst(4, 7000, 16000)))
    full = np.tile(beat, 32)
    pad = chord((60, 64, 67), 16.0)
    pad = (0.1 * pad / np.abs(pad).max()).astype(np.float32)
    sweep = (noise(4, 16.0, amplitude=0.25) * np.linspace(0, 1, 16 * SAMPLE_RATE) ** 2).astype(np.float32)
    hiss = np.append(np.diff(sweep), 0).astype(np.float32)
    frames = frames_of(np.concatenate((full, pad + 0.2 * hiss, full)))
    passage_at = {round(frame["audio_time"], 1): frame["state"]["passage"] for frame in frames}
    at = {second: passage_at[second] for second in (10, 20, 31, 34)}
    assert at == {10: None, 20: "break", 31: "build", 34: "drop"}
