"""What to do about each thing that is wrong with the data, in words, and the command that does it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from assets.choices import DEMO_SOURCE, GapStatus, Market
from assets.models import CandleGap, IngestState
from assets.selectors.quality import GapCount
from assets.selectors.shown import PriceAge
from assets.services.ingest_states import FILE
from cryptopredict.pages import words
from cryptopredict.pages.freshness import STALE_STATE, price_chip, run_chip
from system import formats
from system.selectors.providers import ProviderState
from system.selectors.runs import RunState

REPAIR = "manage.py gaps --repair"
COLLECT = "manage.py collect"
IMPORT = "manage.py import_market …"


@dataclass(frozen=True)
class Remedy:
    """What helps. ``command``: empty where there is nothing to run."""

    words: str
    command: str = ""


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong now.

    Attributes:
        what: in a sentence.
        since: when it was last well; None = never, or not known.
        anchor: part of the page that tells more.
    """

    what: str
    since: datetime | None
    remedy: Remedy
    anchor: str


def gap_remedy(gap: CandleGap) -> Remedy:
    """What fills a gap."""
    if gap.status == GapStatus.OPEN:
        command = f"{REPAIR} --asset {gap.asset.symbol} --timeframe {gap.timeframe}"
        return Remedy(gettext("Ask the source for these candles."), command)
    return Remedy(gettext("The source has none either. A file of another source may fill it."), IMPORT)


def fetch_remedy(state: IngestState) -> Remedy:
    """What mends a fetch that did not end well."""
    if state.source == FILE:
        return Remedy(gettext("Correct the refused rows in the file, and import it again."), IMPORT)
    if state.source == DEMO_SOURCE:
        return Remedy(gettext("The demo market is made anew at the next start."), "manage.py up")
    if state.rejected:
        return Remedy(
            gettext("The source sent rows that cannot be right. They stay out; the next fetch asks again."),
            f"{COLLECT} --asset {state.asset.symbol} --timeframe {state.timeframe}",
        )
    return Remedy(
        gettext("Fetch it again; if it fails again, the source is down."),
        f"{COLLECT} --asset {state.asset.symbol} --timeframe {state.timeframe}",
    )


def provider_remedy(state: ProviderState) -> Remedy | None:
    """What helps with a provider that does not answer; None where all is well."""
    if state.is_banned:
        return Remedy(gettext("Wait until it opens again, or lower its budget in the setting outgoing."))
    if state.last_status == 0:
        return Remedy(gettext("It did not answer. Look at your connection, or wait: it is asked again by itself."))
    if state.last_status in (401, 403):
        return Remedy(gettext("It refused us. Look at the key in the environment."), _key(state))
    if state.last_status is not None and state.last_status >= 400:
        return Remedy(gettext("Its last answer was an error. It is asked again by itself."))
    return None


def _key(state: ProviderState) -> str:
    return f"PROVIDER_{state.name.upper()}_KEY"


def troubles(
    market: Market | None,
    prices: list[PriceAge],
    runs: list[RunState],
    gaps: list[GapCount],
    fetches: int,
    providers: list[ProviderState],
    now: datetime,
) -> list[Trouble]:
    """Everything that wants to be done, the most urgent first."""
    found = [_prices(age, market) for age in prices if price_chip(age, now).state == STALE_STATE]
    for run in runs:
        chip = run_chip(run, now)
        if chip.state == STALE_STATE or chip.fault:
            command = f"manage.py run_pipeline --timeframe {run.timeframe}"
            what = chip.fault or gettext("The analysis of %(timeframe)s is stale.") % {"timeframe": run.timeframe}
            found.append(Trouble(what, chip.moment, Remedy(gettext("Run the analysis."), command), "fresh"))
    for state in providers:
        remedy = provider_remedy(state)
        if remedy is not None:
            what = gettext("%(name)s does not answer as it should.") % {"name": words.provider(state.name)}
            found.append(Trouble(what, state.last_error_at, remedy, "providers"))
    if fetches:
        what = ngettext("%(n)s fetch is not complete.", "%(n)s fetches are not complete.", fetches)
        told = what % {"n": formats.number(fetches)}
        found.append(Trouble(told, None, Remedy(gettext("Each has its remedy below.")), "fetches"))
    if count := sum(one.open for one in gaps):
        what = ngettext("%(n)s gap in the candles is open.", "%(n)s gaps in the candles are open.", count)
        remedy = Remedy(gettext("Ask the sources for them."), REPAIR)
        found.append(Trouble(what % {"n": formats.number(count)}, None, remedy, "gaps"))
    return found


def _prices(age: PriceAge, market: Market | None) -> Trouble:
    what = gettext("The prices of %(source)s are stale.") % {"source": words.named(words.SOURCES, age.source)}
    if market == Market.DEMO:
        remedy = Remedy(gettext("The demo market is continued while the product runs."), "manage.py up")
    elif age.source == FILE:
        remedy = Remedy(gettext("Import newer files, or switch collecting on."), IMPORT)
    else:
        remedy = Remedy(gettext("Fetch what closed since."), COLLECT)
    return Trouble(what, age.newest, remedy, "fresh")
