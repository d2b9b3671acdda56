"""What a body may hold is what the OpenAPI document says, to the kind of each value."""

from typing import Any

import pytest
from rest_framework import serializers

from system.rest import ExactDecimalField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField
from tests.cryptopredict.described import described
from tests.cryptopredict.test_api_permissions import METHODS, filled, private, public
from tests.doors import API, client_of, client_with_token
from tests.factories import AdminFactory, UserFactory


class Given(InputSerializer):
    name = serializers.CharField(required=False, allow_null=True)
    names = serializers.ListField(child=serializers.CharField(), required=False)
    is_on = serializers.BooleanField(required=False)
    count = serializers.IntegerField(required=False)
    price = ExactDecimalField(10, 2, required=False)
    share = NumberField(5, 4, required=False, allow_null=True)
    largest = ExactDecimalField(10, 2, required=False, allow_null=True)
    amount = NumberField(38, 18, required=False)
    ids = serializers.DictField(child=serializers.CharField(), required=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5), ("name", True), ("names", ["a", 5]), ("is_on", 0), ("is_on", "true"), ("count", "5"),
        ("count", True), ("price", 1.5), ("price", 1), ("share", "0.5"), ("share", True), ("share", ""),
        ("largest", ""), ("largest", " "), ("ids", {"a": "b", "c": 5}), ("name", "\n"), ("name", "\x19 \x1f"),
        ("name", "\xa0"), ("names", ["a", " "]), ("share", 10), ("share", 12.5), ("share", -10.00001),
        ("amount", 1e25), ("amount", -1e300),
    ],
)  # fmt: skip
def test_another_kind_is_refused(name: str, value: Any) -> None:
    given = Given(data={name: value})
    assert not given.is_valid()
    assert list(given.errors) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "5"), ("name", None), ("names", ["a"]), ("is_on", False), ("count", 5), ("count", 5.0),
        ("price", "1.5"), ("share", 0), ("share", 0.12345678901234), ("share", None), ("largest", None),
        ("amount", 1e19), ("ids", {"a": "b"}), ("name", "a\n"),
    ],
)  # fmt: skip
def test_its_own_kind_is_taken(name: str, value: Any) -> None:
    given = Given(data={name: value})
    assert given.is_valid(), given.errors


def test_a_number_has_no_more_digits_than_its_column() -> None:
    given = Given(data={"share": 0.12345678901234})
    assert given.is_valid()
    assert str(given.validated_data["share"]) == "0.1235"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (9.99994, "9.9999"),
        (9.999999999999998, "9.9999"),
        (-9.99999, "-9.9999"),
        (1e-300, "0.0000"),
        (0.99996, "1.0000"),
    ],
)
def test_what_lies_below_the_limit_is_taken_however_near(value: float, kept: str) -> None:
    given = Given(data={"share": value})
    assert given.is_valid(), given.errors
    assert str(given.validated_data["share"]) == kept


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["search=", "search=%20", "search=%19", "ordering=", "ordering=,,", "ordering=name,"])
def test_a_parameter_without_a_value_is_refused(query: str) -> None:
    address = API + ("sectors" if query.startswith("ordering") else "assets")
    answer = client_of(UserFactory()).get(f"{address}?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.django_db
def test_the_fault_is_placed() -> None:
    answer = client_of(UserFactory()).post(
        API + "feedback", {"feedback_type": "bug_report", "message": 0}, "application/json"
    )
    assert answer.status_code == 400
    assert [(one["field"], one["pointer"]) for one in answer.json()["errors"]] == [("message", "#/message")]


@pytest.mark.django_db
def test_every_address_says_which_methods_it_knows() -> None:
    admin = AdminFactory()
    rows, asked = private(admin) | public(), 0
    client = client_with_token(admin, "read", "write", "admin")
    for path, methods in described()["paths"].items():
        answer = client.options(str(filled(path, rows)))
        assert answer.status_code == 204, path
        told = set(answer["Allow"].lower().split(", "))
        assert told - {"head", "options"} == methods.keys() & set(METHODS), path
        asked += 1
    assert asked > 150


@pytest.mark.django_db
def test_a_list_without_pages_is_csv_too() -> None:
    path = API + "dashboard/mobile/signal-cards"
    answer = client_of(UserFactory()).get(path, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert client_of(UserFactory()).get(path, {"limit": 51}, headers={"Accept": "text/csv"}).status_code == 400
