"""/client.js in a real browser: its analyser is a browser's own, its beats come on time, its phase runs smoothly."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from tactus.audio.sources import demo
from tests.fixtures.browser import Visit
from tests.fixtures.service import MakeService, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEAT_S = 60 / demo.BPM
SESSION = "for-the-client"

_CONNECT = f"""async () => {{
  const {{ connect }} = await import('/client.js');
  window.live = connect({{ session: '{SESSION}' }});
}}"""


@pytest_asyncio.fixture(loop_scope="session")
async def listening(visit: Visit, service: Service) -> AsyncIterator[Visit]:
    """A page that listens to the demo."""
    with service.client() as client:
        client.post("/live/start", json={"source": "demo", "session": SESSION})
        await visit.page.goto(f"{service.url}/problems/overloaded")  # any page of ours that does nothing
        await visit.page.evaluate(_CONNECT)
        yield visit
        await visit.page.evaluate("live.close()")
        client.post("/live/stop", json={"session": SESSION})


async def test_levels_and_spectrum_arrive_with_the_names_of_the_messages(listening: Visit) -> None:
    await listening.page.wait_for_function("() => window.live.frame && window.live.levels.bass > 0.1")
    frame = await listening.page.evaluate(
        """() => {
          const { frequency_data, time_domain_data } = live.frame;
          return { ...live.frame, frequency_data: frequency_data.length, time_domain_data: time_domain_data.length };
        }"""
    )
    assert (frame["type"], frame["frequency_data"], frame["time_domain_data"]) == ("frame", 512, 1024)
    assert 0 < frame["overall_volume"] <= 1
    assert await listening.page.evaluate("live.state") == "open"


async def test_beats_are_told_when_they_sound(listening: Visit) -> None:
    await listening.page.evaluate(
        """() => {
          window.told = [];
          live.on('beat', (beat) => window.told.push([beat.audio_time, live.audioTime(), beat.id]));
        }"""
    )
    await listening.page.wait_for_function("() => window.told.length >= 12")
    told = np.array(await listening.page.evaluate("window.told"))
    assert len(set(told[:, 2])) == len(told), "no beat twice"
    late_s = told[:, 1] - told[:, 0]
    assert np.median(np.abs(late_s)) < 0.02  # by the sound's own clock: the page knows when it is
    off_s = (told[-6:, 1] + BEAT_S / 2) % BEAT_S - BEAT_S / 2
    assert np.abs(off_s).max() < 0.07  # by the music: how near a beat is a hit


async def test_the_phase_runs_forward_at_the_pace_of_the_screen(listening: Visit) -> None:
    await listening.page.wait_for_function("() => live.phase() !== null")
    looks = await listening.page.evaluate(
        """() => new Promise((done) => {
          const looks = [];
          const look = (now) => {
            looks.push([now, live.phase(now)]);
            if (looks.length < 180) requestAnimationFrame(look); else done(looks);
          };
          requestAnimationFrame(look);
        })"""
    )
    times_s, phases = np.array(looks)[10:, 0] / 1000, np.unwrap(np.array(looks)[10:, 1], period=1.0)
    steps = np.diff(phases)
    assert (steps >= -1e-9).all(), "never backwards"
    pace_bpm = 60 * (phases[-1] - phases[0]) / (times_s[-1] - times_s[0])
    assert pace_bpm == pytest.approx(demo.BPM, rel=0.05)
    wanted = np.diff(times_s) * demo.BPM / 60
    assert np.abs(steps - wanted).max() < 0.1, "no jumps"


async def test_the_analyser_is_what_a_browser_computes_itself(listening: Visit) -> None:
    compared = await listening.page.evaluate(
        """async () => {
          live.close();
          const samples = Float32Array.from({ length: 8192 }, (_, k) =>
            0.5 * Math.sin(2 * Math.PI * 1000 * k / 44100)
            + 0.05 * Math.sin(2 * Math.PI * 9000 * k / 44100)
            + 0.01 * Math.cos(k * k));
          const out = [];
          for (const fftSize of [32, 256, 2048, 8192]) {
            const offline = new OfflineAudioContext(1, 8192, 44100);
            const buffer = new AudioBuffer({ length: 8192, sampleRate: 44100 });
            buffer.copyToChannel(samples, 0);
            const source = new AudioBufferSourceNode(offline, { buffer });
            const theirs = new AnalyserNode(offline, { fftSize, smoothingTimeConstant: 0 });
            source.connect(theirs).connect(offline.destination);
            source.start();
            await offline.startRendering();
            live.history.silence();
            for (let k = 0; k < 8; k += 1) live.history.add(samples.subarray(1024 * k, 1024 * (k + 1)));
            const ours = live.analyser({ fftSize, smoothingTimeConstant: 0 });
            const look = (node) => {
              const n = node.frequencyBinCount;
              const [floats, bytes] = [new Float32Array(n), new Uint8Array(n)];
              const [wave, waveBytes] = [new Float32Array(node.fftSize), new Uint8Array(node.fftSize)];
              node.getFloatFrequencyData(floats);
              node.getByteFrequencyData(bytes);
              node.getFloatTimeDomainData(wave);
              node.getByteTimeDomainData(waveBytes);
              return [floats, bytes, wave, waveBytes].map((array) => Array.from(array));
            };
            out.push([look(ours), look(theirs)]);
          }
          return out;
        }"""
    )
    for ours, theirs in compared:
        loud = np.array(theirs[0]) > -100
        assert np.array(ours[0])[loud] == pytest.approx(np.array(theirs[0])[loud], abs=0.1)
        assert np.array(ours[1]) == pytest.approx(np.array(theirs[1]), abs=1)
        assert np.array(ours[2]) == pytest.approx(np.array(theirs[2]), abs=1e-6)
        assert np.array(ours[3]) == pytest.approx(np.array(theirs[3]), abs=1)


async def test_the_analyser_refuses_what_a_browsers_refuses_and_smooths(listening: Visit) -> None:
    said = await listening.page.evaluate(
        """() => {
          live.close();
          const node = live.analyser();
          const { fftSize, frequencyBinCount, minDecibels, maxDecibels, smoothingTimeConstant } = node;
          const facts = [fftSize, frequencyBinCount, minDecibels, maxDecibels, smoothingTimeConstant];
          let refused = '';
          try { node.fftSize = 1000; } catch (error) { refused = error.name; }
          live.history.add(new Float32Array(2048).map((_, k) => Math.sin(k / 3)));
          const look = () => {
            const decibels = new Float32Array(frequencyBinCount);
            node.getFloatFrequencyData(decibels);
            return Math.max(...decibels);
          };
          const [first, again] = [look(), look()];
          live.history.silence();
          return [facts, refused, first, again, look()];
        }"""
    )
    facts, refused, first, again, later = said
    assert facts == [2048, 1024, -100, -30, 0.8]
    assert refused == "IndexSizeError"
    assert first == again
    assert later == pytest.approx(first + 20 * np.log10(0.8), abs=0.01)


async def test_clocks_are_in_step_with_the_service(listening: Visit) -> None:
    await listening.page.wait_for_function("() => live.clock.answers.length >= 5")
    behind_s = await listening.page.evaluate("live.audioTime() - live.frame.audio_time")
    assert 0 <= behind_s < 0.1  # the page is ahead of the newest frame by less than a few of them
    offset_ms = await listening.page.evaluate("performance.timeOrigin + live.clock.offset_ms")
    assert abs(offset_ms) < 20  # one machine has one clock


async def test_a_connection_that_breaks_comes_back(visit: Visit, make_service: MakeService) -> None:
    with make_service() as first:
        url, port = first.url, first.port
        with first.client() as client:
            client.post("/live/start", json={"source": "demo", "session": SESSION})
        await visit.page.goto(f"{url}/problems/overloaded")
        await visit.page.evaluate(_CONNECT)
        await visit.page.wait_for_function("() => live.frame")
        await asyncio.to_thread(first.stop)
        await visit.page.wait_for_function("() => live.state === 'waiting'")
    with make_service("--port", str(port)) as second:
        with second.client() as client:
            client.post("/live/start", json={"source": "demo", "session": SESSION})
        await visit.page.wait_for_function(
            "() => new Promise((heard) => { const off = live.on('frame', () => { off(); heard(true); }); })"
        )
        await visit.page.evaluate("live.close()")
    visit.complaints.clear()  # the browser's own lines about a service that was not there
