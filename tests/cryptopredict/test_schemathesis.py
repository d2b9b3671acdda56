"""Schemathesis calls every operation of the OpenAPI document as nobody thought of, and checks every answer against it.

All its checks are on, and one of ours. The short round sends a call or two to the operations of every fourth address;
the whole, with ``--full``, leaves none out: at least 200 examples of each, part by part (``-k portfolios``), and then
operations one after another that belong together. ``SEED`` in the environment chooses other examples.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from cryptopredict.management.commands.openapi import document
from tests import factories as make
from tests.cryptopredict import fuzzing
from tests.cryptopredict.test_api_permissions import METHODS, private, public

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
SEED = os.environ.get("SEED", "20261122")
EXAMPLES = "200"
TAGS = (
    "alerts", "assets", "auth", "backtests", "dashboard", "feedback", "macro", "models", "portfolios", "predictions",
    "recommendations", "sectors", "signals", "suggestions", "system", "trade-actions", "users", "watchlists",
    "webhooks",
)  # fmt: skip


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


@pytest.fixture
def _rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something of everything, with small ids, which are drawn often."""
    for name in connections:  # the threads of the server give their connections back
        monkeypatch.setitem(connections[name].settings_dict, "CONN_MAX_AGE", 0)
    owner = make.AdminFactory()
    make.TotpDeviceFactory.of(owner)
    private(owner)
    public()


def operations(described: dict[str, Any], tag: str | None = None) -> int:
    """How many there are."""
    return sum(
        method in METHODS and (tag is None or tag in operation["tags"])
        for methods in described["paths"].values()
        for method, operation in methods.items()
    )


def judge(report: dict[str, Any], words: str, expected: int) -> None:
    """Nothing failed, and nothing was left out."""
    counted = report["test_cases"]
    print(  # noqa: T201
        f"seed {report['seed']}: {counted['generated']} requests to {report['operations']['tested']} operations in "
        f"{report['running_time']:.0f} s, {counted['unique_failures']} failures"
    )
    told = min((words.find(head) for head in ("= FAILURES =", "= ERRORS =") if head in words), default=0)
    assert report["exit_code"] == 0, words[told:][:20_000]
    assert report["complete"]
    assert report["operations"]["tested"] == expected
    assert not report["errors"]


@pytest.mark.long
@pytest.mark.usefixtures("_rows")
def test_a_call_or_two_of_many_operations(
    described: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    apart = 1 if request.config.getoption("--full") else 4
    some = described | {"paths": dict(list(described["paths"].items())[::apart])}
    report, words = fuzzing.run(tmp_path, some, "--seed", SEED, "-n", "1", "--phases", "examples,fuzzing")
    judge(report, words, report["operations"]["tested"])
    assert report["operations"]["selected"] == operations(some) > 200 / apart


@pytest.mark.full
@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize("tag", TAGS)
def test_two_hundred_examples_of_every_operation(described: dict[str, Any], tmp_path: Path, tag: str) -> None:
    phases = ("--phases", "examples,coverage,fuzzing,stateful")
    report, words = fuzzing.run(tmp_path, described, "--seed", SEED, "-n", EXAMPLES, *phases, "--include-tag", tag)
    judge(report, words, operations(described, tag))


@pytest.mark.full
@pytest.mark.usefixtures("_rows")
def test_operations_one_after_another(described: dict[str, Any], tmp_path: Path) -> None:
    report, words = fuzzing.run(tmp_path, described, "--seed", SEED, "-n", EXAMPLES, "--phases", "stateful")
    judge(report, words, report["operations"]["tested"])
    assert report["test_cases"]["generated"] > int(EXAMPLES)


def test_every_operation_is_in_a_part(described: dict[str, Any]) -> None:
    assert sum(operations(described, tag) for tag in TAGS) == operations(described) > 0


def test_a_refusal_without_a_reason_is_told() -> None:
    from tests.cryptopredict.schemathesis_rules import undeclared

    assert undeclared("POST /api/v1/webhooks", "invalid", {"url", "name"}) == {"name"}
    assert undeclared("POST /api/v1/webhooks", "refused", {"name"}) == set()
