"""Description of the analyzer: its version and its catalogue of features, read from a file of the package.

The file is generated from the code of the analysis (`make docs`), because this process does not load numpy, and the
description is needed before the first child process has started.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import tactus
from tactus.analysis.options import TrackOptions
from tactus.errors import ValidationError
from tactus.jobs.tracks.results import AnalyzerDescription

FILE_NAME = "analyzer.json"
"""Name of the generated file, beside this module."""

N_MFCC = "n_mfcc"
"""Size in the file of features with as many values per frame as `TrackOptions.n_mfcc`."""


def describe_analyzer(options: TrackOptions) -> AnalyzerDescription:
    """Description of the analyzer with these parameters.

    Args:
        options: Parameters of the analysis: its output grid and the number of MFCCs.
    """
    stored = _read_file()
    grids = {
        "output": {
            "sample_rate": options.sample_rate,
            "frame_length": options.frame_length,
            "hop_length": options.hop_length,
        },
        **stored["grids"],
    }
    version = f"{tactus.__version__}+{stored['versions_digest']}"
    features = [
        {**feature, "size": options.n_mfcc if feature["size"] == N_MFCC else feature["size"], **grids[feature["grid"]]}
        for feature in stored["features"]
    ]
    return AnalyzerDescription(version, {"analyzer_version": version, "features": features})


def ensure_features(names: Iterable[str]) -> None:
    """Do nothing if the catalogue has every named feature.

    Raises:
        ValidationError: It lacks one.
    """
    known = [feature["name"] for feature in _read_file()["features"]]
    unknown = sorted(set(names) - set(known))
    if unknown:
        message = f"There is no feature {unknown[0][:50]!r}; there are {', '.join(known)}."
        raise ValidationError(f"features: {message}", errors=[{"field": "features", "message": message}])


@cache
def _read_file() -> Mapping[str, Any]:
    fields: dict[str, Any] = json.loads(resources.files("tactus.jobs.tracks").joinpath(FILE_NAME).read_text())
    return fields
