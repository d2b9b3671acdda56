"""How the signals of the last days did: all of them, and by what they were made under."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from aimodels.models import AIModel
from system.choices import LIVE
from system.exceptions import InvalidInput
from trading.models import AITradingSignal
from trading.selectors.signal_record import By, Chosen, SignalRecord, signal_record

ALL = "all"
LEAST = 30
"""Ended signals of a model without which it is not called the best."""
PARTS = {
    "risk_level": By.RISK,
    "model": By.MODEL,
    "regime": By.REGIME,
    "sector": By.SECTOR,
    "confidence": By.CONFIDENCE,
}


@dataclass(frozen=True)
class Performance:
    """How signals did.

    Attributes:
        total: planned since then, those that run among them.
        whole: what came of those that ended; None: none has.
        parts: the same by risk level, model, regime, sector and confidence; a part without a name is what has none.
    """

    total: int
    whole: SignalRecord | None
    parts: Mapping[str, Mapping[str, SignalRecord]]

    @property
    def successes(self) -> int:
        """Those whose target was reached."""
        return self.whole.successes.count if self.whole and self.whole.successes else 0

    @property
    def best_model(self) -> str | None:
        """The model version with the highest mean result after costs, among those with ``LEAST`` ended signals and a
        result whose interval lies above 0; None: of no model is it said."""
        proven = {
            name: record.net_r.value
            for name, record in self.parts["model"].items()
            if record.n >= LEAST and record.net_r is not None and (record.net_r.low or 0) > 0
        }
        return max(proven, key=proven.__getitem__, default=None)


def signal_performance(since: datetime, as_of: datetime, *, model: str = ALL) -> Performance:
    """What became, by ``as_of``, of the live signals for everybody that were planned from ``since`` on.

    Args:
        model: name of a model, or the id of one of its versions; ``all``.
    Raises:
        InvalidInput: there is no such model.
    """
    model_ids = None if model == ALL else _model_ids(model)
    planned = Q(run__as_of__gte=since) | Q(run=None, created_at__gte=since)
    rows = AITradingSignal.objects.filter(planned, series=LIVE, portfolio_analysis=None)
    if model_ids is not None:
        rows = rows.filter(ai_model__in=model_ids)
    chosen = Chosen(since, model_ids)
    return Performance(
        total=rows.count(),
        whole=signal_record(as_of, chosen=chosen).get(""),
        parts={name: signal_record(as_of, by, chosen=chosen, is_calibrated=False) for name, by in PARTS.items()},
    )


def _model_ids(model: str) -> list[int]:
    """Versions of a name, or the one of an id."""
    by_id = Q(pk=int(model)) if model.isdecimal() and len(model) < 19 else Q()
    found = list(AIModel.objects.filter(by_id or Q(name=model)).values_list("pk", flat=True))
    if not found:
        raise InvalidInput(_("There is no model %(name)s.") % {"name": model}, field="model")
    return found
