"""Variables of the environment: what makes no sense stops the start with a sentence that names the variable."""

import pytest

from cryptopredict import environment
from system.exceptions import InvalidInput
from tests.cryptopredict.installation import Installation, installation

NOBODY = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d", "REDIS_URL": "redis://127.0.0.1:1/0"}
"""Addresses at which nobody listens."""


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1.5", "65536", "٣"])
def test_a_number_is_whole_and_within_its_limits(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(InvalidInput, match=r"PORT must be a whole number from 1 to 65535, not"):
        environment.port()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("DEBUG", "")
    assert (environment.port(), environment.switch("DEBUG")) == (8000, False)


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("Yes", True), ("off", False), ("False", False)])
def test_a_switch_is_on_or_off(text: str, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", text)
    assert environment.switch("DEBUG") is on


@pytest.mark.parametrize(
    ("variable", "value"),
    [("DEBUG", "maybe"), ("LOG_LEVEL", "loud"), ("WEB_THREADS", "many"), ("WEB_LARGEST_BODY", "0")],
)
def test_the_start_stops_with_one_sentence(variable: str, value: str) -> None:
    with installation() as here:
        here.variables = dict(NOBODY)  # no servers are begun for a command that is refused
        assert_refused(here, ["check"], variable, value)


COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (COLLECTOR, "collector:4318"),
        (COLLECTOR, "http://me:5ecret@collector:4318"),
        (COLLECTOR, "http://["),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "half"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan"),
    ],
)
def test_a_collector_that_makes_no_sense_is_refused(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLLECTOR, "http://collector:4318/")
    assert environment.collector() == "http://collector:4318"
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInput, match=rf"^{variable} must be") as refused:
        environment.collector()
    assert "5ecret" not in str(refused.value)


def test_without_a_collector_nothing_of_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv(COLLECTOR, "")
    assert environment.collector() == ""
    monkeypatch.setenv(COLLECTOR, "nonsense")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert environment.collector() == ""


ADDRESSES = [
    ("SITE_URL", "http://["),
    ("SITE_URL", "http://crypto.example:abc"),
    ("SITE_URL", "crypto.example"),
    ("DATABASE_URL", "postgresql://me:secret@host:abc/d"),
    ("DATABASE_OWNER_URL", "postgresql://me:secret@host:99999/d"),
    ("DATABASE_URL", "mysql://me:secret@host/d"),
    ("REDIS_URL", "redis://:secret@host:abc/0"),
    ("REDIS_URL", "redis://:secret@host:6379/queue"),
    ("REDIS_URL", "unix:///run/redis.sock?db=secret"),
    ("REDIS_URL", "redis://["),
    ("ARTEFACTS_URL", "https://me:secret@s3.example/bucket"),
    ("ARTEFACTS_URL", "s3://Bucket"),
]


def read_addresses() -> tuple[str, dict[str, object], dict[str, object], str, str]:
    return (
        environment.site_address(),
        environment.database("DATABASE_URL"),
        environment.database("DATABASE_OWNER_URL", "DATABASE_URL"),
        environment.redis_address(),
        environment.artefacts(),
    )


@pytest.mark.parametrize(("variable", "value"), ADDRESSES)
def test_an_address_that_means_nothing_is_refused_without_its_secret(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInput, match=f"^{variable} must be an? .* address such as ") as refusal:
        read_addresses()
    assert refusal.value.field == variable
    assert "secret" not in str(refusal.value)


def test_addresses_that_mean_something_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    for variable in ("SITE_URL", "REDIS_URL", "DATABASE_URL", "ARTEFACTS_URL"):
        monkeypatch.setenv(variable, "")
    site, application, owner, redis, files = read_addresses()
    assert (site, redis, files) == ("http://127.0.0.1:8000", "redis://127.0.0.1:6379/0", "")
    assert application == owner
    assert application["NAME"] == "cryptopredict"
    monkeypatch.setenv("SITE_URL", "https://[::1]:8443/")
    monkeypatch.setenv("REDIS_URL", "unix:///run/redis.sock?db=3")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:p%40ss@one:1,two:2/d?sslmode=require")
    monkeypatch.setenv("ARTEFACTS_URL", "s3://shelf/some/where/")
    site, application, owner, redis, files = read_addresses()
    assert (site, redis) == ("https://[::1]:8443", "unix:///run/redis.sock?db=3")
    assert files == "s3://shelf/some/where"
    assert (application["HOST"], application["PORT"]) == ("one,two", "1,2")
    assert (application["PASSWORD"], application["OPTIONS"]) == ("p@ss", {"sslmode": "require"})
    assert application == owner


