"""Ledgers as people make them, for property tests: every kind of entry, several coins, long, short and leveraged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from hypothesis import strategies as st

from selection.compute.lots import EXACT, PLACES, OversoldError, Posted, Terms, post
from trading.compute.bookings import fills
from trading.compute.entries import Accounts, Entry

START = datetime(2024, 1, 1, tzinfo=UTC)
DOLLAR, TETHER, BITCOIN, ETHER, BINANCE = 1, 2, 3, 4, 5
ASSET_OF = {1: DOLLAR, 2: TETHER, 3: BITCOIN, 4: ETHER, 5: BINANCE, 6: BITCOIN, 7: ETHER, 8: BITCOIN}
"""Position → asset. 6 is short, 7 a leveraged long, 8 a leveraged short."""
SPOT = {DOLLAR: 1, TETHER: 2, BITCOIN: 3, ETHER: 4, BINANCE: 5}
METHODS = ("average", "fifo", "lifo", "hifo")
KINDS = (
    "buy", "buy", "buy", "sell", "sell", "partial_exit", "deposit", "withdrawal", "transfer_in", "transfer_out",
    "income", "fee", "funding", "split", "modify_sl",
)  # fmt: skip


def accounts(method: str, cash: int | None) -> Accounts:
    """Eight positions, kept by one method."""
    special = {
        1: Terms("average", has_lots=False),
        2: Terms("average", has_lots=False),
        6: Terms(method, is_short=True),
        7: Terms(method, leverage=Decimal(5)),
        8: Terms(method, is_short=True, leverage=Decimal("2.5")),
    }
    terms = {position: special.get(position, Terms(method)) for position in ASSET_OF}
    return Accounts(terms, SPOT, frozenset({DOLLAR, TETHER}), cash, DOLLAR)


quantities = st.decimals("0.00000001", "100000", places=8)
prices = st.one_of(st.decimals("0.0000000001", "100000", places=10), st.decimals("1", "1000", places=2))
fees = st.one_of(st.just(Decimal(0)), st.decimals("0", "50", places=4))


@st.composite
def entries(draw: st.DrawFn, number: int) -> Entry:
    """One entry, at any time of a year: later ones may stand before earlier ones."""
    position = draw(st.sampled_from(sorted(ASSET_OF)))
    asset, kind = ASSET_OF[position], draw(st.sampled_from(KINDS))
    if position > 5 and kind not in {"buy", "sell", "partial_exit", "funding", "modify_sl"}:
        kind = "sell"
    entry = Entry(
        number, number, position, asset, kind, START + timedelta(minutes=draw(st.integers(0, 500_000))),
        quantity=draw(quantities), price=draw(prices), fee=draw(fees), accepts_missing=draw(st.booleans()),
    )  # fmt: skip
    if kind == "split":
        return replace(
            entry, quantity=draw(st.sampled_from([Decimal(2), Decimal("0.1"), Decimal("1.000003")])), fee=Decimal(0)
        )
    if kind == "fee" and draw(st.booleans()):
        entry = replace(entry, quantity=Decimal(0))
    elif kind == "fee":
        entry = replace(entry, fee=Decimal(0))
    if entry.fee and draw(st.booleans()):
        coin = draw(st.sampled_from([asset, BINANCE, TETHER, DOLLAR]))
        entry = replace(
            entry, fee_asset=coin, fee_quantity=entry.quantity / 1000 if coin == asset else draw(quantities)
        )
        entry = replace(entry, fee_quantity=entry.fee_quantity.quantize(PLACES))
    if kind in {"buy", "sell"} and draw(st.booleans()):
        coin = draw(st.sampled_from([TETHER, ETHER, DOLLAR]))
        with localcontext(EXACT):
            paid = entry.quantity * entry.price * draw(st.sampled_from([Decimal("0.9997"), Decimal("1.25")])) + 51
            paid = paid.quantize(PLACES)
        if coin != asset:
            entry = replace(entry, settlement_asset=coin, settlement_quantity=paid)
    return entry


@st.composite
def ledgers(draw: st.DrawFn, most: int = 14) -> list[Entry]:
    """Entries of a portfolio in the order in which they were entered; some are transfers between own venues or token
    migrations. Not all of them are possible: whoever uses them leaves out what the ledger refuses."""
    found: list[Entry] = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        if draw(st.integers(0, 9)):
            found.append(draw(entries(2 * number)))
            continue
        leaving = draw(st.sampled_from([3, 4, 5]))
        arriving = draw(st.sampled_from([leaving, 3, 4, 5]))
        at, sent = START + timedelta(minutes=draw(st.integers(0, 500_000))), draw(quantities)
        got = sent if draw(st.booleans()) else (sent * Decimal("0.99")).quantize(PLACES)
        got = max(got, Decimal("0.000000001"))
        out = Entry(2 * number, 2 * number, leaving, ASSET_OF[leaving], "transfer_out", at, sent, Decimal(2))
        found.append(replace(out, fee=draw(fees)))
        found.append(
            Entry(
                2 * number + 1,
                2 * number + 1,
                arriving,
                ASSET_OF[arriving],
                "transfer_in",
                at + timedelta(minutes=draw(st.integers(0, 90))),
                got,
                Decimal(2),
                matches=out.id,
            )
        )
    return found


def possible(wanted: list[Entry], kept: Accounts) -> list[Entry]:
    """The entries that the ledger takes, one after the other, wherever in time they stand; pairs together."""
    taken: list[Entry] = []
    while wanted:
        pair = 2 if len(wanted) > 1 and wanted[1].matches == wanted[0].id else 1
        trial, wanted = taken + wanted[:pair], wanted[pair:]
        try:
            post(fills(trial, kept), kept.terms)
        except (OversoldError, ValueError):
            continue
        taken = trial
    return taken


def posted(taken: list[Entry], kept: Accounts) -> Posted:
    return post(fills(taken, kept), kept.terms)
