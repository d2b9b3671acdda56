"""No query parameter of any address can make the server fail."""

from typing import Any

import pytest

from system.rest.shaping import FIELDS, TIME
from tests import factories as make
from tests.cryptopredict.described import described
from tests.doors import client_of
from tests.rounds import examples

pytestmark = pytest.mark.django_db

NASTY = [
    "",
    "\x00",
    "-1",
    "9" * 30,
    "1e400",
    "NaN",
    "' OR 1=1 --",
    "\u0660\u0661",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "%F0%9F%92%A9" * 300,
]
EMPTY = {"/api/v1/assets/{id}/indicators", "/api/v1/macro/snapshots/latest"}
"""Addresses that answer 404 until something has been computed; those that know no parameter but ``SHAPES`` may too."""
SHAPES = {FIELDS, TIME}


def operations() -> list[tuple[str, dict[str, bool]]]:
    """Every address that is read, with its query parameters and whether it needs each."""
    paths: dict[str, Any] = described()["paths"]
    return [
        (
            path,
            {
                one["name"]: one.get("required", False)
                for one in item["get"].get("parameters", ())
                if one["in"] == "query"
            }
            | dict.fromkeys(SHAPES, False),
        )
        for path, item in paths.items()
        if "get" in item
    ]


@pytest.mark.long
def test_no_parameter_breaks_an_address() -> None:
    """Each parameter with one or two of the values, the next one with the next ones; with ``--full`` with all."""
    rows: dict[str, Any] = {
        "assets": make.AssetFactory(),
        "macro": make.RegimeFactory(),
        "portfolios": make.PortfolioFactory(),
        "predictions": make.PredictionFactory(),
        "sectors": make.SectorFactory(),
        "signals": make.SignalFactory(),
        "suggestions": make.SuggestionFactory(),
        "system": make.PipelineRunFactory(),
        "watchlists": make.DefaultListFactory(),
    }
    position = make.PositionFactory(portfolio=rows["portfolios"])
    client = client_of(make.AdminFactory())
    asked, given, apart = 0, 0, examples(8, 1)
    for path, names in operations():
        row = rows.get(path.split("/")[3])
        address = path.replace("{id}", str(row.pk)).replace("{figure}", "twr") if row else path
        address = address.replace("{position_id}", str(position.pk))
        if row and set(names) - SHAPES and path not in EMPTY:
            assert client.get(address).status_code == (400 if any(names.values()) else 200), address
        for name in names:
            given += 1
            for value in NASTY[given % apart :: apart]:
                response = client.get(address, {name: value})
                wrong = {400, 404, 406} if name == "format" else {400, 404}
                assert response.status_code in {200} | wrong, (path, name, value, response.status_code)
                assert response["Content-Type"] in {"application/json", "application/problem+json"}
                asked += 1
    assert asked > 1000 / apart
