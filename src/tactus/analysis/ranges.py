"""Ranges of tempo and frequency that files and live sound share. Free of numpy: the API process uses them."""

TRACKED_BPM_RANGE = (55.0, 215.0)
"""Tempi that are looked for [beats per minute]; people tap at hardly any others."""

NAMED_BPM_RANGE = (20.0, 400.0)
"""Tempi that a caller may name [beats per minute]: slower than anybody counts, faster than anybody taps."""

BASS_HZ, MID_HZ, TREBLE_HZ = (20.0, 250.0), (250.0, 4000.0), (4000.0, 20000.0)
"""The three frequency bands of level meters [Hz]."""
