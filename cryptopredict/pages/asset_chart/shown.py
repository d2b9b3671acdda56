"""What the reader has put on the chart besides the candles. The address holds it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from assets.selectors.visible import visible_assets

MOST_COMPARED = 3
UTC_ZONE, LOCAL_ZONE = "utc", "local"


@dataclass(frozen=True)
class Study:
    """An indicator that can be drawn.

    Attributes:
        key: names it in the address.
        label: for people.
        outputs: its series, as ``assets.compute.outputs`` names them.
        is_over: drawn over the candles; else in a pane of its own.
        levels: lines across its pane.
    """

    key: str
    label: str | Promise
    outputs: tuple[str, ...]
    is_over: bool = False
    levels: tuple[int, ...] = ()


STUDIES = (
    Study("sma20", _("Average of 20 candles"), ("SMA_20",), is_over=True),
    Study("sma50", _("Average of 50 candles"), ("SMA_50",), is_over=True),
    Study("sma200", _("Average of 200 candles"), ("SMA_200",), is_over=True),
    Study("ema20", _("Exponential average of 20"), ("EMA_20",), is_over=True),
    Study("ema200", _("Exponential average of 200"), ("EMA_200",), is_over=True),
    Study("bands", _("Bollinger bands"), ("BB_upper", "BB_middle", "BB_lower"), is_over=True),
    Study("vwap", _("VWAP of 20 candles"), ("VWAP_20",), is_over=True),
    Study("rsi", _("RSI 14"), ("RSI_14",), levels=(30, 70)),
    Study("macd", _("MACD 12/26/9"), ("MACD", "MACD_signal", "MACD_histogram"), levels=(0,)),
    Study("atr", _("Average true range 14"), ("ATR_14",)),
    Study("adx", _("Trend strength ADX 14"), ("ADX_14", "PLUS_DI_14", "MINUS_DI_14"), levels=(25,)),
    Study("stoch", _("Stochastic 14/3/3"), ("STOCH_k", "STOCH_d"), levels=(20, 80)),
    Study("obv", _("On-balance volume"), ("OBV",)),
)
PARTS = {
    "BB_upper": _("Bollinger upper band"),
    "BB_middle": _("Bollinger middle band"),
    "BB_lower": _("Bollinger lower band"),
    "MACD": _("MACD line"),
    "MACD_signal": _("MACD signal line"),
    "MACD_histogram": _("MACD histogram"),
    "PLUS_DI_14": _("Upward +DI 14"),
    "MINUS_DI_14": _("Downward −DI 14"),
    "STOCH_k": _("Stochastic K"),
    "STOCH_d": _("Stochastic D"),
}
"""Names of single series of an indicator that has several; another one is called like its indicator."""
EXTRAS = {"levels": _("Key levels"), "past": _("Past forecasts")}
"""What else may be drawn."""


@dataclass(frozen=True)
class ShownOnChart:
    """The reader's choice.

    Attributes:
        studies: the indicators, in the order of the list.
        extras: keys of ``EXTRAS``.
        compared: other assets, at most three.
        unknown: symbols that were asked for and are not shown by the product.
        zone: of the times.
    """

    studies: list[Study]
    extras: list[str]
    compared: list[Asset]
    unknown: list[str]
    zone: str

    @property
    def outputs(self) -> list[str]:
        """Names of all series."""
        return [name for study in self.studies for name in study.outputs]

    @property
    def query(self) -> str:
        """Of the address, without the timeframe."""
        pairs = [("show", study.key) for study in self.studies] + [("show", key) for key in self.extras]
        pairs += [("compare", one.symbol) for one in self.compared]
        return urlencode(pairs + ([("zone", LOCAL_ZONE)] if self.zone == LOCAL_ZONE else []))


def shown_on_chart(asset: Asset, query: QueryDict) -> ShownOnChart:
    """The choice of an address; what makes no sense is left out, and an asset that is not there is named."""
    wanted = set(query.getlist("show"))
    words = " ".join(query.getlist("compare")).replace("\x00", "").replace(",", " ").upper().split()
    symbols = [symbol for symbol in dict.fromkeys(words) if symbol != asset.symbol][:MOST_COMPARED]
    found = {one.symbol: one for one in visible_assets().filter(symbol__in=symbols)} if symbols else {}
    return ShownOnChart(
        studies=[study for study in STUDIES if study.key in wanted],
        extras=[key for key in EXTRAS if key in wanted],
        compared=[found[symbol] for symbol in symbols if symbol in found],
        unknown=[symbol for symbol in symbols if symbol not in found],
        zone=LOCAL_ZONE if query.get("zone") == LOCAL_ZONE else UTC_ZONE,
    )
