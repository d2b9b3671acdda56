"""How headlines sound, and what weight they have. Sentences written and labelled for this test."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from macro.choices import NewsImportance, SentimentLabel
from macro.compute.news_importance import KINDS, LEVELS, OTHER, importance, kind
from macro.compute.news_lexicon import PHRASES, SIGNED
from macro.compute.news_mood import WEIGHTS, mood
from macro.compute.news_sentiment import BEARISH, BULLISH, NEUTRAL, label, sentiment

SOUNDS = [
    ("Bitcoin surges to an all-time high as inflows accelerate", BULLISH),
    ("Ether rallies 8% after the upgrade", BULLISH),
    ("SEC approves the first spot fund", BULLISH),
    ("Token up 42% this week", BULLISH),
    ("Lender resumes withdrawals", BULLISH),
    ("Bulls reclaim support as shorts get squeezed", BULLISH),
    ("Bitcoin crashes below $20,000 as liquidations mount", BEARISH),
    ("Bridge hacked, $100 million stolen", BEARISH),
    ("Exchange halts withdrawals", BEARISH),
    ("Stablecoin loses peg overnight", BEARISH),
    ("Token down 42% this week", BEARISH),
    ("Regulator sues exchange over unregistered tokens", BEARISH),
    ("Lender files for bankruptcy", BEARISH),
    ("Inflation at a record high", BEARISH),
    ("Bank of Example holds interest rates", NEUTRAL),
    ("Trust files its quarterly report on shares and reserves", NEUTRAL),
    ("What are proof of stake and proof of work?", NEUTRAL),
    ("A portfolio made up of two coins", NEUTRAL),
    ("Conference opens in Lisbon on Monday", NEUTRAL),
]


@pytest.mark.parametrize(("title", "sound"), SOUNDS, ids=[title for title, _ in SOUNDS])
def test_a_headline_sounds_as_a_reader_hears_it(title: str, sound: str) -> None:
    assert label(sentiment(title)) == sound


def test_the_labels_are_those_that_the_database_knows() -> None:
    assert {BULLISH, NEUTRAL, BEARISH} == set(SentimentLabel.values)
    assert [label(score) for score in (1, 0.05, 0.0499, 0, -0.0499, -0.05, -1)] == [
        BULLISH, BULLISH, NEUTRAL, NEUTRAL, NEUTRAL, BEARISH, BEARISH,
    ]  # fmt: skip


def test_the_weights_lie_on_the_scale_and_the_words_are_lower_case() -> None:
    for words in (PHRASES, SIGNED):
        assert all(-4 <= weight <= 4 for weight in words.values())
        assert all(word == word.lower() for word in words)
    assert all(" " in phrase for phrase in PHRASES)


@given(st.text(max_size=200))
def test_whatever_comes_the_score_is_one(title: str) -> None:
    score = sentiment(title)
    assert -1 <= score <= 1
    assert score == round(score, 4) == sentiment(title)


def test_words_are_weighed_the_same_in_any_case_and_quotation() -> None:
    assert sentiment("Bitcoin’s rally fades") == sentiment("Bitcoin's rally fades")
    assert sentiment("all-time high for ether") == sentiment("all time high for ether")


def test_it_follows_a_trained_model_better_than_the_general_words_do(shared: Path) -> None:
    """Scores of a language model for 628 headlines of 2024. Measured: 0.33, with VADER's own words 0.19."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

    with gzip.open(shared / "data/news/headlines-2024-03_2024-05.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [(row["title"], float(row["sentiment_score"])) for row in csv.DictReader(file)]
    model = [score for _title, score in rows]
    general = SentimentIntensityAnalyzer()
    ours = spearmanr([sentiment(title) for title, _score in rows], model).statistic
    theirs = spearmanr([general.polarity_scores(title)["compound"] for title, _score in rows], model).statistic
    assert round(float(theirs), 2) == 0.19
    assert ours > theirs + 0.1


KINDS_OF = [
    ("Bridge exploited for $90 million", "security"),
    ("SEC delays its decision", "regulation"),
    ("Fed holds rates as inflation cools", "macro"),
    ("Kraken lists three tokens", "exchange"),
    ("Testnet of the next upgrade goes live", "technology"),
    ("Retailer accepts stablecoin payments", "adoption"),
    ("Traders eye resistance after the rally", "market"),
    ("A look back at the year", OTHER),
]


@pytest.mark.parametrize(("title", "named"), KINDS_OF, ids=[named for _, named in KINDS_OF])
def test_what_a_headline_is_about(title: str, named: str) -> None:
    assert kind(title) == named


def test_every_kind_is_tried() -> None:
    assert {named for _title, named in KINDS_OF} == {*KINDS, OTHER}


@pytest.mark.parametrize(
    ("title", "score", "symbols", "level"),
    [
        ("A look back at the year", 0.0, (), "low"),
        ("A look back at the year", 0.9, (), "low"),
        ("A look back at the year", -0.9, ("BTC",), "medium"),
        ("Kraken lists a token", 0.0, ("BTC",), "medium"),
        ("Small bridge hacked", -0.6, (), "high"),
        ("SEC rejects the fund", -0.2, ("ETH",), "high"),
        ("SEC approves the fund", 0.7, ("BTC", "SOL"), "critical"),
        ("SEC approves the fund", None, ("BTC",), "high"),
    ],
)
def test_importance_counts_points(title: str, score: float | None, symbols: tuple[str, ...], level: str) -> None:
    assert importance(title, score, symbols) == level


def test_the_levels_are_those_that_the_database_knows() -> None:
    assert set(LEVELS) == set(NewsImportance.values) == set(WEIGHTS)


class TestMood:
    def test_by_hand(self) -> None:
        found = mood(np.array([1.0, -0.5]), np.array([1.0, 3.0]))
        assert found is not None
        assert (found.count, found.mean) == (2, -0.125)
        assert found.dispersion == pytest.approx(((1 * 1.125**2 + 3 * 0.375**2) / 4) ** 0.5, abs=1e-15)

    def test_of_none_there_is_none(self) -> None:
        assert mood(np.array([]), np.array([])) is None

    @given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from(sorted(WEIGHTS.values()))), min_size=1, max_size=30))
    def test_in_any_order_the_same_and_within_bounds(self, rows: list[tuple[float, float]]) -> None:
        scores, weights = np.array(rows).T
        found = mood(scores, weights)
        assert found == mood(scores[::-1].copy(), weights[::-1].copy())
        assert found is not None
        assert min(scores) - 1e-12 <= found.mean <= max(scores) + 1e-12
        assert 0 <= found.dispersion <= 1 + 1e-12

    @pytest.mark.parametrize(
        ("scores", "weights"),
        [([1.5], [1]), ([np.nan], [1]), ([0.5], [0]), ([0.5], [np.nan]), ([0.5, 0.1], [1]), ([[0.5]], [[1]])],
    )
    def test_what_makes_no_sense_is_refused(self, scores: list[float], weights: list[float]) -> None:
        with pytest.raises(ValueError, match=r"score"):
            mood(np.array(scores), np.array(weights))
