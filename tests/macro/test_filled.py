"""The table of filled columns counts right, and finds what it is there to find."""

from typing import Any

from benchmarks.filled import Column, count, is_empty, reasons_of, table_of

ROWS: list[dict[str, Any]] = [
    {"price": 1, "mood": None, "note": "", "flags": {"missing": {"mood": "no source"}}, "kind": "a"},
    {"price": 2, "mood": 0.0, "note": "x", "flags": {"missing": {}}, "kind": "a"},
    {"price": 2, "mood": None, "note": "y", "flags": {}, "kind": "a"},
]


def columns() -> dict[str, Column]:
    return {column.name: column for column in count("t", ROWS, ["mood", "note"])}


def test_shares_and_reasons() -> None:
    found = columns()
    assert found["price"] == Column("t", "price", 3, 3, 2, 0, {})
    assert found["mood"] == Column("t", "mood", 3, 1, 1, 1, {"no source": 1, "empty": 1})
    assert found["note"].share == 2 / 3
    assert found["mood"].share == 1 / 3


def test_faults() -> None:
    """A null that nobody named, and what never changes; but not what rightly never does."""
    found = columns()
    assert found["price"].faults == []
    assert found["mood"].faults == ["1 nulls without a reason"]
    assert found["kind"].faults == ["the same in every row"]
    assert Column("t", "timeframe", 3, 3, 1, 0, {}).faults == []
    assert Column("t", "kind", 1, 1, 1, 0, {}).faults == []  # one row cannot change
    assert len(table_of(found.values(), only_faults=True)) == 2


def test_nothing_and_something() -> None:
    values: list[Any] = [None, "", [], {}, 0, False, 0.0, [0]]
    assert list(map(is_empty, values)) == [True] * 4 + [False] * 4


def test_reasons_stand_in_any_json_column() -> None:
    row = {"a": {"missing": {"x": "1"}}, "b": {"missing": {"y": "2"}}, "c": {"missing": 5}, "d": [1]}
    assert reasons_of(row) == {"x": "1", "y": "2"}


def test_no_rows_no_columns() -> None:
    assert count("t", [], ["a"]) == []
    assert Column("t", "a", 0, 0, 0, 0, {}).share == 0
