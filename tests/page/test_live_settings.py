"""Files, and the settings of a session on the page: they are heard, sent as they stand, and remembered."""

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.fixtures.browser import Visit
from tests.fixtures.service import MakeService
from tests.fixtures.signals import silence, tone, wav_bytes
from tests.page.drawn import share_of, tallest_share

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEFT_HZ, RIGHT_HZ = 500, 3000
AMPLITUDE = 0.1


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A media folder with a minute in stereo, another tone on either side."""
    folder = tmp_path / "media"
    (folder / "sets").mkdir(parents=True)
    sides = np.stack([tone(hz, 60, amplitude=AMPLITUDE) for hz in (LEFT_HZ, RIGHT_HZ)])
    (folder / "sets" / "sides.wav").write_bytes(wav_bytes(sides))
    return folder


async def choose_file(page: Page, name: str) -> None:
    await page.locator("input[value=file]").check(force=True)
    await page.get_by_label("File of the media folder").select_option(name)


async def set_to(page: Page, **fields: str) -> None:
    """Fill fields of the settings, by their ids."""
    for name, value in fields.items():
        await page.locator(f"#{name}").fill(value)
    await page.keyboard.press("Tab")


async def input_db(page: Page) -> float:
    """What the meter of the input says, once a tone has been heard [dB]."""
    await page.wait_for_function("() => /[0-9]/.test(document.querySelector('[aria-label=Input]').ariaValueText)")
    said = await page.evaluate("document.querySelector('[aria-label=Input]').ariaValueText")
    return float(said.split()[0])


async def test_a_channel_and_a_gain_are_heard_and_changed_while_it_runs(
    visit: Visit, make_service: MakeService, media: Path
) -> None:
    page = visit.page
    with make_service(TACTUS_MEDIA_FOLDER=str(media)) as service, service.client() as client:
        await page.goto(service.url)
        await choose_file(page, "sets/sides.wav")
        await page.locator("#settings summary").click()
        await set_to(page, channel="2")
        await page.locator("#start").click()
        await expect(page.locator("#source-status")).to_have_text("Sound arrives from a file.")
        before_db = await input_db(page)
        assert await tallest_share(page) == pytest.approx(share_of(RIGHT_HZ), abs=0.03)
        anew = page.get_by_role("button", name="Restart with these")
        await expect(anew).to_be_hidden()
        began = client.get("/live/status").json()["started_at"]
        await set_to(page, channel="1", gain="12")
        await expect(page.locator("#settings-text")).to_have_text("channel 1 · +12 dB")
        await anew.click()
        await expect(anew).to_be_hidden()
        await expect(page.locator("#start")).to_have_text("Stop")
        assert client.get("/live/status").json()["started_at"] > began
        await page.wait_for_function(
            "(db) => Math.abs(parseFloat(document.querySelector('[aria-label=Input]').ariaValueText) - db) <= 1",
            arg=before_db + 12,
        )
        assert await tallest_share(page) == pytest.approx(share_of(LEFT_HZ), abs=0.03)
        await page.goto("about:blank")


async def test_all_settings_are_sent_as_they_stand(visit: Visit, make_service: MakeService, media: Path) -> None:
    page = visit.page
    with make_service(TACTUS_MEDIA_FOLDER=str(media)) as service, service.client() as client:
        await page.goto(service.url)
        await choose_file(page, "sets/sides.wav")
        await page.locator("#settings summary").click()
        await set_to(page, channel="2", gain="-3.5", offset="-40", attack="0", release="500")
        await page.locator("#start").click()
        await expect(page.locator("#start")).to_have_text("Stop")
        same = {"channel": 1, "gain_db": -3.5, "offset_ms": -40, "attack_ms": 0, "release_ms": 500}
        for other in ({}, *({name: 7} for name in same)):
            wanted = {"source": "file", "file": "sets/sides.wav", **same, **other}
            answer = client.post("/live/start", json=wanted)
            assert answer.status_code == (409 if other else 200), other  # with the same parameters it is all right
        await page.goto("about:blank")


async def test_settings_are_remembered_until_they_are_reset(visit: Visit, make_service: MakeService) -> None:
    page = visit.page
    words = page.locator("#settings-text")
    with make_service() as service, service.client() as client:
        await page.goto(service.url)
        await expect(words).to_have_text("default")
        await page.locator("#settings summary").click()
        await set_to(page, gain="6", offset="40")
        await page.reload()
        await expect(words).to_have_text("+6 dB · 40 ms later")
        await page.locator("#start").click()
        await expect(page.locator("#start")).to_have_text("Stop")
        assert client.get("/live/status").json()["controls"]["offset_ms"] == 40
        await page.locator("#start").click()
        await expect(page.locator("#start")).to_have_text("Start")
        await page.locator("#settings summary").click()
        await page.get_by_role("button", name="Reset all").click()
        await expect(words).to_have_text("default")
        await page.reload()
        await expect(words).to_have_text("default")
        await page.goto("about:blank")


async def test_what_cannot_be_is_pointed_at_and_not_started(visit: Visit, make_service: MakeService) -> None:
    page = visit.page
    with make_service() as service, service.client() as client:
        await page.goto(service.url)
        await page.locator("#settings summary").click()
        await set_to(page, offset="2000")
        await page.locator("#settings summary").click()
        await expect(page.locator("#offset")).to_be_hidden()
        await page.locator("#start").click()
        await expect(page.locator("#offset")).to_be_focused()
        await expect(page.locator("#start")).to_have_text("Start")
        assert client.get("/live/status").json()["is_recording"] is False
        await page.goto("about:blank")


async def test_settings_of_a_session_that_others_started_are_not_made_up(
    visit: Visit, make_service: MakeService
) -> None:
    page = visit.page
    with make_service() as service, service.client() as client:
        client.post("/live/start", json={"source": "demo", "gain_db": -20})
        await page.goto(service.url)
        await expect(page.locator("#settings-text")).to_have_text("set by another client")
        await page.locator("#settings summary").click()
        await expect(page.get_by_label("Gain")).to_be_disabled()
        await page.locator("#start").click()
        await expect(page.get_by_label("Gain")).to_be_enabled()
        await page.goto("about:blank")


async def test_without_a_media_folder_it_says_what_to_do(visit: Visit, make_service: MakeService) -> None:
    page = visit.page
    with make_service() as service, service.client() as client:
        remedy = client.get("/live/files").json()["remedy"]
        await page.goto(service.url)
        await page.locator("input[value=file]").check(force=True)
        await expect(page.locator("#source-note")).to_have_text(remedy)
        await expect(page.locator("#start")).to_be_disabled()
        await page.locator("input[value=demo]").check(force=True)
        await expect(page.locator("#start")).to_be_enabled()
        await page.goto("about:blank")


async def test_it_says_in_words_what_becomes_of_the_sound(visit: Visit, make_service: MakeService, media: Path) -> None:
    page, hearing = visit.page, visit.page.locator("#source-status")
    (media / "short.wav").write_bytes(wav_bytes(np.concatenate((tone(1000, 2), silence(3)))))
    with make_service(TACTUS_MEDIA_FOLDER=str(media)) as service, service.client() as client:
        await page.goto(service.url)
        await expect(hearing).to_have_text("This session is not running.")
        await choose_file(page, "short.wav")
        await page.locator("#start").click()
        await expect(hearing).to_have_text("Sound arrives from a file.")
        await expect(hearing).to_have_text("Silence from a file.")
        await expect(hearing).to_have_text("The source has ended.")
        await expect(page.locator("#start")).to_have_text("Start")
        client.post("/live/start", json={"source": "browser"})  # and nobody sends
        await page.reload()
        await expect(hearing).to_contain_text("No sound arrives")
        await expect(hearing).to_have_attribute("data-state", "gone")
        await page.goto("about:blank")
