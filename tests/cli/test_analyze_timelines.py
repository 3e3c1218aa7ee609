"""`tactus analyze` with timeline options: features, rate and precision."""

import json

import pytest

from tests.cli.conftest import CLICKS_S, Terminal

pytestmark = pytest.mark.usefixtures("clicks")


def test_features_and_rate_make_timelines(terminal: Terminal) -> None:
    words = ["--features", "rms,onset_strength", "--rate", "2", "--precision", "3", "--type", "tempo_only", "--json"]
    ran = terminal.run("analyze", "clicks.wav", *words)
    assert (ran.returncode, ran.stderr) == (0, "")
    timelines = json.loads(ran.stdout)["timelines"]
    assert timelines.keys() == {"rms", "onset_strength"}
    assert len(timelines["rms"]["values"]) == 2 * CLICKS_S
    assert all(value == float(f"{value:.3g}") for value in timelines["rms"]["values"])


def test_an_unknown_feature_is_refused_with_the_list_of_known_ones(terminal: Terminal) -> None:
    ran = terminal.run("analyze", "clicks.wav", "--features", "loudnes", "--json")
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert "'loudnes'" in line
    assert "k_weighted_power" in line


@pytest.mark.parametrize("words", [("--rate", "0"), ("--rate", "bar"), ("--rate", "nan"), ("--precision", "10")])
def test_values_out_of_range_are_usage_errors(terminal: Terminal, words: tuple[str, str]) -> None:
    ran = terminal.run("analyze", "clicks.wav", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert words[0] in ran.stderr
