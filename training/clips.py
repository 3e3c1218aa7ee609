"""Makes clips: composes songs, plays and records them, and stores the inputs of the network with the beat times.

    python -m training.clips FOLDER --groove GROOVE_FOLDER --pop909 POP909_FOLDER --n 1000 --seed 0

Each clip is a file `SEED_NUMBER.npz`: `log_mel` [n_frames, 64], `chroma` [n_harmony_frames, 36] and `pitches`
[n_harmony_frames, 252], the features of the service; `beats`, `downbeats`, `onsets` [s]; `chords` [n, 4]: beginning and
end [s], root, number of the quality; `keys` [n, 3]: beginning [s], tonic, whether minor; `is_pitched`
[n_harmony_frames]: whether something with a pitch sounds about then; `style`, `bpm`, `beats_per_bar`. Run it once per
processor, each with a seed of its own.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import features_for
from tactus.dsp.grid import Grid
from training.dice import Dice
from training.music import drums, groove
from training.music.bare import bare_beat
from training.music.pop909 import pop_song
from training.music.song import DRUMS, Song
from training.music.styles import compose
from training.sound.drum_machine import drum_machine
from training.sound.performance import Performance, played
from training.sound.recording import recorded
from training.sound.sampler import Sampler
from training.sound.voice import voice

Samples = NDArray[np.float32]

DURATION_S = 24.0
SAMPLE_RATE = 22050
"""Half the service's: its bands end at 10.5 kHz, and the grids below give the same frames at the same moments."""

GRIDS = {
    "rhythm": Grid(sample_rate=SAMPLE_RATE, frame_length=1024, hop_length=256),
    "harmony": Grid(sample_rate=SAMPLE_RATE, frame_length=4096, hop_length=2048),
}
HEARD = ("log_mel", "chroma_harmony", "pitch_spectrum")

WITH_POP909 = 0.35
"""Share of songs that are of the POP909 data set, where it is given."""

WITH_GROOVE = 0.2
"""Share of songs whose drums are a drummer's performance."""

WITH_MACHINE = {"house": 0.7, "techno": 0.8, "trap": 0.7, "hip_hop": 0.5, "electronic": 0.6, "drum_and_bass": 0.4,
                "dubstep": 0.6, "disco": 0.2, "latin_pop": 0.3, "pop": 0.2,
                "bare_metronome": 0.3, "bare_backbeat": 0.3, "bare_four": 0.3}  # fmt: skip
"""How likely a style's drums are a drum machine's."""

REST_S = 0.5
"""A chord is still in the ear so long after its notes [s]."""

SAME_ONSET_S = 0.03
"""Notes that begin within this time [s] are one onset."""


def make_clip(
    dice: Dice, sampler: Sampler, performances: list[groove.Performance], pop_folders: list[Path], bare: float
) -> dict[str, object]:
    """One clip, as it is kept; `bare` is how likely it is a metronome or a plain drum beat."""
    is_bare = dice.chance(bare)
    if is_bare:
        song = bare_beat(dice, DURATION_S)
    elif pop_folders and dice.chance(WITH_POP909):
        song = pop_song(dice, dice.pick(pop_folders))
    else:
        song = compose(dice, DURATION_S)
    if performances and not is_bare and dice.chance(WITH_GROOVE):
        song = groove.with_groove(dice, song, performances)
    performance = played(dice, song, DURATION_S)
    sound = recorded(dice, _sounding(dice, song, performance, sampler), _kick_times_s(performance), SAMPLE_RATE)
    timelines = Analyzer(features_for(HEARD), GRIDS, HEARD).run([sound[None]])
    values = {name: timeline.values for name, timeline in timelines.items()}
    return {
        "log_mel": values["log_mel"].astype(np.float16),
        "chroma": values["chroma_harmony"].astype(np.float16),
        "pitches": values["pitch_spectrum"].astype(np.float16),
        "beats": performance.beat_times,
        "downbeats": performance.downbeat_times,
        "onsets": _onset_times(performance),
        **_harmony(song, performance, len(values["chroma_harmony"])),
        "style": song.style,
        "bpm": song.bpm,
        "beats_per_bar": song.beats_per_bar,
    }


