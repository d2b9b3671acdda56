"""The site as an app of the device: its manifest, its icons and the worker behind its page without a network."""

import json
import re
import struct
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.doors import client_of
from tests.factories import UserFactory
from tests.pages.html import browser, page, read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("fa", "rtl")])
def test_the_manifest_speaks_the_language_and_its_icons_are_as_large_as_it_says(language: str, direction: str) -> None:
    response = browser(language=language).get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert (manifest["lang"], manifest["dir"], manifest["start_url"]) == (language, direction, "/")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in manifest["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        assert isinstance(path, str)
        width, height = struct.unpack(">II", Path(path).read_bytes()[16:24])
        assert f"{width}x{height}" == icon["sizes"]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_worker_keeps_the_page_without_a_network_and_what_it_is_made_of(language: str) -> None:
    client = browser(language=language)
    response = client.get("/worker.js")
    assert response["Content-Type"] == "text/javascript"
    kept = json.loads(re.findall(r"const KEPT = (.*);", response.content.decode())[0])
    shown = read(client.get(kept[0]))
    needed = {link.attributes["href"] for link in shown.every("link")} | {
        script.attributes["src"] for script in shown.every("script")
    }
    fonts = {name for name in kept if name.endswith(".woff2")}
    assert needed == set(kept[1:]) - fonts
    assert ("tabler.rtl" in str(kept)) is (language == "fa")
    assert {name.split("/")[3] for name in fonts} == ({"vazirmatn"} if language == "fa" else {"inter"})


def test_another_language_has_a_store_of_its_own() -> None:
    names = {
        re.findall(r"const NAME = (.*);", browser(language=language).get("/worker.js").content.decode())[0]
        for language in ("en", "fa")
    }
    assert len(names) == 2


def test_the_page_without_a_network_says_nothing_about_its_reader() -> None:
    reader = UserFactory()
    assert client_of(reader).get("/offline").content == client_of().get("/offline").content


def test_a_link_to_a_page_shows_what_it_is() -> None:
    shown = page("/market", q="secret")
    told = {one.attributes["property"]: one.attributes["content"] for one in shown.every("meta", property="")}
    assert told["og:url"] == "http://testserver/market"
    assert told["og:image"].startswith("http://testserver/static/img/icon-512")
    assert told["og:description"] == shown.one("meta", name="description").attributes["content"]
