"""The way out: what is sent, what is taken, what is refused, and what is left behind."""

import time
from decimal import Decimal

import pytest
from django.db import connection, transaction

from system.exceptions import DomainError, UnavailableError
from system.http import BadAnswer, Client, NoAnswer, Refused, client, register_provider
from system.http.registry import Provider
from system.http.transport import Transport
from system.models import ExternalApiLog
from tests.stubs.outgoing import provided, rows_of, say
from tests.stubs.server import Reply, StubServer

pytestmark = pytest.mark.django_db


def test_a_request_and_its_answer(stub: StubServer, http: Client) -> None:
    stub.answer("/coins", body=b'[{"price": 0.10, "rank": 1}]', headers={"X-Left": "7"})
    answer = http.get("/coins", params={"page": 2, "order": None}, headers={"X-Own": "yes"})
    assert (answer.status, answer.headers["x-left"]) == (200, "7")
    assert answer.json() == [{"price": Decimal("0.10"), "rank": 1}]
    assert str(answer.json()[0]["price"]) == "0.10"
    (call,) = stub.calls
    assert (call.method, call.path, call.query) == ("GET", "/coins", {"page": "2"})
    assert call.headers["x-own"] == "yes"
    assert call.headers["host"] == f"127.0.0.1:{stub.port}"


def test_all_providers_trust_the_same_certificates() -> None:
    """Read once in a process; connections are each one's own."""
    one, other = Transport().pool, Transport().pool
    assert one is not other
    assert one._ssl_context is other._ssl_context
    assert one._ssl_context is not None
    assert one._ssl_context.cert_store_stats()["x509_ca"] > 50


def test_a_body_is_sent_once_however_it_ends(stub: StubServer, http: Client) -> None:
    stub.answer("/orders", status=500)
    with pytest.raises(NoAnswer):
        http.request("POST", "/orders", body="a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    (call,) = stub.calls
    assert (call.method, call.body) == ("POST", b"a=1")


def test_the_key_goes_into_its_header_only(stub: StubServer, settings, caplog) -> None:
    say()
    with provided(stub.url, key_header="x-cg-demo-api-key") as http:
        settings.PROVIDERS = {http.provider.name: {"key": "CG-secret-123"}}
        stub.answer("/ping", body={"ok": True})
        stub.answer("/no", status=401, body={"error": "the key CG-secret-123 is wrong"})
        http.get("/ping")
        assert stub.calls[0].headers["x-cg-demo-api-key"] == "CG-secret-123"
        with pytest.raises(Refused, match="into a header"):
            http.get("/ping", params={"api_key": "CG-secret-123"})
        with pytest.raises(Refused) as refusal:
            http.get("/no")
        assert "CG-secret-123" not in f"{refusal.value} {refusal.value.reason} {caplog.text}"
        assert "the key ••• is wrong" in str(refusal.value)
        assert len(stub.calls) == 2


def test_the_environment_says_where_a_provider_is(stub: StubServer, settings) -> None:
    say()
    stub.answer("/v3/ping", body={})
    with provided("https://api.provider.example", hosts=("data.provider.example",)) as http:
        settings.PROVIDERS = {http.provider.name: {"url": f"{stub.url}/v3"}}
        http.get("/ping")
        assert http.get(f"{stub.url}/v3/ping").status == 200
        for elsewhere in ("https://api.provider.example/x", "https://data.provider.example/x", f"{stub.url}@evil/x"):
            with pytest.raises(Refused, match="no address of"):
                http.get(elsewhere)
    assert [call.path for call in stub.calls] == ["/v3/ping"] * 2


def test_one_client_per_process_and_one_provider_per_name(stub: StubServer, http: Client) -> None:
    assert client(http.provider.name) is client(http.provider.name)
    register_provider(http.provider)
    with pytest.raises(ValueError, match="twice"):
        register_provider(Provider(http.provider.name, "https://elsewhere.example"))
    with pytest.raises(KeyError):
        client("nobody")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"code": -1121, "msg": "Invalid symbol."}, "Invalid symbol."),
        (422, {"error": {"message": "days out of range"}}, "days out of range"),
        (401, {"status": {"error_code": 10002, "error_message": "API Key Missing"}}, "API Key Missing"),
        (404, b"<html><h1>not found</h1></html>", ""),
        (403, b"plain\x00 words\nhere", "plain words here"),
        (302, b"", ""),
        (304, b"", ""),
    ],
)
def test_a_refusal_tells_what_the_provider_said(stub: StubServer, http: Client, status, body, reason) -> None:
    stub.answer("/q", status=status, body=body, headers={"Location": "http://127.0.0.1:1/"})
    with pytest.raises(Refused) as refusal:
        http.get("/q", params={"token": "hidden"})
    assert (refusal.value.status, refusal.value.reason) == (status, reason)
    assert "hidden" not in str(refusal.value)
    assert f"{http.provider.name} /q: {status}" in str(refusal.value)
    assert not isinstance(refusal.value, UnavailableError)
    assert len(stub.calls) == 1


