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

WORK: Mapping[str, Work] = {
    REFRESH: refresh_asset,
    ANALYSE: analyse_listed,
    ANALYSE_PORTFOLIO: analyse_ordered,
    EXPORT: write_export,
    **starting.WORK,
}
"""By the name of the order."""


def carry_out_orders() -> int:
    """Do what is ordered, until nothing waits.

    Returns:
        How many orders were ended.
    """
    return carry_out(WORK)
