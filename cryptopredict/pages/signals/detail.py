"""The page of one signal: the plan, what has become of it, why it was made, and what a reader may do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from assets.choices import DEMO_SOURCE, Market
from cryptopredict.pages import words
from cryptopredict.pages.freshness import Chip, source_chip
from cryptopredict.pages.market import Evidence, evidence
from cryptopredict.pages.parts import part
from cryptopredict.pages.signals.forms import FILL_EMPTY, ExecuteForm, FeedbackForm, FillForm
from cryptopredict.pages.signals.limits import rule_name
from cryptopredict.pages.signals.page import Row, row_of, with_rows
from cryptopredict.pages.signals.path import Path, path
from cryptopredict.pages.signals.reasons import Factor, Rule, contributions, factors, rules
from selection.choices import Factor as RankingFactor
from selection.models import AssetRanking, Portfolio
from selection.selectors.visible import real_portfolios
from system.choices import LIVE
from trading.choices import ExecutionStatus
from trading.compute.own_size import Bound, OwnSize
from trading.models import AITradingSignal, ExecutionFill, SignalExecution, SignalOutcome
from trading.selectors.alike import Alike, alike
from trading.selectors.chains import Chain, chains, with_links
from trading.selectors.listed_signals import ENDED, Wanted, chosen, ordered, signals_of_market
from trading.selectors.own_size import size_for, worth_pct
from trading.selectors.visible import visible_signals

LATEST = 8
"""Signals like this one that are listed."""
EVIDENCE, WEIGHTS = 4, 3
"""Numbers of a layer that weighed most."""
OPEN = (ExecutionStatus.PENDING, ExecutionStatus.PARTIALLY_FILLED)


@dataclass(frozen=True)
class Ranked:
    """The asset's place in the ranking of the market, and what weighed most there.

    Attributes:
        score: share of the other assets below, 0-1; None where it has none.
        weights: factor in words with its share of the score, percent.
    """

    row: AssetRanking
    place: float | None
    weights: list[tuple[str, float]]


@dataclass(frozen=True)
class ReaderSize:
    """How much of it a reader may take.

    Attributes:
        worth_pct: of a capital, by the plan's measured chance; 0 without an edge.
        portfolio: that it is counted for; None without one.
        bounds: rules in words with what they allow, the tightest first.
    """

    worth_pct: Decimal
    portfolio: Portfolio | None
    found: OwnSize | None
    bounds: list[tuple[str, Bound]]


@dataclass(frozen=True)
class Done:
    """An execution of the reader, with what is left of it to fill or to give up."""

    execution: SignalExecution
    fill: FillForm | None


@dataclass(frozen=True)
class SignalPage:
    """Everything about one signal."""

    row: Row
    chain: Chain
    chip: Chip
    path: Path
    factors: list[Factor]
    contributions: list[Factor]
    rules: list[Rule]
    ranked: Ranked | None
    evidence: list[Evidence]
    alike: Alike
    latest: list[Row]
    first_ending: SignalOutcome | None
    corrections: int
    size: ReaderSize
    portfolios: list[Portfolio]
    executions: list[Done]
    form: ExecuteForm | None
    feedback: FeedbackForm
    is_demo: bool

    @property
    def signal(self) -> AITradingSignal:
        return self.row.signal

    @property
    def is_refused(self) -> bool:
        """Whether something was sent that the page has to say more about."""
        return self.form is not None and self.form.is_bound


def find_signal(pk: int, user: Any) -> AITradingSignal | None:
    """A signal that a person may see, with what its page is made from."""
    return with_links(visible_signals(user)).filter(pk=pk).first()


def signal_page(signal: AITradingSignal, user: Any, now: datetime, query: Mapping[str, str]) -> SignalPage:
    """The page.

    Args:
        signal: of ``find_signal``.
        user: who reads; a visitor has no portfolio.
        now: the present.
        query: ``portfolio`` says whose size is told.
    """
    chain, row = chains([signal])[0], row_of(signal)
    portfolios = list(real_portfolios(user).order_by("name", "pk")) if user.is_authenticated else []
    size = reader_size(signal, user, portfolios, query.get("portfolio", ""), now)
    market = Market.DEMO if signal.asset.data_source == DEMO_SOURCE else Market.REAL
    return SignalPage(
        row=row,
        chain=chain,
        chip=source_chip(
            words.named(words.SOURCES, signal.asset.data_source),
            signal.asset.data_source,
            signal.asset.last_price_update,
            now,
        ),
        path=part(lambda: path(signal, now)),
        factors=part(lambda: factors(signal)),
        contributions=part(lambda: contributions(signal)),
        rules=part(lambda: rules(signal)),
        ranked=part(lambda: ranked(signal)),
        evidence=evidence(((chain.regime.analysis_data or {}).get("primary_signals") or [])[:EVIDENCE])
        if chain.regime
        else [],
        alike=part(lambda: alike(signal, now)),
        latest=part(lambda: latest(signal, market, user)),
        first_ending=getattr(signal, "outcome", None),
        corrections=len(signal.outcome_revisions.all()),
        size=size,
        portfolios=portfolios,
        executions=part(lambda: executions(signal, user, portfolios)),
        form=execute_form(signal, portfolios, size) if user.is_authenticated and row.is_open else None,
        feedback=FeedbackForm(),
        is_demo=market == Market.DEMO,
    )


def with_form(page: SignalPage, form: ExecuteForm) -> SignalPage:
    """The page with what was typed and why it was refused."""
    return replace(page, form=form)


def with_fill(page: SignalPage, execution_id: int, form: FillForm) -> SignalPage:
    """The same for filling a plan."""
    told = [replace(one, fill=form) if one.execution.pk == execution_id else one for one in page.executions]
    return replace(page, executions=told)


def execute_form(signal: AITradingSignal, portfolios: Sequence[Portfolio], size: ReaderSize) -> ExecuteForm:
    return ExecuteForm.of(signal, portfolios, size.found.size if size.found else None)


def reader_size(
    signal: AITradingSignal, user: Any, portfolios: Sequence[Portfolio], wanted: str, now: datetime
) -> ReaderSize:
    """How much of it the reader may take, in the portfolio that they name, else in their first one."""
    portfolio = next((one for one in portfolios if str(one.pk) == wanted), portfolios[0] if portfolios else None)
    if portfolio is None or not isinstance(user, User):
        return ReaderSize(worth_pct(signal), None, None, [])
    found = size_for(signal, user, portfolio, now)
    bounds = [(rule_name(one.rule), one) for one in found.bounds] if found else []
    return ReaderSize(worth_pct(signal), portfolio, found, bounds)


def ranked(signal: AITradingSignal) -> Ranked | None:
    """The ranking of the market on the same snapshot."""
    rows = AssetRanking.objects.filter(metrics_snapshot=signal.metrics_snapshot_id, series=LIVE)
    row = rows.order_by("-pk").first()
    if row is None:
        return None
    own: dict[str, Any] = next((one for one in row.scores or [] if one["asset_id"] == signal.asset_id), {})
    heaviest = sorted((row.weights or {}).items(), key=lambda pair: -pair[1])[:WEIGHTS]
    names = dict(RankingFactor.choices)
    return Ranked(row, own.get("place"), [(str(names.get(name, name)), 100 * share) for name, share in heaviest])


def latest(signal: AITradingSignal, market: Market, user: Any) -> list[Row]:
    """The newest ended ones with the same direction and horizon."""
    wanted = Wanted(ENDED, signal.signal_type, signal.time_horizon_hours)
    is_over = {"ending__isnull": False}
    found = chosen(signals_of_market(market, user), wanted).filter(**is_over).exclude(pk=signal.pk)
    return [row_of(one) for one in with_rows(ordered(found, "-issued"))[:LATEST]]


def executions(signal: AITradingSignal, user: Any, portfolios: Sequence[Portfolio]) -> list[Done]:
    """What the reader has done with it, the newest first."""
    if not user.is_authenticated:
        return []
    fills = Prefetch("fills", ExecutionFill.objects.select_related("trade_action").order_by("number"))
    rows = SignalExecution.objects.filter(signal=signal, user=user).select_related("portfolio").prefetch_related(fills)
    return [Done(one, fill_form(one, portfolios)) for one in rows.order_by("-created_at", "-pk")]


def fill_form(execution: SignalExecution, portfolios: Sequence[Portfolio]) -> FillForm | None:
    """None where nothing is left to fill."""
    if execution.status not in OPEN:
        return None
    mine = [execution.portfolio] if execution.portfolio else list(portfolios)
    return FillForm(portfolios=mine, empty=FILL_EMPTY, auto_id=f"fill-{execution.pk}-%s")
