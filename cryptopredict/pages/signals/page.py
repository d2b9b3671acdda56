"""The list of signals: chosen, ordered, as cards or as a table. The address holds its state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.home.page import PROVEN, UNPROVEN
from cryptopredict.pages.signals.forms import ALL, MINE, SignalsForm
from cryptopredict.pages.signals.ladder import Ladder, ladder
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.selectors.visible import visible_watchlists
from trading.choices import SignalStatus
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision
from trading.selectors.chains import SignalCounts, counts, ending_of, is_proven
from trading.selectors.listed_signals import ACTIVE, Wanted, chosen, of_proof, ordered, signals_of_market
from trading.selectors.visible import status_now

PER_PAGE = 50
CARDS, TABLE = "cards", "table"
TABS = (PROVEN, UNPROVEN, ALL)
SIGNAL_COLUMNS = (
    "id", "asset", "direction", "status", "proven", "issued", "candles", "horizon_hours", "entry", "target", "stop",
    "risk_reward", "probability", "measured_on", "to_target_pct", "to_stop_pct", "price_now", "so_far_pct", "ends",
    "outcome", "ended", "net_return_pct",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A signal of the list.

    Attributes:
        ending: how it ended; None while it is not over.
        measured_on: plans that its probability was held against; 0 without a record.
        so_far_pct: from its entry to the latest price, percent, signed by its direction; None once it is over.
    """

    signal: AITradingSignal
    status: str
    is_proven: bool
    measured_on: int
    ladder: Ladder | None
    ending: SignalOutcome | SignalOutcomeRevision | None
    so_far_pct: Decimal | None

    @property
    def is_open(self) -> bool:
        return self.status == SignalStatus.ACTIVE


@dataclass(frozen=True)
class Head:
    """The head of a column that the table can be sorted by; ``query`` sorts by it, or the other way round."""

    label: str | Promise
    title: str | Promise
    is_number: bool
    query: str
    sorted: str


@dataclass(frozen=True)
class Tab:
    """One of the tabs, with how many there are."""

    label: str | Promise
    query: str
    number: int
    is_chosen: bool


@dataclass(frozen=True)
class SignalsPage:
    """The signals as they were asked for. ``own_query`` is the address of what is shown."""

    market: Market
    form: SignalsForm
    rows: list[Row]
    page: Page[AITradingSignal]
    counts: SignalCounts
    tab: str
    tabs: list[Tab]
    view: str
    views: list[tuple[str, str, str | Promise]]
    heads: list[Head]
    is_of_open: bool
    is_narrowed: bool
    own_query: str
    previous_query: str | None
    next_query: str | None


COLUMNS: tuple[tuple[str, Any, Any, bool], ...] = (
    ("asset", _("Asset"), "", False),
    ("probability", _("Probability"), _("Probability that the target comes before the stop"), True),
    ("rr", _("R:R"), _("Reward divided by risk"), True),
    ("reward", _("To target"), _("From the entry, percent"), True),
    ("risk", _("To stop"), _("From the entry, percent"), True),
    ("issued", _("Issued"), "", False),
    ("ends", _("Ends"), "", False),
    ("result", _("Result"), _("After costs, percent of the entry; of open ones so far, before costs"), True),
)
"""Columns by which the table is sorted."""
RISES = {"asset", "risk", "ends"}
"""Those that begin with the smallest."""


def signals_page(query: Mapping[str, str], user: Any) -> SignalsPage | None:
    """The page, or None while there is no market.

    Args:
        query: of the address: the fields of ``SignalsForm``, ``proof``, ``view`` and ``page``.
        user: who reads.
    """
    market = shown_market()
    if market is None:
        return None
    lists = list(visible_watchlists(user).order_by("watchlist_type", "tier", "sort_order", "pk"))
    form = SignalsForm(query, lists=lists, is_known=user.is_authenticated)
    form.is_valid()
    asked: dict[str, Any] = form.cleaned_data
    wanted = wanted_of(asked, lists)
    found = chosen(signals_of_market(market, user), wanted)
    number = counts(found)
    tab = query.get("proof", "")
    if tab not in TABS:
        tab = PROVEN if number.proven else UNPROVEN
    sort = asked.get("sort") or SignalsForm.USUAL_SORT
    view = TABLE if query.get("view") == TABLE else CARDS
    shown = of_proof(found, None if tab == ALL else tab == PROVEN)
    page = Paginator(with_rows(ordered(shown, sort)), PER_PAGE).get_page(query.get("page"))
    kept = {name: query[name] for name in (*form.fields, "proof", "view") if query.get(name)}

    def address(**changes: Any) -> str:
        return urlencode({name: value for name, value in (kept | changes).items() if value})

    return SignalsPage(
        market=market,
        form=form,
        rows=[row_of(one) for one in page],
        page=page,
        counts=number,
        tab=tab,
        tabs=tabs(number, tab, address),
        view=view,
        views=[(CARDS, address(view=""), _("Cards")), (TABLE, address(view=TABLE), _("Table"))],
        heads=[head(*column, sort, address) for column in COLUMNS],
        is_of_open=wanted.state == ACTIVE,
        is_narrowed=bool(kept.keys() - {"proof", "view", "sort"}),
        own_query=address(proof=tab, page=page.number if page.number > 1 else ""),
        previous_query=address(page=page.previous_page_number()) if page.has_previous() else None,
        next_query=address(page=page.next_page_number()) if page.has_next() else None,
    )


