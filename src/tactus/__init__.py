"""Tactus in Python: `tactus.analyze` for tracks, `tactus.features` for feature timelines, `tactus.LiveAnalyzer`.

Importing this package loads nothing else: each public name is loaded from its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tactus.analysis.live.beat_controls import BeatCommand
    from tactus.analysis.live.events import BeatCancelled, BeatPrediction, OnsetEvent, TempoChange
    from tactus.analysis.live.frame import LiveFrame
    from tactus.analysis.timeline import FeatureTimeline
    from tactus.api.analysis import Analysis
    from tactus.api.analyze import analyze
    from tactus.api.features import feature_names, features
    from tactus.api.live import LiveAnalyzer
    from tactus.errors import TactusError

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "BeatCancelled",
    "BeatCommand",
    "BeatPrediction",
    "FeatureTimeline",
    "LiveAnalyzer",
    "LiveFrame",
    "OnsetEvent",
    "TactusError",
    "TempoChange",
    "analyze",
    "feature_names",
    "features",
]

_MODULES = {
    "Analysis": "api.analysis",
    "BeatCancelled": "analysis.live.events",
    "BeatCommand": "analysis.live.beat_controls",
    "BeatPrediction": "analysis.live.events",
    "FeatureTimeline": "analysis.timeline",
    "LiveAnalyzer": "api.live",
    "LiveFrame": "analysis.live.frame",
    "OnsetEvent": "analysis.live.events",
    "TactusError": "errors",
    "TempoChange": "analysis.live.events",
    "analyze": "api.analyze",
    "feature_names": "api.features",
    "features": "api.features",
}
"""Module of each public name, in this package."""


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'tactus' has no attribute {name!r}")
    value: object = getattr(import_module(f"tactus.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """All names, loaded or not."""
    return sorted({*globals(), *__all__})
