"""What is wrong with a row of an import, in words. The codes are those of ``trading.compute.trade_files``."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS = {
    "column_twice": _("the header names this column twice"),
    "comma": _("a comma could separate thousands or decimals: write a point, or choose decimal commas"),
    "day_or_month": _("day and month cannot be told apart: write the year first"),
    "duplicate": _("another row of the file has this key, with other content"),
    "empty": _("the file is empty"),
    "encoding": _("not text in UTF-8 or marked UTF-16 from here on: save the file as UTF-8"),
    "formula": _("a formula is no value"),
    "future": _("lies in the future"),
    "half_a_trade": _("one half of this trade is missing in the file: export a longer span"),
    "impossible": _("the journal does not allow it"),
    "key_taken": _("an entry with this key exists and says something else"),
    "long_line": _("a line without end"),
    "margin_trade": _("trades on margin are not taken"),
    "missing": _("is missing"),
    "negative": _("is negative"),
    "no_json": _("is no JSON"),
    "not_allowed": _("is no value that the journal knows"),
    "no_coin": _("names no coin"),
    "no_conversion": _("does not say what was converted"),
    "no_csv": _("quotation marks do not match"),
    "no_entry": _("names an entry that is not there"),
    "no_hour": _("has no time of day"),
    "no_rate": _("no price of this coin or currency is known at that moment"),
    "no_symbol": _("is no symbol"),
    "no_zone": _("has no time zone: write Z or +00:00"),
    "not_a_number": _("is not a number"),
    "not_a_time": _("is no date and time"),
    "not_finite": _("is not a finite number"),
    "not_spot": _("only the spot, funding and earn accounts are taken"),
    "several_trades": _("several trades of one second cannot be told apart: export the trade history"),
    "too_early": _("lies before Bitcoin"),
    "too_few_fields": _("has too few fields"),
    "too_large": _("is too large"),
    "too_large_file": _("the file is larger than is taken, in bytes"),
    "too_long": _("is too long"),
    "too_many_fields": _("has too many fields"),
    "too_many_rows": _("the file has more rows than are taken"),
    "too_precise": _("has more than 18 decimal places"),
    "two_digit_year": _("has a year of two digits: write all four"),
    "two_fees": _("has fees in two coins"),
    "unknown_format": _("no format that is known: the header is neither ours nor one of Binance, Coinbase or Kraken"),
    "unknown_kind": _("is no kind that is known"),
    "unknown_pair": _("is no pair that can be told apart"),
    "zero": _("is zero"),
}


def sentence(fault: Mapping[str, Any]) -> str:
    """A fault in words: row, field, what is wrong, and what stood there."""
    words = WORDS.get(fault["code"], fault["code"])
    shown = f" ({fault['shown']})" if fault.get("shown") else ""
    place = _("row %(row)s, %(field)s") % fault if fault.get("row") else fault["field"]
    return f"{place}: {words}{shown}"
