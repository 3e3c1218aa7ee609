"""Which frame shows which beat: the one whose chunk the beat sounds in, and no other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tactus.analysis.live.events import BeatCancelled, BeatPrediction, LiveEvent

LATE_BEAT_S = 0.25
"""A beat that becomes known this long after it sounded is not shown any more [s]: a late flash is worse than none."""


@dataclass(frozen=True, slots=True)
class BeatFlags:
    """Beats that frames have yet to show.

    Args:
        due: Predicted beats that have not been shown, by id.
        newest_shown_id: Id of the newest beat that has sounded; beats up to it are never shown again.
    """

    due: Mapping[int, BeatPrediction] = field(default_factory=dict)
    newest_shown_id: int = -1

    def after(self, events: Iterable[LiveEvent]) -> "BeatFlags":
        """With new, moved and cancelled beats."""
        due = dict(self.due)
        for event in events:
            if isinstance(event, BeatPrediction) and event.id > self.newest_shown_id:
                due[event.id] = event
            elif isinstance(event, BeatCancelled):
                due.pop(event.id, None)
        return BeatFlags(due, self.newest_shown_id)

    def shown_until(self, end_s: float) -> tuple["BeatFlags", BeatPrediction | None]:
        """Takes out the beats that sound up to `end_s` of audio time [s].

        Returns:
            The beats that are left, and the beat that a frame that ends there shows, where there is one.
        """
        sounded = [beat for beat in self.due.values() if beat.audio_time_s <= end_s]
        if not sounded:
            return self, None
        due = {id_: beat for id_, beat in self.due.items() if beat.audio_time_s > end_s}
        newest_shown_id = max((self.newest_shown_id, *(beat.id for beat in sounded)))
        in_time = [beat for beat in sounded if beat.audio_time_s > end_s - LATE_BEAT_S]
        return BeatFlags(due, newest_shown_id), in_time[-1] if in_time else None
