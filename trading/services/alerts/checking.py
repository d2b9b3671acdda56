"""Looking at every alert that waits, once after each ingest and after each run of the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from assets.selectors import shown_market
from system.exceptions import InvalidInput
from trading.services.alerts.analyses import judge_analyses
from trading.services.alerts.armed import OF_ANOTHER_MARKET, armed_alerts
from trading.services.alerts.firing import fire, note_check, rearm_by_choice
from trading.services.alerts.market import judge_market


@dataclass(frozen=True)
class AlertReport:
    """What a check did: alerts that waited, that fired, and why others could not be judged."""

    armed: int
    fired: int
    unjudged: Mapping[str, int]


def check_alerts(as_of: datetime, timeframe: str | None = None) -> AlertReport:
    """Let those alerts fire whose condition holds on the newest closed candles and the newest live analyses.

    Set-wise: the number of queries depends on the timeframes and kinds in use, not on the number of alerts. Safe to run
    twice and side by side: an alert fires once for each time that it was armed. Stale data makes nothing fire, and
    neither does what was known before an alert was armed.

    Args:
        as_of: the present moment, with its zone: candles closed by then count.
        timeframe: candles that have just come; of all timeframes when left out.
    Raises:
        InvalidInput: a moment without zone.
    """
    if as_of.tzinfo is None:
        raise InvalidInput("as_of needs a time zone.", field="as_of")
    as_of = as_of.astimezone(UTC)
    rearm_by_choice(as_of)
    market = shown_market()
    alerts, hidden = armed_alerts(as_of, market)
    findings = judge_market(alerts, as_of, timeframe)
    findings.add(judge_analyses(alerts, as_of, market))
    if hidden:
        findings.reasons[OF_ANOTHER_MARKET] += hidden
    fired = fire(findings.hits, as_of)
    note_check(as_of, timeframe)
    return AlertReport(sum(map(len, alerts)) + hidden, len(fired), dict(sorted(findings.reasons.items())))
