"""Why the market is judged as it is, in sentences made of the stored codes and numbers, led by what weighed most."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext, ngettext

from assets.compute.periods import LENGTHS
from macro.choices import MarketRegime, RiskAppetite, SentimentRegime
from macro.models import AIRegimeAnalysis
from macro.selectors import rationale_words as words
from system import formats

NAMED = 5
"""Pieces of evidence that a sentence names at most."""
DIVIDED = 0.15
"""A sum of the evidence nearer to 0 than this is called divided."""
Data = dict[str, Any]


def rationale(analysis: AIRegimeAnalysis) -> list[str]:
    """Sentences in the active language, the weightiest evidence first; what is missing is named at the end."""
    data, flags = analysis.analysis_data or {}, analysis.validation_flags or {}
    parts: tuple[Callable[[AIRegimeAnalysis, Data], Iterator[str]], ...] = (
        _evidence, _state, _structure, _breakout, _levels, _mood, _outside, _timeframes, _next, _record, _analogue,
        _risks, _invalidation,
    )  # fmt: skip
    told = [sentence for part in parts for sentence in part(analysis, data)]
    return told + list(_missing(flags))


def _evidence(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    signals = sorted(data.get("primary_signals") or [], key=lambda one: -abs(one["contribution"]))
    total = sum(one["contribution"] for one in signals)
    rising, falling = (_pieces(signals, sign) for sign in (1, -1))
    if not rising and not falling:
        return
    yield gettext("The evidence sums to %(total)s, on a scale from −1 (down) to +1 (up).") % {
        "total": words.number(total, signed=True)
    }
    if abs(total) < DIVIDED and rising and falling:
        yield gettext("The evidence is divided: %(rising)s for a rise, %(falling)s for a fall.") % {
            "rising": rising,
            "falling": falling,
        }
        return
    if total > 0:
        said, against = gettext("For a rise: %(names)s.") % {"names": rising}, falling
    else:
        said, against = gettext("For a fall: %(names)s.") % {"names": falling}, rising
    yield said
    if against:
        yield gettext("Against it: %(names)s.") % {"names": against}


def _pieces(signals: list[Data], sign: int) -> str:
    """The weightiest evidence of one direction, each with its contribution."""
    one_way = [one for one in signals if sign * one["contribution"] > 0][:NAMED]
    return formats.listed(
        [
            f"{words.named(words.EVIDENCE, one['evidence'])} ({words.number(one['contribution'], signed=True)})"
            for one in one_way
        ]
    )


def _state(analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    chances = data.get("probabilities") or {}
    own = chances.get(analysis.current_regime)
    if own is None or not analysis.regime_statistics:
        return
    yield gettext("State: %(regime)s, probability %(chance)s, for %(span)s.") % {
        "regime": _regime(analysis.current_regime),
        "chance": formats.share(own),
        "span": words.span(24 * analysis.regime_statistics["current_duration_days"]),
    }
    other = max((name for name in chances if name != analysis.current_regime), key=chances.__getitem__)
    told = {"regime": _regime(other), "chance": formats.share(chances[other])}
    if chances[other] > own:
        yield (
            gettext(
                "At the moment %(regime)s is more probable (%(chance)s), but not by enough for the state to change."
            )
            % told
        )
    else:
        yield gettext("Next in probability: %(regime)s (%(chance)s).") % told


def _regime(name: str) -> str:
    return str(MarketRegime(name).label)


def _structure(analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    found = data.get("structure")
    if not found:
        return
    low, high = formats.price(found["last_low"]["price"]), formats.price(found["last_high"]["price"])
    yield {
        1: gettext("Highs and lows are rising; the last low stands at %(low)s USD."),
        -1: gettext("Highs and lows are falling; the last high stands at %(high)s USD."),
        0: gettext("Highs and lows disagree; the last ones stand at %(high)s and %(low)s USD."),
    }[found["trend"]] % {"low": low, "high": high}
    if analysis.structure_break and found["trend"]:
        yield gettext("The newest close has broken that order.")
    elif analysis.structure_break:
        yield gettext("The newest close lies outside of them.")


def _breakout(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    found = data.get("breakout")
    if not found:
        return
    if found["period"] is None:
        said = {
            "up": gettext("The price crossed the falling line of its highs upwards at %(price)s USD on %(day)s."),
            "down": gettext("The price crossed the rising line of its lows downwards at %(price)s USD on %(day)s."),
        }[found["direction"]]
        yield said % {"price": formats.price(found["level"]), "day": words.day(found["time"])}
        return
    said = {
        "up": gettext("The price left the range of %(n)s candles upwards at %(price)s USD on %(day)s."),
        "down": gettext("The price left the range of %(n)s candles downwards at %(price)s USD on %(day)s."),
    }[found["direction"]]
    yield said % {
        "n": words.number(found["period"], 0),
        "price": formats.price(found["level"]),
        "day": words.day(found["time"]),
    }
    if found["volume_ratio"] is not None:
        yield gettext("Its volume was %(ratio)s times that of the 20 candles before.") % {
            "ratio": words.number(found["volume_ratio"], 1)
        }
    if not found["holds"]:
        yield gettext("It has come back since.")
    elif found["retested"]:
        yield gettext("The level was tested again and held.")


def _levels(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    for level in data.get("key_levels_to_watch") or []:
        tests = level["tests_count"]
        said = {
            "support": ngettext(
                "Support at %(price)s USD (%(distance)s), where the market turned once.",
                "Support at %(price)s USD (%(distance)s), where the market turned %(n)s times.",
                tests,
            ),
            "resistance": ngettext(
                "Resistance at %(price)s USD (%(distance)s), where the market turned once.",
                "Resistance at %(price)s USD (%(distance)s), where the market turned %(n)s times.",
                tests,
            ),
        }[level["type"]]
        yield said % {
            "price": formats.price(level["value"]),
            "distance": formats.percent(level["distance_pct"]),
            "n": words.number(tests, 0),
        }


def _mood(analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    told = data.get("sentiment_breakdown") or {}
    if analysis.sentiment_regime is None:
        return
    word = str(SentimentRegime(analysis.sentiment_regime).label)
    if told.get("fear_greed_index") is not None:
        yield gettext("Fear & Greed stands at %(n)s: %(word)s.") % {
            "n": words.number(told["fear_greed_index"], 0),
            "word": word,
        }
    else:
        yield gettext("The mood, without Fear & Greed: %(word)s.") % {"word": word}
    if analysis.sentiment_regime_conflict:
        yield gettext("The mood disagrees with the price.")


def _outside(analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    risk = (data.get("outside_markets") or {}).get("risk")
    if analysis.global_risk_appetite is None or not risk:
        return
    parts = sorted(risk["parts"].items(), key=lambda part: -abs(part[1]))
    yield gettext("Other markets: %(word)s (%(names)s; below 0 speaks against risk).") % {
        "word": str(RiskAppetite(analysis.global_risk_appetite).label),
        "names": gettext(", ").join(
            f"{words.named(words.MARKETS, name)} {words.number(value, signed=True)}" for name, value in parts
        ),
    }


def _timeframes(analysis: AIRegimeAnalysis, _data: Data) -> Iterator[str]:
    found = analysis.timeframe_alignment or {}
    judged = {name: one for name, one in found.items() if name in LENGTHS}
    if analysis.multi_timeframe_agreement is None:
        return
    names = gettext(", ").join(f"{formats.digits(name)} {_regime(one['regime'])}" for name, one in judged.items())
    if analysis.multi_timeframe_agreement:
        yield gettext("The timeframes agree: %(names)s.") % {"names": names}
    else:
        yield gettext("The timeframes disagree: %(names)s.") % {"names": names}


def _next(analysis: AIRegimeAnalysis, _data: Data) -> Iterator[str]:
    if analysis.predicted_regime is None or analysis.regime_duration_estimate is None:
        return
    yield gettext(
        "The state ends at the next candle with probability %(chance)s; it is expected to last another %(span)s, "
        "and %(regime)s follows most often."
    ) % {
        "chance": formats.share(float(analysis.regime_transition_prob or 0)),
        "span": words.span(analysis.regime_duration_estimate),
        "regime": _regime(analysis.predicted_regime),
    }


def _record(analysis: AIRegimeAnalysis, _data: Data) -> Iterator[str]:
    found = analysis.regime_statistics or {}
    if analysis.ai_confidence_score is None:
        return
    hours = found["success_after_candles"] * LENGTHS[analysis.analysis_timeframe].total_seconds() / 3600
    yield gettext("%(span)s after this state %(meant)s in %(rate)s of %(n)s past moments (%(m)s of them separate).") % {
        "span": words.span(hours),
        "meant": words.named(words.MEANT, found["success_means"]),
        "rate": formats.share(found["success_rate_historical"]),
        "n": words.number(found["success_moments"], 0),
        "m": words.number(found["success_separate"], 0),
    }


def _analogue(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    found = data.get("analogues") or []
    if not found:
        return
    best = found[0]
    after = [
        gettext("%(change)s after %(span)s") % {"change": formats.percent(value), "span": words.span(24 * int(days))}
        for days, value in sorted(best["followed_pct"].items(), key=lambda one: int(one[0]))
    ]
    yield gettext("Most alike in the past: %(day)s (similarity %(share)s), followed by %(after)s.") % {
        "day": words.day(best["time"]),
        "share": formats.share(best["similarity"]),
        "after": formats.listed(after),
    }


def _risks(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    codes = list(dict.fromkeys(one["code"] for one in data.get("risk_factors") or []))
    if codes:
        yield gettext("Reasons for caution: %(names)s.") % {
            "names": formats.listed([words.named(words.RISKS, code) for code in codes])
        }


def _invalidation(_analysis: AIRegimeAnalysis, data: Data) -> Iterator[str]:
    found = data.get("invalidation_scenario") or {}
    for code, said in (
        ("close_below", gettext("A close below %(price)s USD (%(distance)s) would refute this.")),
        ("close_above", gettext("A close above %(price)s USD (%(distance)s) would refute this.")),
    ):
        if code in found:
            yield said % {
                "price": formats.price(found[code]["price"]),
                "distance": formats.percent(found[code]["distance_pct"]),
            }


def _missing(flags: Data) -> Iterator[str]:
    names = flags.get("missing_sources") or []
    if names:
        yield gettext("Not known: %(names)s; the probabilities have been widened for it (%(share)s is there).") % {
            "names": formats.listed([words.named(words.SOURCES, name) for name in names]),
            "share": formats.share(flags["completeness_check"]),
        }
