"""`python -m benchmarks.sections FOLDER`: how right sections are over annotated music, and librosa's.

FOLDER holds `manifest.jsonl`: one object a line, `{"path", "sections", "group"}`, sections naming a file of lines
`start end label` [s]; without a group a track's first folder is its group. Measures are mir_eval's: F of boundaries
within 3 s and 0.5 s, the first and the last left out; pairwise F and the F of normalised conditional entropies (NCE) of
labels. Intervals are 95 % bootstrap intervals over tracks.

Peers are librosa's two ways, each on beats as librosa finds them: spectral clustering of a graph of repetitions and
neighbours (McFee and Ellis 2014, "Analyzing song structure with spectral clustering", as librosa's gallery shows it, 5
kinds of parts), and agglomerative clustering (`librosa.segment.agglomerative`) of chroma and timbre into a part for
every 17 s, which is their mean length in the annotations this was first run with.
"""

import argparse
import os
import sys
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import mir_eval
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy import analysis_of, annotated, cell
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Floats, Times

MEASURES = ("F 3 s", "F 0.5 s", "pairwise F", "NCE F")
WAYS = ("Tactus", "librosa, spectral clustering", "librosa, agglomerative")
N_KINDS = 5
PART_S = 17.0
PEER_RATE_HZ = 22050

Parts = tuple[Times, list[str]]
"""Intervals [s], shape `[n, 2]`, and their labels."""


def main() -> int:
    """Analyse, score and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.sections", description=__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    tracks = list(annotated(arguments.folder, ("sections",)))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:  # numba's threads do not survive a fork
        found = list(pool.map(_scored, [arguments.folder] * len(tracks), tracks))
    groups: dict[str, list[dict[str, list[float]]]] = defaultdict(list)
    for track, scores in zip(tracks, found, strict=True):
        groups[track["group"]].append(scores)
    groups["all"] = found
    print(f"| group | n | by | {' | '.join(MEASURES)} |\n|{'---|' * (len(MEASURES) + 3)}")
    for group, scores_of_group in groups.items():
        for way in WAYS:
            values = np.array([scores[way] for scores in scores_of_group])
            cells = " | ".join(cell(column) for column in values.T)
            print(f"| {group} | {len(values)} | {way} | {cells} |", flush=True)
    return 0


def _scored(folder: Path, track: dict[str, Any]) -> dict[str, list[float]]:
    """Each way's measures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = _annotated(folder / track["sections"])
        duration_s, ours = _ours(folder / track["path"])
        samples = _mono(folder / track["path"])
        ways = (ours, *_librosa_ways(samples, duration_s))
        return {way: _measures(truth, parts, duration_s) for way, parts in zip(WAYS, ways, strict=True)}


def _annotated(path: Path) -> Parts:
    rows = [line.split(None, 2) for line in path.read_text().splitlines() if line.strip()]
    return np.array([[float(start), float(end)] for start, end, _ in rows]), [label.strip() for *_, label in rows]


def _ours(path: Path) -> tuple[float, Parts]:
    analysis = analysis_of(path, "basic")
    found = analysis.character.sections if analysis.character else ()
    intervals = np.array([[section.start, section.end] for section in found])
    return analysis.duration_s, (intervals, [section.label for section in found])


def _mono(path: Path) -> Floats:
    """The sound as librosa's recipes take it."""
    import librosa  # noqa: PLC0415  it takes a second, and main does without

    with open_sound(path, DecodeLimits()) as sound:
        samples = np.concatenate([block.mean(axis=0) for block in sound.blocks()])
    resampled: Floats = librosa.resample(samples, orig_sr=44100, target_sr=PEER_RATE_HZ)
    return resampled


