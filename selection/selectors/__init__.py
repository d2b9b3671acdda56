"""Reads of layer 3."""

from selection.selectors.membership import Member, active_asset_ids, members

__all__ = ["Member", "active_asset_ids", "members"]
