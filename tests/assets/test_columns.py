"""Rows that leave the database packed into bytes."""

import pytest
from psycopg import sql

from assets.selectors.columns import read_columns

pytestmark = pytest.mark.django_db
ROWS = sql.SQL(
    "SELECT n / 4, n::bigint, CASE WHEN n = 7 THEN {} ELSE n / 3.0::float8 END FROM generate_series(1::bigint, {}) AS n"
)
NAMES, TYPES = ("group", "n", "third"), ("i8", "i8", "f8")


@pytest.mark.parametrize("by", [None, "group"])
def test_values_come_as_they_are(by: str | None) -> None:
    found = read_columns(ROWS.format(sql.SQL("'NaN'::float8"), sql.Literal(10)), NAMES, TYPES, by=by)
    assert sorted(found["n"]) == list(range(1, 11))
    kept = {int(row["n"]): (int(row["group"]), float(row["third"])) for row in found if row["n"] != 7}
    assert kept == {n: (n // 4, n / 3) for n in range(1, 11) if n != 7}
    assert found["third"][found["n"] == 7] != found["third"][found["n"] == 7]
    assert found.dtype.isnative


def test_the_order_of_the_query_stays() -> None:
    found = read_columns(ROWS.format(sql.Literal(0.0), sql.Literal(1000)) + sql.SQL(" ORDER BY n DESC"), NAMES, TYPES)
    assert found["n"].tolist() == list(range(1000, 0, -1))


def test_no_row_is_an_empty_array() -> None:
    for by in (None, "n"):
        assert len(read_columns(ROWS.format(sql.Literal(0.0), sql.Literal(0)), NAMES, TYPES, by=by)) == 0


def test_a_null_is_refused() -> None:
    with pytest.raises(ValueError, match="a column is NULL"):
        read_columns(ROWS.format(sql.SQL("NULL"), sql.Literal(10)), NAMES, TYPES)
