"""The drum detector at 100 frames per second: six bands that rise by 1 in every frame, and hits above that."""

from operator import mul

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live.drum_weights import HIT_WEIGHTS
from tactus.analysis.live.drums import NO_HITS, DrumDetector, DrumHits
from tactus.dsp.arrays import Floats
from tests.fixtures.signals import SAMPLE_RATE, noise, silence, times_s

RATE = 100.0
DETECTOR = DrumDetector(RATE)


def with_hits(n: int = 400, **hits: tuple[int, ...]) -> Floats:
    """The background, in which some bands rise to 12 in some frames and fade to 4: `at_300=(0, 1)`."""
    strengths = np.ones((n, 6), np.float32)
    for name, bands in hits.items():
        frame = int(name.removeprefix("at_"))
        strengths[frame, list(bands)] = 12.0
        strengths[frame + 1, list(bands)] = 4.0
    return strengths


def peaks(strengths: Floats) -> dict[int, tuple[float, ...]]:
    """Inputs of the regression by the frame of the peak."""
    state, found = DETECTOR.start(), {}
    for number, row in enumerate(strengths):
        state, _ = DETECTOR.step(state, row[None])
        peak = DETECTOR.peak(state)
        if peak is not None:
            found[number - 1] = peak
    return found


def hits(strengths: Floats) -> DrumHits:
    return DETECTOR.step(DETECTOR.start(), strengths)[1]


def test_a_peak_has_the_share_of_each_band_before_at_and_after_it_and_a_one() -> None:
    [(frame, peak)] = peaks(with_hits(at_300=(0,))).items()
    assert frame == 300
    assert len(peak) == 19
    assert peak[18] == 1.0
    before, at, after = peak[:6], peak[6:12], peak[12:18]
    # Bands in their own means, held up by a fifth of the mean of all; the strongest so far decays within 8 s.
    mean = 1 + 11 / 301
    overall = (mean + 5) / 6
    strongest = 12 / (mean + 0.2 * overall)
    assert at[0] == 1.0
    later_mean = mean + (4 - mean) / 302
    assert after[0] == pytest.approx(4 / (later_mean + 0.2 * (later_mean + 5) / 6) / (strongest * np.exp(-1 / 800)))
    assert before == pytest.approx([1.0] * 6)  # nothing was stronger than the steady background before
    assert at[1] == pytest.approx((1 / (1 + 0.2 * overall)) / (1 / 1.2), rel=2e-3)


def test_the_greatest_strength_is_forgotten_within_eight_seconds() -> None:
    state, _ = DETECTOR.step(DETECTOR.start(), with_hits(1500, at_300=(0,)))
    early = DETECTOR.step(DETECTOR.start(), with_hits(302, at_300=(0,)))[0].strongest[0]
    at_1200 = DETECTOR.step(DETECTOR.start(), with_hits(1200, at_300=(0,)))[0].strongest[0]
    assert at_1200 == pytest.approx(early * np.exp(-(1199 - 301) / 800), rel=1e-6)
    assert state.n_frames == 1500


def test_means_are_those_of_eight_seconds() -> None:
    state, _ = DETECTOR.step(DETECTOR.start(), np.ones((1000, 6), np.float32))
    state, _ = DETECTOR.step(state, np.array([[3, 1, 1, 1, 1, 1]], np.float32))
    assert state.means == pytest.approx((1 + 2 / 800, 1, 1, 1, 1, 1))
    early, _ = DETECTOR.step(DETECTOR.start(), np.ones((9, 6), np.float32))
    early, _ = DETECTOR.step(early, np.array([[3, 1, 1, 1, 1, 1]], np.float32))
    assert early.means[0] == pytest.approx(1.2)


@pytest.mark.parametrize(("strength", "n"), [(2.3, 1), (2.1, 0)])
def test_a_hit_exceeds_the_mean_before_it_by_one(strength: float, n: int) -> None:
    """Steady sound has 1 / 1.2 = 0.833 means; a hit needs 1.833, which is 2.2 times as much."""
    strengths = np.ones((400, 6), np.float32)
    strengths[300] = strength
    assert len(peaks(strengths)) == n


def test_the_mean_before_a_hit_is_that_of_a_tenth_of_a_second() -> None:
    strengths = np.ones((400, 6), np.float32)
    strengths[289], strengths[300] = 30.0, 2.6
    assert 300 in peaks(strengths)
    strengths = np.ones((400, 6), np.float32)
    strengths[290], strengths[300] = 30.0, 2.6
    assert 300 not in peaks(strengths)


def test_a_hit_is_the_strongest_of_25_ms() -> None:
    """At 100 frames per second, 25 ms are 2 frames."""
    strengths = np.ones((400, 6), np.float32)
    strengths[300], strengths[302] = 12.0, 11.0
    assert list(peaks(strengths)) == [300]
    strengths[302], strengths[303] = 1.0, 11.0
    assert list(peaks(strengths)) == [300, 303]
    strengths[303], strengths[301] = 1.0, 12.5
    assert list(peaks(strengths)) == [301]


