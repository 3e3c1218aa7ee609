"""Loudness of the last 400 ms."""

from tactus.analysis.feature import About
from tactus.analysis.windowed_loudness import WindowedLoudness


class LoudnessMomentary(WindowedLoudness):
    """Loudness over the 400 ms that end with a row [LUFS], silence before the piece, never below -70; `[n, 1]`.

    A last row of less than 100 ms counts as if silence followed.
    """

    n_rows = 4
    about = About(
        name="loudness_momentary",
        unit="LUFS",
        size=1,
        meaning="How loud the last 400 ms sound: it follows phrases and drum fills.",
        source="EBU Tech 3341, section 2.2; ITU-R BS.1770-4, annex 1",
        scale=70.0,
        gain="db",
        grid="channels",
        inputs=("k_weighted_power",),
    )
