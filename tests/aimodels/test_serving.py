"""The version that answers: as it was stored, or not at all; then the rules serve and it is said."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aimodels.models import AIModel
from aimodels.services import serving
from aimodels.services.activation import activate
from aimodels.services.artefacts import keep_artefact, model_store
from aimodels.services.model_health import Broken, broken_versions, check_health
from aimodels.services.serving import Inputs, forecaster_in_force
from tests.aimodels.training_subjects import START, ready_version

pytestmark = pytest.mark.django_db
NAME = "made_direction_1d_24h"
UNTIL = START + timedelta(days=300)
INPUTS = Inputs("1", frozenset({"momentum", "volume", "funding", "breadth"}))


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    serving.forget()


@pytest.fixture
def model() -> AIModel:
    found = ready_version(NAME, UNTIL)
    activate(found.pk, at=UNTIL, actor=None)
    found.refresh_from_db()
    return found


def file_of(model: AIModel) -> Path:
    return model_store() / (model.model_file_path or "")


def test_the_version_in_force_is_read_once(model: AIModel) -> None:
    first = forecaster_in_force(NAME, UNTIL, INPUTS)
    assert first is not None
    assert first[0] == model
    file_of(model).unlink()
    again = forecaster_in_force(NAME, UNTIL, INPUTS)
    assert again is not None
    assert again[1] is first[1]
    assert forecaster_in_force(NAME, UNTIL - timedelta(days=1), INPUTS) is None
    assert forecaster_in_force("another", UNTIL, INPUTS) is None


def swapped(path: Path) -> None:
    """Another sound version under its name."""
    other = ready_version("another", UNTIL, seed=1)
    path.write_bytes(file_of(other).read_bytes())


HARM: dict[str, Any] = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "swapped": swapped,
    "emptied": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_is_not_as_stored_serves_nothing_and_is_told(
    model: AIModel, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert broken_versions() == []
    HARM[harm](file_of(model))
    with caplog.at_level(logging.ERROR):
        assert forecaster_in_force(NAME, UNTIL, INPUTS) is None
        assert forecaster_in_force(NAME, UNTIL, INPUTS) is None
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert model.version in caplog.text
    (broken,) = broken_versions()
    assert (broken.name, broken.version) == (NAME, model.version)


def test_health_names_the_broken_version_until_it_is_mended(model: Any) -> None:
    content = file_of(model).read_bytes()
    file_of(model).write_bytes(content + b"x")
    assert [type(one) for one in check_health(UNTIL)] == [Broken]
    model.refresh_from_db()
    assert model.health_status["status"] == "degraded"
    assert model.version not in model.health_status["alerts"][0]["text"]
    assert "checksum" in model.health_status["alerts"][0]["text"]
    file_of(model).write_bytes(content)
    assert check_health(UNTIL + timedelta(hours=1)) == []
    model.refresh_from_db()
    assert (model.health_status["status"], model.health_status["alerts"]) == ("healthy", [])
    assert model.health_status["last_health_check"] == (UNTIL + timedelta(hours=1)).isoformat()


def test_a_sound_file_that_holds_no_version_serves_nothing(model: AIModel) -> None:
    path = keep_artefact({"numbers": np.ones(3)}, {"kind": "something else"})
    AIModel.objects.filter(pk=model.pk).update(model_file_path=path)
    assert forecaster_in_force(NAME, UNTIL, INPUTS) is None
    assert "cannot be used" in broken_versions()[0].reason


def test_without_the_library_that_it_needs_a_version_serves_nothing(
    model: AIModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(serving, "from_artefact", fails)
    assert forecaster_in_force(NAME, UNTIL, INPUTS) is None
    assert "libgomp" in broken_versions()[0].reason


def test_no_more_versions_are_remembered_than_allowed(model: AIModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REMEMBERED", 2)
    paths = [ready_version(f"name {seed}", UNTIL, seed=seed).model_file_path or "" for seed in range(3)]
    first = serving.stored_forecaster(paths[0])
    serving.stored_forecaster(paths[1])
    assert serving.stored_forecaster(paths[0]) is first
    second = serving.stored_forecaster(paths[2])
    assert serving.stored_forecaster(paths[2]) is second
    assert serving.stored_forecaster(paths[0]) is first
    assert len(serving._loaded) == 2
