"""The newest look at the market that a whole run rests on."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from assets.choices import DEMO_SOURCE, Market
from macro.models import MetricsSnapshot
from system.choices import LIVE, RunStatus
from system.models import PipelineRun


@dataclass(frozen=True)
class Look:
    """A run of the live series that is done, and its snapshot."""

    run: PipelineRun
    snapshot: MetricsSnapshot


def newest_look(market: Market | None) -> Look | None:
    """The newest one at a market, in whichever timeframe; None before the first."""
    done = PipelineRun.objects.filter(series=LIVE, status=RunStatus.DONE)
    of_run = done.filter(timeframe=OuterRef("timeframe"), as_of=OuterRef("snapshot_time"))
    snapshots = MetricsSnapshot.objects.filter(Exists(of_run))
    is_demo = {"data_source": DEMO_SOURCE}
    of_market = snapshots.filter(**is_demo) if market == Market.DEMO else snapshots.exclude(**is_demo)
    snapshot = of_market.order_by("-snapshot_time", "-pk").first()
    if snapshot is None:
        return None
    return Look(done.get(timeframe=snapshot.timeframe, as_of=snapshot.snapshot_time), snapshot)
