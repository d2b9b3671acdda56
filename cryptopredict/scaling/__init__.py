"""What many assets and many people take: counted from what was measured (``docs/claims.json``, ``docs/scaling.json``)
and from the assumptions named here. No figure of the page is typed by hand.
"""

from cryptopredict.scaling.market import layers, of_assets, partitions_after, rows_a_day, rows_kept
from cryptopredict.scaling.measured import MEASURED, SAMPLE, Constants, measure
from cryptopredict.scaling.page import PAGE, TEMPLATE, page, write
from cryptopredict.scaling.people import of_people
from cryptopredict.scaling.steps import steps
from cryptopredict.scaling.tables import Growing, growing, of_tables

__all__ = [
    "MEASURED",
    "PAGE",
    "SAMPLE",
    "TEMPLATE",
    "Constants",
    "Growing",
    "growing",
    "layers",
    "measure",
    "of_assets",
    "of_people",
    "of_tables",
    "page",
    "partitions_after",
    "rows_a_day",
    "rows_kept",
    "steps",
    "write",
]
