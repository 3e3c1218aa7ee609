"""Where the page gets its sound from: this browser's microphone, a stream; all real but the microphone's membrane."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.fixtures.browser import ARGUMENTS, Visit
from tests.fixtures.service import MakeService
from tests.fixtures.signals import SAMPLE_RATE, tone, wav_bytes
from tests.page.drawn import share_of, tallest_share

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def hearing(sound: Path) -> tuple[str, ...]:
    """Arguments of a browser whose microphone hears a file (44.1 kHz, 16 bits) again and again."""
    return (*_FAKE, f"--use-file-for-fake-audio-capture={sound}")


@asynccontextmanager
async def page_of_browser(*arguments: str) -> AsyncIterator[Page]:
    """A page of a browser of its own."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=Path(chromium),
            headless=True,
            args=[*ARGUMENTS, *arguments],
            ignore_default_args=["--mute-audio"],
        )
        page = await (await browser.new_context()).new_page()
        page.set_default_timeout(30_000)
        yield page
        await browser.close()


async def start(page: Page, source: str) -> None:
    await page.locator(f"input[value={source}]").check(force=True)
    await page.locator("#start").click()


async def test_this_browsers_microphone_is_heard(make_service: MakeService, tmp_path: Path) -> None:
    sound = tmp_path / "microphone.wav"
    sound.write_bytes(wav_bytes(tone(1000, 10, amplitude=0.5)))
    complaints: list[str] = []
    with make_service() as service:
        async with page_of_browser(*hearing(sound)) as page:
            page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
            await page.goto(service.url)
            await start(page, "browser")
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            await page.wait_for_function(
                "() => +document.querySelector('#levels [aria-label=Input]').ariaValueNow > 60"
            )
            assert await tallest_share(page) == pytest.approx(share_of(1000), abs=0.03)
            with service.client() as client:
                status = client.get("/live/status").json()
                assert (status["source"], status["state"]) == ("browser", "recording")
                await page.locator("#start").click()
                await expect(page.locator("#start")).to_have_text("Start")
                assert client.get("/live/status").json()["is_recording"] is False
    assert complaints == []


async def test_one_channel_of_this_browsers_microphone_is_heard(make_service: MakeService, tmp_path: Path) -> None:
    sound = tmp_path / "microphone.wav"
    sound.write_bytes(wav_bytes(np.stack([tone(500, 10, amplitude=0.5), tone(3000, 10, amplitude=0.5)])))
    with make_service() as service:
        async with page_of_browser(*hearing(sound)) as page:
            await page.goto(service.url)
            await page.locator("#settings summary").click()
            await page.get_by_label("Channel").fill("2")
            await start(page, "browser")
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            await page.wait_for_function("() => +document.querySelector('#levels [aria-label=Mid]').ariaValueNow > 30")
            assert await tallest_share(page) == pytest.approx(share_of(3000), abs=0.03)
            await page.get_by_label("Channel").fill("1")
            await page.get_by_role("button", name="Restart with these").click()
            await expect(page.get_by_role("button", name="Restart with these")).to_be_hidden()
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            async with asyncio.timeout(10):
                while await tallest_share(page) != pytest.approx(share_of(500), abs=0.03):  # noqa: ASYNC110  bars fall
                    await asyncio.sleep(0.1)


async def test_a_page_sends_on_while_it_looks_at_another_session(make_service: MakeService, tmp_path: Path) -> None:
    sound = tmp_path / "microphone.wav"
    sound.write_bytes(wav_bytes(tone(1000, 10, amplitude=0.5)))
    with make_service() as service, service.client() as client:
        async with page_of_browser(*hearing(sound)) as page:
            await page.goto(service.url)
            await start(page, "browser")
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            await page.get_by_role("button", name="New").click()
            await page.get_by_label("Name of the new session").fill("other")
            await page.keyboard.press("Enter")
            await expect(page.locator("#start")).to_have_text("Start")
            await page.locator("#start").click()  # it has one sound to send
            await expect(page.locator("#live-problem")).to_contain_text("default_user")
            assert client.get("/live/status?session=other").json()["is_recording"] is False
            sequence = client.get("/live/status").json()["sequence"]
            async with asyncio.timeout(5):
                while client.get("/live/status").json()["sequence"] < sequence + 40:  # noqa: ASYNC110  another process
                    await asyncio.sleep(0.05)
            assert client.get("/live/status").json()["state"] == "recording"
            await page.get_by_label("Session", exact=True).select_option("default_user")
            await expect(page.locator("#start")).to_have_text("Stop")
            await page.locator("#start").click()
            await expect(page.locator("#start")).to_have_text("Start")
            await page.locator("#start").click()  # it was let go of, and can be sent again
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)


