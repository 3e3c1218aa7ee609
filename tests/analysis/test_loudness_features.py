"""Momentary and short-term loudness as a stream: what EBU Tech 3341 says a steady tone and its end must show."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tests.fixtures.signals import silence, tone

WINDOWS_S = {"loudness_momentary": 0.4, "loudness_short_term": 3.0}


@pytest.mark.parametrize("name", WINDOWS_S)
def test_a_stereo_tone_of_minus_23_dbfs_reads_minus_23_lufs_while_it_fills_the_window(name: str) -> None:
    peak = 10 ** (-23 / 20)
    heard_s, window_s = 6.0, WINDOWS_S[name]
    samples = np.concatenate(
        (np.repeat(tone(1000, heard_s, amplitude=peak)[None], 2, 0), np.repeat(silence(4.0)[None], 2, 0)), 1
    )
    rows = Analyzer(features_for([name]), INNER_GRIDS).run([samples])[name].values[:, 0]
    filled = round(10 * window_s) - 1
    np.testing.assert_allclose(rows[filled : round(10 * heard_s)], -23.0, atol=0.1)
    # Half of the window after the end, half of the power is left: 3.01 LU less.
    assert rows[round(10 * (heard_s + window_s / 2)) - 1] == pytest.approx(-26.01, abs=0.1)
    assert rows[round(10 * (heard_s + window_s)) + 1] == -70.0
