"""External series and their values in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse

from macro.models import ExternalValue
from tests.doors import client_of
from tests.factories import EPOCH, AdminFactory, ExternalSeriesFactory

pytestmark = pytest.mark.django_db


def test_values_are_reached_from_their_series() -> None:
    client, series = client_of(AdminFactory()), ExternalSeriesFactory(code="VIX")
    for day in range(2):
        observed = EPOCH + timedelta(days=day)
        ExternalValue.objects.create(
            series=series, observed_at=observed, known_at=observed + timedelta(days=1), value=day
        )
    address = reverse("admin:macro_externalseries_values", args=[series.pk])
    assert address in client.get(reverse("admin:macro_externalseries_change", args=[series.pk])).content.decode()
    rows = client.get(address).context["rows"]
    assert [[text for text, _number in row] for row in rows] == [
        ["2024-06-02 00:00", "2024-06-03 00:00", "1"],
        ["2024-06-01 00:00", "2024-06-02 00:00", "0"],
    ]


@pytest.mark.parametrize("number", ["abc", "0", "9" * 30])
def test_values_of_a_series_that_there_is_not(number: str) -> None:
    assert client_of(AdminFactory()).get(f"/admin/macro/externalseries/{number}/values/").status_code == 404