async def test_a_page_that_goes_away_leaves_a_session_that_waits(make_service: MakeService, tmp_path: Path) -> None:
    sound = tmp_path / "microphone.wav"
    sound.write_bytes(wav_bytes(tone(1000, 10, amplitude=0.5)))
    with make_service() as service, service.client() as client:
        async with page_of_browser(*hearing(sound)) as page:
            await page.goto(service.url)
            await start(page, "browser")
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            await page.goto("about:blank")
            async with asyncio.timeout(5):
                while client.get("/live/status").json()["state"] != "stalled":  # noqa: ASYNC110  another process
                    await asyncio.sleep(0.05)


async def test_what_another_tab_plays_is_heard(make_service: MakeService) -> None:
    with make_service() as service:
        async with page_of_browser("--auto-select-tab-capture-source-by-title=Player") as page:
            player = await page.context.new_page()
            await player.goto(f"{service.url}/problems/overloaded")  # any page of ours that does nothing
            await player.evaluate(
                """() => {
                  document.title = 'Player';
                  const context = new AudioContext();
                  const tone = new OscillatorNode(context, { frequency: 3000 });
                  tone.connect(new GainNode(context, { gain: 0.3 })).connect(context.destination);
                  tone.start();
                }"""
            )
            await page.bring_to_front()
            await page.goto(service.url)
            await start(page, "tab")
            await expect(page.locator("#connection")).to_contain_text("ms behind", timeout=15_000)
            await page.wait_for_function(
                "() => +document.querySelector('#levels [aria-label=Input]').ariaValueNow > 60"
            )
            spectrum = await page.evaluate(
                """async () => {
                  const live = (await import('/client.js')).connect();
                  const frame = await new Promise((heard) => live.on('frame', heard));
                  live.close();
                  return Array.from(frame.frequency_data);
                }"""
            )
            assert np.argmax(spectrum) * SAMPLE_RATE / 1024 == pytest.approx(3000, abs=SAMPLE_RATE / 1024)
            assert max(spectrum) == pytest.approx(0.3, rel=0.2)
            await player.close()  # sharing ends with the tab
            await expect(page.locator("#start")).to_have_text("Start")
            with service.client() as client:
                assert client.get("/live/status").json()["is_recording"] is False


async def test_without_a_microphone_the_browser_says_so(make_service: MakeService) -> None:
    with make_service() as service:
        async with page_of_browser() as page:
            await page.goto(service.url)
            await start(page, "browser")
            await expect(page.locator("#live-problem")).to_contain_text("microphone")
            await expect(page.locator("#start")).to_have_text("Start")
            with service.client() as client:
                assert client.get("/live/status").json()["is_recording"] is False


async def test_a_stream_is_heard_and_a_wrong_one_is_explained(visit: Visit, make_service: MakeService) -> None:
    sound = wav_bytes(tone(2000, 60, amplitude=0.5))

    async def station(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            if b"GET /radio" in head:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n" + sound)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(station, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        with make_service(TACTUS_ALLOW_PRIVATE="127.0.0.0/8") as service:
            page = visit.page
            await page.goto(service.url)
            await page.locator("input[value=url]").check(force=True)
            await page.get_by_label("Address of the stream").fill(f"{address}/nothing")
            await page.locator("#start").click()
            await expect(page.locator("#live-problem")).to_contain_text("404")
            await page.get_by_label("Address of the stream").fill(f"{address}/radio")
            await page.locator("#start").click()
            await expect(page.locator("#connection")).to_contain_text("ms behind")
            await page.wait_for_function(
                "() => +document.querySelector('#levels [aria-label=Input]').ariaValueNow > 60"
            )
            assert await tallest_share(page) == pytest.approx(share_of(2000), abs=0.03)
            await page.goto("about:blank")
    visit.complaints.clear()  # the browser's own line about the answer 502
