"""Money is exact: no float stands in a module that counts it. Ratios and statistics are computed elsewhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MONEY = (
    "selection/compute/lots",
    "selection/compute/currencies.py",
    "selection/compute/daily_values.py",
    "selection/compute/portfolio_days.py",
    "selection/selectors/daily_prices.py",
    "selection/selectors/gains.py",
    "selection/selectors/portfolio_days.py",
    "selection/selectors/prices.py",
    "selection/selectors/rates.py",
    "selection/selectors/valuation.py",
    "selection/selectors/valued.py",
    "selection/services/daily_values.py",
    "selection/services/derived_rows.py",
    "selection/services/positions.py",
    "trading/compute/bookings.py",
    "trading/compute/entries.py",
    "trading/compute/risk_limits.py",
    "trading/compute/trade_files",
    "trading/models/journal.py",
    "selection/models/flows.py",
    "selection/models/manual_prices.py",
    "selection/models/portfolios.py",
    "trading/selectors/journal_export.py",
    "trading/selectors/risk_book.py",
    "trading/services/booking.py",
    "trading/services/executions",
    "trading/services/import_columns.py",
    "trading/services/import_lines.py",
    "trading/services/imports.py",
    "trading/services/journal",
    "trading/services/risk",
)
FLOATS = {"float", "FloatField", "float64", "float32", "numpy", "np", "math", "statistics"}


def sources() -> list[Path]:
    found = [ROOT / name for name in MONEY]
    assert [path for path in found if not path.exists()] == []
    return sorted(file for path in found for file in (path.rglob("*.py") if path.is_dir() else [path]))


def floats(tree: ast.AST) -> Iterator[str]:
    """Where a float is written, made, named or imported, or a whole number is divided by one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.Name) and node.id in FLOATS:
            yield f"line {node.lineno}: {node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in FLOATS | {"total_seconds", "timestamp"}:
            yield f"line {node.lineno}: .{node.attr}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"line {node.lineno}: {name}" for name in names if name.split(".")[0] in FLOATS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_float_counts_money(path: Path) -> None:
    assert list(floats(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "code",
    ["x = 0.1", "x = float(y)", "import numpy as np", "from math import sqrt", "x = np.sum(y)", "models.FloatField()"],
)
def test_the_check_finds_one(code: str) -> None:
    assert list(floats(ast.parse(code)))