MALFORMED = [
    ("SITE_URL", "http://["),
    ("DATABASE_URL", "postgresql://u:p@h:abc/d"),
    ("REDIS_URL", "redis://h:abc/0"),
    ("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d?foo=1"),
]
SHORT = {("up", 0), ("doctor", 1), ("migrate", 3), ("up", 2)}
"""Commands and places in ``MALFORMED`` of the short round: each once."""


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        pytest.param(command, *pair, marks=() if (command, place) in SHORT else pytest.mark.full)
        for command in ("up", "doctor", "migrate")
        for place, pair in enumerate(MALFORMED)
    ],
)
def test_a_malformed_address_stops_every_command(command: str, variable: str, value: str) -> None:
    with installation() as here:
        here.variables = NOBODY | {variable: value}
        result = here.manage(command)
        said = result.stdout + result.stderr
        assert result.returncode != 0
        assert "Traceback" not in said
        (line,) = [line for line in said.splitlines() if variable in line and "services" not in line]
        assert "correct" in line


@pytest.mark.parametrize("command", ["up", "doctor"])
def test_commands_that_begin_before_django_do_the_same(command: str) -> None:
    with installation() as here:
        here.variables["PORT"] = "abc"
        result = here.manage(command)
        assert result.returncode != 0
        assert "PORT must be a whole number from 1 to 65535, not 'abc'" in result.stdout + result.stderr
        assert "Traceback" not in result.stdout + result.stderr


def assert_refused(here: Installation, command: list[str], variable: str, value: str) -> None:
    here.variables[variable] = value
    result = here.manage(*command)
    assert result.returncode == 2
    assert result.stderr.startswith(f"{variable} must be ")
    assert len(result.stderr.splitlines()) == 1


def test_providers_have_their_addresses_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_COINGECKO_KEY", "CG-secret-123")
    monkeypatch.setenv("PROVIDER_COINGECKO_URL", "http://127.0.0.1:9000/v3/")
    monkeypatch.setenv("PROVIDER_ALTERNATIVE_ME_URL", "https://mirror.example")
    monkeypatch.setenv("PROVIDER_BINANCE_URL", "")
    assert environment.providers() == {
        "coingecko": {"key": "CG-secret-123", "url": "http://127.0.0.1:9000/v3"},
        "alternative_me": {"url": "https://mirror.example"},
    }


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PROVIDER_X1_URL", "ftp://host", "an http or https address"),
        ("PROVIDER_X1_URL", "https://me:secret@host", "an http or https address"),
        ("PROVIDER_X1_URL", "https://host/?key=secret", "an http or https address"),
        ("PROVIDER_X1_URL", "https://host:abc", "an http or https address"),
        ("PROVIDER_X1_URL", "http://[", "an http or https address"),
        ("PROVIDER_X1_KEY", "short", "a key of at least 6"),
        ("PROVIDER_X1_KEY", "two secret words", "a key of at least 6"),
        ("PROVIDER_X1_KEY", "line\nsecret", "a key of at least 6"),
    ],
)
def test_a_provider_that_means_nothing_is_refused(
    variable: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInput, match=f"^{variable} must be {expected}") as refusal:
        environment.providers()
    assert refusal.value.field == variable
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("redis://host:6379/3", "3"),
        ("redis://host:6379", "0"),
        ("rediss://:secret@host/3?db=4", "4"),
        ("unix:///run/redis.sock?db=11", "11"),
        ("unix:///run/redis.sock", "0"),
    ],
)
def test_databases_of_a_redis_server(address: str, number: str) -> None:
    assert environment.redis_database(address) == number
