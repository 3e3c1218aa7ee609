"""Catalogue of all frame features, in one explicit order; every other list of features is derived from it."""

from collections.abc import Iterable, Mapping

from tactus.analysis.feature import CHANNELS, Feature
from tactus.analysis.features.band_levels import BandLevels
from tactus.analysis.features.chroma import Chroma
from tactus.analysis.features.chroma_harmony import ChromaHarmony
from tactus.analysis.features.energy import Energy
from tactus.analysis.features.k_weighted_power import KWeightedPower
from tactus.analysis.features.k_weighted_steps import KWeightedSteps
from tactus.analysis.features.log_mel import LogMel
from tactus.analysis.features.loudness_momentary import LoudnessMomentary
from tactus.analysis.features.loudness_short_term import LoudnessShortTerm
from tactus.analysis.features.mel import Mel
from tactus.analysis.features.mfcc import Mfcc
from tactus.analysis.features.mfcc_delta import MfccDelta
from tactus.analysis.features.onset_strength import OnsetStrength
from tactus.analysis.features.peak import Peak
from tactus.analysis.features.pitch_glide import PitchGlide
from tactus.analysis.features.pitch_spectrum import PitchSpectrum
from tactus.analysis.features.rms import Rms
from tactus.analysis.features.spectral_bandwidth import SpectralBandwidth
from tactus.analysis.features.spectral_centroid import SpectralCentroid
from tactus.analysis.features.spectral_contrast import SpectralContrast
from tactus.analysis.features.spectral_flatness import SpectralFlatness
from tactus.analysis.features.spectral_flux import SpectralFlux
from tactus.analysis.features.spectral_rolloff import SpectralRolloff
from tactus.analysis.features.spectral_rolloff_95 import SpectralRolloff95
from tactus.analysis.features.spectral_slope import SpectralSlope
from tactus.analysis.features.tonnetz import Tonnetz
from tactus.analysis.features.zero_crossing_rate import ZeroCrossingRate
from tactus.dsp.grid import Grid

INNER_SAMPLE_RATE = 44100
"""Sample rate at which everything but the output grid is analysed [Hz]."""

INNER_GRIDS: Mapping[str, Grid] = {
    "rhythm": Grid(INNER_SAMPLE_RATE, frame_length=2048, hop_length=512),
    "harmony": Grid(INNER_SAMPLE_RATE, frame_length=8192, hop_length=4096),
    CHANNELS: Grid(INNER_SAMPLE_RATE, frame_length=INNER_SAMPLE_RATE // 10, hop_length=INNER_SAMPLE_RATE // 10),
}
"""Fixed grids, so that tempo, key and loudness do not depend on the frame rate that a client wants."""


def catalogue(*, n_mfcc: int = 13) -> tuple[Feature, ...]:
    """All features; each follows the features that it reads.

    Args:
        n_mfcc: Mel-frequency cepstral coefficients per frame, 1 to 128.
    """
    return (
        Rms(),
        Energy(),
        ZeroCrossingRate(),
        SpectralCentroid(),
        SpectralBandwidth(),
        SpectralRolloff(),
        SpectralRolloff95(),
        SpectralFlatness(),
        SpectralContrast(),
        SpectralFlux(),
        SpectralSlope(),
        BandLevels(),
        Mel(),
        Mfcc(n_mfcc),
        MfccDelta(n_mfcc),
        Chroma(),
        Tonnetz(),
        LogMel(),
        OnsetStrength(),
        PitchSpectrum(),
        PitchGlide(),
        ChromaHarmony(),
        KWeightedSteps(),
        KWeightedPower(),
        LoudnessMomentary(),
        LoudnessShortTerm(),
        Peak(),
    )


def features_for(names: Iterable[str], *, n_mfcc: int = 13) -> tuple[Feature, ...]:
    """The named features and those that they read, in the order of the catalogue.

    Raises:
        ValueError: A name is unknown.

    Example:
        >>> [feature.about.name for feature in features_for(["tonnetz"])]
        ['chroma', 'tonnetz']
    """
    features = {feature.about.name: feature for feature in catalogue(n_mfcc=n_mfcc)}
    wanted: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in features:
            raise ValueError(f"there is no feature {name!r}; there are {', '.join(features)}")
        if name not in wanted:
            wanted.add(name)
            pending.extend(features[name].about.inputs)
    return tuple(feature for name, feature in features.items() if name in wanted)


def grids(output: Grid) -> dict[str, Grid]:
    """All grids by name, with this output grid.

    One analyzer runs at one sample rate: where the sample rate of the output grid differs from that of the inner grids,
    the features of the output grid need an analyzer of their own, on a resampled stream.
    """
    return {"output": output, **INNER_GRIDS}


def versions(names: Iterable[str] | None = None) -> str:
    """Names and versions of features, sorted, as in `chroma.1 rms.1`: part of the keys of stored results.

    Args:
        names: Names of features (those that they read are added); by default all.
    """
    features = catalogue() if names is None else features_for(names)
    return " ".join(sorted(f"{feature.about.name}.{feature.about.version}" for feature in features))
