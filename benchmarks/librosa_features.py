"""The seed's feature list by librosa, each function called on the samples, as its documentation shows."""

import numpy as np

SAMPLE_RATE = 44100


def seed_features(samples: np.ndarray) -> int:
    """Tempo, beats, onsets, chroma, MFCC, spectral features, zero crossings, rms."""
    import librosa  # noqa: PLC0415  seconds of loading that only this measurement needs

    _, beats = librosa.beat.beat_track(y=samples, sr=SAMPLE_RATE)
    values = [
        librosa.onset.onset_detect(y=samples, sr=SAMPLE_RATE),
        librosa.feature.chroma_stft(y=samples, sr=SAMPLE_RATE),
        librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE, n_mfcc=13),
        librosa.feature.spectral_centroid(y=samples, sr=SAMPLE_RATE),
        librosa.feature.spectral_rolloff(y=samples, sr=SAMPLE_RATE),
        librosa.feature.spectral_bandwidth(y=samples, sr=SAMPLE_RATE),
        librosa.feature.zero_crossing_rate(samples),
        librosa.feature.rms(y=samples),
    ]
    return len(beats) + sum(np.asarray(value).size for value in values)
