"""The glossary: every figure that pages speak of, once, with its formula. Popovers and the page of help use it."""

from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.help.forecast_terms import FORECASTS, MARKET, MODELS
from cryptopredict.pages.help.term import Chapter, Term
from cryptopredict.pages.help.trade_terms import DATA, SUGGESTIONS, TRADING, WEALTH

CHAPTERS = (
    Chapter("market", _("The market"), MARKET),
    Chapter("forecasts", _("Forecasts and their record"), FORECASTS),
    Chapter("models", _("Models"), MODELS),
    Chapter("suggestions", _("Suggestions"), SUGGESTIONS),
    Chapter("trading", _("Signals, trades and backtests"), TRADING),
    Chapter("wealth", _("Portfolios"), WEALTH),
    Chapter("data", _("Data"), DATA),
)
TERMS = {term.key: term for chapter in CHAPTERS for term in chapter.terms}


def found(text: str) -> list[Chapter]:
    """The chapters with the terms whose name or formula holds a text, in the reader's language; empty: all."""
    wanted = text.strip().casefold()
    if not wanted:
        return list(CHAPTERS)
    kept = (
        Chapter(chapter.key, chapter.title, tuple(term for term in chapter.terms if _holds(term, wanted)))
        for chapter in CHAPTERS
    )
    return [chapter for chapter in kept if chapter.terms]


def _holds(term: Term, wanted: str) -> bool:
    return any(wanted in str(words).casefold() for words in (term.label, term.explanation.formula))
