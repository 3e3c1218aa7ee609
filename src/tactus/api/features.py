"""`tactus.features`: timelines of single features."""

import os
from collections.abc import Iterable, Iterator

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_SAMPLE_RATE, catalogue, features_for, grids
from tactus.analysis.timeline import FeatureTimeline
from tactus.api.samples import LIMITS, FilePath, Samples, checked_rate, checked_samples, file_path, resampled
from tactus.audio.decoding.decode import open_sound
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid


def feature_names() -> tuple[str, ...]:
    """Names of all features.

    Example:
        >>> "spectral_centroid" in feature_names()
        True
    """
    return tuple(feature.about.name for feature in catalogue())


def features(
    sound: FilePath | Samples,
    names: str | Iterable[str],
    sample_rate: int | None = None,
    *,
    frame_length: int = 2048,
    hop_length: int = 512,
    n_mfcc: int = 13,
) -> dict[str, FeatureTimeline]:
    """Timelines of features, each with `values` of shape `[n_frames, size]` and the `times` of the frames [s].

    Sound of another sample rate is resampled to 44.1 kHz first, as the service does. Frame k is centered at
    `k * hop_length / 44100` seconds, as in librosa. Features of the grids "rhythm", "harmony" and "channels" have a
    frame length and a hop length of their own; docs/features.md lists all features.

    Args:
        sound: Path of a media file, or its samples: floats, full scale 1.0, shape `[n]` or `[channels, n]`.
        names: One name, or several.
        sample_rate: Sample rate of the samples [Hz]; for a file it is not given.
        frame_length: Length of a frame and of its FFT [samples at 44.1 kHz], even.
        hop_length: Samples at 44.1 kHz from one frame to the next.
        n_mfcc: Number of mel-frequency cepstral coefficients, 1 to 128.

    Returns:
        Timelines by feature name, in the order of `names`.

    Raises:
        ValueError: A name is unknown, a length out of range, or samples are unfit, as `analyze` has it.
        OSError: The file cannot be opened.
        TactusError: The file cannot be decoded.

    Example:
        >>> import numpy as np
        >>> tone = np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100)
        >>> rms = features(tone, "rms", 44100)["rms"]
        >>> rms.values.shape, round(float(rms.values[40, 0]), 3), round(float(rms.times[40]), 3)
        ((87, 1), 0.707, 0.464)
    """
    wanted = (names,) if isinstance(names, str) else tuple(names)
    output = Grid(INNER_SAMPLE_RATE, frame_length, hop_length)
    analyzer = Analyzer(features_for(wanted, n_mfcc=n_mfcc), grids(output), wanted)
    if isinstance(sound, str | os.PathLike):
        blocks = _decoded(sound, sample_rate)
    else:
        blocks = resampled(checked_samples(sound), checked_rate(sample_rate), INNER_SAMPLE_RATE)
    timelines = analyzer.run(blocks)
    return {name: timelines[name] for name in wanted}


def _decoded(path: FilePath, sample_rate: int | None) -> Iterator[Floats]:
    with open_sound(file_path(path, sample_rate), LIMITS, INNER_SAMPLE_RATE) as sound:
        yield from sound.blocks()
