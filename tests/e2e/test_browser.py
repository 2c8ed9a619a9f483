"""A real browser signs in: it reads the sandbox's pages and clicks, while `login` waits."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.support.homes import home
from tests.support.leaks import leaks
from tests.support.program import command, surroundings
from tests.support.sandboxes import lay_data

pytestmark = pytest.mark.e2e
ADDRESS = re.compile(r"sign in at (\S+)")
CODE = ".local/share/posthog-wizard/sandbox/sign-in-code"
WAIT = 60  # seconds


@contextmanager
def chromium(profile: Path, *, scripts: bool = False) -> Iterator[webdriver.Chrome]:
    """Debian's browser without a window and, as the pages need none, without JavaScript."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}/data"):
        options.add_argument(argument)
    options.add_experimental_option(
        "prefs", {"profile.managed_default_content_settings.javascript": 1 if scripts else 2}
    )
    service = webdriver.ChromeService(
        executable_path=shutil.which("chromedriver"), env={**os.environ, "HOME": str(profile)}
    )
    profile.mkdir()
    driver = webdriver.Chrome(options=options, service=service)
    driver.implicitly_wait(WAIT)  # a page comes when it comes
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def started(place: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The program with pipes on its streams, ended in the end."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command(words), env=surroundings(place), cwd=place, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.terminate()


def told(process: subprocess.Popen[str], pattern: re.Pattern[str]) -> str:
    """What the first line that matches says."""
    assert process.stderr is not None
    return next(found[1] for line in process.stderr if (found := pattern.search(line)))


def press(driver: webdriver.Chrome, words: str) -> None:
    driver.find_element(By.XPATH, f"//button[normalize-space()='{words}']").click()


def fill(driver: webdriver.Chrome, name: str, text: str) -> None:
    field = driver.find_element(By.NAME, name)
    field.clear()
    field.send_keys(text)


def heading(driver: webdriver.Chrome, words: str) -> None:
    """Wait for the page with that heading."""
    waiting = WebDriverWait(driver, WAIT, ignored_exceptions=[StaleElementReferenceException])
    waiting.until(lambda now: now.find_element(By.TAG_NAME, "h1").text == words)


def approve_key(driver: webdriver.Chrome) -> str:
    heading(driver, "Approve a sign-in")
    Select(driver.find_element(By.NAME, "preset")).select_by_visible_text("Read-only access")
    press(driver, "Approve")
    heading(driver, "Signed in")
    return driver.page_source


def approve_access(driver: webdriver.Chrome) -> str:
    heading(driver, "Approve access")
    assert "pw-cli" in driver.find_element(By.TAG_NAME, "main").text
    press(driver, "Approve")
    WebDriverWait(driver, WAIT).until(lambda now: "You are signed in" in now.page_source)
    assert driver.current_url.startswith("http://127.0.0.1:")
    return driver.page_source


@pytest.mark.parametrize(
    ("flags", "approve", "way"), [((), approve_key, "device"), (("--oauth",), approve_access, "oauth")]
)
def test_a_browser_signs_in(flags: tuple[str, ...], approve: Any, way: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    lay_data(place)
    with started(place, "sandbox", "--json") as sandbox, chromium(tmp_path / "browser") as driver:
        assert sandbox.stdout is not None
        opened = json.loads(sandbox.stdout.readline())
        with started(place, "login", "--host", opened["url"], "--store", "file", "--json", *flags) as login:
            driver.get(told(login, ADDRESS))
            heading(driver, "Sign in")
            fill(driver, "sign_in_code", "WRONG")
            press(driver, "Sign in")
            assert driver.find_element(By.CSS_SELECTOR, "[role=alert]").text.startswith("That is not the code")
            fill(driver, "sign_in_code", (place / CODE).read_text().strip())
            press(driver, "Sign in")
            page = approve(driver)
            assert login.stdout is not None
            document = json.loads(login.stdout.read())
    assert (document["error"], document["way"], document["key"]["state"]) == (None, way, "valid")
    secret = json.loads((place / ".config/posthog-wizard/keys.json").read_text())["keys"]["default"]["key"]
    keys = tuple(re.findall(r"ph[xar]_sandbox_\w{20,}", secret))
    assert keys
    assert leaks(page.encode(), keys) == []
    histories = [path for path in (tmp_path / "browser").rglob("*") if path.is_file()]
    assert [path for path in histories if leaks(path.read_bytes(), keys)] == []
