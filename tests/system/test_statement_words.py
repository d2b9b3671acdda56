"""What is told of a statement has its words and none of its values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.statement_words import LONGEST, described, without_values

SECRET = "S3cr3tValue"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            'SELECT "a"."id" FROM "a" WHERE "a"."name" = %s LIMIT 21',
            'SELECT "a"."id" FROM "a" WHERE "a"."name" = %s LIMIT ?',
        ),
        ("SELECT 'it''s' || $1, \"o''k\"", "SELECT ? || $1, \"o''k\""),
        (r"SELECT E'a\'b', 'c\', d", "SELECT ?, ..., d"),
        (r"SELECT date'a\', 'b', xE'c\', 'd'", "SELECT date?, ..., xE?, ..."),
        ("SELECT U&'d\\0061t', X'1F', b'01' FROM t1", "SELECT ?, ... FROM t1"),
        ("SELECT $$a 'b' $$, $t$c $$ d$t$, t$1 FROM x", "SELECT ?, ..., t$1 FROM x"),
        ("SELECT 1.5e-3, .5, -7, col1, x::int4", "SELECT ?, ..., -?, col1, x::int4"),
        ("SELECT a -- secret 'x\n, b /* 'y */ FROM t", "SELECT a , b FROM t"),
        ("INSERT INTO t VALUES (%s, %s, %s), (%s, %s, %s), (%s, %s, %s)", "INSERT INTO t VALUES (%s, ...), ..."),
        ("SELECT a WHERE b LIKE '%%x' AND c %% 2 = %(d)s", "SELECT a WHERE b LIKE ? AND c %% ? = %(d)s"),
        ("SELECT 'never ended", "SELECT ?"),
        ('SELECT "never ended', "SELECT ?"),
        ("SELECT $$never ended", "SELECT ?"),
    ],
)
def test_values_are_hidden_and_words_stay(statement: str, told: str) -> None:
    assert without_values(statement) == told


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ('SELECT "a"."id" FROM "a" JOIN b ON true', "SELECT a"),
        ("update only t set x = 'from y'", "UPDATE t"),
        ("  (SELECT 1)", "SELECT"),
        ("COPY staging (a, b) FROM STDIN (FORMAT BINARY)", "COPY staging"),
        ("INSERT INTO public.x VALUES (%s)", "INSERT public.x"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_named_by_its_word_and_its_table(statement: str, name: str) -> None:
    words = described(statement)
    assert words is not None
    assert words.name == name


@pytest.mark.parametrize("statement", ['SAVEPOINT "s1_x2"', "release savepoint x", "ROLLBACK TO SAVEPOINT x"])
def test_savepoints_are_not_worth_telling(statement: str) -> None:
    assert described(statement) is None


AROUND = st.text(alphabet="abE'\"\\$-/*% (,)\n1;&UuXx", max_size=12)


@given(before=st.text(alphabet="abEeUuXx& (,)=1;", max_size=12), inside=AROUND, behind=AROUND)
def test_no_value_is_told_whatever_stands_in_it(before: str, inside: str, behind: str) -> None:
    """A value as PostgreSQL writes it: its quotes doubled. Where it is an E-string, backslashes are doubled too."""
    is_escaped = before[-1:] in ("E", "e") and not before[-2:-1].isalnum()
    value = inside.replace("\\", "\\\\") if is_escaped else inside
    quoted = (value + SECRET + value).replace("'", "''")
    assert SECRET not in without_values(f"SELECT {before}'{quoted}' {behind}")


@given(at=st.integers(LONGEST - 30, LONGEST + 5))
def test_a_value_that_is_cut_off_is_hidden(at: int) -> None:
    assert SECRET[:3] not in without_values(f"SELECT {'a' * (at - 8)} '{SECRET * 9}'")


def test_what_makes_careless_expressions_try_everything_comes_to_an_end() -> None:
    for piece in ("'", "''", "E'\\", '"', "$a$", "(%s, ", "/*", "1e"):
        assert len(without_values(piece * LONGEST)) <= LONGEST
