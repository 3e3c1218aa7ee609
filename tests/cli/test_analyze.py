"""`tactus analyze`: one or several results, on standard output or in files, and a line for each failure."""

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import CLICKS_BPM, CLICKS_S, Terminal, stopped
from tests.fixtures.signals import noise, wav_bytes


def test_the_summary_shows_the_results(terminal: Terminal, clicks: Path) -> None:
    ran = terminal.run("analyze", "clicks.wav")
    assert (ran.returncode, ran.stderr) == (0, "")
    tempo_row = re.search(r"tempo +([\d.]+) bpm", ran.stdout)
    assert tempo_row
    assert float(tempo_row[1]) == pytest.approx(CLICKS_BPM, rel=0.01)
    assert "0:12" in ran.stdout
    assert re.search(r"loudness +-[\d.]+ LUFS, range [\d.]+ LU, true peak -?[\d.]+ dBTP", ran.stdout)
    assert re.search(r"speechiness +[█░]{10} 0\.\d\d", ran.stdout)
    assert hashlib.sha256(clicks.read_bytes()).hexdigest() in ran.stdout


def test_json_is_a_single_object_with_all_fields(terminal: Terminal, clicks: Path) -> None:
    ran = terminal.run("analyze", "clicks.wav", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    found = json.loads(ran.stdout)
    assert found["file_hash"] == hashlib.sha256(clicks.read_bytes()).hexdigest()
    assert found["bpm"] == pytest.approx(CLICKS_BPM, rel=0.01)
    assert found["duration"] == pytest.approx(CLICKS_S)
    assert len(found["mfcc"]) == 13
    assert {len(row) for row in found["mfcc"]} == {found["frames"]["n_frames"]}


@pytest.mark.usefixtures("clicks")
def test_type_selects_the_fields_and_out_the_file(terminal: Terminal) -> None:
    ran = terminal.run("analyze", "clicks.wav", "--type", "tempo_only", "--out", "found.json")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    found = json.loads((terminal.folder / "found.json").read_text())
    assert {"bpm", "beat_times", "tempo_candidates"} <= found.keys()
    assert not {"key", "mfcc", "chords", "energy"} & found.keys()


@pytest.mark.usefixtures("clicks")
def test_failures_are_named_and_the_other_sources_are_analysed(terminal: Terminal) -> None:
    words = ["text.mp3", "clicks.wav", "missing.wav", "http://localhost:9/song.mp3", "silence.wav"]
    ran = terminal.run("analyze", *words, "--json")
    assert ran.returncode == 1
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["path"] for line in lines] == ["clicks.wav", "silence.wav"]
    assert [line["bpm"] is None for line in lines] == [False, True]
    errors = ran.stderr.splitlines()
    assert len(errors) == 4
    assert errors[0].startswith("tactus: text.mp3: ")
    assert errors[1] == "tactus: missing.wav: it cannot be read (No such file or directory)"
    assert errors[2].startswith("tactus: http://localhost:9/song.mp3: ")
    assert "TACTUS_ALLOW_PRIVATE" in errors[2]
    assert errors[3] == "tactus: 3 of 5 failed"


def test_a_folder_becomes_json_lines(terminal: Terminal, clicks: Path) -> None:
    inner = terminal.folder / "music" / "more"
    inner.mkdir(parents=True)
    (inner / "b.WAV").write_bytes(clicks.read_bytes())
    (inner.parent / "a.wav").write_bytes((terminal.folder / "silence.wav").read_bytes())
    (inner.parent / "cover.jpg").write_bytes(b"not a sound file")
    ran = terminal.run("analyze", "music", "--out", "library.jsonl")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    lines = [json.loads(line) for line in (terminal.folder / "library.jsonl").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["music/a.wav", "music/more/b.WAV"]
    assert all("mfcc" not in line for line in lines)


@pytest.mark.usefixtures("clicks")
def test_parquet_has_a_row_for_each_track(terminal: Terminal) -> None:
    ran = terminal.run("analyze", "silence.wav", "clicks.wav", "--out", "library.parquet")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    silent, found = pq.read_table(terminal.folder / "library.parquet").to_pylist()
    assert (silent["path"], silent["bpm"], silent["beat_times"]) == ("silence.wav", None, [])
    assert found["bpm"] == pytest.approx(CLICKS_BPM, rel=0.01)
    assert found["tempo_candidates"][0]["bpm"] == found["bpm"]
    assert found["source"]["codec"] == "pcm_s16le"


@pytest.mark.usefixtures("clicks")
def test_an_existing_file_is_not_changed_without_a_result(terminal: Terminal) -> None:
    out = terminal.folder / "out.json"
    out.write_text("earlier")
    assert terminal.run("analyze", "text.mp3", "--out", "out.json").returncode == 1
    assert out.read_text() == "earlier"


def test_a_folder_without_sound_files_is_an_error(terminal: Terminal) -> None:
    ran = terminal.run("analyze", ".")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "tactus: there is no sound file in there\n"


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_closed_pipe_is_no_error(terminal: Terminal, options: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = terminal.start("analyze", "clicks.wav", *options, stdout=writing)
    os.close(writing)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")


def test_an_interruption_leaves_no_files_or_processes(terminal: Terminal) -> None:
    (terminal.folder / "long.wav").write_bytes(wav_bytes(noise(1, 1100.0, sample_rate=16000), 16000))
    process = terminal.start("analyze", "long.wav")
    _wait_for_child(process)
    assert stopped(process, signal.SIGINT) == (130, "")
    assert list(terminal.temporary.iterdir()) == []


def _wait_for_child(process: "subprocess.Popen[str]") -> None:
    """Wait until the fork server has started the child that analyses."""
    parent = psutil.Process(process.pid)
    while len(parent.children(recursive=True)) < 2:
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.02)  # nothing announces a process
