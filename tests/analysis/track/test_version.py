"""A result that changes raises a version: stored results of older programs are never taken for new ones.

The results of some synthetic sounds are kept in `golden_results.json`, reduced to a few numbers for each feature and
each estimator, with the versions that gave them. After a change that is meant, raise the version that the failure names
and run `python -m tests.analysis.track.test_version`, which renews them.
"""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import numpy as np
import pytest

import tactus.analysis
from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.catalogue import catalogue
from tactus.analysis.options import AnalysisType, TimelineOptions, TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.signal_pass import Block
from tactus.analysis.track.version import estimator_versions
from tactus.dsp.arrays import Floats
from tactus.formats.analysis_json import analysis_fields, encoded
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import click_track, song, times_s
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

GOLDEN = Path(__file__).with_name("golden_results.json")
RELATIVE, ABSOLUTE = 5e-5, 1e-5
"""Builds of numpy and BLAS (with and without AVX) differ by a twentieth of it."""

FIELDS = {
    "track.rhythm.rhythm": (
        *("bpm", "tempo_confidence", "tempo_candidates", "time_signature", "time_signature_confidence"),
        *("beat_times", "beat_confidences", "downbeat_times", "onset_times", "onset_strengths", "onset_bands"),
    ),
    "track.rhythm.tatums": ("tatum_times", "tatums_per_beat"),
    "track.rhythm.tempo_curve": ("tempo_curve", "tempo_stability"),
    "track.rhythm.swing": ("swing_ratio", "swing_confidence"),
    "track.harmony.key": ("key", "mode", "key_confidence", "key_candidates", "keys"),
    "track.harmony.chords": ("chords",),
    "tuning": ("tuning_cents",),
    "track.sound.loudness": (
        *("loudness", "loudness_range", "loudness_momentary_max", "loudness_short_term_max", "true_peak_dbtp"),
        *("replaygain_gain", "loudness_momentary", "loudness_short_term"),
    ),
    "track.sound.fades": ("end_of_fade_in", "start_of_fade_out"),
    "track.sound.segments": ("segments", "segment_pitches", "segment_timbre"),
    "track.sound.waveform": ("waveform",),
    "track.sections.sections": ("sections",),
    "track.mood.mood": ("energy", "valence", "danceability"),
    "track.mood.acousticness": ("acousticness",),
    "track.sound.attack_decay": ("acousticness",),
    "track.mood.liveness": ("liveness",),
    "track.mood.voice": ("instrumentalness", "speechiness"),
}
"""Fields of the JSON that each estimator decides, by its name in `estimator_versions`."""


def results() -> dict[str, Any]:
    """Results of every feature and estimator for a few sounds, reduced to a few numbers each."""
    music = song(bpm=117, key="E", form="ABA", bars_per_section=4).samples
    features = tuple(feature.about.name for feature in catalogue())
    of_music = analysed(music, TrackOptions("full", timelines=TimelineOptions(features)))
    hinted = analysed(music, TrackOptions("tempo_only", hint=TempoHint(correction="x1/2", downbeat_at=1.0)))
    fields = {"the song": fields_of(of_music)}
    for name, samples in unclear_sounds().items():
        fields[name] = fields_of(analysed(samples, TrackOptions("basic")))
    by_estimator: dict[str, Any] = {
        estimator: {
            f"{name} of {sound}": reduced(told_of[name])
            for name in names
            for sound, told_of in fields.items()
            if name in told_of
        }
        for estimator, names in FIELDS.items()
    }
    retained = of_music.retained
    assert retained is not None
    assert retained.character is not None
    by_estimator["networks.rhythm"] = {
        "activations": reduced(retained.curves.tolist()),
        "tempi": reduced(retained.tempi.tolist()),
    }
    by_estimator["networks.harmony"] = {
        "chords": reduced(retained.character.chords.values.tolist()),
        "keys": reduced(retained.character.keys.values.tolist()),
    }
    by_estimator["track.rhythm.hinted"] = {name: reduced(fields_of(hinted)[name]) for name in ("bpm", "downbeat_times")}
    by_feature = {name: reduced(line.values.tolist()) for name, line in of_music.timelines.items()}
    return {**{f"feature {name}": value for name, value in by_feature.items()}, **by_estimator}


def unclear_sounds() -> dict[str, Floats]:
    """Sounds that are neither this nor that: their results lie between the ends of their ranges, and move."""
    swing = click_track(98.0, 16.0) + click_track(98.0, 16.0, offset_s=0.375, amplitude=0.5)
    band = mixed(singing(4, 16.0), plucked_strings(6, 16.0, notes_per_s=4.1), drum_machine(16.0, 131.0))
    crowd = mixed(speech(5, 12.0), applause(7, 12.0), held_chords(12.0))
    crowd *= np.minimum(1, np.minimum(times_s(12.0), times_s(12.0)[::-1]) / 4).astype(np.float32)
    return {"swing": swing, "a band in a hall": in_a_room(band, 8, 1.1), "a speech that fades in and out": crowd}


