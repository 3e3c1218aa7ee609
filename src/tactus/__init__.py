"""Tactus in Python: `tactus.analyze` for tracks, `tactus.features` for feature timelines, `tactus.LiveAnalyzer`.

Importing this package loads nothing else: each public name is loaded from its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tactus.analysis.timeline import FeatureTimeline
    from tactus.api.analysis import Analysis
    from tactus.api.analyze import analyze
    from tactus.api.features import feature_names, features
    from tactus.errors import TactusError

__version__ = "0.1.0"

__all__ = ["Analysis", "FeatureTimeline", "TactusError", "analyze", "feature_names", "features"]

_MODULES = {
    "Analysis": "tactus.api.analysis",
    "FeatureTimeline": "tactus.analysis.timeline",
    "TactusError": "tactus.errors",
    "analyze": "tactus.api.analyze",
    "feature_names": "tactus.api.features",
    "features": "tactus.api.features",
}
"""Module of each public name."""


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'tactus' has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """All names, loaded or not."""
    return sorted({*globals(), *__all__})
