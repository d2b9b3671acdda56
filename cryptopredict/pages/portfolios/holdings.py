"""What a portfolio holds now: positions at the latest prices with what was said of them, and where it is to go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import cos, pi, sin
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext

from cryptopredict.pages import words as all_words
from cryptopredict.pages.freshness import PRICES, Chip, chip
from cryptopredict.pages.portfolios import words
from selection.choices import HoldingType
from selection.models import AIPortfolioAnalysis, PortfolioAsset, PositionLot
from selection.selectors.portfolio_summary import Part
from selection.selectors.valuation import PortfolioValue, PositionValue
from system.choices import LIVE
from trading.models import AIPortfolioAssetAnalysis

SLICES = 7
"""Parts of the ring; what is smaller lies together."""


@dataclass(frozen=True)
class Advice:
    """What the newest analysis said of a position.

    Attributes:
        action: in words; None where nothing could be said.
        exit_probability: that the stop comes before the target in time, 0-1.
        tested: forecasts that its model was measured by before it served; 0 = it has no record.
        reason: why there is no probability.
    """

    at: datetime
    action: str | None
    exit_probability: Decimal | None
    tested: int
    reason: str


@dataclass(frozen=True)
class Held:
    """A position that holds something.

    Attributes:
        since: when the oldest of its coins came.
        marks: what it rests on, in sentences (◊).
    """

    value: PositionValue
    weight_pct: Decimal | None
    since: datetime | None
    advice: Advice | None
    marks: tuple[str, ...]

    @property
    def position(self) -> PortfolioAsset:
        return self.value.position

    @property
    def is_short(self) -> bool:
        return self.position.asset_type == HoldingType.SHORT_POSITION

    @property
    def leverage(self) -> Decimal | None:
        """None without any."""
        ratio = self.position.leverage_ratio
        return None if ratio in (None, 1) else ratio


def held(values: PortfolioValue) -> list[Held]:
    """What is held, the largest first, in as many queries however much it is."""
    rows = [one for one in values.positions.values() if one.position.quantity]
    return sorted(_held(values, rows), key=lambda one: (one.value.value is None, -abs(one.value.value or Decimal(0))))


def one_held(values: PortfolioValue, position_id: int) -> Held:
    """One position, whether it holds something or not."""
    return _held(values, [values.positions[position_id]])[0]


def _held(values: PortfolioValue, rows: Sequence[PositionValue]) -> list[Held]:
    keys = [one.position.pk for one in rows]
    lots = PositionLot.objects.filter(position__in=keys)
    since = dict(lots.values_list("position").annotate(Min("acquired_at")).order_by())
    codes: dict[int, set[str]] = {one.position.pk: {one.mark} if one.mark else set() for one in rows}
    for key, found in lots.exclude(assumptions=[]).values_list("position", "assumptions"):
        codes[key].update(found)
    every = sorted({code for one in codes.values() for code in one})
    sentences = dict(zip(every, words.assumptions(every), strict=True))
    said = advice(keys)
    return [
        Held(
            one,
            values.weight_pct(one.position.pk),
            since.get(one.position.pk),
            said.get(one.position.pk),
            tuple(sentences[code] for code in sorted(codes[one.position.pk])),
        )
        for one in rows
    ]


def advice(positions: Iterable[int]) -> dict[int, Advice]:
    """The newest live analysis of each position."""
    rows = AIPortfolioAssetAnalysis.objects.filter(portfolio_asset__in=list(positions), series=LIVE)
    newest = rows.order_by("portfolio_asset", "-analysis_time", "-pk").distinct("portfolio_asset")
    return {row.portfolio_asset_id: _advice(row) for row in newest}


def _advice(row: AIPortfolioAssetAnalysis) -> Advice:
    data: Mapping[str, Any] = row.analysis_data or {}
    behind = data.get("current_analysis") or {}
    missing = data.get("missing") or {}
    tested = (behind.get("record") or {}).get("tested") or 0
    action = words.ACTIONS.get(row.recommended_action or "")
    why = missing.get("exit_probability") or "not known"
    return Advice(row.analysis_time, None if action is None else str(action), row.exit_probability, int(tested), why)


@dataclass(frozen=True)
class Slice:
    """A part of the ring, as SVG draws it, with its place in the order of shades."""

    path: str
    shade: int
    part: Part


def ring(parts: Sequence[Part]) -> list[Slice]:
    """Shares of what is held as parts of a ring; nothing where a share is unknown or a debt."""
    shares = [float(one.share_pct) for one in parts if one.share_pct is not None]
    if len(shares) < len(parts) or not shares or min(shares) < 0 or sum(shares) <= 0:
        return []
    shown = list(parts[:SLICES])
    if rest := parts[SLICES:]:
        share = sum((one.share_pct or Decimal(0) for one in rest), Decimal(0))
        shown.append(Part(None, gettext("others"), None, share))
    slices, start = [], 0.0
    for shade, one in enumerate(shown, 1):
        size = float(one.share_pct or 0) / sum(shares)
        slices.append(Slice(_arc(start, start + size), shade, one))
        start += size
    return slices


def _arc(start: float, end: float) -> str:
    """A stretch of a ring between two parts of its turn, clockwise from above; a whole one is drawn as two halves."""
    if end - start > 0.999:
        return f"{_arc(start, start + 0.5)} {_arc(start + 0.5, start + 0.9989)}"
    is_large = int(end - start > 0.5)
    (a, b), (c, d) = _point(start, 50), _point(end, 50)
    (e, f), (g, h) = _point(end, 32), _point(start, 32)
    return f"M{a} {b} A50 50 0 {is_large} 1 {c} {d} L{e} {f} A32 32 0 {is_large} 0 {g} {h} Z"


def _point(turn: float, radius: float) -> tuple[str, str]:
    angle = 2 * pi * turn
    return f"{50 + radius * sin(angle):.3f}", f"{50 - radius * cos(angle):.3f}"


@dataclass(frozen=True)
class Target:
    """An asset now and where it is to go, percent of the whole.

    Attributes:
        own: as the owner has set it.
        better: by the optimisation of the analysis.
    """

    symbol: str
    now: float | None
    own: float | None
    better: float | None

    @property
    def way(self) -> float | None:
        """From now to what the owner has set, else to what the optimisation found; percentage points."""
        aim = self.own if self.own is not None else self.better
        return None if aim is None or self.now is None else aim - self.now


def targets(held_rows: Sequence[Held], analysis: AIPortfolioAnalysis | None) -> list[Target]:
    """Every asset that is held, in the order of what is held."""
    better = ((analysis.optimal_allocation or {}).get("by_asset") or {}) if analysis else {}
    now: dict[str, float | None] = {}
    own: dict[str, float | None] = {}
    for one in held_rows:
        symbol, share = one.position.asset.symbol, one.weight_pct
        before = now.get(symbol, 0.0)
        now[symbol] = None if share is None or before is None else before + float(share)
        aim = one.position.allocation_target_percent
        own[symbol] = float(aim) if aim is not None else own.get(symbol)
    return [Target(symbol, share, own[symbol], better.get(symbol)) for symbol, share in now.items()]


def oldest_price(values: PortfolioValue, now: datetime) -> Chip | None:
    """Source and age of the oldest price that counts; None where none has an age."""
    priced = [(one.priced_at, one) for one in values.positions.values() if one.position.quantity and one.priced_at]
    if not priced:
        return None
    at, oldest = min(priced, key=lambda pair: pair[0])
    source = gettext("stated by you") if oldest.mark else words_of_source(oldest.position.asset.data_source)
    return chip(source, at, PRICES, now)


def words_of_source(name: str) -> str:
    """Where prices come from, in the language."""
    return all_words.named(all_words.SOURCES, name)