def test_what_passes_is_tried_again(stub: StubServer, http: Client) -> None:
    stub.answer_each("/q", Reply(status=500), Reply(body=b"ab", length=9), Reply(body={"t": 1}))
    assert http.get("/q").json() == {"t": 1}
    assert [row.response_status for row in rows_of(http)] == [500, 200, 200]


def test_what_stays_broken_ends_with_its_last_status(stub: StubServer, http: Client) -> None:
    stub.answer("/q", status=502, body={"error": "upstream"})
    with pytest.raises(NoAnswer, match="502, upstream") as error:
        http.get("/q")
    assert error.value.status == 502
    assert isinstance(error.value, UnavailableError)
    assert len(stub.calls) == 4


def test_every_attempt_is_a_row_without_its_query(stub: StubServer, http: Client) -> None:
    stub.answer("/coins/bitcoin", body={}, delay=0.05)
    http.get("/coins/bitcoin", params={"token": "hidden"}, endpoint="/coins/{id}")
    http.get("/coins/bitcoin?token=hidden")
    first, second = rows_of(http)
    assert (first.endpoint, second.endpoint) == ("/coins/{id}", "/coins/bitcoin")
    assert (first.http_method, first.response_status) == ("GET", 200)
    assert 50 <= first.response_time_ms < 5000


def test_a_row_survives_the_callers_rollback(stub: StubServer, http: Client) -> None:
    stub.answer("/q", body={})

    with transaction.atomic():
        http.get("/q")
        transaction.set_rollback(True)
    assert len(rows_of(http)) == 1


def test_a_row_that_cannot_be_written_does_not_cost_the_answer(stub: StubServer, http: Client, caplog) -> None:
    stub.answer("/q", body={})
    broken = {**connection.settings_dict["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "OPTIONS", broken)
        assert http.get("/q").status == 200
    assert "could not be recorded" in caplog.text
    assert not rows_of(http)
    assert not ExternalApiLog.objects.filter(api_provider=http.provider.name).exists()


def test_connections_are_kept_between_calls(stub: StubServer, http: Client) -> None:
    stub.answer("/q", body={})
    for _ in range(5):
        http.get("/q")
    assert len(stub.connections) == 1


@pytest.mark.parametrize("number", [65536, 99999])
def test_a_port_that_does_not_exist_is_refused(number: int) -> None:
    say()
    with provided(f"http://127.0.0.1:{number}") as asked, pytest.raises(Refused, match=f"no port {number}"):
        asked.get("/")


def test_errors_are_of_the_domain() -> None:
    assert issubclass(NoAnswer, UnavailableError)
    assert issubclass(BadAnswer, DomainError)
    assert not issubclass(BadAnswer, UnavailableError)


def test_a_call_in_a_hurry_does_not_wait(stub: StubServer) -> None:
    say(deadline_seconds=0.3)
    stub.answer("/q", body={}, delay=2)
    with provided(stub.url) as http:
        start = time.monotonic()
        with pytest.raises(NoAnswer):
            http.get("/q")
        assert time.monotonic() - start < 1
