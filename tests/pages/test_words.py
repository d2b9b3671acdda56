"""Words of the database in the reader's language."""

import pytest
from django.utils import translation

from cryptopredict.pages import market, words


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("no source", "منبعی ندارد"),
        ("too little history (40 candles)", "سابقه کم است (۴۰ کندل)"),
        ("words that nobody translated (7)", "words that nobody translated (7)"),
    ],
)
def test_a_reason_is_told_in_the_language_or_as_it_was_noted(stored: str, told: str) -> None:
    assert words.reason(stored) == stored
    with translation.override("fa"):
        assert words.reason(stored) == told


def signals(**contributions: float) -> list[dict[str, object]]:
    return [{"evidence": name, "value": 1.0, "contribution": value} for name, value in contributions.items()]


def test_the_bar_holds_all_states_end_to_end() -> None:
    placed = market.probabilities({"Bull": 0.25, "Bear": 0.75})
    assert [(one.regime, one.start, one.width) for one in placed] == [
        ("Bear", "0.000", "75.000"),
        ("Bull", "75.000", "25.000"),
    ]


def test_bars_of_the_evidence_lean_to_their_side() -> None:
    rise, fall = market.evidence(signals(momentum=0.4, breadth=-0.2))
    assert (rise.start, rise.width) == ("50.00", "50.00")
    assert (fall.start, fall.width) == ("25.00", "25.00")
