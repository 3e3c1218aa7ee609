"""Live sound on the page: what moves, and what it says when something does not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tactus.audio.sources import demo
from tests.fixtures.browser import Visit
from tests.fixtures.service import MakeService, Service
from tests.fixtures.signals import tone
from tests.fixtures.virtual_microphone import DEVICE, OTHER_DEVICE, VirtualMicrophone
from tests.page.drawn import LABELS, heights, share_of, tallest_share

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def live(visit: Visit, service: Service) -> AsyncIterator[Visit]:
    """The page of the shared service, where nothing plays; its session is stopped at the end."""
    with service.client() as client:
        client.post("/live/stop")  # whatever others of the suite have started
    await visit.page.goto(service.url)
    yield visit
    with service.client() as client:
        client.post("/live/stop")


async def test_the_demo_moves_bars_in_every_region(live: Visit) -> None:
    await live.page.get_by_role("button", name="Start").click()
    await expect(live.page.locator("#connection")).to_contain_text("nothing lost")
    looks = []
    for _ in range(24):
        looks.append(await heights(live.page, "spectrum", top=0, bottom=LABELS))
        await live.page.evaluate("new Promise((drawn) => setTimeout(drawn, 100))")
    bars = np.array(looks)
    for region in np.array_split(np.ptp(bars, axis=0), 3):  # bass, middle, treble
        assert region.max() > 20


async def test_the_demos_beat_lights_the_lamp_and_its_tempo_is_shown(live: Visit) -> None:
    await live.page.evaluate(
        """() => {
          window.lit = [];
          const lamp = document.getElementById('lamp');
          new MutationObserver((changes) => {
            const isLit = lamp.classList.contains('flash');
            if (isLit && !changes[0].oldValue.includes('flash')) window.lit.push(lamp.innerText);
          }).observe(lamp, { attributes: true, attributeFilter: ['class'], attributeOldValue: true });
        }"""
    )
    await live.page.get_by_role("button", name="Start").click()
    await live.page.wait_for_function(
        "(bpm) => Math.abs(document.getElementById('live-tempo').textContent - bpm) <= 0.04 * bpm", arg=demo.BPM
    )
    bar = [str(beat + 1) for beat in range(demo.BEATS_PER_BAR)]
    await live.page.wait_for_function("(bar) => window.lit.join().includes(bar.join())", arg=bar)
    assert await live.page.locator("#live-bar i").count() == demo.BEATS_PER_BAR


async def test_the_beat_is_put_right_with_the_keyboard(live: Visit, service: Service) -> None:
    page, tools = live.page, live.page.get_by_role("group", name="Correct the live beat")
    for name in ("Twice the live tempo", "Half the live tempo", "Tap", "Hold", "Downbeat", "Release"):
        await expect(tools.get_by_role("button", name=name)).to_be_disabled()
    await page.get_by_role("button", name="Start").click()
    at_tempo = "(bpm) => Math.abs(document.getElementById('live-tempo').textContent - bpm) <= 0.04 * bpm"
    await page.wait_for_function(at_tempo, arg=demo.BPM)
    await tools.get_by_role("button", name="Twice the live tempo").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_function(at_tempo, arg=2 * demo.BPM)
    hold = tools.get_by_role("button", name="Hold")
    await hold.focus()
    await page.keyboard.press("Space")
    await expect(hold).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#live-control-text")).to_have_text("2 times the tempo · held")
    with service.client() as client:
        assert client.get("/live/status").json()["controls"]["hold"] is True
        client.post("/live/control", json={"resync": True})  # what others say is shown as well
    await expect(page.locator("#live-control-text")).to_contain_text("downbeat set")
    await tools.get_by_role("button", name="Release").click()
    await expect(hold).to_have_attribute("aria-pressed", "false")
    await page.wait_for_function(at_tempo, arg=demo.BPM)


async def test_meters_tell_their_values_to_everybody(live: Visit) -> None:
    await live.page.get_by_role("button", name="Start").click()
    for name in ("Bass", "Mid", "Treble", "Volume"):
        await live.page.wait_for_function(
            "(name) => +document.querySelector(`#levels [aria-label=${name}]`).ariaValueNow > 0", arg=name
        )


async def test_stop_ends_the_session_and_everything_comes_to_rest(live: Visit, service: Service) -> None:
    start = live.page.locator("#start")
    await start.focus()
    await live.page.keyboard.press("Enter")
    await expect(live.page.locator("#connection")).to_contain_text("ms behind")
    await live.page.keyboard.press("Enter")
    await expect(start).to_have_text("Start")
    await expect(live.page.locator("#connection")).to_have_text("Not connected")
    with service.client() as client:
        assert client.get("/live/status").json()["is_recording"] is False
    await live.page.wait_for_function(
        """(labels) => {
          const canvas = document.getElementById('spectrum');
          const rows = canvas.height - labels - 6;
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, rows);
          for (let at = 3; at < data.length; at += 4) if (data[at] > 128) return false;
          return true;
        }""",
        arg=LABELS,
    )


async def test_a_session_that_another_program_started_is_taken_over(live: Visit, service: Service) -> None:
    with service.client() as client:
        assert client.post("/live/start", json={"source": "demo"}).status_code == 200
        await live.page.reload()
        await expect(live.page.locator("#start")).to_have_text("Stop")
        await expect(live.page.locator("#connection")).to_contain_text("ms behind")
        client.post("/live/stop")
    await expect(live.page.locator("#start")).to_have_text("Start")  # told by the session itself


async def test_a_crash_of_the_listening_process_is_told_and_mended(live: Visit, service: Service) -> None:
    before = set(psutil.Process(service.process.pid).children(recursive=True))
    await live.page.get_by_role("button", name="Start").click()
    await expect(live.page.locator("#connection")).to_contain_text("ms behind")
    (child,) = set(psutil.Process(service.process.pid).children(recursive=True)) - before
    child.kill()
    events = live.page.locator("#events")
    await expect(events).to_contain_text("The source is gone. Tactus waits for its return.")
    await expect(events).to_contain_text("Sound arrives again.")
    await expect(live.page.locator("#connection")).to_contain_text("Connected")


async def test_a_restarted_service_is_found_again(visit: Visit, make_service: MakeService) -> None:
    with make_service() as first:
        url, port = first.url, first.port
        await visit.page.goto(url)
        await visit.page.get_by_role("button", name="Start").click()
        await expect(visit.page.locator("#connection")).to_contain_text("ms behind")
        await asyncio.to_thread(first.stop)
        await expect(visit.page.locator("#connection")).to_contain_text("Trying again")
    with make_service("--port", str(port)) as second:
        with second.client() as client:
            assert client.post("/live/start", json={"source": "demo"}).status_code == 200
        await expect(visit.page.locator("#connection")).to_contain_text("ms behind", timeout=20_000)
        await visit.sees("#lamp.flash")
        await visit.page.goto("about:blank")
    visit.complaints.clear()  # the browser's own lines about a service that was not there


async def test_a_microphone_is_chosen_and_its_tone_stands_where_it_belongs(
    visit: Visit, virtual_microphone: VirtualMicrophone, make_service: MakeService
) -> None:
    with make_service() as service, virtual_microphone.playing(tone(1000, 20, amplitude=0.5)):
        page = visit.page
        await page.goto(service.url)
        await page.locator("input[value=demo]").focus()
        await page.keyboard.press("ArrowRight")
        await page.get_by_label("Microphone", exact=True).last.select_option(DEVICE)
        await page.get_by_role("button", name="Start").click()
        await expect(page.locator("#connection")).to_contain_text("ms behind")
        await page.wait_for_function("() => +document.querySelector('#levels [aria-label=Mid]').ariaValueNow > 30")
        assert await tallest_share(page) == pytest.approx(share_of(1000), abs=0.03)  # a bar and a half
        await page.goto("about:blank")


async def test_another_microphone_is_heard_from_one_moment_to_the_next(
    visit: Visit, virtual_microphone: VirtualMicrophone, make_service: MakeService
) -> None:
    with (
        make_service() as service,
        virtual_microphone.playing(tone(1000, 30, amplitude=0.5)),
        service.client() as client,
    ):
        assert client.post("/live/start", json={"device": OTHER_DEVICE}).status_code == 200
        began = client.get("/live/status").json()["started_at"]
        page = visit.page
        await page.goto(service.url)
        microphone = page.get_by_label("Microphone", exact=True).last
        await expect(microphone).to_have_value(OTHER_DEVICE)  # what runs, not what is usual
        await microphone.select_option(DEVICE)
        await expect(page.locator("#events")).to_contain_text("Switched to another device.")
        await page.wait_for_function("() => +document.querySelector('#levels [aria-label=Mid]').ariaValueNow > 30")
        status = client.get("/live/status").json()
        assert (status["device_id"], status["started_at"]) == (DEVICE, began)
        await page.goto("about:blank")


async def test_without_a_microphone_it_says_why_and_what_to_do(
    visit: Visit, make_service: MakeService, tmp_path: Path
) -> None:
    (tmp_path / "alsa.conf").write_text("pcm.!default { type empty }")
    nothing = {"ALSA_CONFIG_PATH": str(tmp_path / "alsa.conf"), "PULSE_SERVER": "unix:/nonexistent"}
    with make_service(**nothing) as service:
        with service.client() as client:
            answer = client.get("/devices").json()
        assert answer["devices"] == []
        await visit.page.goto(service.url)
        await visit.page.locator("input[value=demo]").focus()
        await visit.page.keyboard.press("ArrowRight")  # radio buttons are chosen with arrow keys
        await expect(visit.page.locator("#source-note")).to_have_text(answer["remedy"])
        await expect(visit.page.locator("#start")).to_be_disabled()
        await visit.page.keyboard.press("ArrowLeft")
        await expect(visit.page.locator("#start")).to_be_enabled()
        await visit.page.goto("about:blank")
