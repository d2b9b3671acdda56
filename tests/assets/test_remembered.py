"""The shortest way to candles answers as the others do, never an old answer, and only what it may."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from assets.api.direct import DirectCandles, Whole
from assets.api.remembered import RememberedCandles
from assets.models import Asset
from assets.selectors.candle_answers import candle_answer
from assets.selectors.newest_write import NewestWrite
from cryptopredict.api.middleware import request_id
from cryptopredict.bridge import Bridge
from tests.cryptopredict.serving import served
from tests.factories import AssetFactory, add_candles
from tests.stubs.collector import Collector, told_to

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


class Counted:
    """The way through threads, and how often it was taken."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi, self.asked = wsgi, 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked += 1
        response = self.wsgi(environ, start_response)
        if isinstance(response, Whole):  # the direct way keeps its connection for the next question
            connections.close_all()
        return response


@pytest.fixture(autouse=True)
def short_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    yield
    connections.close_all()


@pytest.fixture
def direct() -> DirectCandles:
    return DirectCandles(get_wsgi_application(), request_id)


@pytest.fixture
def threads(direct: DirectCandles) -> Counted:
    return Counted(direct)


@pytest.fixture
def client(direct: DirectCandles, threads: Counted) -> Iterator[httpx.Client]:
    bridge = Bridge(
        threads,
        websocket=_nothing,
        asgi=_nothing,
        streaming_paths=["/stream/"],
        threads=4,
        largest_body=django_settings.WEB_LARGEST_BODY,
    )
    with served(RememberedCandles(bridge, direct)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as found:
        yield found


async def _nothing(*_: Any) -> None:
    raise AssertionError("not asked for here")


@pytest.fixture
def asset() -> Asset:
    asset: Asset = AssetFactory()
    add_candles(asset, range(1, 11), timeframe="1h")
    return asset


def candles_of(asset: Asset) -> str:
    return f"/api/v1/assets/{asset.pk}/candles"


def own_words(response: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """The response without what the server adds and what is new each time."""
    headers = dict(response.headers)
    for name in ("date", "server", "x-request-id"):
        headers.pop(name)
    return response.status_code, headers, response.content


def learn(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """Django's answer, then that of the direct way: from then on it can be given at once."""
    client.get(path, headers=headers)
    return client.get(path, headers=headers)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_answers_what_the_others_answer(asset: Asset, client: httpx.Client, threads: Counted, language: str) -> None:
    asked = {"accept-language": language}
    other = learn(client, candles_of(asset), **asked)
    taken = threads.asked
    quick = client.get(candles_of(asset), headers=asked)
    assert own_words(quick) == own_words(other)
    known = client.get(candles_of(asset), headers={**asked, "if-none-match": other.headers["etag"]})
    assert threads.asked == taken
    assert known.status_code == 304
    assert known.content == b""
    assert "content-type" not in known.headers
    head = client.head(candles_of(asset), headers=asked)
    assert (head.content, head.headers["content-length"]) == (b"", other.headers["content-length"])
    assert threads.asked == taken


def test_all_ways_are_told_alike(asset: Asset, client: httpx.Client) -> None:
    """Django's answer, that of the direct way, and that from memory, which no block surrounds."""
    with Collector() as collector, told_to(collector.url):
        told = [client.get(candles_of(asset), headers={"x-request-id": f"{number}-traced"}) for number in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 200]
    name = "GET /api/v1/assets/<int:pk>/candles"
    assert [one.facts["request_id"] for one in collector.named(name)] == ["0-traced", "1-traced", "2-traced"]
    assert {(one.kind, one.parent, one.facts["http.response.status_code"]) for one in collector.named(name)} == {
        ("server", "", 200)
    }
    assert len({one.trace for one in collector.named(name)}) == 3


def test_a_new_candle_is_never_hidden(asset: Asset, client: httpx.Client, threads: Counted) -> None:
    learn(client, candles_of(asset))
    for count in range(11, 15):
        add_candles(asset, [7], timeframe="1h", first=asset.candles.latest("candle_time").candle_time + HOUR)
        assert len(client.get(candles_of(asset)).json()["candles"]) == count
        taken = threads.asked
        assert len(client.get(candles_of(asset)).json()["candles"]) == count
        assert threads.asked == taken


def test_an_asset_that_is_hidden_or_renamed_meanwhile(asset: Asset, client: httpx.Client) -> None:
    learn(client, candles_of(asset))
    Asset.objects.filter(pk=asset.pk).update(symbol="RENAMED")
    assert client.get(candles_of(asset)).json()["symbol"] == "RENAMED"
    learn(client, candles_of(asset))
    Asset.objects.filter(pk=asset.pk).update(is_active=False)
    assert client.get(candles_of(asset)).status_code == 404


@pytest.mark.parametrize(
    "unusual",
    [
        {"authorization": "Bearer x"},
        {"content-length": "0"},
        {"accept": "text/csv"},
    ],
)
def test_what_is_unusual_goes_on(asset: Asset, client: httpx.Client, threads: Counted, unusual: dict[str, str]) -> None:
    learn(client, candles_of(asset))
    taken = threads.asked
    client.get(candles_of(asset), headers=unusual)
    assert threads.asked == taken + 1


def test_a_header_that_comes_twice_goes_on(asset: Asset, client: httpx.Client, threads: Counted) -> None:
    learn(client, candles_of(asset))
    taken = threads.asked
    client.get(candles_of(asset), headers=[("if-none-match", '"a"'), ("if-none-match", '"b"')])
    assert threads.asked == taken + 1


def test_a_refused_question_is_djangos(asset: Asset, client: httpx.Client) -> None:
    learn(client, candles_of(asset))
    refused = client.get(candles_of(asset), params={"limit": "none"})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.post(candles_of(asset)).status_code in {401, 403, 405}


def test_its_connection_may_break(asset: Asset, client: httpx.Client, threads: Counted) -> None:
    learn(client, candles_of(asset))
    client.get(candles_of(asset))
    taken = threads.asked
    with connections["default"].cursor() as cursor:  # the same role may
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE query LIKE 'SELECT tableoid%' AND pid <> pg_backend_pid() AND datname = current_database()"
        )
        assert cursor.fetchone()[0] >= 1
    assert client.get(candles_of(asset)).status_code == 200
    assert threads.asked == taken + 1
    assert client.get(candles_of(asset)).status_code == 200
    assert threads.asked == taken + 1


def test_many_at_once_see_what_was_written_before_they_asked(asset: Asset, client: httpx.Client) -> None:
    """While a writer adds candles, no answer lacks one that was committed before the question."""
    learn(client, candles_of(asset))
    written = 10

    def ask() -> bool:
        least = written
        return len(client.get(candles_of(asset), params={"limit": 500}).json()["candles"]) >= least

    with ThreadPoolExecutor(8) as pool:
        waiting = []
        for _ in range(15):
            add_candles(asset, [7], timeframe="1h", first=asset.candles.latest("candle_time").candle_time + HOUR)
            written += 1
            waiting += [pool.submit(ask) for _ in range(20)]
            time.sleep(0.01)
        assert all(one.result() for one in waiting)


def test_one_look_serves_those_who_came_before_it() -> None:
    """Of ten who ask at once the first look serves all; who comes while one is under way gets the next."""

    async def story() -> tuple[int, list[tuple[int, int]]]:
        newest, begun = NewestWrite(), 0
        read = newest._read

        async def counted() -> tuple[int, int]:
            nonlocal begun
            begun += 1
            return await read()

        newest._read = counted  # type: ignore[method-assign]
        first = await asyncio.gather(*(newest.look() for _ in range(10)))
        early = asyncio.create_task(newest.look())
        while begun == 1:
            await asyncio.sleep(0)
        late = asyncio.create_task(newest.look())
        both = [await early, await late]
        await newest.close()
        return begun, [*first, *both]

    begun, found = asyncio.run(story())
    assert begun == 3
    assert len(set(found)) == 1


def test_one_who_leaves_takes_nothing_from_the_others() -> None:
    async def story() -> bool:
        newest = NewestWrite()
        leaving, staying = asyncio.create_task(newest.look()), asyncio.create_task(newest.look())
        await asyncio.sleep(0)
        leaving.cancel()
        found = await staying
        await newest.close()
        return len(found) == 2

    assert asyncio.run(story())


def test_a_database_that_is_not_there_is_told_to_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "NAME", "there_is_none")

    async def story() -> list[Any]:
        newest = NewestWrite()
        return [*await asyncio.gather(newest.look(), newest.look(), return_exceptions=True)]

    told = asyncio.run(story())
    assert [isinstance(one, psycopg.OperationalError) for one in told] == [True, True]


def test_the_server_knows_the_ways() -> None:
    from cryptopredict import asgi, wsgi

    assert isinstance(asgi.application, RememberedCandles)
    assert asgi.application.direct is wsgi.application
    assert asgi.bridge.wsgi is wsgi.application


def test_without_anything_kept_nothing_is_remembered(asset: Asset, settings: Any) -> None:
    from assets.api.direct import wish_of
    from assets.selectors.candle_answers import remembered_answer
    from assets.selectors.kept_answers import kept_answers

    settings.CANDLE_CACHE_SECONDS = 0
    kept_answers.cache_clear()
    wish = wish_of("")
    assert wish is not None
    try:
        assert candle_answer(asset.pk, wish) is not None
        assert remembered_answer(asset.pk, wish, (0, 0)) is None
    finally:
        kept_answers.cache_clear()
