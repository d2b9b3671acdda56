"""Sentences of the rationale: made of the stored numbers, in both languages, for three dates that everybody knows."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from aimodels.services import ensure_rules
from macro.models import AIRegimeAnalysis
from macro.rules import REGIME_RULES
from macro.selectors import rationale_words as words
from macro.selectors.rationale import rationale
from macro.services import detect_regime
from system import formats
from tests.factories import RegimeFactory
from tests.macro.regime_market import fear_and_greed, real_market, snapshot_at

pytestmark = pytest.mark.django_db
CALM, CRASH, RALLY = "2023-09-25", "2024-08-06", "2024-02-28"
"""Autumn of 2023; the close of the day of 2024-08-05; the rise to the high of 2024."""
SIGNALS: list[dict[str, Any]] = [
    {"evidence": "momentum", "contribution": 0.3, "value": 1.0},
    {"evidence": "breadth", "contribution": -0.1, "value": -0.5},
    {"evidence": "trend_long", "contribution": 0.2, "value": 0.6},
]
CHANCES = {"Bull": 0.5, "Bear": 0.1, "Sideways": 0.2, "Transition": 0.1, "Accumulation": 0.05, "Distribution": 0.05}


def told(data: dict[str, Any], **columns: Any) -> list[str]:
    row = RegimeFactory.build(analysis_data=data, regime_statistics={"current_duration_days": 9.0}, **columns)
    return [sentence.replace(formats.NO_BREAK, " ") for sentence in rationale(row)]


class TestSentences:
    def test_what_weighed_most_leads_with_its_sign(self) -> None:
        assert told({"primary_signals": SIGNALS}) == [
            "The evidence sums to +0.40, on a scale from −1 (down) to +1 (up).",
            "For a rise: momentum over 60 candles (+0.30) and distance from the 200-candle average (+0.20).",
            "Against it: market breadth (−0.10).",
        ]

    def test_a_fall_and_a_divided_market(self) -> None:
        falling = [one | {"contribution": -one["contribution"]} for one in SIGNALS]
        assert told({"primary_signals": falling})[1].startswith("For a fall: momentum over 60 candles (−0.30)")
        even = [SIGNALS[0], SIGNALS[1] | {"contribution": -0.25}]
        assert told({"primary_signals": even})[1] == (
            "The evidence is divided: momentum over 60 candles (+0.30) for a rise, market breadth (−0.25) for a fall."
        )

    def test_nothing_stored_says_nothing(self) -> None:
        assert told({}) == []
        assert rationale(RegimeFactory.build(analysis_data=None, validation_flags=None)) == []

    def test_the_state_and_what_comes_next(self) -> None:
        assert told({"probabilities": CHANCES}) == [
            "State: bull market, probability 50 %, for 9 days.",
            "Next in probability: sideways (20 %).",
        ]
        held = CHANCES | {"Bull": 0.2, "Sideways": 0.5}
        assert told({"probabilities": held})[1] == (
            "At the moment sideways is more probable (50 %), but not by enough for the state to change."
        )

    def test_what_is_missing_is_said(self) -> None:
        flags = {"missing_sources": ["breadth", "sentiment"], "completeness_check": 0.8}
        assert told({}, validation_flags=flags) == [
            "Not known: market breadth and the mood; the probabilities have been widened for it (80 % is there)."
        ]

    def test_small_prices_and_short_times(self) -> None:
        assert (formats.price(67_234.5), formats.price(12.3456), formats.price(8.1234e-6)) == (
            "67,234.50",
            "12.3456",
            "0.000008123",
        )
        assert (words.span(5), words.span(1), words.span(48), words.span(0.2)) == (
            "5 hours",
            "1 hour",
            "2 days",
            "1 hour",
        )
        assert words.number(-0.001, 2, signed=True) == "0.00"

    def test_persian_digits(self) -> None:
        with translation.override("fa"):
            assert words.number(-1234.5, 1) == "\N{LEFT-TO-RIGHT MARK}−۱٬۲۳۴٫۵"
            assert words.number(1234.5, 1) == "۱٬۲۳۴٫۵"
            assert formats.percent(3.25, signed=False) == "۳٫۲٪"
            assert formats.digits("1h") == "۱h"


@pytest.fixture
def judged(shared: Path) -> dict[str, AIRegimeAnalysis]:
    """The three dates, judged on the real market."""
    ensure_rules(REGIME_RULES)
    real_market(shared)
    mood = fear_and_greed(shared)
    rows = {}
    for date in (CALM, CRASH, RALLY):
        at = datetime.fromisoformat(date).replace(tzinfo=UTC)
        rows[date] = detect_regime(
            snapshot_at(at, fear_greed_index=mood[f"{at - timedelta(days=1):%Y-%m-%d}"], composite_sentiment=None)
        )
    return rows


def check_numbers(row: AIRegimeAnalysis, sentences: list[str]) -> None:
    """What is read is what is stored."""
    data = row.analysis_data or {}
    moved = [one["contribution"] for one in data["primary_signals"]]
    read = re.findall(r"\(([+−]\d\.\d\d)\)", " ".join(sentences[:3]))
    weighty = sorted(moved, key=abs, reverse=True)[: len(read)]
    assert sorted(read) == sorted(words.number(one, signed=True) for one in weighty)
    assert sentences[0].startswith(f"The evidence sums to {words.number(sum(moved), signed=True)},")
    assert any(formats.share(data["probabilities"][row.current_regime]) in one for one in sentences[1:4])
    assert not any("None" in one or "nan" in one for one in sentences)


def check_persian(row: AIRegimeAnalysis, count: int) -> None:
    low = (row.analysis_data or {})["structure"]["last_low"]["price"]
    with translation.override("fa"):
        persian, shown = rationale(row), formats.price(low)
    assert len(persian) == count
    assert not re.search("[0-9]", shown)
    assert any(shown in one for one in persian) or (row.analysis_data or {})["structure"]["trend"] < 0


def test_three_dates(judged: dict[str, AIRegimeAnalysis]) -> None:
    told = {date: rationale(row) for date, row in judged.items()}
    for date, row in judged.items():
        print(f"\n{date}", *told[date], sep="\n")  # noqa: T201
        check_numbers(row, told[date])
        check_persian(row, len(told[date]))
    pointed = {date: (row.analysis_data or {})["direction"] for date, row in judged.items()}
    assert pointed[CRASH] < -0.2
    assert pointed[RALLY] > 0.3
    assert (judged[CRASH].current_regime, judged[RALLY].current_regime) == ("Bear", "Bull")
    exposed = {date: float(row.recommended_exposure or 0) for date, row in judged.items()}
    assert exposed[CRASH] < 0.4
    assert exposed[RALLY] > 0.6
    assert judged[CRASH].structure_break
    assert any("downwards at 59,850.00 USD on 4 Aug 2024" in one for one in told[CRASH])
    assert "Fear & Greed stands at 79: extreme greed." in told[RALLY]
