"""Whether a package that we use has a known fault: asked of OSV, which gathers the advisories of PyPI, npm and GitHub.

It is told names and versions of public packages, nothing else. Without an answer nothing is known, and that is said.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from cryptopredict.environment import BASE_DIR
from cryptopredict.sbom import Component
from system.exceptions import InvalidInput, UnavailableError

SOURCE = "https://api.osv.dev"
ACCEPTED = BASE_DIR / "docs" / "security" / "accepted.toml"
SECONDS = 20
MOST_AT_ONCE = 500


@dataclass(frozen=True, order=True)
class Known:
    """A known fault of a package that we use."""

    package: str
    number: str


def known_faults(components: Iterable[Component], *, source: str = SOURCE) -> list[Known]:
    """What is known of these packages.

    Raises:
        UnavailableError: the source does not answer, or not as it should; nothing is known then.
    """
    wanted = list(components)
    found: list[Known] = []
    for begin in range(0, len(wanted), MOST_AT_ONCE):
        part = wanted[begin : begin + MOST_AT_ONCE]
        found += answers(part, ask(source, {"queries": [{"package": {"purl": one.address}} for one in part]}))
    return sorted(set(found))


def ask(source: str, question: dict[str, Any]) -> Any:
    try:
        answer = httpx.post(f"{source}/v1/querybatch", json=question, timeout=SECONDS, follow_redirects=False)
        if answer.status_code != HTTPStatus.OK:
            raise UnavailableError(f"{source} answers with status {answer.status_code}.")
        return answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise UnavailableError(f"{source} cannot be asked: {fault}.") from fault


def answers(part: list[Component], told: Any) -> list[Known]:
    """What was told, package by package in the order of the question."""
    results = told.get("results") if isinstance(told, dict) else None
    if not isinstance(results, list) or len(results) != len(part):
        raise UnavailableError("The answer about known faults has not one result for each package.")
    if any(one.get("next_page_token") for one in results):
        raise UnavailableError("The answer about known faults is not whole.")
    return [
        Known(f"{one.name} {one.version}", str(fault["id"]))
        for one, result in zip(part, results, strict=True)
        for fault in result.get("vulns") or []
    ]


def accepted(today: date, path: Path = ACCEPTED) -> dict[str, str]:
    """Known faults that do not concern us, with the reason; each until a day.

    Raises:
        InvalidInput: an entry has no reason or no day.
    """
    found = {}
    for number, entry in tomllib.loads(path.read_text()).items():
        if not isinstance(entry.get("until"), date) or not entry.get("why"):
            raise InvalidInput(f"{path.name}: {number} needs `until` and `why`.")
        if entry["until"] >= today:
            found[number] = str(entry["why"])
    return found
