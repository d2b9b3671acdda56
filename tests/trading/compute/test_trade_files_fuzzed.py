"""Files of trades that were damaged or made to harm: each is read, row by row, or refused with a reason."""

import io
import random
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rounds import examples
from tests.trading.compute.test_trade_files import FILES, MOST, NOW
from trading.compute.trade_files.layouts import read
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.reading import Source
from trading.compute.trade_files.records import Options

NASTY = (
    "", " ", "0", "-0", "-1", "NaN", "nan", "sNaN123", "Infinity", "-inf", "1e400", "1e-400", "1E999999999", "9" * 60,
    "0." + "0" * 60 + "1", "1,000,5", "1.000.000,5", "0x10", "١٢٣", "1_000", "½", "=1+1", "@SUM(A1)",
    "'; DROP TABLE x;--",
    "\x00", "\u202e", "😀", '"', '""', "\\", ";", "BUY", "buy", "SELL", "BTC", "BTCBTC", "USDT",
    "0001-01-01", "9999-12-31",
    "2021-02-30 10:00:00", "2021-03-01T10:00:00+99:00", "2021-13-01", "1614592800", "99999999999999999999",
    "-62135596801",
    "2021-03-01 24:00:00", "x" * 5000,
)  # fmt: skip
ENDINGS = ("\n", "\r\n", "\r")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A known file with some of its cells, lines or bytes changed."""
    text = draw(st.sampled_from([text for text, _lines in FILES.values()]))
    choose = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - to damage, not to guard
    lines = text.split("\n")
    for _change in range(draw(st.integers(1, 6))):
        at = choose.randrange(len(lines))
        match choose.randrange(5):
            case 0 | 1:
                delimiter = choose.choice([",", ",", ";"])
                cells = lines[at].split(delimiter)
                cells[choose.randrange(len(cells))] = choose.choice(NASTY)
                lines[at] = delimiter.join(cells)
            case 2:
                lines.insert(at, lines[choose.randrange(len(lines))])
            case 3 if len(lines) > 2:
                del lines[at]
            case _:
                lines[at] += choose.choice([",", ",,,,", '"', "\x00", choose.choice(NASTY)])
    body = bytearray(choose.choice(ENDINGS).join(lines).encode(errors="surrogatepass"))
    for _change in range(draw(st.integers(0, 3))):
        if body:
            body[choose.randrange(len(body))] = choose.randrange(256)
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


@settings(max_examples=examples(150, 6_000), deadline=None)
@given(body=damaged(), commas=st.booleans())
def test_a_damaged_file_is_read_or_refused_and_never_breaks(body: bytes, commas: bool) -> None:
    try:
        found = list(read(Source(io.BytesIO(body), MOST), Options(NOW, decimal_comma=commas)).found)
    except BadValue:
        return
    for one in found:
        assert isinstance(one, Line | Fault)
        if isinstance(one, Line):
            amounts = (one.quantity, one.price, one.fee)
            assert all(amount is None or (isinstance(amount, Decimal) and amount.is_finite()) for amount in amounts)
            assert one.quantity >= 0
            assert one.at.utcoffset() == timedelta(0)
            assert one.at <= NOW


@settings(max_examples=examples(100, 10_000), deadline=None)
@given(body=st.binary(max_size=4000))
def test_noise_is_refused(body: bytes) -> None:
    try:
        found = list(read(Source(io.BytesIO(body), MOST), Options(NOW)).found)
    except BadValue:
        return
    assert all(isinstance(one, Line | Fault) for one in found)
