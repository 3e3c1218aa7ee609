"""Names and rounding of the arrays of a live frame on the wire. Free of numpy, so that the API process can use it."""

SPECTRUM, WAVEFORM = "frequency_data", "time_domain_data"
"""Field names of the two large arrays of a frame."""

SAMPLE_DECIMALS = 5
"""Decimals of levels, spectrum and waveform: -100 dBFS, below the noise of 16 bits."""