def _harmony(song: Song, performance: Performance, n_frames: int) -> dict[str, object]:
    """Chords, keys and where something has a pitch."""
    numbers = performance.first_beat + np.arange(len(performance.beat_moments))

    def moment(beat: float) -> float:
        return float(np.interp(beat, numbers, performance.beat_moments, left=-1.0))

    chords = [(moment(one.beat), moment(one.beat + one.length), one.root, one.quality) for one in song.chords]
    times_s = np.arange(n_frames) / GRIDS["harmony"].frame_rate_hz
    is_pitched = np.zeros(n_frames, bool)
    for note in performance.notes:
        if note.part != DRUMS:
            is_pitched |= (times_s > note.begin_s - REST_S) & (times_s < note.end_s + REST_S)
    return {
        "chords": np.array([one for one in chords if one[1] > 0], np.float32).reshape(-1, 4),
        "keys": np.array([(moment(one.beat), one.tonic, one.is_minor) for one in song.keys], np.float32).reshape(-1, 3),
        "is_pitched": is_pitched,
    }


def _sounding(dice: Dice, song: Song, performance: Performance, sampler: Sampler) -> Samples:
    notes = performance.notes
    by_machine = dice.chance(WITH_MACHINE.get(song.style, 0.04))
    sampled = tuple(note for note in notes if not (by_machine and note.part == DRUMS))
    mix = _levelled(sampler.render(dice, sampled, song.programs, DURATION_S))
    if by_machine:
        drum_notes = tuple(note for note in notes if note.part == DRUMS)
        machine = _levelled(drum_machine(dice, drum_notes, DURATION_S, SAMPLE_RATE))
        mix = mix + machine * np.float32(10 ** (dice.between(-8, 4) / 20))
    if song.has_voice:
        sung = _levelled(voice(dice, performance, list(song.keys), DURATION_S, SAMPLE_RATE))
        mix = mix + sung * np.float32(10 ** (dice.between(-14, 4) / 20))
    return mix


def _levelled(sound: Samples) -> Samples:
    levelled: Samples = sound * np.float32(0.1 / (np.sqrt(np.mean(sound**2)) + 1e-6))
    return levelled


def _kick_times_s(performance: Performance) -> list[float]:
    return [note.begin_s for note in performance.notes if note.part == DRUMS and note.pitch in (35, drums.KICK)]


def _onset_times(performance: Performance) -> NDArray[np.float64]:
    times: list[float] = []
    for note in performance.notes:
        if not times or note.begin_s - times[-1] > SAME_ONSET_S:
            times.append(note.begin_s)
    return np.array(times)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--groove", type=Path, help="the Groove MIDI Dataset, a folder with its info.csv")
    options.add_argument("--pop909", type=Path, help="the POP909 data set, a folder with one for each song")
    options.add_argument("--n", type=int, default=1000, help="clips to make")
    options.add_argument("--bare", type=float, default=0.0, help="share of metronomes and plain drum beats")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    performances = groove.performances(chosen.groove) if chosen.groove else []
    pop_folders = sorted(path for path in chosen.pop909.iterdir() if path.is_dir()) if chosen.pop909 else []
    sampler = Sampler(SAMPLE_RATE)
    for number in range(chosen.n):
        clip = make_clip(Dice(chosen.seed * 1_000_000 + number), sampler, performances, pop_folders, chosen.bare)
        if len(clip["beats"]) >= 8:  # type: ignore[arg-type]
            path = chosen.folder / f"{chosen.seed}_{number:05d}.npz"
            np.savez(path.with_suffix(".part.npz"), **clip)  # type: ignore[arg-type]
            path.with_suffix(".part.npz").rename(path)


if __name__ == "__main__":
    main()