def test_silence_has_no_hits() -> None:
    assert hits(np.zeros((400, 6), np.float32)) == NO_HITS == (0.0, 0.0, 0.0)
    faint = np.full((400, 6), 0.0001, np.float32)
    faint[300] = 0.01
    assert hits(faint) == NO_HITS


def test_a_drum_is_hit_where_the_regression_is_positive_and_as_strong_as_its_bands() -> None:
    strengths = with_hits(at_300=(0, 2, 3, 5))
    strengths[300] = [6.0, 1.0, 4.0, 12.0, 1.0, 9.0]
    state = DETECTOR.start()
    for row in strengths[:302]:
        state, found = DETECTOR.step(state, row[None])
    peak = DETECTOR.peak(state)
    assert peak is not None
    at_peak = state.values[0]
    expected = (at_peak[0], (at_peak[2] + at_peak[3]) / 2, at_peak[5])
    are_hit = [sum(map(mul, HIT_WEIGHTS[name], peak)) > 0 for name in ("kick", "snare", "hat")]
    assert found == tuple(value if is_hit else 0.0 for value, is_hit in zip(expected, are_hit, strict=True))
    assert any(are_hit)
    assert at_peak[0] == pytest.approx(6 / (state.means[0] + 0.2 * sum(state.means) / 6), rel=0.02)


def test_the_strongest_hit_of_each_drum_counts() -> None:
    weak, strong = with_hits(at_300=(5,)), with_hits(at_300=(5,))
    strong[300, 5] = 24.0
    both = np.concatenate((strong, weak))
    assert hits(both).hat == hits(strong).hat > hits(weak).hat > 0
    state, first = DETECTOR.step(DETECTOR.start(), both[:400])
    assert first.hat == hits(both).hat
    assert DETECTOR.step(state, both[400:])[1].hat < first.hat


def kick() -> Floats:
    """A low tone that fades; its attack is soft, for a hard one is a click that sounds in every band."""
    at = times_s(0.25)
    return np.asarray(0.8 * np.sin(2 * np.pi * 60 * at) * np.exp(-at / 0.04) * np.minimum(at / 0.006, 1), np.float32)


def burst(seed: int, low_hz: float, high_hz: float, fade_s: float = 0.02) -> Floats:
    """Noise in a range of frequency that fades, with a soft attack."""
    spectrum = np.fft.rfft(noise(seed, 0.25))
    hz = np.fft.rfftfreq(round(0.25 * SAMPLE_RATE), 1 / SAMPLE_RATE)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    at = times_s(0.25)
    return np.asarray(np.fft.irfft(spectrum, len(at)) * np.exp(-at / fade_s) * np.minimum(at / 0.006, 1), np.float32)


def snare() -> Floats:
    """Noise over a short tone."""
    at = times_s(0.25)
    body = 0.3 * np.sin(2 * np.pi * 200 * at) * np.exp(-at / 0.05) * np.minimum(at / 0.006, 1)
    return np.asarray(burst(2, 900, 16000, fade_s=0.08) + body, np.float32)


def hits_of(samples: Floats) -> list[tuple[float, DrumHits]]:
    """Hits in a sound, and when they become known [s]."""
    analyzer = Analyzer(features_for(("onset_strength",)), INNER_GRIDS, ("onset_strength",))
    strengths = analyzer.run([samples[None]])["onset_strength"].values
    detector = DrumDetector(INNER_GRIDS["rhythm"].frame_rate_hz)
    state, found = detector.start(), []
    for number, row in enumerate(strengths):
        state, hit = detector.step(state, row[None])
        found += [(number * 512 / SAMPLE_RATE, hit)] if any(hit) else []
    return found


def test_kick_snare_and_hat_are_distinguished() -> None:
    bar = np.concatenate((kick(), burst(1, 7000, 16000), snare(), burst(3, 7000, 16000)))
    found = [
        (round(at_s // 0.25) % 4, name)
        for at_s, hit in hits_of(np.tile(bar, 12))
        for name, strength in hit._asdict().items()
        if strength and 2 < at_s < 12 and at_s % 0.25 < 0.06
    ]
    counts = {place: [found.count((place, name)) for name in DrumHits._fields] for place in range(4)}
    assert counts[0][:2] == [10, 0]
    assert counts[0][2] < 5
    assert counts[1][:2] == counts[3][:2] == [0, 0]
    assert counts[2][1] == 10  # a snare has something of a kick and of a hat
    assert counts[1][2] + counts[3][2] >= 16


def test_noise_and_silence_have_no_hits() -> None:
    assert [at_s for at_s, _ in hits_of(noise(1, 8, amplitude=0.2)) if at_s > 4.6] == []
    assert hits_of(silence(2)) == []


def test_there_are_19_weights_for_each_drum() -> None:
    assert {name: len(weights) for name, weights in HIT_WEIGHTS.items()} == dict.fromkeys(DrumHits._fields, 19)
