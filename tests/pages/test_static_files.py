"""What the pages are served from our own machine: pinned, small, complete."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cryptopredict import vendor
from cryptopredict.bundling import BUNDLES
from cryptopredict.pages.alerts.kinds import KINDS
from cryptopredict.pages.navigation import PLACES
from tests.conftest import ROOT

STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = ROOT / "templates"
JAVASCRIPT_LIMIT = 250_000


def packages() -> list[vendor.Package]:
    return vendor.listed(VENDOR)


def test_the_directory_is_what_the_list_says() -> None:
    wanted = {f"{package.directory}/{name}" for package in packages() for name in package.kept()}
    built = {f"{place}/{name}.min.js" for place, names in BUNDLES.items() for name in names}
    built |= {f"{place}/LICENSE" for place in BUNDLES}
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.glob("*/*")}
    assert found == wanted | built
    assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.integrity) for package in packages())


def test_every_package_is_named_in_the_notice() -> None:
    notice = (VENDOR / "NOTICE.md").read_text(encoding="utf-8")
    assert [package.name for package in packages() if package.name not in notice] == []


def icons_used() -> set[str]:
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    named = set(re.findall(r'{% icon "([a-z0-9-]+)" %}|\bmark="([a-z0-9-]+)"', templates))
    return {name for pair in named for name in pair if name} | {one.icon for one in (*PLACES, *KINDS)}


def test_icons_that_are_used_are_there_and_no_others() -> None:
    assert {path.stem for path in (VENDOR / "tabler-icons").glob("*.svg")} == icons_used()


def test_files_that_are_kept_are_used() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    sheets = "".join(path.read_text(encoding="utf-8") for path in (STATIC / "css").glob("*.css"))
    unused = [
        f"{package.directory}/{Path(name).name}"
        for package in packages()
        if package.directory != "tabler-icons"
        for name in package.files
        if f"vendor/{package.directory}/{Path(name).name}" not in pages + sheets
    ]
    assert unused == []


def scripts_of(page: str) -> list[Path]:
    """Scripts that the base template and a page name."""
    named = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("base.html", page))
    return [STATIC / name for name in re.findall(r"static '([^']+\.js)'", named)]


@pytest.mark.parametrize(
    "page",
    [
        "pages/home.html",
        "pages/assets.html",
        "pages/asset.html",
        "pages/market.html",
        "pages/record.html",
        "pages/sectors.html",
        "pages/sector.html",
    ],
)
def test_scripts_of_a_page_are_light(page: str) -> None:
    scripts = scripts_of(page)
    assert len(scripts) >= 3
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= JAVASCRIPT_LIMIT


def test_nothing_of_ours_names_another_host() -> None:
    for path in [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js"), *TEMPLATES.rglob("*.html")]:
        hosts = set(re.findall(r"https?://([\w.-]+)", path.read_text(encoding="utf-8")))
        assert hosts <= {"www.tradingview.com"}, path


def test_scripts_of_ours_write_no_html_and_evaluate_nothing() -> None:
    for path in STATIC.glob("js/*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write", path.read_text()
        ), path


def test_the_list_is_written_as_the_command_writes_it() -> None:
    text = (VENDOR / "packages.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_collecting_names_the_files_of_style_sheets_anew(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = [STATIC]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "cryptopredict.static_files.HashedFiles"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    tokens = (tmp_path / names["css/tokens.css"]).read_text()
    assert names["vendor/inter/inter-latin-wght-normal.woff2"] in tokens
