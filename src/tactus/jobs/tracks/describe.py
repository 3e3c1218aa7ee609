"""Description of the analyzer: its version and its catalogue of features, computed once in a child process."""

from collections.abc import Iterable

from tactus.analysis.options import TrackOptions
from tactus.errors import InternalError, ValidationError
from tactus.jobs.tracks.results import AnalyzerDescription
from tactus.jobs.tracks.single_flight import SingleFlight
from tactus.logs import log
from tactus.workers.child import ChildLimits
from tactus.workers.supervisor import ChildCrashedError, Supervisor

DESCRIBE = "tactus.workers.track_child:describe"
DESCRIBE_LIMITS = ChildLimits(memory_bytes=1 << 30, cpu_s=60.0)


class Describer:
    """Asks a child process for the description of the analyzer, and stores it: this process is free of numpy.

    Args:
        supervisor: Supervisor of the child process.
        options: Parameters for which features are described.
    """

    def __init__(self, supervisor: Supervisor, options: TrackOptions) -> None:
        self._supervisor = supervisor
        self._options = options
        self._description: SingleFlight[AnalyzerDescription] | AnalyzerDescription | None = None

    async def describe(self) -> AnalyzerDescription:
        """Return the description; the first call runs a child process."""
        if isinstance(self._description, AnalyzerDescription):
            return self._description
        if self._description is None or not self._description.is_open:
            self._description = SingleFlight(self._run_child(), on_end=lambda: None)
        description = await self._description.wait()
        self._description = description
        return description

    async def ensure_features(self, names: Iterable[str]) -> None:
        """Do nothing if the catalogue has every named feature.

        Raises:
            ValidationError: It lacks one.
        """
        known = [feature["name"] for feature in (await self.describe()).fields["features"]]
        unknown = sorted(set(names) - set(known))
        if unknown:
            message = f"There is no feature {unknown[0][:50]!r}; there are {', '.join(known)}."
            raise ValidationError(f"features: {message}", errors=[{"field": "features", "message": message}])

    async def aclose(self) -> None:
        """End the child process, if one is running."""
        if isinstance(self._description, SingleFlight):
            await self._description.aclose()

    async def _run_child(self) -> AnalyzerDescription:
        for _ in range(2):
            try:
                message = await self._supervisor.call(DESCRIBE, self._options, limits=DESCRIBE_LIMITS)
                return AnalyzerDescription(message.fields["analyzer_version"], message.fields)
            except ChildCrashedError as crash:
                log.error("analyzer_not_described", exit_code=crash.exit_code)
        raise InternalError("The analyzer could not be started.")
