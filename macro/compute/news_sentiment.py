"""How a headline sounds for prices, by the words that it is made of.

VADER (Hutto & Gilbert, 2014) with the words of ``news_lexicon`` in place of its own where both know one. It weighs
words, negations and intensifiers by fixed rules: the same headline always has the same score, whatever else is known.
"""

import re
from functools import cache
from typing import Any

from macro.compute.news_lexicon import PHRASES, SIGNED

LEXICON = "vader-3.3.2+markets-1"
"""Which words and weights a score was made with."""
LIMIT = 0.05
"""From here on a score is bullish, from minus this on down it is bearish, as VADER's authors say."""
PLACES = 4
BY = re.compile(r"\b(up|down) (?=(?:by |over |nearly |almost |more than )?[$€£]?\d)", re.IGNORECASE)
"""*Up 5%* is a rise; *made up* is none."""
BULLISH, NEUTRAL, BEARISH = "bullish", "neutral", "bearish"


def sentiment(title: str) -> float:
    """Score of an English headline, -1 (bearish) to 1 (bullish), four places; 0 when no word of it carries a mood."""
    text = BY.sub(r"\1_by ", title.replace("’", "'").replace("-", " "))
    scores: dict[str, float] = _analyzer().polarity_scores(_joined(text))
    return round(scores["compound"], PLACES)


def label(score: float) -> str:
    """What a score is called."""
    if score >= LIMIT:
        return BULLISH
    return BEARISH if score <= -LIMIT else NEUTRAL


def _joined(title: str) -> str:
    """A headline in which every phrase of the lexicon is one word."""
    return _phrases().sub(lambda found: found[0].replace(" ", "_"), title)


@cache
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(PHRASES, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


@cache
def _analyzer() -> Any:
    """VADER with our words; reading its own takes some hundredths of a second, once."""
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]
        SentimentIntensityAnalyzer,
    )

    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(SIGNED)
    analyzer.lexicon.update({phrase.replace(" ", "_"): weight for phrase, weight in PHRASES.items()})
    return analyzer
