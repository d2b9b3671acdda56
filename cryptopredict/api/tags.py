"""What each part of the API is about: the headings of its documentation."""

from typing import Any

TAGS = {
    "alerts": "Conditions that a person watches, and what has met them.",
    "assets": "Coins: what is known of them, candles, indicators, news, and admins' care of the list.",
    "auth": "Logging in and out, registering, passwords, tickets of live channels.",
    "backtests": "Signals, suggestions and strategies tried on the past; each run is kept.",
    "dashboard": "What the pages show first, for each kind of reader.",
    "feedback": "What people say about signals, suggestions and the product, and what becomes of it.",
    "macro": "Regimes of the market, the figures behind them, and forecasts of the next one.",
    "models": "Models, their versions, jobs, gates and records.",
    "portfolios": "What somebody owns: positions, trades, imports, returns, risk.",
    "predictions": "Forecasts of prices, and how all earlier ones came out.",
    "recommendations": "Advice on what to hold, and the answers to it.",
    "sectors": "Groups of coins: how they do beside each other, and where money moves.",
    "signals": "When to act: each with its reasons, levels, path and outcome.",
    "suggestions": "Changes of lists that models propose and people decide.",
    "system": "Health, settings, runs, records of changes and of calls.",
    "trade-actions": "What somebody did after a signal or advice.",
    "users": "The own account, its tokens, sessions and wishes; people, for admins.",
    "watchlists": "Lists of coins, their entries, limits and history.",
    "webhooks": "Events that are sent to a program of yours, and how each delivery went.",
}


def with_tags(result: dict[str, Any], **_generating: Any) -> dict[str, Any]:
    """The document with a word about each of its parts; of a part without one it cannot be made."""
    used = {tag for methods in result["paths"].values() for one in methods.values() for tag in one["tags"]}
    return result | {"tags": [{"name": name, "description": TAGS[name]} for name in sorted(used)]}
