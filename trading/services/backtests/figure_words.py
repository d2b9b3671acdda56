"""What the numbers of a report are called."""

from typing import Any

from django.utils.translation import gettext as _

PERCENT = frozenset({
    "total_return", "annual_return", "exposure", "in_market", "win_rate", "depth", "max_drawdown", "low", "median",
    "high", "actual", "deeper",
})  # fmt: skip
"""Fractions that are shown as percent."""
CHANCES = frozenset({"p_value", "chance"})
"""Where the far decimals count."""


def figure_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """The result, line by line."""
    names = {
        "start": _("Capital, USD"),
        "end": _("Account at the end, USD"),
        "total_return": _("Result"),
        "annual_return": _("Result a year"),
        "sharpe": _("Sharpe ratio"),
        "sortino": _("Sortino ratio"),
        "calmar": _("Calmar ratio"),
        "exposure": _("Mean exposure"),
        "in_market": _("Time with a position"),
        "closed": _("Trades closed"),
        "still_open": _("Trades open at the end"),
        "win_rate": _("Share that earned"),
        "profit_factor": _("Profit factor"),
        "mean_r": _("Mean result in multiples of the risk"),
        "mean_net_pct": _("Mean result of a trade, %"),
        "mean_candles": _("Mean length of a trade, candles"),
        "fees": _("Fees, USD"),
        "funding": _("Funding, USD"),
        "slippage": _("Slippage, USD"),
        "turnover": _("Turnover, USD"),
        "assumed": _("Trades in which the stop was assumed"),
    }
    rows = [(names[name], shown(name, figures[name])) for name in names]
    return [*rows, (_("Deepest fall"), shown("depth", figures["drawdown"]["depth"]))]


def study_rows(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    """What speaks for more than luck, line by line."""
    names = {
        ("holding", "total_return"): _("Holding all assets in equal parts"),
        ("holding", "max_drawdown"): _("Deepest fall of holding"),
        ("holding", "p_value"): _("p that it beat holding by luck"),
        ("random_entries", "mean_pct"): _("Mean result of its trades, %"),
        ("random_entries", "random_pct"): _("The same with random entries, %"),
        ("random_entries", "p_value"): _("p that random entries do as well"),
        ("reordered", "median"): _("Deepest fall in other orders of the trades, median"),
        ("reordered", "high"): _("The same, 95 % quantile"),
        ("reordered", "deeper"): _("Share of orders with a deeper fall"),
        ("deflated_sharpe", "chance"): _("Deflated Sharpe ratio: chance that it is above 0"),
        ("deflated_sharpe", "trials"): _("Variants tried"),
    }
    return [(text, shown(name, (metrics[part] or {}).get(name))) for (part, name), text in names.items()]


def shown(name: str, value: float | None) -> str:
    """A number for a person; one that is not known is a dash."""
    if value is None:
        return "–"
    if name in PERCENT:
        return f"{100 * value:.2f} %".replace("-", "−")
    if isinstance(value, int):
        return str(value)
    text = f"{value:.4f}" if name in CHANCES else f"{value:,.2f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.lstrip("-")
