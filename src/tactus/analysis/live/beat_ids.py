"""Numbers of the output beats, and how they follow from those of the predictor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tactus.analysis.live.events import BeatEvent


@dataclass(frozen=True, slots=True)
class BeatIds:
    """Numbers of the output beats of one stream.

    The predictor numbers its beats from 0 in every stream; output beats are numbered through gaps and commands. Only
    the newest prediction can still be moved or cancelled, so that its output id is all that has to be kept.

    Args:
        next_id: Id of the next output beat.
        n_predictions: How many beats the predictor has made so far.
        pending_id: Output id of the newest prediction; None: it was not output.
    """

    next_id: int = 0
    n_predictions: int = 0
    pending_id: int | None = None

    def is_new(self, event: BeatEvent) -> bool:
        """Whether this is the first event about a beat of the predictor."""
        return event.id >= self.n_predictions

    def after(self, event: BeatEvent) -> "BeatIds":
        """After an event of the predictor that is passed on: a new beat has a new id, a known one keeps its own."""
        return BeatIds(self.next_id + 1, event.id + 1, self.next_id) if self.is_new(event) else self

    def superseding(self, events: Sequence[BeatEvent]) -> "BeatIds":
        """After events of the predictor that are not passed on; neither are later ones about the same beats."""
        return replace(
            self, n_predictions=max((self.n_predictions, *(event.id + 1 for event in events))), pending_id=None
        )

    def after_generated(self) -> "BeatIds":
        """After a beat that no prediction stands for."""
        return replace(self, next_id=self.next_id + 1)
