"""Lines over simulated days as SVG, without a library: what a reader of docs/soak.md sees."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 30, 34
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f")
"""Okabe and Ito's: told apart by the colour-blind too."""
TICKS = 5


def step_of(most: float) -> float:
    """A round step, so that about five lie below the most."""
    rough = max(most, 1e-9) / TICKS
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def plot(title: str, unit: str, days: Sequence[float], lines: Mapping[str, Sequence[float]]) -> str:
    """A chart with an axis from zero on.

    Args:
        title: what it shows.
        unit: of the values.
        days: simulated days since the begin.
        lines: values of each day, by what the legend calls them; at most eight.
    """
    if len(lines) > len(COLOURS):
        raise ValueError(f"{len(lines)} lines are more than {len(COLOURS)} colours")
    most = max((max(values) for values in lines.values() if values), default=1.0) or 1.0
    step = step_of(most)
    top = ceil(most / step) * step
    end = max(days, default=1) or 1
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(day: float) -> float:
        return LEFT + wide * day / end

    def down(value: float) -> float:
        return TOP + high * (1 - value / top)

    shown = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {shown}><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)} ({escape(unit)})</text>',
    ]
    for number in range(round(top / step) + 1):
        at = down(number * step)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{number * step:g}</text>')
    parts += [
        f'<text x="{across(day):.1f}" y="{HEIGHT - 14}" text-anchor="middle">{day}</text>'
        for day in range(0, int(end) + 1, max(1, round(step_of(end))))
    ]
    parts.append(f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 2}" text-anchor="middle">simulated days</text>')
    for place, (name, values) in enumerate(lines.items()):
        points = " ".join(f"{across(day):.1f},{down(value):.1f}" for day, value in zip(days, values, strict=True))
        colour, at = COLOURS[place], TOP + 10 + place * 18
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<path d="M{WIDTH - RIGHT + 12} {at}h16" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 34}" y="{at + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])
