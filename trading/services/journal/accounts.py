"""The positions that entries go through; made when they are needed first."""

from collections.abc import Iterable
from decimal import Decimal

from accounts.models import User
from assets.choices import AssetType
from assets.models import Asset
from selection.choices import HoldingType
from selection.models import Portfolio, PortfolioAsset
from trading.services.journal.derivation import leverage_of
from trading.services.journal.entries import NewEntry
from trading.services.journal.pricing import Priced

Key = tuple[int, bool, Decimal]
"""Asset, whether it is a short position, leverage."""


class Positions:
    """Positions of a portfolio, whose row the caller has locked. ``touched`` are those that the entries need."""

    def __init__(self, portfolio: Portfolio, actor: User) -> None:
        self.portfolio, self.actor = portfolio, actor
        self.touched: set[int] = set()
        self._found: dict[Key, PortfolioAsset] = {}
        for position in portfolio.positions.order_by("id"):
            is_short = position.asset_type == HoldingType.SHORT_POSITION
            self._found.setdefault((position.asset_id, is_short, leverage_of(position)), position)
        self._count = portfolio.positions.count()

    def note(self, entries: Iterable[Priced]) -> None:
        """Touch what the entries pay with, and make it where it is needed first."""
        for one in entries:
            for asset in self.paid_in(one.entry):
                self.touched.add(self.spot(asset).pk)

    def of(self, entry: NewEntry) -> PortfolioAsset:
        """The position that an entry is about."""
        return entry.position or self._position(entry.asset, entry.is_short, entry.leverage)

    def spot(self, asset: Asset) -> PortfolioAsset:
        """The position of coins that are owned."""
        return self._position(asset, False, Decimal(1))

    def paid_in(self, entry: NewEntry) -> list[Asset]:
        """Coins besides the traded one that an entry moves."""
        cash = self.portfolio.cash_asset
        if cash is None:
            coins = [entry.fee_asset, entry.settlement_asset]
            return [coin for coin in coins if coin is not None and coin.asset_type != AssetType.STABLECOIN]
        return [coin for coin in (entry.fee_asset, entry.settlement_asset, cash) if coin is not None]

    def _position(self, asset: Asset, is_short: bool, leverage: Decimal) -> PortfolioAsset:
        key = (asset.pk, is_short, leverage)
        if key not in self._found:
            self._count += 1
            self._found[key] = PortfolioAsset.objects.create(
                portfolio=self.portfolio,
                asset=asset,
                asset_type=_kind(asset, is_short, leverage),
                leverage_ratio=leverage,
                sort_order=self._count,
                added_by=self.actor,
                last_modified_by=self.actor,
            )
        return self._found[key]


def _kind(asset: Asset, is_short: bool, leverage: Decimal) -> HoldingType:
    if is_short:
        return HoldingType.SHORT_POSITION
    if leverage != 1:
        return HoldingType.LONG_POSITION
    return HoldingType.STABLECOIN if asset.asset_type == AssetType.STABLECOIN else HoldingType.CRYPTO_ASSET
