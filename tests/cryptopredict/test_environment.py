"""Variables of the environment: what makes no sense stops the start with a sentence that names the variable."""

import pytest

from cryptopredict import environment
from system.exceptions import InvalidInput
from tests.cryptopredict.installation import Installation, installation


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
        assert_refused(here, ["check"], variable, value)


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
