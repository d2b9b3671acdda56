"""The Persian catalogue is whole, current, and compiled."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

CATALOGUE = Path("locale/fa/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogue(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()))


def strings(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [value or ""] if value is None or isinstance(value, str) else list(value)


def messages(found: Catalog) -> dict[tuple[str | None, str], Message]:
    """By context and English text, the header aside. What is read from a compiled file has its context as bytes."""
    by_key = {}
    for one in found:
        context = one.context.decode() if isinstance(one.context, bytes) else one.context
        if one.id:
            by_key[context, strings(one.id)[0]] = one
    return by_key


@pytest.fixture(scope="module")
def persian() -> dict[tuple[str | None, str], Message]:
    return messages(catalogue(settings.BASE_DIR / CATALOGUE))


def test_every_text_is_translated(persian: dict[tuple[str | None, str], Message]) -> None:
    assert len(persian) > 1000
    assert [key for key, one in persian.items() if one.fuzzy or not all(strings(one.string))] == []


def test_a_translation_keeps_the_placeholders(persian: dict[tuple[str | None, str], Message]) -> None:
    """A form of a plural may leave the number out, no other text may leave out anything."""
    for key, one in persian.items():
        wanted = {found for text in strings(one.id) for found in PLACEHOLDER.findall(text)}
        for text in strings(one.string):
            assert set(PLACEHOLDER.findall(text)) <= wanted, key
        if isinstance(one.id, str):
            assert set(PLACEHOLDER.findall(strings(one.string)[0])) == wanted, key


def test_what_is_compiled_is_what_is_written(persian: dict[tuple[str | None, str], Message]) -> None:
    with (settings.BASE_DIR / CATALOGUE).with_suffix(".mo").open("rb") as file:
        compiled = messages(read_mo(file))
    assert {key: strings(one.string) for key, one in compiled.items()} == {
        key: strings(one.string) for key, one in persian.items()
    }


def test_no_text_is_marked_by_a_name_that_the_collector_does_not_know() -> None:
    """``gettext as later`` translates nothing: what it marks is never collected."""
    renamed = re.compile(r"\bn?p?gettext(?:_lazy)? as (?!_\b)\w+")
    apps = ("accounts", "aimodels", "assets", "cryptopredict", "macro", "sectors", "selection", "system", "trading")
    sources = [file for app in apps for file in (settings.BASE_DIR / app).rglob("*.py")]
    assert len(sources) > 500
    assert [f"{file}: {found}" for file in sources for found in renamed.findall(file.read_text())] == []


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="no xgettext on the path (Debian: apt-get install gettext)"
)
def test_the_catalogue_has_the_texts_of_the_program_and_no_others(
    persian: dict[tuple[str | None, str], Message], tmp_path: Path
) -> None:
    """Collected anew from a copy of the sources."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    sources = subprocess.run(listing, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    if sources.returncode:
        pytest.skip("no git checkout, so no list of the sources")
    for name in sources.stdout.splitlines():
        if name.endswith((".py", ".html", ".txt", ".po", ".js")) and (settings.BASE_DIR / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings.BASE_DIR / name, tmp_path / name)
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-obsolete", "--no-location"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert messages(catalogue(tmp_path / CATALOGUE)).keys() == persian.keys()
