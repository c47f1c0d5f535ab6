"""The explorer in a real browser that can reach nothing but the service."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from tests.conftest import require

CHROMIUM = os.environ.get("DOWNSTACK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(service_url: str) -> str:
    return service_url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(CHROMIUM, "no Chromium is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        own = urlsplit(url).netloc
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

        def asked(request: Request) -> None:
            if urlsplit(request.url).scheme in ("http", "https") and urlsplit(request.url).netloc != own:
                self.foreign.append(request.url)

        page.on("request", asked)
        page.route(lambda address: urlsplit(address).netloc not in ("", own), lambda route: route.abort())

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def was_clean(self) -> None:
        assert self.complaints == []
        assert self.foreign == []


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1500, "height": 950})
    yield Visit(page, url)
    page.close()


def result_text(page: Page) -> str:
    """The whole result: the editor renders only the lines in view, its document has all."""
    text: str = page.evaluate("document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()")
    return text


def test_the_example_question_runs_in_the_explorer(visit: Visit, url: str, tmp_path: Path) -> None:
    page = visit.page
    page.goto(f"{url}/graphql")
    expect(page.locator(".graphiql-query-editor")).to_contain_text("HBM bandwidth of the H200 x1.4")
    page.get_by_role("button", name="Execute query").click()
    expect(page.locator(".result-window")).to_contain_text("graphVersion", timeout=30_000)
    answer = json.loads(result_text(page))
    assert "errors" not in answer
    impact = answer["data"]["impact"]
    assert impact["changes"] == ["nvidia-h200-sxm.memory_bandwidth x1.4"]
    moved = [item for item in impact["effects"]["nodes"] if item["ratio"] is not None]
    assert moved
    assert all(item["key"]["model"] == "llama-3.1-70b" for item in moved)
    assert all(item["trace"]["facts"] for item in moved)
    page.screenshot(path=os.environ.get("DOWNSTACK_SCREENSHOT", str(tmp_path / "explorer.png")))
    visit.was_clean()


def test_the_explorer_shows_the_documentation_of_the_schema(visit: Visit, url: str) -> None:
    page = visit.page
    page.goto(f"{url}/graphql")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.get_by_role("link", name="Query", exact=True).first.click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("What some changes do, layer by layer.")
    visit.was_clean()


def test_the_first_page_leads_to_the_explorer(visit: Visit, url: str) -> None:
    page = visit.page
    page.goto(url)
    expect(page.get_by_role("heading", name="downstack")).to_be_visible()
    if "DOWNSTACK_SCREENSHOT" in os.environ:
        page.screenshot(path=os.environ["DOWNSTACK_SCREENSHOT"].replace(".png", "-home.png"))
    page.get_by_role("link", name="Open the explorer").click()
    expect(page.locator(".graphiql-query-editor")).to_be_visible()
    visit.was_clean()
