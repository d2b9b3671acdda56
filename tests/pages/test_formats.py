"""Figures and times, by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from system import formats

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00000812", "0.00000812"),
        ("0.000000000083", "0.000000000083"),
        ("0.0123456", "0.01235"),
        ("0.02", "0.02"),
        ("0.099996", "0.10"),
        ("0.5", "0.5000"),
        ("0.51234", "0.5123"),
        ("1", "1.0000"),
        ("33.199", "33.1990"),
        ("99.99996", "100.0000"),
        ("100", "100.00"),
        ("67234.5", "67,234.50"),
        ("1234567.891", "1,234,567.89"),
        ("0", "0.00"),
        ("-12.5", "−12.5000"),
    ],
)
def test_a_price_has_as_many_digits_as_its_size_needs(value: str, text: str) -> None:
    assert formats.price(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("10.000000000000000000", "10"), ("0.000120", "0.00012"), ("1250", "1,250"), ("1E+3", "1,000"), ("0", "0")],
)
def test_a_quantity_has_all_its_digits_and_no_idle_zeros(value: str, text: str) -> None:
    assert formats.coins(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("16.73", "16.73"), ("0.58", "0.58"), ("0", "0.00"), ("12345.678", "12,345.68"), ("-0.004", "−0.004")],
)
def test_money_is_told_in_cents(value: str, text: str) -> None:
    assert formats.dollars(Decimal(value)) == text


def test_a_float_is_the_number_that_it_shows() -> None:
    assert formats.price(0.1) == "0.1000"
    assert formats.number(2.675, 2) == "2.68"  # its shortest decimal, half to even
    assert formats.number(2.665, 2) == "2.66"


@pytest.mark.parametrize(
    ("value", "text"),
    [("253757.878", "253,800"), ("6.62134", "6.621"), ("0.00012345", "0.0001234"), ("1234", "1,234"), ("0", "0")],
)
def test_an_estimated_price_looks_no_more_precise_than_it_is(value: str, text: str) -> None:
    assert formats.estimate(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1240000000000", f"1.24{SPACE}T"),
        ("503305615356.73", f"503.31{SPACE}B"),
        ("999999999999", f"1.00{SPACE}T"),
        ("36420000", f"36.42{SPACE}M"),
        ("1000", f"1.00{SPACE}K"),
        ("999.994", "999.99"),
        ("999.996", f"1.00{SPACE}K"),
        ("-2500000", f"−2.50{SPACE}M"),
        ("0", "0.00"),
    ],
)
def test_big_amounts_are_told_in_short(value: str, text: str) -> None:
    assert formats.amount(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1.84", "+1.8"), ("-2.25", "−2.2"), ("0", "0.0"), ("-0.04", "0.0"), ("1234.5", "+1,234.5")]
)
def test_a_percentage_has_a_sign_unless_it_is_nothing(value: str, text: str) -> None:
    assert formats.percent(Decimal(value)) == f"{text}{SPACE}%"


def test_shares_probabilities_and_points() -> None:
    assert formats.share(0.5449) == f"54{SPACE}%"
    assert formats.share(Decimal("0.5449"), 1) == f"54.5{SPACE}%"
    assert formats.points(Decimal("-0.65")) == f"−0.6{SPACE}pp"
    assert formats.number(0.979, 2) == "0.98"


def test_persian_has_its_own_digits_separators_and_words() -> None:
    with translation.override("fa"):
        assert formats.price(Decimal("67234.5")) == "۶۷٬۲۳۴٫۵۰"
        assert formats.percent(Decimal("1.8"), signed=False) == "۱٫۸٪"
        assert formats.relative(NOW - timedelta(hours=3), NOW) == "۳ ساعت پیش"
        assert formats.digits("tier 2") == "tier ۲"
    assert formats.digits("tier 2") == "tier 2"


def test_persian_keeps_signs_words_and_times_in_the_order_they_are_read_in() -> None:
    """Invisible letters do: a mark makes a sign stand left of its number, isolates keep a word or a time in order."""
    with translation.override("fa"):
        assert formats.percent(Decimal("-1.8")) == "\u200e−۱٫۸٪"
        assert formats.number(Decimal("0.11"), 2, signed=True) == "\u200e+۰٫۱۱"
        assert formats.amount(Decimal(1240000000000)) == f"\u2067۱٫۲۴{SPACE}تریلیون\u2069"
        assert formats.points(Decimal("-2.2")) == f"\u2067\u200e−۲٫۲{SPACE}واحد درصد\u2069"
        assert formats.clock(NOW) == "\u2066۲۰۲۶-۱۱-۲۱ ۱۲:۰۰ UTC\u2069"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("45.58", "۴۵٫۵۸"), ("-1,095.5", "-۱٬۰۹۵٫۵"), ("20%", "۲۰٪"),
        ("2.0.0", "۲.۰.۰"), ("2026-11-22", "۲۰۲۶-۱۱-۲۲"), ("1d", "۱d"),
    ],
)  # fmt: skip
def test_what_a_sentence_names_has_separators_where_it_is_a_number(text: str, said: str) -> None:
    with translation.override("fa"):
        assert formats.told(text) == said
    assert formats.told(text) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=47, minutes=59), "47 h ago"),
        (timedelta(hours=48), "2 d ago"),
        (timedelta(days=60), "60 d ago"),
        (timedelta(days=61), "21 Sep 2026"),
        (-timedelta(minutes=5), "in 5 min"),
        (-timedelta(hours=21), "in 21 h"),
        (-timedelta(days=6, hours=1), "in 6 d"),
    ],
)
def test_a_time_is_told_by_its_distance_and_when_it_is_far_by_its_date(distance: timedelta, text: str) -> None:
    assert formats.relative(NOW - distance, NOW) == text


@pytest.mark.parametrize(("hours", "text"), [(24, "24 h"), (36, "36 h"), (48, "2 d"), (50, "50 h"), (168, "7 d")])
def test_lengths_of_time(hours: int, text: str) -> None:
    assert formats.span(hours) == text


def test_words_in_a_row() -> None:
    assert formats.listed([]) == ""
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b"]) == "a and b"
    assert formats.listed(["a", "b", "c"]) == "a, b and c"
