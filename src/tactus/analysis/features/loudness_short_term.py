"""Loudness of the last 3 s."""

from tactus.analysis.feature import About
from tactus.analysis.windowed_loudness import WindowedLoudness


class LoudnessShortTerm(WindowedLoudness):
    """Loudness over the 3 s that end with a row [LUFS], silence before the piece, never below -70; `[n, 1]`.

    A last row of less than 100 ms counts as if silence followed.
    """

    n_rows = 30
    about = About(
        name="loudness_short_term",
        unit="LUFS",
        size=1,
        meaning="How loud the last 3 s sound: it follows verses and choruses.",
        source="EBU Tech 3341, section 2.2; ITU-R BS.1770-4, annex 1",
        scale=70.0,
        gain="db",
        grid="channels",
        inputs=("k_weighted_power",),
    )
