"""Codes of portfolios in words of the reader's language: assumptions, reasons, rules, kinds of entries."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from assets.models import Asset
from selection.choices import LotMethod
from selection.compute.lots.fills import MISSING
from selection.compute.marks import AS_DOLLAR, STATED
from selection.selectors.explanation import Grade
from trading.choices import ActionType, PositionAction

ASSUMED: dict[str, Callable[[], str]] = {
    AS_DOLLAR: lambda: gettext("%(symbol)s counts as one dollar: no rate of it was known."),
    STATED: lambda: gettext("The price of %(symbol)s was stated by you: no source has it."),
    MISSING: lambda: gettext(
        "Coins left that the journal never saw come in; they count as bought at the price they left at."
    ),
}
"""What figures may rest on besides what is known, by the word before the colon of its code."""

REASONS = {
    "nothing_held": gettext_lazy("nothing was held in this time"),
    "no_value_at_start": gettext_lazy("the worth at the start of this time is not known: a price is missing"),
    "no_value_at_end": gettext_lazy("the worth at the end of this time is not known: a price is missing"),
    "no_value_at_a_flow": gettext_lazy("the worth was not known when money came or went"),
    "no_rate_at_a_flow": gettext_lazy("no rate of the currency was known when money came or went"),
    "no_time": gettext_lazy("no time passed between the payments"),
    "one_sign": gettext_lazy("money only went one way, so there is no rate"),
    "no_root": gettext_lazy("no rate fits the payments"),
    "several": gettext_lazy("several rates fit the payments, so none is told"),
    "undecided": gettext_lazy("whether one rate fits the payments could not be decided"),
    "too_few_days": gettext_lazy("too few days with a known return"),
    "no_close_on_a_day": gettext_lazy("a price is missing on one of the days"),
    "not_collected": gettext_lazy("its prices are not collected"),
    "not_analysed": gettext_lazy("this portfolio has not been analysed yet"),
    "changed_since_the_analysis": gettext_lazy("the journal has changed since the analysis"),
    "left_otherwise": gettext_lazy("coins left without a sale"),
    "count_changed": gettext_lazy("a split or a fee in coins has changed how many there are"),
    "no_stop": gettext_lazy("no stop was set, so nothing says what was risked"),
    "nothing_closed": gettext_lazy("nothing of it has been closed yet"),
    "unknown": gettext_lazy("not known"),
}
"""Why a figure is unknown."""

FIGURES = {
    "value": gettext_lazy("Worth"),
    "profit": gettext_lazy("Profit"),
    "twr": gettext_lazy("Time-weighted return"),
    "mwr": gettext_lazy("Money-weighted return"),
    "simple": gettext_lazy("Simple return"),
    "max_drawdown": gettext_lazy("Deepest fall"),
    "invested": gettext_lazy("Cost of what is held"),
    "unrealized": gettext_lazy("Not yet realised"),
    "realized": gettext_lazy("Realised since the beginning"),
    "income": gettext_lazy("Of that, income"),
    "fees": gettext_lazy("Fees since the beginning"),
    "volatility": gettext_lazy("Volatility, a year"),
}
"""Figures whose name is no name of the field."""

RULES = {
    "single_asset": gettext_lazy("One coin"),
    "sector_cluster": gettext_lazy("One sector"),
    "correlated_cluster": gettext_lazy("Moves together"),
    "spread": gettext_lazy("Spread"),
    "currency_cluster": gettext_lazy("Dollar coins"),
    "fees": gettext_lazy("Fees"),
    "stale_prices": gettext_lazy("Old prices"),
    "missing_data": gettext_lazy("Missing prices"),
    "assumed": gettext_lazy("Assumptions"),
    "liquidity": gettext_lazy("Liquidity"),
    "loss": gettext_lazy("A bad day"),
    "drawdown": gettext_lazy("Deepest fall"),
    "leverage": gettext_lazy("Leverage"),
    "unclassified": gettext_lazy("Without a sector"),
}
"""What portfolios are looked through by, in short."""

ACTIONS: dict[str, Any] = {
    PositionAction.HOLD: gettext_lazy("hold"),
    PositionAction.PARTIAL_EXIT_25: gettext_lazy("sell a quarter"),
    PositionAction.PARTIAL_EXIT_50: gettext_lazy("sell half"),
    PositionAction.PARTIAL_EXIT_75: gettext_lazy("sell three quarters"),
    PositionAction.FULL_EXIT: gettext_lazy("sell all"),
    PositionAction.ADD_POSITION: gettext_lazy("add"),
    PositionAction.MOVE_SL_TO_BE: gettext_lazy("move the stop to the entry"),
    PositionAction.TIGHTEN_SL: gettext_lazy("tighten the stop"),
    PositionAction.EXTEND_TP: gettext_lazy("move the target further"),
}

KINDS = {
    ActionType.BUY: pgettext_lazy("journal entry", "Buy"),
    ActionType.SELL: pgettext_lazy("journal entry", "Sell"),
    ActionType.PARTIAL_SELL: pgettext_lazy("journal entry", "Sell a part"),
    ActionType.ENTRY: pgettext_lazy("journal entry", "Open with leverage"),
    ActionType.PARTIAL_EXIT: pgettext_lazy("journal entry", "Close a part"),
    ActionType.FULL_EXIT: pgettext_lazy("journal entry", "Close all"),
    ActionType.MODIFY_SL: pgettext_lazy("journal entry", "Set the stop"),
    ActionType.MODIFY_TP: pgettext_lazy("journal entry", "Set the target"),
    ActionType.SHORT: pgettext_lazy("journal entry", "Sell short"),
    ActionType.COVER: pgettext_lazy("journal entry", "Cover"),
    ActionType.DEPOSIT: pgettext_lazy("journal entry", "Deposit"),
    ActionType.WITHDRAWAL: pgettext_lazy("journal entry", "Withdrawal"),
    ActionType.TRANSFER_IN: pgettext_lazy("journal entry", "Transfer in"),
    ActionType.TRANSFER_OUT: pgettext_lazy("journal entry", "Transfer out"),
    ActionType.INCOME: pgettext_lazy("journal entry", "Income"),
    ActionType.FEE: pgettext_lazy("journal entry", "Fee"),
    ActionType.FUNDING: pgettext_lazy("journal entry", "Funding"),
    ActionType.SPLIT: pgettext_lazy("journal entry", "Split"),
    ActionType.REVERSAL: pgettext_lazy("journal entry", "Taken back"),
}
"""Kinds of entries as people name what they did."""

METHODS = {
    LotMethod.AVERAGE: gettext_lazy("Average cost"),
    LotMethod.FIFO: gettext_lazy("First in, first out (FIFO)"),
    LotMethod.LIFO: gettext_lazy("Last in, first out (LIFO)"),
    LotMethod.HIFO: gettext_lazy("Highest cost first (HIFO)"),
}

GRADES = {
    Grade.A: gettext_lazy("A: all closes of the days themselves, nothing assumed"),
    Grade.B: gettext_lazy("B: an older close stands in for one that is missing, or a coin counts as a dollar"),
    Grade.C: gettext_lazy("C: rests on what was stated, or on coins that the journal never saw come in"),
    Grade.D: gettext_lazy("D: on some days of the time the value is not known"),
    Grade.F: gettext_lazy("F: not known"),
}


FORMULAS = {
    "value": gettext_lazy("quantity × price of every position, less where it was sold short, minus what is owed"),
    "unrealized": gettext_lazy("worth of every position minus the money tied up in it"),
    "invested": gettext_lazy("sum of the money tied up in every position"),
    "realized": gettext_lazy("sum of what every sale brought"),
    "income": gettext_lazy("sum of all income"),
    "fees": gettext_lazy("sum of all fees"),
    "profit": gettext_lazy("worth at the end − worth at the start − what was put in"),
    "simple": gettext_lazy("profit ÷ what was invested on average"),
    "twr": gettext_lazy("growth of each day multiplied with that of the others, minus 1"),
    "mwr": gettext_lazy("the rate a year at which all payments and the worth of now cancel out"),
    "max_drawdown": gettext_lazy("largest fall of the multiplied growth below its highest value before"),
    "volatility": gettext_lazy("standard deviation of the daily growth × √365"),
    "sharpe": gettext_lazy("mean of the daily growth ÷ its standard deviation × √365"),
    "sortino": gettext_lazy("mean of the daily growth ÷ its deviation downwards × √365"),
    "calmar": gettext_lazy("growth of a year ÷ deepest fall"),
    "benchmark_bitcoin": gettext_lazy("return of each day + 1, multiplied with that of the others, minus 1"),
    "benchmark_half_half": gettext_lazy("return of each day + 1, multiplied with that of the others, minus 1"),
}
"""How figures are counted, in a sentence; the exact formula names the inputs."""
INPUTS = {
    "growth": gettext_lazy("growth of the day"),
    "return": gettext_lazy("return of the day"),
    "quantity": gettext_lazy("quantity"),
    "price": gettext_lazy("price"),
    "cost": gettext_lazy("cost"),
    "tied": gettext_lazy("money tied up"),
    "owed": gettext_lazy("owed"),
    "rate": gettext_lazy("rate of the currency"),
    "realized": gettext_lazy("brought by sales"),
    "income": gettext_lazy("income"),
    "fee": gettext_lazy("fee"),
    "fees": gettext_lazy("fees"),
    "fees_before": gettext_lazy("fees before"),
    "invested": gettext_lazy("invested"),
    "start_value": gettext_lazy("worth at the start"),
    "end_value": gettext_lazy("worth at the end"),
    "external": gettext_lazy("put in or taken out"),
    "profit": gettext_lazy("profit"),
    "average_invested": gettext_lazy("invested on average"),
    "payment": gettext_lazy("payment"),
}
"""Inputs of those figures by the names that the formulas have for them."""
UNITS = {
    "ratio": gettext_lazy("ratio"),
    "coins": gettext_lazy("coins"),
    "percent": gettext_lazy("percent"),
    "days": gettext_lazy("days"),
    "name": gettext_lazy("name"),
    "number": gettext_lazy("number"),
    "positions": gettext_lazy("positions"),
}
"""Units that are words; those of money are codes."""


def reason(code: str | None) -> str | None:
    """Why a figure is unknown; None where it is known."""
    return None if code is None else str(REASONS.get(code, code))


def assumptions(codes: Iterable[str]) -> list[str]:
    """What figures rest on, a sentence each; coins by their symbols, in one query."""
    wanted = sorted(set(codes))
    numbers = {number for _name, _colon, number in (code.partition(":") for code in wanted) if number.isdigit()}
    rows = Asset.objects.filter(pk__in=numbers).values_list("pk", "symbol") if numbers else ()
    symbols = {str(pk): symbol for pk, symbol in rows}
    return [sentence(code, symbols) for code in wanted]


def sentence(code: str, symbols: Mapping[str, str]) -> str:
    """One assumption in words; a code that nobody put in words stays as it is."""
    name, _colon, number = code.partition(":")
    told = ASSUMED.get(name)
    return told() % {"symbol": symbols.get(number, gettext("a coin"))} if told else code
