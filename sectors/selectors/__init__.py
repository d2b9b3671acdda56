"""Reads of layer 2."""

from sectors.selectors.market import SectorMarket, sector_market, sector_returns

__all__ = ["SectorMarket", "sector_market", "sector_returns"]
