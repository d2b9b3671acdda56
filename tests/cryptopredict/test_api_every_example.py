"""Every operation of the OpenAPI document shows what it is sent and what it answers, and each example is true.

The requests stand in ``examples/<part>.py``, the world that they are about beside them. All are asked here again: an
example has the fields and kinds of values of what is answered now, and fits its schema. Where that has changed,
``RECORD_EXAMPLES=1 make test TESTS=tests/cryptopredict/test_api_every_example.py`` writes those anew that have, and
``RECORD_EXAMPLES=all`` all of them; then ``python manage.py openapi``.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cryptopredict.api.examples import RECORDED, recorded
from tests.cryptopredict.examples import lists, market, models, operations, people, portfolios, trading
from tests.cryptopredict.examples.asking import JSON, asked
from tests.cryptopredict.examples.schemas import faults
from tests.cryptopredict.examples.telling import told
from tests.cryptopredict.examples.world import made_world

PARTS = {
    "lists": lists,
    "assets": market,
    "models": models,
    "operations": operations,
    "people": people,
    "portfolios": portfolios,
    "trading": trading,
}
"""Examples by the file that keeps them."""
Answers = dict[str, dict[str, Any]]


def answered() -> Answers:
    """Every example as it is answered now."""
    world, found, wrong = made_world(), {}, []
    for part in PARTS.values():
        for example in part.EXAMPLES:
            try:
                found[example.operation] = asked(example, world)
            except Exception as error:  # noqa: BLE001 - told with the others
                wrong.append(f"{example.operation}: {error!r}"[:600])
    assert not wrong, "\n".join(wrong)
    return found


def record(now: Answers, *, is_all: bool) -> None:
    """Write the examples that have changed, so that others do not change with the clock."""
    known = recorded()
    for name, part in PARTS.items():
        kept = {}
        for operation in sorted(example.operation for example in part.EXAMPLES):
            is_same = operation in known and shape(known[operation]) == shape(now[operation])
            kept[operation] = known[operation] if is_same and not is_all else now[operation]
        (RECORDED / f"{name}.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    recorded.cache_clear()


def shape(value: Any) -> Any:
    """The fields and kinds of values; names that are numbers or times are what they are about, not fields."""
    if isinstance(value, dict):
        return {"…" if name[:1].isdigit() else name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def needed() -> dict[str, set[str]]:
    """What has to be shown of each operation."""
    found: dict[str, set[str]] = {}
    for name, operation in told().items():
        answered = [one for status, one in operation["responses"].items() if status.startswith("2")]
        words = {"answer"} if any(JSON in one.get("content", {}) for one in answered) else set()
        if JSON in operation.get("requestBody", {}).get("content", {}):
            words.add("request")
        found[name] = words
    return found


@pytest.mark.long
@pytest.mark.django_db
def test_the_examples_are_what_is_answered_now(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    answers = answered()
    if wanted := os.environ.get("RECORD_EXAMPLES"):
        record(answers, is_all=wanted == "all")
    kept = recorded()
    assert [name for name, now in answers.items() if shape(kept[name]) != shape(now)] == []


def test_every_operation_has_its_example() -> None:
    missing = {name: words - recorded().get(name, {}).keys() for name, words in needed().items()}
    assert {name: words for name, words in missing.items() if words} == {}


def test_no_example_is_of_an_operation_that_is_not_there() -> None:
    assert recorded().keys() - needed().keys() == set()
    for name, part in PARTS.items():
        kept = json.loads(Path(RECORDED / f"{name}.json").read_text())
        assert kept.keys() == {example.operation for example in part.EXAMPLES}


def test_the_examples_fit_their_schemas() -> None:
    found = {name: faults(name, example) for name, example in recorded().items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
