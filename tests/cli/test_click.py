"""`tactus analyze --click`: a copy of the track with clicks on its beats."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from tactus.dsp.clicks import BEAT_HZ, CLICK_S, DOWNBEAT_HZ, clicks
from tactus.workers.click_child import CLICK_LEVEL, SOUND_LEVEL
from tests.cli.conftest import Terminal
from tests.fixtures.signals import SAMPLE_RATE, Song, wav_bytes


def samples_of(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getsampwidth()) == (SAMPLE_RATE, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return frames.reshape(-1, file.getnchannels()).T / 32767


def test_the_click_track_has_the_music_and_a_click_on_each_beat(terminal: Terminal, short_song: Song) -> None:
    (terminal.folder / "song.wav").write_bytes(wav_bytes(short_song.samples))
    ran = terminal.run("analyze", "song.wav", "--json", "--type", "tempo_only", "--click", "out.wav")
    assert (ran.returncode, ran.stderr) == (0, "")
    analysis = json.loads(ran.stdout)
    mixed = samples_of(terminal.folder / "out.wav")
    assert mixed.shape == short_song.samples.shape, "both channels, whole"
    added = (mixed - SOUND_LEVEL * short_song.samples) / CLICK_LEVEL
    np.testing.assert_allclose(added[0], added[1], atol=1e-3)
    n_samples = round(CLICK_S * SAMPLE_RATE)
    bins = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    at_beat = np.zeros(added.shape[1], bool)
    for time_s in analysis["beat_times"]:
        first = round(time_s * SAMPLE_RATE)
        at_beat[first : first + n_samples] = True
        click = added[0, first : first + n_samples]
        assert click[0] == pytest.approx(1.0, abs=1e-3), "it begins on the sample of the beat"
        strongest_hz = bins[np.argmax(np.abs(np.fft.rfft(click)))] if len(click) == n_samples else None
        wanted_hz = DOWNBEAT_HZ if time_s in analysis["downbeat_times"] else BEAT_HZ
        assert strongest_hz in (None, pytest.approx(wanted_hz, abs=1 / CLICK_S))
    assert np.abs(added[:, ~at_beat]).max() < 1e-3, "and nothing elsewhere"
    assert list(terminal.folder.glob(".*.part")) == []


def test_clicks_are_independent_of_the_block_length() -> None:
    beats = np.arange(0.01, 2.0, 0.3)
    whole = clicks(0, 90_000, SAMPLE_RATE, beats, beats[::4])
    lengths = [1, 127, 512, 4001, 30_000, 90_000 - 34_641]
    starts = np.cumsum([0, *lengths[:-1]])
    cut = [clicks(int(at), n, SAMPLE_RATE, beats, beats[::4]) for at, n in zip(starts, lengths, strict=True)]
    np.testing.assert_array_equal(np.concatenate(cut), whole)


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize(
    "words",
    [
        ("clicks.wav", "silence.wav", "--click", "out.wav"),
        (".", "--click", "out.wav"),
        ("https://example.org/song.mp3", "--click", "out.wav"),
        ("clicks.wav", "--click", "out.mp3"),
        ("clicks.wav", "--click", "nowhere/out.wav"),
        ("clicks.wav", "--click", "clicks.wav"),
    ],
)
def test_unwritable_click_files_are_usage_errors(terminal: Terminal, words: tuple[str, ...]) -> None:
    ran = terminal.run("analyze", *words)
    assert ran.returncode == 2
    assert "--click: " in ran.stderr


@pytest.mark.usefixtures("clicks")
def test_an_unreadable_track_leaves_no_click_file(terminal: Terminal) -> None:
    ran = terminal.run("analyze", "text.mp3", "--click", "out.wav")
    assert ran.returncode == 1
    assert not (terminal.folder / "out.wav").exists()


@pytest.mark.usefixtures("clicks")
def test_tempo_hints_are_followed(terminal: Terminal) -> None:
    for words, bpm in ((("--bpm", "60"), 60.0), (("--bpm-max", "80"), 60.0), (("--bpm-min", "200"), 240.0)):
        ran = terminal.run("analyze", "clicks.wav", "--json", "--type", "tempo_only", *words)
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["bpm"] == pytest.approx(bpm, rel=0.02)
    assert (
        "bpm min 50, bpm max 80" in terminal.run("analyze", "clicks.wav", "--bpm-min", "50", "--bpm-max", "80").stdout
    )
    ran = terminal.run("analyze", "clicks.wav", "--bpm", "90", "--bpm-max", "100")
    assert ran.returncode == 2
    assert "--bpm" in ran.stderr
