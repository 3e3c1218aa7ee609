"""What the page shows of live music beside its spectrum: phase, certainty, key, passage, loudness and strokes."""

import itertools

import pytest
from playwright.async_api import expect

from tactus.audio.sources import demo
from tests.fixtures.browser import Visit
from tests.fixtures.service import MakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SHOWN = """
(frames) => import('/static/live_music.js').then(({ Music }) => {
  const music = new Music((id) => document.getElementById(id));
  return frames.map((frame) => {
    music.update(frame, true);
    const ids = ['live-key', 'live-key-sure', 'live-passage', 'live-loudness'];
    return ids.map((id) => document.getElementById(id).textContent);
  });
})
"""
_PHASES = """
async () => {
  const seen = [];
  const phase = () => +document.getElementById('lamp').style.getPropertyValue('--phase');
  const way = () => +document.getElementById('live-bar-way').style.transform.slice('scaleX('.length, -1);
  const ends = performance.now() + 5000;
  while (performance.now() < ends) {
    seen.push([performance.now(), phase(), way()]);
    await new Promise(requestAnimationFrame);
  }
  return seen;
}
"""


async def test_beat_and_bar_are_seen_to_go_by(visit: Visit, make_service: MakeService) -> None:
    page = visit.page
    with make_service() as service:
        await page.goto(service.url)
        await page.locator("#start").click()
        await expect(page.locator("#live-sure")).to_contain_text("% sure")
        await expect(page.locator("#live-bar-number")).to_contain_text("bar")
        at_tempo = "(bpm) => Math.abs(document.getElementById('live-tempo').textContent - bpm) <= 0.04 * bpm"
        await page.wait_for_function(at_tempo, arg=demo.BPM)
        seen = await page.evaluate(_PHASES)
        beats = sum(later[1] < sooner[1] - 0.5 for sooner, later in itertools.pairwise(seen))
        bars = sum(later[2] < sooner[2] - 0.5 for sooner, later in itertools.pairwise(seen))
        assert beats == pytest.approx(5 * demo.BPM / 60, abs=1.5)
        assert bars == pytest.approx(5 * demo.BPM / 60 / demo.BEATS_PER_BAR, abs=1)
        assert max(phase for _, phase, _ in seen) > 0.9
        await page.goto("about:blank")


async def test_strokes_key_and_loudness_of_the_demo_are_shown(visit: Visit, make_service: MakeService) -> None:
    page = visit.page
    with make_service() as service:
        await page.goto(service.url)
        await expect(page.locator("#live-key")).to_have_text("–")
        await page.locator("#start").click()
        for name in ("kick", "snare", "hat"):
            await visit.sees(f"#hit-{name}.lit")
        await page.wait_for_function("() => /^−[0-9.]+$/.test(document.getElementById('live-loudness').textContent)")
        await page.wait_for_function("() => / (major|minor)$/.test(document.getElementById('live-key').textContent)")
        told = await page.evaluate(
            """async () => {
              const live = (await import('/client.js')).connect({ fields: ['key'], format: 'json' });
              const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live/ws');
              const frame = await new Promise((heard) => socket.addEventListener('message', ({ data }) => {
                const message = JSON.parse(data);
                if (message.key) heard(message);
              }));
              live.close();
              socket.close();
              return `${frame.key.tonic} ${frame.key.mode}`;
            }"""
        )
        await expect(page.locator("#live-key")).to_have_text(told)
        await page.locator("#start").click()
        for name in ("key", "loudness"):
            await expect(page.locator(f"#live-{name}")).to_have_text("–")
        await page.goto("about:blank")


async def test_passages_and_keys_are_called_by_their_names(visit: Visit, make_service: MakeService) -> None:
    with make_service() as service:
        await visit.page.goto(service.url)
        frames = [
            {"state": {"silent": False, "passage": passage}, "key": key, "loudness_short_term": lufs}
            for passage, key, lufs in (
                ("build", {"tonic": "A#", "mode": "major", "confidence": 0.314}, -9.84),
                ("drop", {"tonic": "F#", "mode": "minor", "confidence": 1}, -6),
                (None, None, -70),
            )
        ]
        assert await visit.page.evaluate(_SHOWN, frames) == [
            ["B♭ major", "31 % sure", "build", "−9.8"],
            ["F♯ minor", "100 % sure", "drop", "−6.0"],
            ["–", "over 20 s", "–", "–"],
        ]
        await visit.page.goto("about:blank")


async def test_other_tempi_that_may_be_meant_are_named(visit: Visit, make_service: MakeService) -> None:
    with make_service() as service:
        await visit.page.goto(service.url)
        candidates = [(120.4, 0.7), (60.2, 0.2), (160.1, 0.05)]
        tempo = {"bpm": 120.0, "confidence": 0.9, "candidates": [{"bpm": b, "confidence": c} for b, c in candidates]}
        shown = await visit.page.evaluate(
            """(tempo) => import('/static/pulse.js').then(({ Pulse }) => {
              new Pulse((id) => document.getElementById(id)).update({ tempo }, true);
              return document.getElementById('live-sure').textContent;
            })""",
            tempo,
        )
        assert shown == "90 % sure, or 60 bpm"
        await visit.page.goto("about:blank")
