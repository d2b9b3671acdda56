"""Rows in the binary format of PostgreSQL's COPY, built column by column: no Python object per value.

Rows of one batch have one width: each exact number gets as many groups of four digits as the largest of its column
needs, and rows with a null in another place are written as a group of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.compute.exact import PLACES, UNIT

Integers = NDArray[np.int64]
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH_2000 = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000 on."""
GROUP = 10_000
"""Digits of a numeric come in groups of four."""
TYPES = {"int8": ">i8", "int4": ">i4", "bool": "u1", "timestamptz": ">i8"}


@dataclass(frozen=True)
class _Numeric:
    """A column of exact numbers: groups of digits from the highest on, and the place of the first one."""

    groups: list[Integers]
    weight: int


def binary_rows(rows: pl.DataFrame, types: Mapping[str, str]) -> Iterator[bytes]:
    """Rows as the blocks that lie between ``HEADER`` and ``TRAILER``.

    Args:
        rows: exact numbers in units of 10**-18 as 128-bit integers, not negative, whole part within 64 bits; times in
            microseconds; whole numbers and booleans as they are.
        types: PostgreSQL type by column, in the order of the COPY: ``numeric`` or one of ``TYPES``. A text that is the
            same in all rows stands as ``text:value``.
    """
    nullable = [name for name in types if name in rows.columns and rows[name].null_count()]
    if rows.is_empty():
        return
    if not nullable:
        yield _block(rows, types, set())
        return
    for key, part in rows.group_by([pl.col(name).is_null() for name in nullable], maintain_order=True):
        yield _block(part, types, {name for name, is_null in zip(nullable, key, strict=True) if is_null})


def _block(rows: pl.DataFrame, types: Mapping[str, str], absent: set[str]) -> bytes:
    fields: list[tuple] = [("fields", ">i2")]
    numerics = {}
    for name, kind in types.items():
        fields.append((f"{name}:length", ">i4"))
        if name in absent:
            continue
        if kind == "numeric":
            numerics[name] = _numeric(rows[name])
            fields += [(f"{name}:head", ">i2", (4,)), (name, ">i2", (len(numerics[name].groups),))]
        else:
            fields.append((name, f"S{len(kind) - 5}" if kind.startswith("text:") else TYPES[kind]))
    block = np.zeros(rows.height, np.dtype(fields))
    block["fields"] = len(types)
    for name, kind in types.items():
        if name in absent:
            block[f"{name}:length"] = -1
        elif kind == "numeric":
            _write(block, name, numerics[name])
        else:
            block[f"{name}:length"] = block.dtype[name].itemsize
            block[name] = kind[5:].encode() if kind.startswith("text:") else _plain(rows[name], kind)
    return block.tobytes()


def _plain(values: pl.Series, kind: str) -> NDArray[np.int64]:
    numbers = values.to_physical().to_numpy()
    return numbers - EPOCH_2000 if kind == "timestamptz" else numbers


def _write(block: NDArray[np.void], name: str, number: _Numeric) -> None:
    """Number of groups, weight of the first, sign (none), digits to show; then the groups."""
    block[f"{name}:length"] = 8 + 2 * len(number.groups)
    block[f"{name}:head"] = (len(number.groups), number.weight, 0, PLACES)
    for place, group in enumerate(number.groups):
        block[name][:, place] = group


def _numeric(values: pl.Series) -> _Numeric:
    frame = values.to_frame("n")
    parts = frame.select(whole=(pl.col("n") // UNIT).cast(pl.Int64), rest=(pl.col("n") % UNIT).cast(pl.Int64))
    whole, rest = parts["whole"].to_numpy(), parts["rest"].to_numpy()
    groups = _split(whole, (len(str(whole.max())) + 3) // 4)
    weight = len(groups) - 1
    # 18 digits are four groups and a half: two digits go ahead of the last group.
    for digits, place in ((rest // 10**10, 2), (rest % 10**10 // 10**2, 2), (rest % 10**2 * 10**2, 1)):
        groups += _split(digits, place)
    while len(groups) > weight + 1 and not groups[-1].any():
        groups.pop()
    return _Numeric(groups, weight)


def _split(values: Integers, count: int) -> list[Integers]:
    """Values in so many groups, highest first."""
    groups = []
    for _ in range(count - 1):
        higher = values // GROUP
        groups.append(values - higher * GROUP)
        values = higher
    return [values, *reversed(groups)]
