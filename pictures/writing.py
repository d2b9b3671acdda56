"""The pages of the documentation about pages: their pictures, and what the browser measured."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from statistics import median

from pictures.pages import ADMIN, FRESH, GUEST, HALFWAY, OWNER, Page
from pictures.taking import LOOKS, Look, Measured

MOST_PAINT, MOST_SHIFT, MOST_SCRIPTS = 1500, 0.05, 250_000
"""Milliseconds until the first content, sum of layout shifts, bytes of JavaScript on the wire."""
PARTS = (
    ("For everybody", (FRESH, GUEST, HALFWAY)),
    ("For who is logged in", (OWNER,)),
    ("For admins", (ADMIN,)),
)
NAMES = {"en": "English", "fa": "Persian"}


def said(look: Look) -> str:
    return f"{NAMES[look.language]}, {look.theme}, {look.width} px"


def album(pages: Sequence[Page], folder: str, there: Collection[str]) -> str:
    """``docs/screenshots.md``: every page with its question and those of its pictures that are there."""
    lines = [
        "# Pictures of every page",
        "",
        "Made by `make screenshots` of the generated demo market, never of anybody's data; of long pages the top.",
    ]
    for title, readers in PARTS:
        lines += ["", f"## {title}"]
        for page in (one for one in pages if one.who in readers):
            lines += ["", f"### {page.name}", "", page.question, ""]
            files = {look: f"{page.name}-{look.name}.webp" for look in LOOKS}
            shown = [(said(look), f"{folder}/{file}") for look, file in files.items() if file in there]
            if shown:
                words, file = shown[0]
                lines += [f'<img src="{file}" alt="{page.name}: {words}" width="720" loading="lazy">', ""]
            lines.append(" · ".join(f"[{words}]({file})" for words, file in shown) or "No picture yet.")
    return "\n".join(lines) + "\n"


def missed(measured: Iterable[Measured]) -> list[str]:
    """What is slower, moves more or is larger than it may be."""
    found = []
    for one in measured:
        if one.paint > MOST_PAINT:
            found.append(f"{one.page} ({one.look}): first content after {one.paint:.0f} ms")
        if one.shift > MOST_SHIFT:
            found.append(f"{one.page} ({one.look}): shifts by {one.shift:.3f}: {', '.join(one.shifted)}")
        if one.scripts > MOST_SCRIPTS:
            found.append(f"{one.page} ({one.look}): {one.scripts / 1000:.0f} kB of scripts")
    return found


def table(pages: Sequence[Page], measured: Sequence[Measured], day: date, load: float, processors: int) -> str:
    """``docs/browser.md``: per page the worst of its looks.

    Args:
        load: programs that wanted a processor, on average over the last quarter of an hour.
    """
    paints = [one.paint for one in measured]
    shift, scripts = max(one.shift for one in measured), max(one.scripts for one in measured) / 1000
    lines = [
        "# Pages, as a browser measures them",
        "",
        f"Written by `make screenshots` on {day:%Y-%m-%d}. Chromium opens every page of the demo market anew,",
        "on the machine that serves it, in English on light ground 1280 px wide, in Persian on dark ground 360 px.",
        "The table has the worse of both. Machine and load decide over the times, the page over the rest: meanwhile",
        f"{load:.0f} programs wanted one of {processors} processors.",
        "",
        f"- **First content**: {median(paints):.0f} ms in the middle, {max(paints):.0f} at worst; limit {MOST_PAINT}.",
        f"- **Layout shift**, summed over the load: {shift:.3f} at worst; limit {MOST_SHIFT}.",
        f"- **JavaScript**, gzipped: {scripts:.1f} kB at worst; limit {MOST_SCRIPTS // 1000} kB.",
        "",
        "| Page | First content, ms | Layout shift | JavaScript, kB |",
        "|---|---:|---:|---:|",
    ]
    for page in pages:
        own = [one for one in measured if one.page == page.name]
        if own:
            worst = [max(one.paint for one in own), max(one.shift for one in own), max(one.scripts for one in own)]
            lines.append(f"| {page.name} | {worst[0]:.0f} | {worst[1]:.3f} | {worst[2] / 1000:.1f} |")
    over = missed(measured)
    lines += ["", "## Over a limit", "", *([f"- {one}" for one in over] or ["None."])]
    return "\n".join(lines) + "\n"
