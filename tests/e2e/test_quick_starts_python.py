"""The quick starts of Python and its frameworks, pasted into an application that runs: the event, the person and the error arrive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.quick_starts import TOKEN, code, filled, python_packages
from tests.support.sink import Sink

pytestmark = pytest.mark.e2e

PYTHON = {
    "analytics.py": "# piece 0",
    "main.py": """
from types import SimpleNamespace

user = SimpleNamespace(id=7, email="max@example.com")
# piece 1
# piece 2
try:
    raise ValueError("caught")
except ValueError as error:
    # piece 3
# piece 4
raise RuntimeError("boom")
""",
}
FLASK = {
    "main.py": """
# piece 0
# piece 1
app.secret_key = "secret"

from types import SimpleNamespace

user = SimpleNamespace(id=7, email="max@example.com")

@app.get("/login")
def login():
    session["user_id"] = 7
    # piece 3
    return "ok"

@app.get("/upgrade")
def upgrade():
    # piece 2
    return "ok"

@app.get("/boom")
def boom():
    raise RuntimeError("boom")

app.test_client().get("/upgrade")
client = app.test_client()
for path in ("/login", "/upgrade", "/boom"):
    client.get(path)
""",
}
FASTAPI = {
    "main.py": """
# piece 0
from types import SimpleNamespace

user = SimpleNamespace(id=7, email="max@example.com")

@app.get("/upgrade")
async def upgrade():
    # piece 1
    # piece 2

@app.get("/boom")
def boom():
    raise RuntimeError("boom")

import asyncio
import httpx

async def visit():
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        await client.get("/upgrade")
        await client.get("/boom", headers={"X-POSTHOG-DISTINCT-ID": "7"})

asyncio.run(visit())
""",
}
DJANGO = {
    "shop/__init__.py": "",
    "shop/apps.py": "# piece 0",
    "settings.py": """
SECRET_KEY = "secret"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop.apps.ShopConfig"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# piece 1
""",
    "urls.py": """
from django.http import HttpResponse
from django.urls import path

def upgrade(request):
    # piece 2
    return HttpResponse("ok")

def login(request):
    # piece 3
    return HttpResponse("ok")

def boom(request):
    raise RuntimeError("boom")

urlpatterns = [path("upgrade", upgrade), path("login", login), path("boom", boom)]
""",
    "main.py": """
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
user = User.objects.create_user("max", "max@example.com", "secret", id=7)
Client().get("/upgrade")
client = Client(raise_request_exception=False)
client.force_login(user)
for address in ("/login", "/upgrade", "/boom"):
    client.get(address)
""",
}
CELERY = {
    "main.py": """
from types import SimpleNamespace
from celery import Celery

user = SimpleNamespace(id=7)
app = Celery("shop", broker="memory://")
# piece 0

@app.task
def send_invoice(number):
    # piece 2
    raise RuntimeError("boom")

from celery.contrib.testing.worker import start_worker

with start_worker(app, pool="solo", perform_ping_check=False):
    # piece 1
    import time

    time.sleep(3)
""",
}
APPLICATIONS = {"python": PYTHON, "flask": FLASK, "fastapi": FASTAPI, "django": DJANGO, "celery": CELERY}


def events_of(name: str, folder: Path) -> list[dict[str, Any]]:
    """What the application with all pieces of the quick start sends."""
    with Sink() as sink:
        pieces = code(name, sink.url)
        files = {path: filled(text, pieces) for path, text in APPLICATIONS[name].items()}
        assert [piece for piece in pieces if piece.strip().splitlines()[0] not in "\n".join(files.values())] == []
        for path, text in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(python_packages())}
        subprocess.run(
            [sys.executable, "main.py"], cwd=folder, env=environment, capture_output=True, timeout=60, check=False
        )
        assert {*sink.keys} == {TOKEN}
        return sink.events


def told(events: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Each event with its person, and each exception with its message; a person that nobody named is "nobody"."""
    return {
        (
            event["properties"]["$exception_list"][0]["value"] if event["event"] == "$exception" else event["event"],
            "nobody" if event["properties"].get("$process_person_profile") is False else event["distinct_id"],
        )
        for event in events
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python", {("plan upgraded", "7"), ("$set", "7"), ("caught", "7"), ("boom", "nobody")}),
        ("flask", {("plan upgraded", "nobody"), ("plan upgraded", "7"), ("$set", "7"), ("boom", "7")}),
        ("fastapi", {("plan upgraded", "7"), ("$set", "7"), ("boom", "7")}),
        ("django", {("plan upgraded", "nobody"), ("plan upgraded", "7"), ("$set", "7"), ("boom", "7")}),
    ],
)
def test_the_event_the_person_and_the_error_arrive(name: str, expected: set[tuple[str, str]], tmp_path: Path) -> None:
    events = events_of(name, tmp_path)
    assert told(events) == expected
    assert [event["properties"]["plan"] for event in events if event["event"] == "plan upgraded"][-1] == "team"
    assert [event["event"] for event in events].count("$exception") == len(
        {"caught", "boom"} & {one for one, _ in expected}
    )


def test_what_a_task_does_belongs_to_who_asked_for_it(tmp_path: Path) -> None:
    events = events_of("celery", tmp_path)
    assert {("invoice sent", "7"), ("boom", "7"), ("celery task failure", "7")} <= told(events)
    assert {person for _, person in told(events)} == {"7"}
