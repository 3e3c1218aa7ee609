"""The API reference at /docs, drawn by a real browser from /openapi.json without any other host."""

import pytest
from playwright.async_api import expect

from tactus import __version__
from tactus.web.api import make_api
from tests.fixtures.browser import Visit
from tests.fixtures.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_docs_show_every_call_with_its_fields_and_load_nothing_from_other_hosts(
    visit: Visit, service: Service
) -> None:
    document = make_api(None).openapi()
    calls = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    await visit.page.goto(f"{service.url}/docs")
    articles = visit.page.locator("#calls article")
    await expect(articles).to_have_count(len(calls))
    assert [text.strip() for text in await articles.locator("h2").all_inner_texts()] == calls
    assert await visit.page.locator("#contents a").all_inner_texts() == calls
    await expect(visit.page.locator("#description")).to_contain_text("Audio analysis for music visuals")
    control = articles.filter(has=visit.page.locator("h2", has_text="/live/control"))
    tempo = control.locator("table").first.locator("tr", has=visit.page.get_by_text("tempo", exact=True))
    await expect(tempo.locator("td").nth(1)).to_contain_text("number")
    await expect(tempo.locator("td").nth(1)).to_contain_text("object")
    assert visit.foreign_addresses(service.url) == []


async def test_a_call_without_parameters_can_be_tried(visit: Visit, service: Service) -> None:
    await visit.page.goto(f"{service.url}/docs")
    health = visit.page.locator("#calls article").filter(has=visit.page.locator("h2", has_text="/health"))
    await health.get_by_role("button", name="Try it").click()
    await expect(health.get_by_text("200 OK")).to_be_visible()
    await expect(health.locator("pre").last).to_contain_text(__version__)
