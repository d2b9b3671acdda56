"""Suggestions that are archived, through the API."""

from datetime import timedelta
from decimal import Decimal

import pytest

from selection.models import AISuggestionArchive
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import EPOCH, AdminFactory, AssetFactory, DefaultListFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def archived(number: int, layer: int = 3) -> AISuggestionArchive:
    """A settled suggestion of the number-th day."""
    return AISuggestionArchive.objects.create(
        id=number,
        watchlist=DefaultListFactory(is_active=False),
        asset=AssetFactory(),
        suggestion_type="add",
        ai_layer=layer,
        confidence_score=Decimal("0.8"),
        status="implemented",
        reviewed_at=EPOCH,
        implemented_at=EPOCH,
        series="live",
        reviews=[{"decision": "approve", "reviewer_id": 1}],
        created_at=EPOCH + number * DAY,
        updated_at=EPOCH,
    )


def test_the_archive() -> None:
    admin = AdminFactory()
    rows = [archived(number, layer) for number, layer in ((1, 2), (2, 3), (3, 3))]
    found = answer("suggestions/archive", admin)["results"]
    assert [row["id"] for row in found] == [3, 2, 1]
    newest = found[0]
    assert (newest["asset_id"], newest["watchlist_id"], newest["confidence_score"]) == (
        rows[2].asset_id,
        rows[2].watchlist_id,
        0.8,
    )
    assert newest["reviews"] == [{"decision": "approve", "reviewer_id": 1}]
    for query, ids in (
        ({"layer": "layer2"}, [1]),
        ({"from": (EPOCH + 2 * DAY).isoformat()}, [3, 2]),
        ({"to": (EPOCH + 2 * DAY).isoformat()}, [1]),
    ):
        assert [row["id"] for row in answer("suggestions/archive", admin, **query)["results"]] == ids
    for name, value in (("layer", "9"), ("from", "then")):
        problem = refused(client_of(admin).get(API + "suggestions/archive", {name: value}), 400)
        assert [error["field"] for error in problem["errors"]] == [name]


def test_who_reads_the_archive() -> None:
    address = API + "suggestions/archive"
    refused(client_of().get(address), 401)
    refused(client_of(UserFactory()).get(address), 403)
    refused(client_with_token(AdminFactory(), "read").get(address), 403)
    assert client_with_token(AdminFactory(), "admin").get(address).status_code == 200


def test_the_queries_do_not_grow_with_the_archive() -> None:
    client, address, counts = client_of(AdminFactory()), API + "suggestions/archive", []
    for numbers in (range(1), range(1, 5), range(5, 50)):
        for number in numbers:
            archived(number)
        counts.append(queries(client, address))
    assert counts == [counts[0]] * 3
