"""Writes of the market data."""

from assets.services.aggregation import derive_candles
from assets.services.archival import archive_prices, due_partitions, restore_prices
from assets.services.collection import Collected, collect_candles, collected_assets
from assets.services.gaps import GapReport, find_gaps
from assets.services.ingest import (
    IngestReport,
    Stored,
    ingest_candles,
    store_batch,
    store_candles,
    store_checked,
    store_parts,
    upload_candles,
)
from assets.services.ingest_states import note_import
from assets.services.listings import ListingsSynced, sync_listings
from assets.services.partitions import ensure_partitions, ensure_partitions_ahead
from assets.services.quotes import refresh_quotes
from assets.services.registration import register_asset, register_coin
from assets.services.repair import RepairReport, repair_gaps
from assets.services.rounds import begin_round, collect_batch, finish_round, is_awaited, take_up_rounds
from assets.services.universe_sync import UniverseSynced, sync_universe
from assets.services.usage import count_access, flush_usage

__all__ = [
    "Collected",
    "GapReport",
    "IngestReport",
    "ListingsSynced",
    "RepairReport",
    "Stored",
    "UniverseSynced",
    "archive_prices",
    "begin_round",
    "collect_batch",
    "collect_candles",
    "collected_assets",
    "count_access",
    "derive_candles",
    "due_partitions",
    "ensure_partitions",
    "ensure_partitions_ahead",
    "find_gaps",
    "finish_round",
    "flush_usage",
    "ingest_candles",
    "is_awaited",
    "note_import",
    "refresh_quotes",
    "register_asset",
    "register_coin",
    "repair_gaps",
    "restore_prices",
    "store_batch",
    "store_candles",
    "store_checked",
    "store_parts",
    "sync_listings",
    "sync_universe",
    "take_up_rounds",
    "upload_candles",
]
