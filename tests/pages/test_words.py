"""Words of the database in the reader's language."""

import pytest
from django.utils import translation

from cryptopredict.pages import market, words
from cryptopredict.pages.figure_names import figure_name
from macro.models import MetricsSnapshot
from trading.services.backtests.assumptions import words_of


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


def test_figures_of_a_snapshot_are_told_by_names_that_people_use() -> None:
    wanted = {
        "btc_dominance": "Bitcoin dominance",
        "momentum_index": "Momentum index",
        "onchain_metrics.hashrate": "Hash rate",
        "macro_metrics.GOLD": "Gold, ounce",
        "ai_metrics.made_up_yesterday": "made up yesterday",
    }
    assert {key: figure_name(MetricsSnapshot, key) for key in wanted} == wanted
    with translation.override("fa"):
        assert figure_name(MetricsSnapshot, "momentum_index") == "شاخص مومنتوم"
        assert figure_name(MetricsSnapshot, "btc_dominance") == "دامیننس بیت‌کوین"


def test_what_a_backtest_assumes_is_told_in_the_digits_of_the_language() -> None:
    tiers = [{"volume": 1e6, "maker_percent": 0.0, "taker_percent": 100 * 0.0007}]
    known, fees = {"code": "candles_known_at", "moment": "2026-11-21T02:00:00+00:00"}, {"code": "fees", "tiers": tiers}
    assert words_of(known) == "Candles read as they were known at 2026-11-21 02:00 UTC."
    assert words_of(fees).endswith(": from 1,000,000 USD 0 / 0.07 percent.")
    with translation.override("fa"):
        assert "۲۰۲۶-۱۱-۲۱ ۰۲:۰۰ UTC" in words_of(known)
        assert "۱٬۰۰۰٬۰۰۰" in words_of(fees)
        assert "۰٫۰۷" in words_of(fees)