def wanted_of(asked: Mapping[str, Any], lists: Sequence[Watchlist]) -> Wanted:
    """What the form asks for; a field that makes no sense asks for nothing, and says so beside itself."""
    state = asked.get("state") or ACTIVE
    return Wanted(
        state="" if state == ALL else state,
        direction=asked.get("direction") or "",
        hours=asked.get("horizon"),
        timeframe=asked.get("timeframe") or "",
        symbol=(asked.get("asset") or "").upper(),
        asset_ids=asset_ids(asked.get("list") or "", lists),
    )


def asset_ids(name: str, lists: Sequence[Watchlist]) -> set[int] | None:
    """Assets of a list that is named, or of all own ones; None for all assets."""
    if not name:
        return None
    keys = [one.pk for one in lists if str(one.pk) == name or (name == MINE and is_personal(one))]
    return set(WatchlistAsset.objects.filter(watchlist__in=keys).values_list("asset_id", flat=True))


def is_personal(watchlist: Watchlist) -> bool:
    return watchlist.watchlist_type == WatchlistType.PERSONAL


def with_rows(signals: QuerySet[AITradingSignal]) -> QuerySet[AITradingSignal]:
    """With what the rows are made from."""
    related = ("asset", "metrics_snapshot", "outcome", "ai_model")
    return signals.select_related(*related).prefetch_related("outcome_revisions")


def row_of(signal: AITradingSignal) -> Row:
    """A signal as the list shows it."""
    status, ending, steps = status_now(signal), ending_of(signal), ladder(signal)
    is_running = status == SignalStatus.ACTIVE and ending is None
    return Row(
        signal=signal,
        status=status,
        is_proven=is_proven(signal),
        measured_on=measured_on(signal),
        ladder=steps,
        ending=ending,
        so_far_pct=steps.price.distance_pct if is_running and steps and steps.price else None,
    )


def measured_on(signal: AITradingSignal) -> int:
    """Plans that what is said of its chance was held against: of its kind, and before its model served."""
    record = (signal.ai_analysis or {}).get("record") or {}
    return int(record.get("n") or 0) + int(record.get("tested") or 0)


def tabs(number: SignalCounts, chosen_tab: str, address: Any) -> list[Tab]:
    """The proven ones apart from the others."""
    found = (
        (PROVEN, _("Actionable"), number.proven),
        (UNPROVEN, _("Unproven"), number.unproven),
        (ALL, _("All"), number.proven + number.unproven),
    )
    return [Tab(label, address(proof=name), many, name == chosen_tab) for name, label, many in found]


def head(key: str, label: Any, title: Any, is_number: bool, sort: str, address: Any) -> Head:
    """A head that sorts; asked again it sorts the other way round."""
    up, down = key, f"-{key}"
    first, second = (up, down) if key in RISES else (down, up)
    present = {up: "ascending", down: "descending"}.get(sort, "none")
    return Head(label, title, is_number, address(sort=second if sort == first else first), present)


def signal_cells(row: Row) -> tuple[Any, ...]:
    """A row of the file."""
    one, ending = row.signal, row.ending
    return (
        one.pk,
        one.asset.symbol,
        one.signal_type,
        row.status,
        row.is_proven,
        iso(one.metrics_snapshot.snapshot_time),
        one.metrics_snapshot.timeframe,
        one.time_horizon_hours,
        *(plain(level) for level in (one.entry_price, one.target_price, one.stop_loss)),
        one.risk_reward_ratio,
        one.confidence_score if row.is_proven else None,
        row.measured_on,
        *(plain(getattr(one, name)) for name in ("potential_return_pct", "max_loss_pct")),
        plain(one.asset.current_price) if row.is_open else None,
        None if row.so_far_pct is None else round(row.so_far_pct, 4),
        one.expires_at and iso(one.expires_at),
        ending.outcome if ending else None,
        iso(ending.ended_at) if ending else None,
        plain(ending.net_return_pct) if ending else None,
    )


def plain(value: Decimal | None) -> str | None:
    """A number without idle zeros."""
    return None if value is None else f"{value.normalize():f}"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
