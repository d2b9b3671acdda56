"""What the backtest service refuses, and why a backtest failed, in the language of the reader."""

import re
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from system import formats

RULES = r"rules(?:\[\d+\])?\."
SAID: tuple[tuple[str, Any], ...] = (
    (r"timeframe: '(?P<given>.*)' is none of (?P<known>.*)", _("“%(given)s” is none of %(known)s.")),
    (r"timeframe: signals live on (?P<known>.*)", _("Signals are made on %(known)s only.")),
    (r"start: no candle is older than (?P<day>\S+)", _("No candle is older than %(day)s.")),
    (r"start must lie before end", _("The start must lie before the end.")),
    (r"end is to come", _("The end is still to come.")),
    (
        r"start: (?P<bars>\S+) candles of (?P<assets>\S+) assets are (?P<all>\S+); (?P<most>\S+) at most",
        _("%(bars)s candles of %(assets)s assets are %(all)s; at most %(most)s can be run."),
    ),
    (
        r"Of rules, signals and series exactly one is needed",
        _("Orders come from rules, plans or stored signals: choose one."),
    ),
    (r"rules: between 1 and 5,000 variants", _("Give between 1 and 5,000 variants.")),
    (
        r"rules: (?P<variants>\S+) variants of (?P<candles>\S+) candles are (?P<all>\S+); (?P<most>\S+) at most",
        _("%(variants)s variants of %(candles)s candles are %(all)s; at most %(most)s can be run."),
    ),
    (
        RULES + r"targets: a target is a multiple of the way to the stop, and there is no stop",
        _("A target is a multiple of the way to the stop, and there is no stop."),
    ),
    (
        RULES + r"leave: nothing ever ends a position: it needs a stop, a time limit or the opposite signal",
        _("Nothing ever ends a position: it needs a stop, a time limit or the opposite signal."),
    ),
    (RULES + r"entry\.fast: must be shorter than slow", _("The short average must be shorter than the long one.")),
    (RULES + r"entry\.below: must lie below above", _("It must lie below the other level.")),
    (
        RULES + r"targets(?:\[\d+\]\.r)?: must lie beyond the target before it",
        _("It must lie beyond the target before it."),
    ),
    (RULES + r"targets: their shares add up to more than 1", _("The shares of the targets add up to more than 1.")),
    (
        RULES + r"\S+: '?(?P<given>.*?)'? is no (?:whole )?number",
        _("“%(given)s” is not a number that can be used here."),
    ),
    (
        RULES + r"\S+: (?P<given>\S+) does not lie from (?P<least>\S+) to (?P<most>\S+)",
        _("It must lie from %(least)s to %(most)s."),
    ),
    (
        r"\S+ must be (?:a whole number|a number) from (?P<least>\S+) to (?P<most>\S+)",
        _("It must lie from %(least)s to %(most)s."),
    ),
    (r"assets: there is no asset (?P<symbol>.*)", _("There is no asset %(symbol)s.")),
    (r"assets: (?P<most>\S+) at most", _("At most %(most)s assets.")),
    (r"assets: one is named twice", _("One asset is named twice.")),
    (r"(?:start|end) must be a date, or a time with its zone", _("Give a date, or a time with its zone.")),
    (r"(?:start|end) lies outside the calendar", _("It lies outside the calendar.")),
    (r"\S+ must be text of at most 100 characters", _("At most 100 characters.")),
    (r"\S+: there is no such field; there are (?P<known>.*)", _("There is no such field; there are %(known)s.")),
    (
        r"No (?P<timeframe>\S+) candle of these assets lies between (?P<start>.*) and (?P<end>.*) UTC",
        _("No candle of %(timeframe)s of these assets lies in this time."),
    ),
    (
        r"No (?P<timeframe>\S+) signal of the series in this window can be followed",
        _("No stored signal of %(timeframe)s in this time can be followed."),
    ),
    (
        r"No moment of this window has a market that signals could be made for",
        _("At no moment of this time was there a market that signals could be made for."),
    ),
    (
        r"The series \S* ?has no (?P<timeframe>\S+) signals in this window",
        _("No signals of %(timeframe)s were stored in this time."),
    ),
    (r"No asset stood on a list in this window", _("No asset stood on a list in this time.")),
    (r"It was cancelled", _("It was cancelled.")),
)
"""Sentences of the service as patterns, and how they are said to people."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Any], ...]:
    return tuple((re.compile(pattern + r"\.?\Z", re.DOTALL), said) for pattern, said in SAID)


def told(sentence: str) -> str:
    """A refusal or failure in the language of the reader; one that is not known here stays as it is."""
    for pattern, said in _patterns():
        if found := pattern.match(sentence):
            return str(said) % {name: formats.told(text) for name, text in found.groupdict().items()}
    return sentence
