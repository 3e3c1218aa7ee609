"""The beat on the page: heard as clicks, and put right."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from tests.fixtures.browser import PHONE, Visit
from tests.fixtures.service import Service
from tests.fixtures.signals import song, wav_bytes
from tests.page.test_song import opened, position_s

pytestmark = pytest.mark.asyncio(loop_scope="session")

BPM = 110.0
PIECE = song(bpm=BPM, form="AB")
WAV = wav_bytes(PIECE.samples.mean(axis=0), PIECE.sample_rate)
FILE_HASH = hashlib.sha256(WAV).hexdigest()

LISTEN = """
window.clicked = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  const audio = document.getElementById('audio');
  window.clicked.push([audio.currentTime + at - this.context.currentTime, this.frequency.value]);
  return start.call(this, at);
};
"""
"""Notes of every click at which moment of the song it sounds, and how high."""


@pytest_asyncio.fixture(loop_scope="session")
async def page(visit: Visit, service: Service) -> AsyncIterator[Page]:
    """The page with the piece on it; what is said of its beat is forgotten at the end."""
    await visit.page.add_init_script(LISTEN)
    await opened(visit, service, WAV)
    yield visit.page
    with service.client() as client:
        client.patch(f"/analysis/{FILE_HASH}", json={"clear": True}).raise_for_status()


def analysis_of(service: Service) -> dict[str, Any]:
    with service.client() as client:
        found: dict[str, Any] = client.get(f"/analysis/{FILE_HASH}").json()
    return found


async def shown_bpm(page: Page) -> float:
    return float((await page.locator("#facts .fact", has_text="Tempo").locator("strong").inner_text()).split()[0])


async def test_every_beat_clicks_and_first_beats_click_higher(page: Page, service: Service) -> None:
    await page.get_by_role("button", name="Clicks").click()
    await expect(page.get_by_role("button", name="Clicks")).to_have_attribute("aria-pressed", "true")
    while await page.evaluate("document.getElementById('audio').currentTime") < 4:
        await page.wait_for_timeout(50)
    await page.get_by_role("button", name="Clicks").click()
    clicked: list[tuple[float, float]] = await page.evaluate("window.clicked")
    analysis = analysis_of(service)
    times_s = np.array([at for at, _ in clicked])
    beats_s = np.array(analysis["beat_times"])
    nearest = np.abs(times_s[:, None] - beats_s).argmin(axis=1)
    assert np.abs(times_s - beats_s[nearest]).max() < 0.02
    assert nearest.tolist() == list(range(nearest[0], nearest[0] + len(clicked))), "each once, none left out"
    assert len(clicked) >= 6
    assert nearest[0] <= 1
    high = [hz == 2000 for _, hz in clicked]
    assert high == np.isin(beats_s[nearest], analysis["downbeat_times"]).tolist()
    n_clicked = len(clicked)
    await page.wait_for_timeout(700)
    assert len(await page.evaluate("window.clicked")) == n_clicked, "off is off"


async def test_the_tempo_is_doubled_halved_and_as_it_was(page: Page, service: Service) -> None:
    heard = analysis_of(service)["bpm"]
    for name, factor, correction in (
        ("Twice the tempo", 2, {"correction": "x2"}),
        ("Half the tempo", 1, None),
        ("Half the tempo", 1 / 2, {"correction": "x1/2"}),
        ("Undo corrections", 1, None),
    ):
        await page.get_by_role("button", name=name).click()
        await expect(page.locator("#facts .fact", has_text="Tempo").locator("strong")).to_contain_text(
            f"{heard * factor:.0f}."
        )
        assert await shown_bpm(page) == pytest.approx(heard * factor, rel=0.01)
        assert analysis_of(service)["correction"] == correction
    await expect(page.get_by_role("button", name="Undo corrections")).to_be_hidden()


async def test_a_bar_begins_where_somebody_says(page: Page, service: Service) -> None:
    heard = analysis_of(service)
    await page.locator("#overview").focus()
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await page.get_by_role("button", name="Set downbeat").click()
    await expect(page.locator("#beat-note")).to_contain_text("Corrected by you")
    found = analysis_of(service)
    beats_s = heard["beat_times"]
    at = int(np.abs(np.array(beats_s) - await position_s(page)).argmin())
    assert at in (2, 3), "three beats on from the beginning"
    assert found["downbeat_times"] == beats_s[at % 4 :: 4]
    assert found["beat_times"] == beats_s


async def test_the_beat_is_tapped_along(page: Page, service: Service) -> None:
    """Between the beats that were heard, so that it shows."""
    heard = analysis_of(service)
    tap = page.get_by_role("button", name="Tap along")
    await tap.press("Enter")
    await expect(page.locator("#beat-note")).to_contain_text("Tap with every beat")
    await page.evaluate(
        """(beats) => {
          const [audio, tap] = [document.getElementById('audio'), document.getElementById('tap')];
          const wanted = beats.slice(2, 9).map((beat, at) => (beat + beats[at + 3]) / 2);
          const look = () => {
            if (!wanted.length) return;
            if (audio.currentTime >= wanted[0]) {
              wanted.shift();
              tap.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }));
            }
            requestAnimationFrame(look);
          };
          look();
        }""",
        heard["beat_times"],
    )
    await expect(page.locator("#beat-note")).to_contain_text("Corrected by you")
    found = analysis_of(service)
    assert len(found["correction"]["taps"]) == 7
    beat_s = 60 / BPM
    turns = (np.array(found["beat_times"]) / beat_s + 0.25) % 1 - 0.25
    assert np.mean(np.abs(turns - 0.5) < 0.15) > 0.9
    assert not await page.evaluate("document.getElementById('audio').paused"), "the song plays on"


async def test_a_refusal_is_told_in_the_services_words(page: Page) -> None:
    refusal = {"type": "/problems/rate-limited", "title": "Too many requests", "status": 429, "detail": "Wait a bit."}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=429, json=refusal, content_type="application/problem+json")

    await page.route("**/analysis/*", refuse)
    await page.get_by_role("button", name="Twice the tempo").click()
    await expect(page.get_by_role("alert")).to_contain_text("Wait a bit.")
    await expect(page.get_by_role("button", name="Twice the tempo")).to_be_enabled()


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
async def test_a_phone_has_room_for_all_buttons(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    for name in ("Clicks", "Twice the tempo", "Half the tempo", "Tap along", "Set downbeat"):
        await expect(page.get_by_role("button", name=name)).to_be_visible()