def _librosa_ways(samples: Floats, duration_s: float) -> tuple[Parts, Parts]:
    import librosa  # noqa: PLC0415

    rate = PEER_RATE_HZ
    _, beats = librosa.beat.beat_track(y=samples, sr=rate, trim=False)
    if len(beats) < 4 * N_KINDS:
        whole = np.array([[0.0, duration_s]]), ["A"]
        return whole, whole
    constant_q = librosa.amplitude_to_db(
        np.abs(librosa.cqt(y=samples, sr=rate, bins_per_octave=36, n_bins=7 * 36)), ref=np.max
    )
    mfcc = librosa.feature.mfcc(y=samples, sr=rate)
    frames = librosa.util.fix_frames(beats, x_min=0).tolist()
    times = librosa.frames_to_time(np.array(frames), sr=rate)
    pitch = librosa.util.sync(constant_q, frames, aggregate=np.median)[:, : len(times)]
    timbre = librosa.util.sync(mfcc, frames)[:, : len(times)]
    kinds = _clustered(pitch, timbre)
    changes = np.concatenate(([0], 1 + np.flatnonzero(np.diff(kinds))))
    spectral = _parts(times[changes], [str(kinds[at]) for at in changes], duration_s)
    chroma = librosa.util.sync(librosa.feature.chroma_cqt(y=samples, sr=rate), frames)[:, : len(times)]
    aspects = [(one - one.mean(axis=1, keepdims=True)) / max(float(one.std()), 1e-9) for one in (chroma, timbre)]
    n_parts = max(2, round(duration_s / PART_S))
    starts = librosa.segment.agglomerative(np.concatenate(aspects), n_parts)
    return spectral, _parts(times[starts], [str(k) for k in range(len(starts))], duration_s)


def _clustered(pitch: Floats, timbre: Floats) -> NDArray[np.int64]:
    """The kind of part that each beat belongs to: McFee and Ellis 2014, sections 2 and 3."""
    import librosa  # noqa: PLC0415
    import scipy.ndimage  # noqa: PLC0415
    from scipy.cluster.vq import kmeans2  # noqa: PLC0415

    repetition = librosa.segment.recurrence_matrix(pitch, width=3, mode="affinity", sym=True)
    repetition = librosa.segment.timelag_filter(scipy.ndimage.median_filter)(repetition, size=(1, 7))
    distances = np.sum(np.diff(timbre, axis=1) ** 2, axis=0)
    nearness = np.exp(-distances / max(float(np.median(distances)), 1e-9))
    path = np.diag(nearness, k=1) + np.diag(nearness, k=-1)
    degrees, path_degrees = repetition.sum(axis=1), path.sum(axis=1)
    share = path_degrees @ (degrees + path_degrees) / np.sum((degrees + path_degrees) ** 2)
    graph = share * repetition + (1 - share) * path
    scale = 1 / np.sqrt(np.maximum(graph.sum(axis=1), 1e-9))
    laplacian = np.eye(len(graph)) - scale[:, None] * graph * scale
    _, vectors = np.linalg.eigh(laplacian)
    vectors = scipy.ndimage.median_filter(vectors, size=(9, 1))[:, :N_KINDS]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    # K-means finds what it begins near: of ten beginnings, the one whose centres lie closest.
    tries = [kmeans2(vectors, N_KINDS, minit="++", rng=seed) for seed in range(10)]
    _, kinds = min(tries, key=lambda found: float(np.sum((vectors - found[0][found[1]]) ** 2)))
    labels: NDArray[np.int64] = np.asarray(kinds, np.int64)
    return labels


def _parts(starts: Times, labels: list[str], duration_s: float) -> Parts:
    edges = np.append(starts, duration_s)
    is_some = np.diff(edges) > 0
    intervals = np.stack((edges[:-1], edges[1:]), axis=1)[is_some]
    return intervals, [label for label, some in zip(labels, is_some, strict=True) if some]


def _measures(truth: Parts, found: Parts, duration_s: float) -> list[float]:
    boundaries = [mir_eval.segment.detection(truth[0], found[0], window=s, trim=True)[2] for s in (3.0, 0.5)]
    whole = [
        mir_eval.util.adjust_intervals(*parts, t_min=0.0, t_max=duration_s, start_label="before", end_label="after")
        for parts in (truth, found)
    ]
    labels = [measure(*whole[0], *whole[1])[2] for measure in (mir_eval.segment.pairwise, mir_eval.segment.nce)]
    return [float(value) for value in (*boundaries, *labels)]


if __name__ == "__main__":
    sys.exit(main())
