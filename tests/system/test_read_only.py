"""A request that only reads changes nothing, whatever its view does: the database refuses it."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiToken
from accounts.selectors.browsers import LOGGED_IN_AT, SEEN_AT
from assets.models import Asset
from cryptopredict.urls import urlpatterns as real
from system import fault_log
from system.acting import acting_as
from system.models import Fault
from system.read_only import Kept, is_reading, reading, writing
from system.services.faults import write_faults
from tests import factories as make
from tests.doors import client_of, client_with_token

STATE = "SELECT current_setting('transaction_read_only')"


def state() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        found: str = cursor.fetchone()[0]
        return found


def in_parts() -> str:
    with connection.chunked_cursor() as cursor:
        cursor.execute(STATE)
        found: str = cursor.fetchone()[0]
        return found


def copied() -> str:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({STATE}) TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy).decode().strip()


@pytest.mark.parametrize(
    ("ask", "is_open"), [(state, True), (copied, True), (state, False), (in_parts, False), (copied, False)]
)
@pytest.mark.django_db(transaction=True)
def test_every_way_to_ask_only_reads_in_the_block_and_nowhere_else(ask: Callable[[], str], is_open: bool) -> None:
    def seen() -> list[str]:
        found = [state()]
        with reading(), acting_as(7):
            found.append(ask())
            with writing(Kept.SESSION):
                found.append(ask())
            found.append(ask())
        return [*found, state()]

    if is_open:
        with transaction.atomic():
            found = seen()
    else:
        found = seen()
    assert found == ["off", "on", "off", "on", "off"]
    assert not connection.in_atomic_block


def saved(asset: Asset) -> None:
    asset.name = "After"
    asset.save(update_fields=["name"])


def locked(asset: Asset) -> None:
    Asset.objects.select_for_update().get(pk=asset.pk)


def added(_asset: Asset) -> None:
    make.AssetFactory()


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("change", [saved, locked, added])
@pytest.mark.django_db(transaction=True)
def test_what_writes_is_refused_and_nothing_of_it_stays(
    change: Callable[[Asset], None], is_open: bool, refused_writes: list[str]
) -> None:
    asset = make.AssetFactory(name="Before")
    with reading(), pytest.raises(InternalError) as fault, transaction.atomic(durable=not is_open):
        change(asset)
    assert isinstance(fault.value.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    assert fault.value.__cause__.sqlstate == "25006"
    refused_writes.clear()
    asset.refresh_from_db()
    assert (asset.name, Asset.objects.count()) == ("Before", 1)


@pytest.mark.django_db
def test_rows_that_stay_on_the_server_are_only_read_as_well(refused_writes: list[str]) -> None:
    make.AssetFactory()
    with reading(), connection.chunked_cursor() as cursor, pytest.raises(InternalError, match="read-only"):
        cursor.execute("SELECT id FROM assets FOR UPDATE")
    refused_writes.clear()


@pytest.mark.django_db
def test_it_costs_no_way_to_the_server_and_is_not_told_as_a_query() -> None:
    with CaptureQueriesContext(connection) as captured, reading():
        assert not Fault.objects.exists()
        state()
    assert len(captured) == 2
    assert captured[1]["sql"] == STATE


def test_another_thread_is_not_held_to_it() -> None:
    found: list[bool] = []
    with reading():
        thread = threading.Thread(target=lambda: found.append(is_reading()))
        thread.start()
        thread.join()
        assert is_reading()
    assert found == [False]
    assert not is_reading()


def renames(_request: HttpRequest) -> HttpResponse:
    """A view that changes something, whatever it is asked."""
    Asset.objects.update(name="After")
    return HttpResponse("done")


def in_parts_that_write(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(str(Asset.objects.update(name="After")) for _part in range(1))


class Renames(APIView):
    """The same in the API."""

    permission_classes = ()

    def get(self, _request: Request) -> Response:
        return Response({"changed": Asset.objects.update(name="After")})

    post = get


urlpatterns = [
    path("renames", csrf_exempt(renames)),
    path("api/v1/renames", Renames.as_view()),
    path("in-parts", in_parts_that_write),
    *real,
]
handler500 = "cryptopredict.pages.errors.server_error"


@pytest.mark.parametrize(("method", "address"), [("get", "/renames"), ("head", "/renames"), ("get", "/api/v1/renames")])
@pytest.mark.urls("tests.system.test_read_only")
@pytest.mark.django_db(transaction=True)
def test_a_view_that_writes_when_it_is_read_breaks_and_is_kept_as_a_fault(
    method: str, address: str, refused_writes: list[str]
) -> None:
    fault_log.take()
    asset = make.AssetFactory(name="Before")
    client = Client(raise_request_exception=False)
    assert getattr(client, method)(address, headers={"X-Request-ID": "asked-4711"}).status_code == 500
    assert len(refused_writes) == 1
    refused_writes.clear()
    asset.refresh_from_db()
    assert asset.name == "Before"
    assert write_faults() == 1
    fault = Fault.objects.get()
    assert (fault.error, fault.kind, fault.request_id) == ("InternalError", "request", "asked-4711")
    assert fault.message == "cannot execute UPDATE in a read-only transaction"
    assert client.post(address).status_code == 200
    asset.refresh_from_db()
    assert asset.name == "After"


@pytest.mark.urls("tests.system.test_read_only")
@pytest.mark.django_db
def test_an_answer_that_is_made_while_it_is_sent_only_reads_as_well(refused_writes: list[str]) -> None:
    make.AssetFactory(name="Before")
    answer = client_of().get("/in-parts")
    with pytest.raises(InternalError, match="read-only"):
        b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(refused_writes) == 1
    refused_writes.clear()


@pytest.mark.django_db
def test_what_a_request_keeps_of_itself_is_written_under_its_name() -> None:
    """A browser's last use, and a token's; both are asked with reads alone."""
    user = make.UserFactory()
    client = client_of(user)
    session = client.session
    session[LOGGED_IN_AT] = timezone.now().isoformat()
    session.save()
    assert client.get("/account").status_code == 200
    assert client.session[SEEN_AT]
    program = client_with_token(user, "read")
    assert program.get("/api/v1/users/me").status_code == 200
    assert ApiToken.objects.get().last_used_at is not None
