"""The figures of a soak as a table, charts and one file, and what of them is a fault."""

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from tests.soak.judging import LEAST_MEMORY, MOST_MEMORY, MOST_TIME, Growth, Verdict, falls, growth, verdict
from tests.soak.plots import COLOURS, plot

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
READY_SECONDS = 2.0
ARCHIVE = "_archive"
Samples = list[dict[str, Any]]


def series(samples: Samples, kind: str) -> dict[str, list[float]]:
    """Values of each day by name; a name that is missing on a day was zero."""
    names = dict.fromkeys(name for sample in samples for name in sample[kind])
    return {name: [float(sample[kind].get(name, 0)) for sample in samples] for name in names}


def verdicts(samples: Samples) -> list[Verdict]:
    days = [sample["day"] for sample in samples]
    memory = {f"memory of {name}": line for name, line in series(samples, "memory").items()}
    memory["memory that Valkey uses"] = [sample["valkey_used"] for sample in samples]
    found = [verdict(name, days, line, MOST_MEMORY, LEAST_MEMORY) for name, line in memory.items()]
    found += [verdict(name, days, line, MOST_TIME) for name, line in series(samples, "times").items()]
    return [one for one in found if one is not None]


def growths(samples: Samples) -> list[Growth]:
    days = [sample["day"] for sample in samples]
    lines = {f"disk: {name}": line for name, line in series(samples, "disk").items()}
    tables = series(samples, "tables")
    for name, line in tables.items():
        twin = tables.get(f"{name}{ARCHIVE}")
        if not name.endswith(ARCHIVE):  # what goes to the archive is no growth
            lines[f"table: {name}"] = line if twin is None else [sum(both) for both in zip(line, twin, strict=True)]
    return [one for name, line in lines.items() if (one := growth(name, days, line)) is not None]


def faults(result: Mapping[str, Any]) -> list[str]:
    """Everything that a soak must not have shown."""
    samples: Samples = result["samples"]
    found = [f"{one.name} grows by {one.slope} % a month" for one in verdicts(samples) if one.word == "grows"]
    uneven = [one for one in growths(samples) if not one.is_even]
    found += [f"{one.name}: {one.first_half} MB a month, then {one.second_half}" for one in uneven]
    found += [f"restarted: {one}" for one in result["restarts"]]
    found += [f"refused: {one}" for one in result["refused"]]
    found += [f"invariant: {one}" for one in result["invariants"]]
    found += [f"error inbox: {one['error']} in {one['place']}: {one['message']}" for one in result["inbox"]]
    found += [f"not calm: {one}" for one in result["not_calm"]]
    gone = result["database_gone"]
    if gone and (gone["readyz"] != [503] or gone["readyz_seconds"] > READY_SECONDS):
        found.append(f"/readyz without a database: {gone}")
    if gone and (gone["healthz"] != [200] or not gone["same_processes"]):
        found.append(f"/healthz without a database: {gone}")
    return found


def table(result: Mapping[str, Any]) -> list[str]:
    """The figures as Markdown."""
    samples: Samples = result["samples"]
    loads = [sample["load"] for sample in samples]
    said = (
        f"{result['begun']}: {samples[-1]['day']} simulated days in {result['minutes']:.0f} minutes; {result['stops']} "
        f"stops of the clock, a round of them each {result['hours']} hours; {len(samples)} samples; {result['people']} "
        f"people; load of the machine ({result['cores']} cores) {min(loads)} to {max(loads)}, median "
        f"{median(loads):.1f}. Program: `{result['version']}`."
    )
    lines = [
        said,
        "",
        "| figure | median of the second half | change in a simulated month | 95 % | bound | verdict |",
        "|---|---:|---:|---|---:|---|",
    ]
    for one in verdicts(samples):
        unit = "MB" if one.name.startswith("memory") else "ms"
        between = f"{one.low:+.1f} to {one.high:+.1f} %"
        lines.append(
            f"| {one.name} | {one.middle} {unit} | {one.slope:+.1f} % | {between} | {one.bound:g} % | {one.word} |"
        )
    lines += ["", "| size | at the end | MB a month, first half | second half |", "|---|---:|---:|---:|"]
    shown = sorted(growths(samples), key=lambda one: -one.second_half)
    for size in [one for one in shown if one.name.startswith("disk") or one.second_half >= 1]:
        lines.append(f"| {size.name} | {size.last} MB | {size.first_half:+.1f} | {size.second_half:+.1f} |")
    last = samples[-1]
    done = (
        f"Runs: {', '.join(f'{rows} of {name}' for name, rows in sorted(last['runs'].items()))}. "
        f"Backups there at the end: {last['backups']} (fewer than the day before on "
        f"{falls([one['backups'] for one in samples])} days). Archived partitions: {last['archived']}. "
        f"Requests: {', '.join(f'{times} × {status}' for status, times in sorted(result['answers'].items()))}. "
        f"Tasks with a row: {', '.join(f'{name} {times}' for name, times in sorted(result['tasks'].items()))}."
    )
    ended = (
        f"Database gone: {json.dumps(result['database_gone'])}. Restarts: {len(result['restarts'])}. "
        f"Lines in the error inbox: {len(result['inbox'])}."
    )
    lines += ["", done, "", ended, ""]
    lines += [f"- FAULT {one}" for one in faults(result)] or ["No faults."]
    return lines


def charts(samples: Samples) -> dict[str, str]:
    """SVG by file name."""
    days = [sample["day"] for sample in samples]
    times = series(samples, "times")
    slow = dict(sorted(times.items(), key=lambda item: -median(item[1]))[: len(COLOURS)])
    sizes = series(samples, "tables")
    large = dict(sorted(sizes.items(), key=lambda item: -item[1][-1])[: len(COLOURS)])
    return {
        "memory.svg": plot("Memory of each part", "MB", days, series(samples, "memory")),
        "latencies.svg": plot("Slowest of the timed requests", "ms, median of 3", days, slow),
        "disk.svg": plot("Disk", "MB", days, series(samples, "disk")),
        "tables.svg": plot("Largest tables", "MB with indexes", days, large),
        "load.svg": plot("Load of the machine meanwhile", "1 minute", days, {"load": [one["load"] for one in samples]}),
    }


def pictures() -> list[str]:
    """The charts in the page."""
    names = ("memory", "latencies", "disk", "tables", "load")
    return [f"![{name} over simulated days](soak/{name}.svg)\n" for name in names]


def write(folder: Path, result: Mapping[str, Any]) -> None:
    """The file of figures, the charts, and the table in ``soak.md``, between its marks."""
    (folder / "soak.json").write_text(json.dumps(result, indent=None, separators=(",", ":"), default=str) + "\n")
    place = folder / "soak"
    place.mkdir(exist_ok=True)
    for name, text in charts(result["samples"]).items():
        (place / name).write_text(text)
    page = folder / "soak.md"
    if page.exists():
        before, _begin, rest = page.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        page.write_text("\n".join([before + BEGIN, "", *table(result), "", *pictures(), "", END + after]))
