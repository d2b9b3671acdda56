"""What kind of news a headline is, and how far it may move the market, by the words in it."""

import re
from collections.abc import Collection

LEVELS = ("low", "low", "medium", "high", "critical")
"""Importance by the number of points."""
STRONG = 0.5
"""A score from here on, to either side, makes a point."""
MAJOR = frozenset({"BTC", "ETH"})
"""Coins that the others follow; naming one makes a point."""
OTHER = "other"
KINDS: dict[str, tuple[str, ...]] = {
    "security": (
        r"hack\w*", r"exploit\w*", r"stolen", r"breach\w*", r"phish\w+", r"drained", r"scams?", r"rug pull\w*",
        r"vulnerabilit\w+", r"ransomware", r"heist", r"theft", r"malware",
    ),
    "regulation": (
        r"sec", r"cftc", r"doj", r"irs", r"regulat\w+", r"law(?:s|maker\w*|suit\w*)?", r"legal\w*", r"court",
        r"sues?", r"sued", r"ban(?:s|ned|ning)?", r"licen[cs]\w+", r"tax\w*", r"senat\w+", r"congress", r"bill",
        r"sanction\w*", r"indict\w*", r"sentenced", r"charg(?:es|ed)", r"watchdog", r"compliance", r"aml",
    ),
    "macro": (
        r"fed", r"federal reserve", r"inflation", r"cpi", r"rate (?:hikes?|cuts?)", r"interest rates?", r"recession",
        r"gdp", r"jobs report", r"unemployment", r"central banks?", r"ecb", r"powell", r"yellen", r"treasury",
        r"economy", r"bank of \w+", r"tariffs?",
    ),
    "exchange": (
        r"binance", r"coinbase", r"kraken", r"ftx", r"okx", r"kucoin", r"huobi", r"bybit", r"bitfinex", r"gemini",
        r"exchanges?", r"(?:de)?lists?(?:ed|ing)?", r"withdrawals?", r"proof of reserves",
    ),
    "technology": (
        r"upgrades?", r"mainnet", r"testnet", r"(?:hard|soft) ?fork", r"protocol", r"layer ?[12]", r"rollups?",
        r"scaling", r"developers?", r"devs?", r"code", r"merge", r"halving", r"outage", r"validators?", r"zk\w*",
    ),
    "adoption": (
        r"adopt\w*", r"partner\w*", r"accepts?", r"payments?", r"legal tender", r"integrat\w+", r"etfs?",
        r"institution\w*", r"raises?", r"funding", r"fund", r"invest(?:s|ed|ment|ments|ors?)", r"launch\w*",
        r"treasur(?:y|ies)",
    ),
    "market": (
        r"price\w*", r"rall(?:y|ies|ied)", r"bulls?", r"bears?", r"bullish", r"bearish", r"trad(?:e|er|ers|ing)",
        r"surg\w+", r"soar\w*", r"plung\w+", r"crash\w*", r"market\w*", r"all[- ]time", r"ath", r"resistance",
        r"support", r"gains?", r"losses", r"liquidat\w+", r"whales?", r"volatil\w+", r"\d+%",
    ),
}  # fmt: skip
"""Words of each kind; the first kind with one of its words in the headline is the headline's."""
GRAVE = ("security", "regulation", "macro", "exchange")
"""Kinds that reach beyond one coin; being of one makes a point."""
EVENTS = re.compile(
    r"\b(?:hack(?:ed|s)?|exploit(?:ed|s)?|stolen|bankrupt\w*|insolven\w+|collaps\w+|depeg\w*|loses peg|crash(?:es|ed)?|"
    r"(?:halts?|pauses?|freezes?|suspends?)(?: \w+)? withdrawals|sec (?:sues|charges|approves|rejects)|sues|indict\w*|"
    r"approv\w+|rejects?|bans?|banned|rate (?:hikes?|cuts?)|halving|delists?|default\w*|emergency|legal tender)\b",
    re.IGNORECASE,
)
"""Things that have happened and change what a coin is worth; naming one makes a point."""
_KINDS = {kind: re.compile(rf"\b(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) for kind, words in KINDS.items()}


def kind(title: str) -> str:
    """What a headline is about."""
    return next((name for name, words in _KINDS.items() if words.search(title)), OTHER)


def importance(title: str, score: float | None, symbols: Collection[str]) -> str:
    """Expected impact: low with up to one point, medium with two, high with three, critical with four.

    A point each for: a strong score, a kind that reaches beyond one coin, an event, a coin that the others follow.

    Args:
        title: the headline.
        score: its sentiment, -1 to 1; None: not known.
        symbols: coins that it names.
    """
    points = (
        (score is not None and abs(score) >= STRONG)
        + (kind(title) in GRAVE)
        + (EVENTS.search(title) is not None)
        + bool(MAJOR & set(symbols))
    )
    return LEVELS[points]
