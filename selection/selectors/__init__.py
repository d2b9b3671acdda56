"""Reads of layer 3."""

from selection.selectors.membership import Member, active_asset_ids, listed_asset_ids, lists_with_members, members
from selection.selectors.prices import latest_closes

__all__ = ["Member", "active_asset_ids", "latest_closes", "listed_asset_ids", "lists_with_members", "members"]
