"""Scaling to float32, clipping, and non-finite samples."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.samples import ClippingMeter, as_floats, is_finite
from tactus.errors import NonFiniteAudioError
from tests.fixtures import signals


@pytest.mark.parametrize(
    "samples",
    [
        np.array([-(2**15), 0, 2**14], np.int16),
        np.array([-(2**31), 0, 2**30], np.int32),
        np.array([-(2**63), 0, 2**62], np.int64),
        np.array([0, 128, 192], np.uint8),
        np.array([-1, 0, 0.5], np.float64),
    ],
    ids=lambda samples: str(samples.dtype),
)
def test_integers_are_scaled_to_full_scale_1(samples: NDArray[np.generic]) -> None:
    assert as_floats(samples).tolist() == [-1.0, 0.0, 0.5]
    assert as_floats(samples).dtype == np.float32


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_nan_infinite_and_huge_samples_are_refused(value: float) -> None:
    samples = signals.tone(440, 0.5)
    samples[1000] = value
    assert not is_finite(samples[None])
    with (
        pytest.raises(NonFiniteAudioError),
        open_sound(io.BytesIO(signals.wav_bytes(samples, subtype="FLOAT")), DecodeLimits()) as sound,
    ):
        list(sound.blocks())


def test_floats_beyond_full_scale_are_unchanged() -> None:
    loud = signals.tone(440, 0.5, amplitude=2.4)
    with open_sound(io.BytesIO(signals.wav_bytes(loud, subtype="FLOAT")), DecodeLimits()) as sound:
        assert np.array_equal(np.concatenate(list(sound.blocks()), axis=1)[0], loud)
    assert sound.warnings == ["clipped"]


def test_denormal_numbers_become_zero() -> None:
    faint = np.full(1000, 1e-40, np.float32)
    with open_sound(io.BytesIO(signals.wav_bytes(faint, subtype="FLOAT")), DecodeLimits()) as sound:
        assert not np.concatenate(list(sound.blocks()), axis=1).any()


@pytest.mark.parametrize(
    ("samples", "is_clipped"),
    [
        (signals.tone(440, amplitude=0.99), False),
        (signals.tone(441), False),  # touches full scale once a half wave
        (np.clip(signals.tone(440, amplitude=1.5), -1, 1), True),
        (signals.silence(1.0), False),
        (np.array([1.0, 1.0], np.float32), False),
    ],
    ids=["quiet", "full scale", "cut", "silence", "two samples"],
)
def test_runs_at_full_scale_are_clipping_and_single_peaks_are_not(
    samples: NDArray[np.float32], is_clipped: bool
) -> None:
    meter = ClippingMeter()
    for block in np.array_split(samples[None], 3, axis=1):
        meter.add(block)
    assert meter.is_clipped == is_clipped
