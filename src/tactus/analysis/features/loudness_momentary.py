"""Momentary loudness."""

from tactus.analysis.feature import About
from tactus.analysis.windowed_loudness import WindowedLoudness


class LoudnessMomentary(WindowedLoudness):
    """Loudness of the last 400 ms [LUFS], at least -70, ten values a second, shape `[n, 1]`.

    Before the piece there is silence; a last row of less than 100 ms is padded with silence.
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
