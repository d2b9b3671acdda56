"""A visit with another browser than Chromium."""

import shutil
from pathlib import Path

import pytest

from tests.browser.firefox import CONTROL, ENTER, LEFT, firefox
from tests.pages import every


@pytest.mark.long
def test_a_visit_with_firefox(address: str, tmp_path: Path) -> None:
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no Firefox on the path (Debian: apt-get install firefox-esr)")
    every.market()
    with firefox(path, tmp_path) as window:
        window.go(f"{address}/")
        window.press("k", held=CONTROL)
        window.press("btc")
        window.wait("document.querySelectorAll('[role=option]').length === 1")
        window.press(ENTER)
        window.wait("document.querySelector('#chart')?.dataset.drawn > 0")
        newest = window.says("document.querySelector('#readout').innerText")
        window.says("document.querySelector('.chart-canvas').focus()")
        window.press(LEFT)
        older = window.says("document.querySelector('#readout').innerText")
        assert "BTC" in window.says("document.title")
        assert older != newest, "the chart is read out by keyboard"
        window.says("document.querySelector('button[name=language][value=fa]').click()")
        window.wait("document.documentElement.dir === 'rtl' && document.querySelector('#chart')?.dataset.drawn > 0")
        assert window.says("document.querySelector('h1').getBoundingClientRect().left > innerWidth / 2")
        assert window.says("document.documentElement.scrollWidth <= innerWidth")
        assert window.faults == []
