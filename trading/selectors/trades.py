"""Trades as the journal tells them: what each entry brought in, and where its coins went, by the lots."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from selection.choices import FlowKind, HoldingType, PositionType
from selection.compute.lots import EXACT
from selection.models import LotDisposal, PositionFlow, PositionLot
from trading.choices import ExecutionStatus
from trading.compute.trade_results import Closing, Life, Plan, Result, Slippage, result, slippage
from trading.models import ExecutionFill, SignalExecution, TradeAction
from trading.selectors.standing import standing_now

ZERO = Decimal(0)
SALES = (FlowKind.TRADE, FlowKind.FEE)


@dataclass(frozen=True)
class ExecutionResult:
    """What was planned, and what came of it so far.

    Attributes:
        execution: with its signal.
        lives: coins of its entries that stand.
        plan: levels of the signal, with the stop of the execution; None where one is unknown.
        planned_r: profit at the target, in R.
        result: of what has left so far.
        slippage: of the entry; None without a plan or an entry.
        left: coins that are held still.
    """

    execution: SignalExecution
    lives: Sequence[Life]
    plan: Plan | None
    planned_r: Decimal | None
    result: Result
    slippage: Slippage | None
    left: Decimal

    @property
    def is_closed(self) -> bool:
        """Everything that was bought or sold short has left."""
        return bool(self.lives) and not self.left

    @property
    def is_taken_back(self) -> bool:
        """Something was booked, and all of it was reversed."""
        booked = self.execution.status in (ExecutionStatus.FILLED, ExecutionStatus.PARTIALLY_FILLED)
        return booked and not self.lives


def execution_results(executions: Iterable[SignalExecution]) -> list[ExecutionResult]:
    """Plan and result of executions, in as many queries however many they are, but for corrections of corrections."""
    wanted = list(executions)
    fills = ExecutionFill.objects.filter(execution__in=[one.pk for one in wanted])
    owners = dict(fills.order_by("number").values_list("trade_action", "execution"))
    standing = standing_now(owners)
    found = lives([entry.pk for entry in standing.values() if entry is not None])
    by_execution: dict[int, list[Life]] = defaultdict(list)
    for key, entry in standing.items():
        if entry is not None and entry.pk in found:
            by_execution[owners[key]].append(found[entry.pk])
    return [_result(one, by_execution[one.pk]) for one in wanted]


def lives(keys: Collection[int]) -> dict[int, Life]:
    """What became of the coins of entries, in five queries however many they are; without those that brought none."""
    flows = PositionFlow.objects.filter(action_id__in=keys, leg=0, quantity_change__gt=0)
    joined = {key: (quantity, cost) for key, quantity, cost in flows.values_list(*JOINED)}
    rows = TradeAction.objects.filter(pk__in=joined).values_list(
        "pk", "asset_price", "executed_at", "stop_loss", "portfolio_asset__asset_type"
    )
    left: dict[int, Decimal] = defaultdict(Decimal)
    for key, quantity in PositionLot.objects.filter(action_id__in=joined).values_list("action_id", "quantity"):
        left[key] += quantity
    closings = _closings(joined)
    return {
        key: Life(price, *joined[key], kind == HoldingType.SHORT_POSITION, at, tuple(closings[key]), left[key], stop)
        for key, price, at, stop, kind in rows
    }


JOINED = ("action_id", "quantity_change", "cost_change_usd")


def _closings(keys: Collection[int]) -> dict[int, list[Closing]]:
    found: dict[int, list[Closing]] = defaultdict(list)
    rows = LotDisposal.objects.filter(lot_action_id__in=keys).order_by("disposed_at", "action_id", "leg", "number")
    for key, quantity, proceeds, at, kind in rows.values_list(
        "lot_action_id", "quantity", "proceeds_usd", "disposed_at", "kind"
    ):
        found[key].append(Closing(quantity, proceeds, at, kind in SALES))
    return found


def _result(execution: SignalExecution, of_entries: Sequence[Life]) -> ExecutionResult:
    plan = _plan(execution)
    with localcontext(EXACT):
        left = sum((one.left for one in of_entries), ZERO)
    return ExecutionResult(
        execution=execution,
        lives=of_entries,
        plan=plan,
        planned_r=None if plan is None else plan.reward,
        result=result(of_entries, plan),
        slippage=slippage(of_entries, plan) if plan is not None and of_entries else None,
        left=left,
    )


def _plan(execution: SignalExecution) -> Plan | None:
    entry, stop, target = execution.signal.entry_price, execution.stop_price, execution.target_price
    if entry is None or stop is None:
        return None
    sign = -1 if execution.signal.signal_type == PositionType.SHORT else 1
    return Plan(entry, stop, target) if sign * (entry - stop) > 0 else None
