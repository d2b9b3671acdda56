"""Daily candles of the whole market over years: what models are trained on and evaluated against."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import F, Q
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, AssetType
from assets.models import Asset
from assets.selectors import candle_panel
from macro.compute.regime.phase import Panel
from system.exceptions import NoData

BITCOIN = "BTC"
LONGEST = 4000
"""Days that are read at most: as far back as daily candles of any exchange go."""
LEAST = 400
"""An asset with fewer days holds hardly a phase."""
DAY = 86400


@dataclass(frozen=True)
class History:
    """Daily candles of n assets, oldest first.

    Attributes:
        days: days since 1970, without holes, shape (t,).
        symbols: of the assets, in the order of the panel's second axis; Bitcoin is among them.
        panel: candles; NaN where an asset has none.
    """

    days: NDArray[np.int64]
    symbols: tuple[str, ...]
    panel: Panel

    @property
    def bitcoin(self) -> int:
        """Place of Bitcoin in the panel."""
        return self.symbols.index(BITCOIN)

    def until(self, length: int) -> "History":
        """The first ``length`` days."""
        cut = Panel(*(values[:length] for values in (self.panel.high, self.panel.low, self.panel.close)))
        return History(self.days[:length], self.symbols, cut)


def daily_market(as_of: datetime) -> History:
    """Every coin of the real market that follows no other price and has daily candles of more than a year, dead ones
    too, as it was known at ``as_of``.

    Raises:
        NoData: Bitcoin is not among them.
    """
    coins = (
        Asset.objects.filter(asset_type=AssetType.CRYPTO, is_active=True)
        .exclude(Q(data_source=DEMO_SOURCE) | Q(symbol__endswith="-PERP") | Q(metrics_details__has_key="pegged_to"))
        .order_by(F("id"))
        .values_list("id", "symbol")
    )
    ids, symbols = [pk for pk, _symbol in coins], [symbol for _pk, symbol in coins]
    found = candle_panel(ids, "1d", as_of, LONGEST)
    long = np.flatnonzero(np.isfinite(found.close).sum(axis=0) >= LEAST)
    if BITCOIN not in [symbols[place] for place in long]:
        raise NoData(f"Regimes are learned from {LEAST} daily candles of Bitcoin at least; import them first.")
    first = int(np.isfinite(found.close[:, long]).any(axis=1).argmax())
    panel = Panel(*(values[first:, long] for values in (found.high, found.low, found.close)))
    return History(found.times[first:] // DAY, tuple(symbols[place] for place in long), panel)
