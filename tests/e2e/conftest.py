"""A real Chromium against the real server: every test ends with a clean console and no broken policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from application.app import Lastro
from tests.e2e.server import read_models, served
from tests.web.world import PASSWORD, World, world_on

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Once what fades in or out has done so: a text that is half there has the contrast of neither. What never
# ends is not waited for: a transition may stand still where the page draws nothing.
_FADED = """() => Promise.race([
  new Promise(done => setTimeout(done, 3000)),
  Promise.allSettled(
    document.getAnimations().filter(each => each instanceof CSSTransition).map(each => each.finished))])"""

expect.set_options(timeout=15_000)  # a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """LASTRO_CHROMIUM, one on the PATH, or Playwright's own.

    It goes with its module: while Playwright runs, nobody else in this thread can run an event loop.
    """
    program = os.environ.get("LASTRO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


@pytest.fixture
def world(lastro: Lastro) -> Iterator[World]:
    """An installation whose read models follow the log."""
    with read_models(lastro), world_on(lastro) as made:
        yield made


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where its pages are served."""
    with served(world.services) as url:
        yield url


@dataclass
class Person:
    """A person at the screen. `complaints` is what the console said that it should not."""

    page: Page
    context: BrowserContext
    address: str
    complaints: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)

    def hear(self, message: ConsoleMessage) -> None:
        """Errors and warnings, a broken policy among them; not an error status that the test awaits."""
        if message.type in ("error", "warning") and not any(each in message.text for each in self.expected):
            self.complaints.append(message.text)

    def sign_in(self, login: str) -> None:
        """Through the form, with the tests' password."""
        self.page.goto(f"{self.address}/entrar")
        self.page.get_by_label("E-mail").fill(login)
        self.page.get_by_label("Senha").fill(PASSWORD)
        self.page.get_by_role("button", name="Entrar").click()
        self.page.wait_for_url(lambda url: "/entrar" not in url)

    def require_accessible(self) -> None:
        """No violation that axe can find on the page as it is now."""
        self.page.evaluate(_FADED)
        found = Axe().run(self.page).response["violations"]
        told = [f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in found]
        assert not told, "\n".join(told)

    def require_no_sideways_scroll(self) -> None:
        """The page is no wider than the window."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{wide} px too wide at {self.page.viewport_size}"


@pytest.fixture
def person(browser: Browser, address: str) -> Iterator[Person]:
    """Somebody with a Brazilian browser of 1280 pixels."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="pt-BR")
    context.set_default_timeout(10_000)
    someone = Person(context.new_page(), context, address)
    someone.page.on("console", someone.hear)
    someone.page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    try:
        yield someone
    finally:
        context.close()
    assert not someone.complaints
