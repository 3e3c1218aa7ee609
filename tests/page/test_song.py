"""A song on the page: from the drop to what is seen and heard of it."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.fixtures.browser import PHONE, Visit
from tests.fixtures.service import Service
from tests.fixtures.signals import Song, song, wav_bytes
from tests.page.drawn import heights, marks, shown

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_S = 1.0
OVERVIEW_MARGINS = {"top": 20.0, "bottom": 26.0}
"""Above its waveform lie the sections, below it chords and ticks [CSS pixels]."""


@pytest.fixture(scope="module")
def piece() -> Song:
    """A second of silence, then 16 bars in D minor at 132 bpm: eight quiet ones, eight loud ones."""
    return song(bpm=132, key="D", mode="minor", form="AB", bars_per_section=8, offset_s=SILENCE_S)


@pytest.fixture(scope="module")
def piece_wav(piece: Song) -> bytes:
    return wav_bytes(piece.samples.mean(axis=0), piece.sample_rate)


async def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the page, as a hand would."""
    transfer = await page.evaluate_handle(
        """([name, text]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
          return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    await page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})


async def opened(visit: Visit, service: Service, wav: bytes) -> dict[str, Any]:
    """The page with the song on it, and the song's analysis."""
    await visit.page.goto(service.url)
    await drop(visit.page, "piece.wav", wav)
    await expect(visit.page.locator("#result")).to_be_visible()
    with service.client() as client:
        analysis: dict[str, Any] = client.get(f"/analysis/{hashlib.sha256(wav).hexdigest()}").json()
    return analysis


async def position_s(page: Page) -> float:
    return float(await page.get_attribute("#overview", "aria-valuenow") or "nan")


async def test_a_dropped_song_shows_its_tempo_and_key(
    visit: Visit, service: Service, piece: Song, piece_wav: bytes
) -> None:
    await opened(visit, service, piece_wav)
    page = visit.page
    tempo = await page.locator("#facts .fact", has_text="Tempo").locator("strong").inner_text()
    assert float(tempo.split()[0]) == pytest.approx(piece.bpm, rel=0.04)  # MIREX: right is within 4 %
    key = page.locator("#facts .fact", has_text="Key")
    await expect(key.locator("strong")).to_have_text("D minor")
    await expect(key).to_contain_text("Camelot 7A")  # CONTRACT: relative major F, p = 5, (35 + 7) % 12 + 1
    await expect(page.locator("#chords")).to_contain_text("B♭")  # the sixth degree, spelled as D minor is written
    await expect(page.locator("#length")).to_have_text(f"0:{int(piece.duration_s)}")
    moods = ("Energy", "Valence", "Danceability", "Acousticness", "Instrumentalness", "Liveness", "Speechiness")
    for name in moods:
        value = await page.get_by_role("meter", name=name).get_attribute("aria-valuenow")
        assert 0 <= int(value or "-1") <= 100


async def test_the_waveform_is_silent_then_quiet_then_loud(
    visit: Visit, service: Service, piece: Song, piece_wav: bytes
) -> None:
    await opened(visit, service, piece_wav)
    view = await shown(visit.page, "overview-canvas")
    tall = np.array(await heights(visit.page, "overview-canvas", **OVERVIEW_MARGINS))
    times_s = np.array([view.time_s(x + 0.5) for x in range(len(tall))])
    border_s = piece.sections[1][0]
    silent = tall[times_s < SILENCE_S - 0.1]
    quiet = tall[(times_s > SILENCE_S + 0.1) & (times_s < border_s)]
    loud = tall[times_s > border_s]
    assert silent.max() <= 2  # the line that says: nothing
    assert 4 < quiet.mean() < loud.mean()


async def test_every_beat_has_its_tick_and_downbeats_stand_out(
    visit: Visit, service: Service, piece: Song, piece_wav: bytes
) -> None:
    analysis = await opened(visit, service, piece_wav)
    view = await shown(visit.page, "detail-canvas")
    beats = await marks(visit.page, "detail-canvas", "beat", above_bottom=2)
    downbeats = await marks(visit.page, "detail-canvas", "downbeat", above_bottom=2)
    drawn_s = sorted(view.time_s(x) for x, _ in [*beats, *downbeats])
    pixel_s = (view.end_s - view.start_s) / view.width
    inside_s = [time for time in analysis["beat_times"] if view.start_s + 0.05 < time < view.end_s - 0.05]
    assert len(inside_s) > 10
    for time in inside_s:
        assert min(abs(time - other) for other in drawn_s) <= pixel_s
    downbeats_s = [time for time in analysis["downbeat_times"] if view.start_s + 0.05 < time < view.end_s - 0.05]
    assert [view.time_s(x) for x, _ in downbeats] == pytest.approx(downbeats_s, abs=pixel_s)
    assert min(width for _, width in downbeats) > max(width for _, width in beats)

    truth_s = [time for time in piece.beat_times_s if view.start_s + 0.1 < time < view.end_s - 0.1]
    met = sum(min(abs(time - other) for other in drawn_s) <= 0.07 for time in truth_s)  # mir_eval's tolerance
    assert met >= 0.9 * len(truth_s)


async def test_it_says_what_it_is_doing(visit: Visit, service: Service, piece_wav: bytes) -> None:
    await visit.page.goto(service.url)
    await visit.page.evaluate(
        """() => {
          window.said = [];
          const words = document.getElementById('progress-text');
          new MutationObserver(() => window.said.push(words.textContent)).observe(words, { childList: true });
        }"""
    )
    await drop(visit.page, "said.wav", piece_wav)
    await expect(visit.page.locator("#result")).to_be_visible()
    said: list[str] = await visit.page.evaluate("window.said")
    assert any(words.startswith(f"Sending said.wav, {len(piece_wav) / 1e6:.1f} MB") for words in said), said
    assert any(words.startswith("Analysing said.wav") for words in said), said
    await expect(visit.page.locator("#progress")).to_be_hidden()


async def test_the_json_of_the_song_can_be_downloaded(
    visit: Visit, service: Service, piece_wav: bytes, tmp_path: Path
) -> None:
    await opened(visit, service, piece_wav)
    async with visit.page.expect_download() as downloading:
        await visit.page.get_by_role("link", name="Download JSON").click()
    download = await downloading.value
    assert download.suggested_filename == "piece.tactus.json"
    await download.save_as(tmp_path / "song.json")
    saved = json.loads((tmp_path / "song.json").read_bytes())
    assert saved["file_hash"] == hashlib.sha256(piece_wav).hexdigest()
    assert len(saved["rms"]) == saved["frames"]["n_frames"]


async def test_the_song_plays_and_its_beats_flash(visit: Visit, service: Service, piece_wav: bytes) -> None:
    await opened(visit, service, piece_wav)
    page = visit.page
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await visit.sees("#track-bar.flash")
    await page.wait_for_function("() => document.getElementById('audio').currentTime > 2")
    playhead = float((await page.evaluate("document.getElementById('playhead').style.left")).rstrip("%"))
    played = await page.evaluate(
        "document.getElementById('audio').currentTime / document.getElementById('audio').duration"
    )
    assert 0 < playhead <= 100 * played + 0.01
    assert await page.locator("#track-bar i.lit").count() == 1
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()


async def test_a_click_on_the_waveform_goes_there(visit: Visit, service: Service, piece_wav: bytes) -> None:
    analysis = await opened(visit, service, piece_wav)
    box = await visit.page.locator("#overview").bounding_box()
    assert box is not None
    await visit.page.locator("#overview").click(position={"x": box["width"] / 2, "y": 60})
    assert await position_s(visit.page) == pytest.approx(analysis["duration"] / 2, abs=0.1)


async def test_the_song_can_be_walked_through_with_keys(visit: Visit, service: Service, piece_wav: bytes) -> None:
    analysis = await opened(visit, service, piece_wav)
    page, beats_s = visit.page, analysis["beat_times"]
    await page.locator("#overview").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    assert await position_s(page) == pytest.approx(beats_s[1], abs=0.06)
    await page.keyboard.press("ArrowLeft")
    assert await position_s(page) == pytest.approx(beats_s[0], abs=0.06)
    await page.keyboard.press("End")
    assert await position_s(page) == pytest.approx(analysis["duration"], abs=0.06)
    await page.keyboard.press("Home")
    assert await position_s(page) == 0
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()


async def test_a_file_that_is_no_sound_is_refused_in_the_services_words(visit: Visit, service: Service) -> None:
    content = b"These are words, and no sound.\n" * 40
    with service.client() as client:
        answer = client.post("/analyze-upload", files={"file": ("words.mp3", content)})
    assert answer.status_code == 422
    await visit.page.goto(service.url)
    await drop(visit.page, "words.mp3", content)
    alert = visit.page.get_by_role("alert")
    await expect(alert).to_contain_text(answer.json()["detail"])
    assert "MP3" in await alert.inner_text()  # the remedy: what can be read
    await expect(visit.page.locator("#result")).to_be_hidden()


async def test_a_refused_address_names_the_setting_that_opens_it(visit: Visit, service: Service) -> None:
    await visit.page.goto(service.url)
    await visit.page.get_by_label("or its address").fill(f"{service.url}/song.mp3")
    await visit.page.keyboard.press("Enter")
    await expect(visit.page.get_by_role("alert")).to_contain_text("TACTUS_ALLOW_PRIVATE")


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
async def test_a_phone_needs_no_sideways_scrolling(visit: Visit, service: Service, piece_wav: bytes) -> None:
    await opened(visit, service, piece_wav)
    assert await visit.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
