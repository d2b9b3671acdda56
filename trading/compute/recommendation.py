"""One word for what is known of an asset: its place among the others, and the signals that have proved an edge."""

STRONG_SELL, SELL, HOLD, BUY, STRONG_BUY = "strong_sell", "sell", "hold", "buy", "strong_buy"
WORDS = (STRONG_SELL, SELL, HOLD, BUY, STRONG_BUY)
TOP, BOTTOM = 0.8, 0.2
"""From the best fifth of the ranking on, and up to the worst."""


def recommendation(score: float | None, longs: int, shorts: int) -> str | None:
    """The word for an asset; None where nothing is known of it.

    The best fifth of the ranking counts one step up, the worst one down. So do signals that all point one way; where
    they contradict each other, and in the middle of the ranking, nothing is counted. One step is ``buy`` or ``sell``,
    two are strong.

    Args:
        score: place in the ranking, 0 the worst, 1 the best.
        longs, shorts: open signals with a proven edge, >= 0.
    Raises:
        ValueError: an argument out of its range.
    """
    if longs < 0 or shorts < 0 or (score is not None and not 0 <= score <= 1):
        raise ValueError("a place lies from 0 to 1, and there are no fewer signals than none")
    if score is None and not longs and not shorts:
        return None
    steps = 0 if score is None else (score >= TOP) - (score <= BOTTOM)
    steps += (longs > 0 and not shorts) - (shorts > 0 and not longs)
    return WORDS[2 + steps]