def analysed(samples: Any, options: TrackOptions) -> Analysis:
    stereo = np.atleast_2d(samples)
    return TrackAnalyzer(options, network_weights()).analysis(lambda: [Block(stereo, stereo)])


def fields_of(analysis: Analysis) -> dict[str, Any]:
    """The plain JSON of an analysis, times as they are and other numbers with 5 digits."""
    kind: AnalysisType = "tempo_only" if analysis.character is None else "full"
    fields: dict[str, Any] = json.loads(encoded(analysis_fields(analysis, kind, Provenance(None, "", 44100, 2, None))))
    return fields


def reduced(value: Any) -> Any:
    """A value in a few numbers: words as they are, of arrays size, mean, deviation and a weighted mean."""
    if isinstance(value, dict):
        return {name: reduced(part) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], dict):
        return {name: reduced([part[name] for part in value]) for name in value[0]}
    if any(isinstance(part, str) for part in value):
        return " ".join(map(str, value))
    numbers = np.array([part for part in value if part is not None], np.float64)
    if numbers.size == 0:
        return {"size": 0}
    weights = np.cos(np.arange(numbers.size)).reshape(numbers.shape)
    return {
        "size": numbers.size,
        "mean": float(numbers.mean()),
        "deviation": float(numbers.std()),
        "weighted": float((weights * numbers).mean()),
    }


def versions() -> dict[str, int]:
    features = {f"feature {feature.about.name}": feature.about.version for feature in catalogue()}
    return {**features, **estimator_versions()}


def differences(found: Any, golden: Any, scale: float = 1.0) -> bool:
    """Whether two reduced results differ by more than builds of numpy do."""
    if isinstance(found, Mapping) and isinstance(golden, Mapping):
        spread = abs(golden.get("mean", 0.0)) + golden.get("deviation", 0.0) if "deviation" in golden else 1.0
        return found.keys() != golden.keys() or any(differences(found[name], golden[name], spread) for name in golden)
    if isinstance(found, float | int) and isinstance(golden, float | int):
        return abs(found - golden) > RELATIVE * max(abs(golden), scale) + ABSOLUTE * max(scale, 0.01)
    return bool(found != golden)


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(GOLDEN.read_text())
    return kept


def test_results_that_change_raise_their_version(golden: dict[str, Any]) -> None:
    found, now = results(), versions()
    assert found.keys() == now.keys(), "every feature and every estimator has results here"
    changed = [name for name in found if differences(found[name], golden["results"].get(name))]
    unraised = [name for name in changed if now[name] == golden["versions"].get(name)]
    assert not unraised, f"these results changed: raise the VERSION of {', '.join(unraised)} and renew {GOLDEN.name}"
    assert not changed, f"renew {GOLDEN.name}: {', '.join(changed)} changed with their versions"
    assert now == golden["versions"], f"renew {GOLDEN.name}: versions changed"


def test_every_module_with_a_version_counts() -> None:
    names = modules_of(tactus.analysis.__path__, "tactus.analysis.")
    with_version = {name.removeprefix("tactus.analysis.") for name in names if hasattr(import_module(name), "VERSION")}
    assert with_version == estimator_versions().keys()


def modules_of(path: Iterable[str], prefix: str) -> list[str]:
    return [module.name for module in walk_packages(path, prefix)]


@pytest.mark.parametrize(
    ("found", "differs"),
    [
        ({"size": 3, "mean": 1.00005, "deviation": 0.1, "weighted": 0.0}, False),
        ({"size": 3, "mean": 1.01, "deviation": 0.1, "weighted": 0.0}, True),
        ({"size": 4, "mean": 1.0, "deviation": 0.1, "weighted": 0.0}, True),
        ("A B", True),
    ],
)
def test_differences_are_those_that_can_be_seen(found: Any, differs: bool) -> None:
    golden = {"size": 3, "mean": 1.0, "deviation": 0.1, "weighted": 0.0}
    assert differences(found, golden) == differs


def renew() -> None:
    """Write the golden results anew."""
    rounded = json.loads(json.dumps(results()), parse_float=lambda text: float(f"{float(text):.6g}"))
    GOLDEN.write_text(json.dumps({"versions": versions(), "results": rounded}, indent=1) + "\n")


if __name__ == "__main__":
    renew()
