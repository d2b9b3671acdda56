"""What does the work that somebody asked for."""

from collections.abc import Mapping

from assets.services.refreshing import REFRESH, refresh_asset
from cryptopredict import starting
from cryptopredict.portability.requests import EXPORT, write_export
from selection.services.list_analysis import ANALYSE
from system.services import carry_out
from system.services.orders import Work
from trading.services.list_analyses import analyse_listed
from trading.services.portfolio_analyses import ANALYSE_PORTFOLIO, analyse_ordered

OF_DATA: Mapping[str, Work] = {REFRESH: refresh_asset, **starting.works(starting.OF_DATA)}
"""By the name of the order: what is fetched, and what goes. It needs the owner's role, which on servers the workers of
the queue ``ingest`` alone have."""
OF_ANALYSIS: Mapping[str, Work] = {
    ANALYSE: analyse_listed,
    ANALYSE_PORTFOLIO: analyse_ordered,
    EXPORT: write_export,
    **starting.works(starting.OF_ANALYSIS),
}
"""By the name of the order: what is computed, or written down for somebody."""


def carry_out_data() -> int:
    """Fetch, and take away, what is ordered, until nothing waits.

    Returns:
        How many orders were ended.
    """
    return carry_out(OF_DATA)


def carry_out_analyses() -> int:
    """Compute what is ordered, until nothing waits.

    Returns:
        How many orders were ended.
    """
    return carry_out(OF_ANALYSIS)
