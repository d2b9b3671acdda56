"""What a backtest is asked to do, as somebody wrote it down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from assets.compute.checks import FIRST_COIN
from assets.compute.periods import LENGTHS
from system.exceptions import InvalidInput
from trading.compute.backtest.account import Account
from trading.compute.backtest.costs import Costs, FeeTier, Slippage
from trading.compute.backtest.rules import RuleError, Rules, rules_of
from trading.rules import HORIZON_HOURS

PLANS = "plans"
"""Signals made anew, by the code that lives and the versions that were in force."""
FRAMES = tuple(frame for frame in LENGTHS if frame != "1M")
MOST_ASSETS, MOST_TIERS = 5_000, 100
FIELDS = frozenset({
    "name", "timeframe", "start", "end", "assets", "rules", "folds", "signals", "series", "account", "costs", "seed",
})  # fmt: skip
ACCOUNT = {
    "start": 1.0, "share_percent": 0.01, "risk_percent": 0.01, "max_share_percent": 0.01, "max_open": 1.0,
    "max_sector_percent": 0.01, "leverage": 1.0, "least": 1.0,
}  # fmt: skip
"""Fields of the account and what one of their units is."""
COSTS = frozenset({"maker_percent", "taker_percent", "tiers", "slippage_percent", "volume_slippage", "most_percent"})


@dataclass(frozen=True)
class Request:
    """A backtest that can be run.

    Attributes:
        start, end: entries are looked for between them; candles up to ``end`` are read.
        assets: symbols; none = all of the market, or of the series.
        variants: strategies by rules; with more than one, settings are chosen walk-forward over ``folds``.
        signals: ``PLANS``, or empty. ``series``: stored signals of a replay or of live, or empty.
        declared: what was written down.
    """

    name: str
    timeframe: str
    start: datetime
    end: datetime
    assets: tuple[str, ...]
    variants: tuple[Rules, ...]
    folds: int
    signals: str
    series: str
    account: Account
    costs: Costs
    seed: int
    declared: Mapping[str, Any]

    @property
    def source(self) -> str:
        """``rules``, ``plans`` or ``series``."""
        return "rules" if self.variants else "series" if self.series else PLANS


def request_of(declared: Any) -> Request:
    """The backtest that somebody wrote down.

    Raises:
        InvalidInput: naming the field that is unknown, missing or out of range.
    """
    given = _object(declared, "configuration")
    _no_others(given, FIELDS, "")
    timeframe = given.get("timeframe", "4h")
    if timeframe not in FRAMES:
        raise InvalidInput(f"timeframe: {timeframe!r} is none of {', '.join(FRAMES)}.", field="timeframe")
    start, end = _moment(given, "start"), _moment(given, "end")
    if start < FIRST_COIN:
        raise InvalidInput(f"start: no candle is older than {FIRST_COIN:%Y-%m-%d}.", field="start")
    if start >= end:
        raise InvalidInput("start must lie before end.", field="start")
    if end > timezone.now():
        raise InvalidInput("end is to come.", field="end")
    series = _words(given.get("series", ""), "series")
    signals = _words(given.get("signals", ""), "signals")
    variants = _variants(given.get("rules"))
    if sum(map(bool, (variants, series, signals))) != 1:
        raise InvalidInput("Of rules, signals and series exactly one is needed.", field="rules")
    if signals not in ("", PLANS):
        raise InvalidInput(f"signals: {signals!r} is not {PLANS}.", field="signals")
    if not variants and timeframe not in HORIZON_HOURS:
        raise InvalidInput(f"timeframe: signals live on {', '.join(HORIZON_HOURS)}.", field="timeframe")
    return Request(
        name=_words(given.get("name", ""), "name") or "backtest",
        timeframe=timeframe,
        start=start,
        end=end,
        assets=tuple(_symbols(given.get("assets", []))),
        variants=variants,
        folds=int(_number(given.get("folds", 5), "folds", 1, 100, whole=True)),
        signals=signals,
        series=series,
        account=_account(given.get("account", {})),
        costs=_costs(given.get("costs", {})),
        seed=int(_number(given.get("seed", 0), "seed", 0, 2**31, whole=True)),
        declared=dict(given),
    )


def _variants(given: Any) -> tuple[Rules, ...]:
    if given is None:
        return ()
    listed = given if isinstance(given, list) else [given]
    if not 1 <= len(listed) <= 5_000:
        raise InvalidInput("rules: between 1 and 5,000 variants.", field="rules")
    found = []
    for place, one in enumerate(listed):
        where = f"rules[{place}]" if isinstance(given, list) else "rules"
        try:
            found.append(rules_of(one))
        except RuleError as error:
            field = where if error.field == "rules" else f"{where}.{error.field}"
            raise InvalidInput(f"{where}.{error}.", field=field) from None
    return tuple(found)


def _account(given: Any) -> Account:
    values = _object(given, "account")
    _no_others(values, ACCOUNT, "account")
    found: dict[str, Any] = {}
    for name, value in values.items():
        number = _number(value, f"account.{name}", 0, 1e15, whole=name == "max_open")
        plain = name.removesuffix("_percent")
        found[plain] = int(number) if name == "max_open" else number * ACCOUNT[name]
    try:
        return Account(**found)
    except ValueError as error:
        raise InvalidInput(f"account.{error}.", field=f"account.{str(error).split()[0]}") from None


def _costs(given: Any) -> Costs:
    values = _object(given, "costs")
    _no_others(values, COSTS, "costs")
    taker = _number(values.get("taker_percent", 0.1), "costs.taker_percent", -1, 9.9) / 100
    maker = _number(values.get("maker_percent", 0.1), "costs.maker_percent", -1, 9.9) / 100
    tiers = [FeeTier(0.0, maker, taker), *(_tier(one, n) for n, one in enumerate(_listed(values, "tiers")))]
    slippage = Slippage(
        fixed=_number(values.get("slippage_percent", 0.05), "costs.slippage_percent", 0, 50) / 100,
        of_volume=_number(values.get("volume_slippage", 0), "costs.volume_slippage", 0, 100),
        most=_number(values.get("most_percent", 5), "costs.most_percent", 0, 99) / 100,
    )
    try:
        return Costs(tuple(tiers), slippage)
    except ValueError as error:
        raise InvalidInput(f"costs: {error}.", field="costs") from None


def _tier(given: Any, place: int) -> FeeTier:
    where = f"costs.tiers[{place}]"
    values = _object(given, where)
    _no_others(values, {"volume", "maker_percent", "taker_percent"}, where)
    return FeeTier(
        _number(values.get("volume"), f"{where}.volume", 0, 1e15),
        _number(values.get("maker_percent"), f"{where}.maker_percent", -1, 9.9) / 100,
        _number(values.get("taker_percent"), f"{where}.taker_percent", -1, 9.9) / 100,
    )


def _listed(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = values.get(name, [])
    if not isinstance(found, list) or len(found) > MOST_TIERS:
        raise InvalidInput(f"costs.{name} must be a list of at most {MOST_TIERS}.", field=f"costs.{name}")
    return found


def _symbols(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise InvalidInput("assets must be a list of symbols.", field="assets")
    if len(given) > MOST_ASSETS:
        raise InvalidInput(f"assets: {MOST_ASSETS:,} at most.", field="assets")
    if len(set(given)) != len(given):
        raise InvalidInput("assets: one is named twice.", field="assets")
    return given


def _moment(given: Mapping[str, Any], name: str) -> datetime:
    value = given.get(name)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
        if value is not None and value.tzinfo is None and len(str(given[name])) == len("2024-01-01"):
            value = value.replace(tzinfo=UTC)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(f"{name} must be a date, or a time with its zone.", field=name)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"{name} lies outside the calendar.", field=name) from None


def _words(given: Any, field: str) -> str:
    if not isinstance(given, str) or len(given) > 100:
        raise InvalidInput(f"{field} must be text of at most 100 characters.", field=field)
    return given.strip()


def _object(given: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{field} must be an object with named fields.", field=field)
    return given


def _no_others(given: Mapping[str, Any], known: Any, where: str) -> None:
    others = sorted(set(map(str, given)) - set(known))
    if others:
        field = f"{where}.{others[0]}" if where else others[0]
        raise InvalidInput(f"{field}: there is no such field; there are {', '.join(sorted(known))}.", field=field)


def _number(given: Any, field: str, least: float, most: float, *, whole: bool = False) -> float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not least <= given <= most or (whole and given % 1):
        kind = "a whole number" if whole else "a number"
        raise InvalidInput(f"{field} must be {kind} from {least:g} to {most:g}.", field=field)
    return float(given)
