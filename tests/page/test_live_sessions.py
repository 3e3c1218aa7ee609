"""Several sessions on one page: each is found, looked at, started, put right and stopped for itself."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tactus.audio.sources import demo
from tests.fixtures.browser import Visit
from tests.fixtures.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = ("default_user", "stage-left", "stage_right")


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    """Of the shared service, in which none of these sessions runs before and after."""
    with service.client() as opened:
        for name in NAMES:
            opened.post("/live/stop", json={"session": name})
        yield opened
        for name in NAMES:
            opened.post("/live/stop", json={"session": name})


def status(client: httpx.Client, name: str) -> Any:
    return client.get("/live/status", params={"session": name}).json()


async def look_at(page: Page, name: str) -> None:
    await page.get_by_label("Session", exact=True).select_option(name)


async def test_a_session_that_runs_is_offered_and_looked_at(visit: Visit, service: Service, client: Any) -> None:
    page = visit.page
    await page.goto(service.url)
    await expect(page.get_by_label("Session", exact=True)).to_have_value("default_user")
    client.post("/live/start", json={"source": "demo", "session": "stage-left"})
    await expect(page.locator("#session option[value=stage-left]")).to_have_text(
        "stage-left – demo"
    )  # without a reload
    await look_at(page, "stage-left")
    await expect(page.locator("#start")).to_have_text("Stop")
    await expect(page.locator("#source-status")).to_have_text("Sound arrives from the demo.")
    assert status(client, "stage-left")["n_listeners"] == 1
    await page.reload()  # the address remembers which it is
    await expect(page.locator("#connection")).to_contain_text("ms behind")
    await expect(page.get_by_label("Session", exact=True)).to_have_value("stage-left")
    await look_at(page, "default_user")
    await expect(page.locator("#start")).to_have_text("Start")
    await expect(page.locator("#connection")).to_have_text("Not connected")
    assert status(client, "stage-left")["is_recording"] is True  # who looks elsewhere stops nothing


async def test_new_ones_are_named_started_and_stopped_for_themselves(
    visit: Visit, service: Service, client: Any
) -> None:
    page = visit.page
    await page.goto(service.url)
    await page.locator("#start").click()
    await expect(page.locator("#start")).to_have_text("Stop")
    await page.get_by_role("button", name="New").click()
    name = page.get_by_label("Name of the new session")
    await expect(name).to_be_focused()
    await name.fill("stage right")
    await page.keyboard.press("Enter")
    await expect(page.locator("#start")).to_have_text("Stop")  # no such name: it looks where it did
    await name.fill("stage_right")
    await page.keyboard.press("Enter")
    await expect(page.locator("#start")).to_have_text("Start")
    assert status(client, "stage_right")["is_recording"] is False
    await page.locator("#start").click()
    await expect(page.locator("#connection")).to_contain_text("ms behind")
    running = {each["session"] for each in client.get("/live/sessions").json()["sessions"]}
    assert {"default_user", "stage_right"} <= running
    await page.locator("#start").click()
    await expect(page.locator("#start")).to_have_text("Start")
    assert status(client, "stage_right")["is_recording"] is False
    assert status(client, "default_user")["is_recording"] is True


async def test_the_beat_is_put_right_where_it_is_looked_at(visit: Visit, service: Service, client: Any) -> None:
    page = visit.page
    for name in NAMES[:2]:
        client.post("/live/start", json={"source": "demo", "session": name})
    await page.goto(f"{service.url}/?session=stage-left")
    await page.get_by_role("button", name="Hold").click()
    await expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "true")
    assert status(client, "stage-left")["controls"]["hold"] is True
    await look_at(page, "default_user")
    await expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")
    assert status(client, "default_user")["controls"]["hold"] is False
    async with asyncio.timeout(5):  # it listens to the one that it looks at, and to no other
        while [status(client, name)["n_listeners"] for name in NAMES[:2]] != [1, 0]:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)


async def test_a_tempo_a_range_and_a_nudge_are_said(visit: Visit, service: Service, client: Any) -> None:
    page, words = visit.page, visit.page.locator("#live-control-text")
    await page.goto(service.url)
    await page.locator("#start").click()
    await expect(words).to_have_text("No corrections: beats follow the sound.")
    await page.get_by_label("Tempo", exact=True).fill(str(demo.BPM / 2))
    await page.keyboard.press("Enter")
    await expect(words).to_have_text("tempo from 57 to 63 bpm")  # within 5 %
    await page.get_by_label("Tempo", exact=True).fill("100")
    await page.get_by_label("to", exact=True).fill("140")
    await page.get_by_role("button", name="Set the tempo").click()
    await expect(words).to_have_text("tempo from 100 to 140 bpm")
    controls = status(client, "default_user")["controls"]
    assert (controls["bpm_min"], controls["bpm_max"]) == (100, 140)
    for _ in range(2):
        await page.get_by_role("button", name="10 ms earlier").click()
    await expect(words).to_contain_text("20 ms earlier")
    assert status(client, "default_user")["controls"]["nudge_ms"] == -20
    await page.get_by_role("button", name="10 ms later").click()
    await expect(words).to_contain_text("10 ms earlier")
    await page.get_by_role("button", name="Release").click()
    await expect(words).to_have_text("No corrections: beats follow the sound.")
