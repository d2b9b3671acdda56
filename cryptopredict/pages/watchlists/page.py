"""The pages of lists: all of them in short, and one with its entries, its suggestions and its past."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assets.models import Asset
from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages.parts import part
from cryptopredict.pages.watchlists.changes import Change, changes
from cryptopredict.pages.watchlists.forms import AddForm, DecisionForm, ListForm, PastForm, SettingsForm
from selection.choices import Factor, Tier, WatchlistType
from selection.models import AISuggestion, AIWatchlistAnalysis, Watchlist, WatchlistAsset, WatchlistAssetHistory
from selection.selectors.list_overviews import ListOverview, deleted_lists, list_overviews, open_suggestions
from selection.selectors.membership import past_entries
from selection.selectors.stays import Stay, stays
from selection.selectors.suggestion_chain import reasons
from selection.selectors.visible import capacity, newest_ranking, visible_watchlists
from system.rest.conditional import version_of
from system.services import setting
from trading.selectors.chains import active_signals

SHOWN_STAYS, SHOWN_SUGGESTIONS, DELETED = 100, 30, 3
REASONS = 3
DAY = timedelta(days=1)
ENTRY_COLUMNS = (
    "place", "asset", "direction", "weight", "target_allocation", "notes", "is_active", "price_usd", "change_24h_pct",
    "change_7d_pct", "rank", "better_than", "risk_level", "open_signals", "added",
)  # fmt: skip
PAST_COLUMNS = ("place", "asset", "direction", "weight", "since", "until")
COLUMNS: tuple[tuple[str, Any, bool], ...] = (
    ("place", _("Place"), True),
    ("asset", _("Asset"), False),
    ("price", _("Price, USD"), True),
    ("24h", _("24 h"), True),
    ("7d", _("7 d"), True),
    ("rank", _("Rank"), True),
    ("added", _("Added"), False),
)
RISES = {"place", "asset", "rank"}
"""Columns that begin with the smallest."""


@dataclass(frozen=True)
class ListsPage:
    """The lists in short. ``deleted``: own ones that may come back."""

    tiers: list[ListOverview]
    own: list[ListOverview]
    form: ListForm
    deleted: list[Watchlist]
    most: int


@dataclass(frozen=True)
class Entry:
    """An entry with its place in the newest ranking; unknown before the list was ranked."""

    row: WatchlistAsset
    rank: int | None
    better_than: float | None
    risk_level: str | None
    signals: int


@dataclass(frozen=True)
class Suggested:
    """A suggested change, what speaks for it, and how often such places were followed by what is suggested.

    Attributes:
        reasons: factor in words with its percentile, 0-1.
        measured: that share, and of how many; None where it was not kept.
    """

    row: AISuggestion
    reasons: list[tuple[str, float]]
    measured: float | None
    measured_n: int
    form: DecisionForm


@dataclass(frozen=True)
class Head:
    """The head of a column; ``query`` sorts by it, or the other way round."""

    label: str | Promise
    is_number: bool
    query: str
    sorted: str


@dataclass(frozen=True)
class WatchlistPage:
    """One list.

    Attributes:
        version: of the list as it is shown: a change of another one is refused.
        may_change: who reads keeps it.
        entries: as they stand now, as they were asked for; ``past``: as they stood at ``at``.
        is_in_order: they stand as on the list, so that they can be moved.
        other_tier: where entries can be promoted or demoted to; empty where that is not theirs to do.
        undo: number of the last change, which the reader made and may take back.
    """

    watchlist: Watchlist
    version: str
    may_change: bool
    most: int
    ranking: AIWatchlistAnalysis | None
    entries: list[Entry]
    heads: list[Head]
    sort: str
    is_in_order: bool
    at: date | None
    past: list[WatchlistAssetHistory]
    past_form: PastForm
    suggestions: list[Suggested]
    stays: list[Stay]
    changes: list[Change]
    add: AddForm | None
    settings: SettingsForm | None
    symbols: Sequence[str]
    other_tier: str
    undo: int | None
    csv_query: str

    def but(self, **forms: Any) -> "WatchlistPage":
        """The same with forms as they were typed."""
        return replace(self, **forms)

    def answered(self, suggestion_id: int, form: DecisionForm) -> "WatchlistPage":
        """The same with a decision as it was typed."""
        told = [replace(one, form=form) if one.row.pk == suggestion_id else one for one in self.suggestions]
        return replace(self, suggestions=told)

    @property
    def free(self) -> int:
        """Places that are left."""
        return max(self.most - len(self.entries), 0)

    @property
    def last(self) -> int:
        """The last place."""
        return len(self.entries)


def lists_page(user: Any, form: ListForm | None = None) -> ListsPage:
    """Default lists and those of who reads.

    Args:
        form: a new list as it was typed, with what was refused.
    """
    found = list_overviews(list(visible_watchlists(user).order_by("watchlist_type", "tier", "sort_order", "pk")))
    return ListsPage(
        tiers=[one for one in found if one.watchlist.watchlist_type == WatchlistType.DEFAULT],
        own=[one for one in found if one.watchlist.watchlist_type == WatchlistType.PERSONAL],
        form=form or ListForm(auto_id="new-%s"),
        deleted=deleted_lists(user, DELETED) if user.is_authenticated else [],
        most=setting("watchlist_limits")["personal_lists_max"],
    )


def watchlist_page(watchlist: Watchlist, user: Any, query: Mapping[str, str], now: datetime) -> WatchlistPage:
    """One list.

    Args:
        watchlist: that who reads may see.
        user: who reads.
        query: of the address: ``sort``, and ``at``, a day of the past.
        now: the present.
    """
    past_form, market = PastForm(query if "at" in query else None), shown_market()
    day = past_form.cleaned_data["at"] if past_form.is_valid() else None
    at = day if day and day < now.date() else None
    sort = query.get("sort", "")
    sort = sort if sort.removeprefix("-") in {key for key, _label, _number in COLUMNS} else "place"
    ranking, may = newest_ranking(watchlist), may_change(watchlist, user)
    return WatchlistPage(
        watchlist=watchlist,
        version=version_of(watchlist) or "",
        may_change=may,
        most=capacity(watchlist, setting("watchlist_limits")),
        ranking=ranking,
        entries=ordered(entries(watchlist, ranking, user), sort),
        heads=[head(*column, sort) for column in COLUMNS],
        sort=sort,
        is_in_order=sort == "place",
        at=at,
        past=list(past_entries(watchlist, end_of(at)).select_related("asset")) if at else [],
        past_form=past_form,
        suggestions=part(lambda: [suggested(one) for one in suggestions(watchlist)]),
        stays=part(lambda: stays(watchlist)[:SHOWN_STAYS]),
        changes=part(lambda: changes(watchlist) if may else []),
        add=AddForm(auto_id="add-%s") if may else None,
        settings=SettingsForm.of(watchlist) if may else None,
        symbols=list(assets_of(market).order_by("symbol").values_list("symbol", flat=True)) if may else [],
        other_tier=other_tier(watchlist) if may else "",
        undo=watchlist.last_change_id if may and is_last_own(watchlist, user) else None,
        csv_query=urlencode({"at": at.isoformat()} if at else {} if sort == "place" else {"sort": sort}),
    )


def may_change(watchlist: Watchlist, user: Any) -> bool:
    """Default lists are the admins', own ones their owners'."""
    if watchlist.watchlist_type == WatchlistType.DEFAULT:
        return bool(user.is_staff)
    return isinstance(user, User) and watchlist.user_id == user.pk


def is_last_own(watchlist: Watchlist, user: Any) -> bool:
    """Whether the reader made the last change: nobody else takes it back."""
    return watchlist.last_change is not None and watchlist.last_change.changed_by_id == user.pk


def other_tier(watchlist: Watchlist) -> str:
    """Where an entry of a default list may rise or fall to."""
    others = {Tier.TIER1: Tier.TIER2, Tier.TIER2: Tier.TIER1}
    return others[Tier(watchlist.tier)].value if watchlist.tier else ""


def end_of(day: date) -> datetime:
    """The end of a day, UTC."""
    return datetime.combine(day, time.min, UTC) + DAY


def entries(watchlist: Watchlist, ranking: AIWatchlistAnalysis | None, user: Any) -> list[Entry]:
    """The entries in the order of the list, with what the newest ranking says of them."""
    scores = {score["asset_id"]: score for score in (ranking.asset_scores or [])} if ranking else {}
    rows = list(watchlist.entries.select_related("asset").order_by("sort_order"))
    signals = open_signals([row.asset_id for row in rows], user)
    found = []
    for row in rows:
        own: dict[str, Any] = scores.get(row.asset_id, {})
        found.append(Entry(row, own.get("rank"), own.get("score"), own.get("risk_level"), signals[row.asset_id]))
    return found


def open_signals(asset_ids: Sequence[int], user: Any) -> Counter[int]:
    """Open signals of some assets."""
    market = shown_market()
    if market is None:
        return Counter()
    rows = active_signals(market, user).filter(asset__in=asset_ids).order_by()
    return Counter(rows.values_list("asset_id", flat=True))


def ordered(found: list[Entry], sort: str) -> list[Entry]:
    """By a column; what is unknown comes last either way, and equals in the order of the list."""
    values: dict[str, Any] = {
        "place": lambda one: one.row.sort_order,
        "asset": lambda one: one.row.asset.symbol,
        "price": lambda one: one.row.asset.current_price,
        "24h": lambda one: one.row.asset.price_change_percentage_24h,
        "7d": lambda one: one.row.asset.price_change_percentage_7d,
        "rank": lambda one: one.rank,
        "added": lambda one: one.row.created_at,
    }
    value = values[sort.removeprefix("-")]
    known = [one for one in found if value(one) is not None]
    unknown = [one for one in found if value(one) is None]
    return [*sorted(known, key=value, reverse=sort.startswith("-")), *unknown]


def head(key: str, label: Any, is_number: bool, sort: str) -> Head:
    """A head that sorts; asked again it sorts the other way round."""
    up, down = key, f"-{key}"
    first, second = (up, down) if key in RISES else (down, up)
    present = {up: "ascending", down: "descending"}.get(sort, "none")
    return Head(label, is_number, urlencode({"sort": second if sort == first else first}), present)


def suggestions(watchlist: Watchlist) -> list[AISuggestion]:
    """Changes of the list that wait for a decision."""
    found = open_suggestions([watchlist.pk]).select_related("asset", "ai_model", "watchlist")
    return list(found[:SHOWN_SUGGESTIONS])


def suggested(row: AISuggestion) -> Suggested:
    """A suggestion with what speaks for it most."""
    names, measured = dict(Factor.choices), row.reasoning.get("measured") or {}
    told = [(str(names.get(one.factor, one.factor)), one.percentile) for one in reasons(row)[:REASONS]]
    form = DecisionForm(auto_id=f"suggestion-{row.pk}-%s")
    return Suggested(row, told, measured.get("share"), measured.get("n") or 0, form)


def entry_cells(one: Entry) -> tuple[Any, ...]:
    """A row of the file."""
    row, asset = one.row, one.row.asset
    return (
        row.sort_order, asset.symbol, row.position_type, plain(row.weight), plain(row.target_allocation), row.notes,
        row.is_active, plain(asset.current_price), asset.price_change_percentage_24h,
        asset.price_change_percentage_7d, one.rank, one.better_than, one.risk_level, one.signals, iso(row.created_at),
    )  # fmt: skip


def past_cells(row: WatchlistAssetHistory) -> tuple[Any, ...]:
    """A row of the file of the past."""
    return (
        row.sort_order, row.asset.symbol, row.position_type, plain(row.weight), iso(row.valid_from),
        row.valid_to and iso(row.valid_to),
    )  # fmt: skip


def plain(value: Decimal | None) -> str | None:
    """A number without idle zeros."""
    return None if value is None else f"{value.normalize():f}"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def asset_named(symbol: str) -> Asset | None:
    """The asset of a symbol, however it is spelled."""
    return assets_of(shown_market()).filter(symbol=symbol.strip().upper()).first()
