"""Draws the icons of the installed page from ``static/img/mark.svg``, with the chromium of the browser tests.

.venv/bin/python frontend/icons.py
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "static/img"
SIZES = (192, 512)
SAFE = 0.8
"""Share of a maskable icon's width that no mask cuts."""


def main() -> None:
    mark = (IMAGES / "mark.svg").read_text(encoding="utf-8")
    square = mark.replace('rx="5" ', "")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}} svg{{width:{size}px;display:block}}</style>{mark}")
            page.screenshot(path=IMAGES / f"icon-{size}.png", omit_background=True)
            margin = round(size * (1 - SAFE) / 2)
            page.set_content(
                f"<style>body{{margin:0;background:#1d5bb8;padding:{margin}px}}"
                f"svg{{width:{size - 2 * margin}px;display:block}}</style>{square}"
            )
            page.screenshot(path=IMAGES / f"icon-{size}-maskable.png")
        browser.close()


if __name__ == "__main__":
    main()
