"""What holds for the page as a whole: it stays at home, obeys its policy, and can be used by everybody."""

import itertools

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import PHONE, Visit
from tests.fixtures.service import MakeService, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT_PAIRS = (*itertools.product(("ink", "muted", "danger"), ("ground", "surface", "raised")), ("on-accent", "accent"))


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_nothing_is_loaded_from_another_host(visit: Visit, service: Service, path: str) -> None:
    await visit.page.goto(service.url + path, wait_until="networkidle")
    assert len(visit.addresses) > 2  # page, style, script: it was watched
    assert visit.foreign_addresses(service.url) == []


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_the_policy_allows_the_page_and_nothing_inline(visit: Visit, service: Service, path: str) -> None:
    answer = await visit.page.goto(service.url + path)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert visit.complaints == []


async def test_the_policy_is_in_force(visit: Visit, service: Service) -> None:
    await visit.page.goto(service.url)
    async with visit.page.expect_console_message(lambda line: "Content Security Policy" in line.text):
        await visit.page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert visit.complaints  # so that silence elsewhere means something
    visit.complaints.clear()


async def test_it_tells_how_the_service_is(visit: Visit, service: Service) -> None:
    with service.client() as client:
        health = client.get("/health").json()
    await visit.page.goto(service.url)
    await expect(visit.page.locator("#health")).to_contain_text("Running")
    await expect(visit.page.locator("#version")).to_have_text(f"Tactus {health['version']}")


async def test_it_tells_that_redis_is_gone(visit: Visit, make_service: MakeService) -> None:
    with make_service(REDIS_URL="redis://127.0.0.1:1") as service:
        await visit.page.goto(service.url)
        await expect(visit.page.locator("#health")).to_have_attribute("data-state", "degraded")
        await expect(visit.page.locator("#health")).to_contain_text("Redis is set but not reachable")
        await visit.page.goto("about:blank")  # it asks the service now and then


async def test_it_asks_for_the_token_and_goes_on_with_it(visit: Visit, make_service: MakeService) -> None:
    with make_service(TACTUS_API_TOKEN="correct-horse") as service:
        page = visit.page
        await page.goto(service.url)
        await page.get_by_label("This service requires its token").fill("correct-horse")
        await page.keyboard.press("Enter")
        await expect(page.locator("#token")).to_be_hidden()
        await page.get_by_role("button", name="Start").click()
        await expect(page.locator("#connection")).to_contain_text("Connected")
        await expect(page.locator("#connection")).to_contain_text("ms behind")  # the WebSocket carried it, too
        await page.goto("about:blank")


async def test_everything_is_reached_with_the_tab_key(visit: Visit, service: Service) -> None:
    await visit.page.goto(service.url)
    reached = []
    for _ in range(12):
        await visit.page.keyboard.press("Tab")
        reached.append(await visit.page.evaluate("document.activeElement.id || document.activeElement.className"))
    wanted = ["skip", "file", "url"]
    assert reached[:3] == wanted
    assert "start" in reached


async def test_every_control_has_a_name(visit: Visit, service: Service) -> None:
    await visit.page.goto(service.url)
    nameless = await visit.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas, a')]
             .filter((e) => !e.closest('[aria-hidden=true]'))
             .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim()))
             .map((e) => e.id || e.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("visit", [(320, 800), PHONE], indirect=True)
async def test_nothing_sticks_out_of_a_phone(visit: Visit, make_service: MakeService) -> None:
    """WCAG 2.2, 1.4.10: at a width of 320 CSS pixels, too."""
    page, too_wide = visit.page, "document.documentElement.scrollWidth - innerWidth"
    with make_service() as service:
        await page.goto(service.url)
        await page.locator("#settings summary").click()
        await page.get_by_role("button", name="New").click()
        for source in ("device", "url", "file", "demo"):
            await page.locator(f"input[value={source}]").check(force=True)
            assert await page.evaluate(too_wide) <= 0, source
        await page.locator("#start").click()
        await expect(page.locator("#live-sure")).to_contain_text("sure")
        await expect(page.locator("#live-key")).to_contain_text("or")  # major, minor
        assert await page.evaluate(too_wide) <= 0
        await page.goto("about:blank")


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_text_stands_out_from_its_ground(visit: Visit, service: Service, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 : 1."""
    await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await visit.page.goto(service.url)
    for text, ground in TEXT_PAIRS:
        colours = await visit.page.evaluate(
            "(names) => names.map((n) => getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim())",
            [text, ground],
        )
        assert _contrast(*colours) >= 4.5, (text, ground)


async def test_who_wants_less_motion_gets_less(visit: Visit, service: Service) -> None:
    await visit.page.goto(service.url)
    duration = "getComputedStyle(document.getElementById('lamp')).transitionDuration"
    await visit.page.wait_for_function(f"() => {duration} !== '0s'")  # but for the moment in which it flashes
    await visit.page.emulate_media(reduced_motion="reduce")
    assert await visit.page.evaluate(duration) == "0s"


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2: relative luminance of an sRGB colour such as `#12110f`."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
