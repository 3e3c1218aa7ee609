"""Short-term loudness."""

from tactus.analysis.feature import About
from tactus.analysis.windowed_loudness import WindowedLoudness


class LoudnessShortTerm(WindowedLoudness):
    """Loudness of the last 3 s [LUFS], at least -70, ten values a second, shape `[n, 1]`.

    Before the piece there is silence; a last row of less than 100 ms is padded with silence.
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
