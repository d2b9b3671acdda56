"""What the database refuses: nobody changes what was said, neither the application's role nor an owner's session."""

from collections.abc import Callable

import pytest
from django.db import Error, connection, connections, transaction
from psycopg.errors import FeatureNotSupported

from aimodels.models import AIModel, Prediction, PredictionChain, PredictionLink, PredictionRevision, PredictionScore
from aimodels.services import score_predictions
from aimodels.services.verification import verify_ledger
from tests.aimodels.ledger_rows import AS_OF, DAY, forecasts, write
from tests.factories import AIModelFactory, AssetFactory, PredictionFactory, UserFactory, add_candles

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
FREE = {
    "user", "watchlist", "notes", "debug_info", "updated_at",
    "actual_price", "accuracy_percentage", "absolute_error", "squared_error", "is_realized", "is_accurate",
    "evaluated_at", "unresolved_reason",
}  # fmt: skip
"""Of people, of readers, and of the scorer; all the rest is what was said."""
TABLES = ("predictions", "prediction_chains", "prediction_links", "prediction_scores", "prediction_revisions")


@pytest.fixture
def written() -> list[Prediction]:
    """Three forecasts, the first of them scored and corrected."""
    asset = AssetFactory()
    rows = write(forecasts(AIModelFactory(), asset, 3))
    add_candles(asset, [100], first=AS_OF)
    assert score_predictions(AS_OF + DAY).scored == 1
    score = PredictionScore.objects.values(
        "prediction_id", "actual_price", "timeframe", "candle_time", "log_return"
    ).get()
    PredictionRevision.objects.create(**score, number=1, reason="test", previous_price=1)
    return rows


def test_every_column_of_a_forecast_is_guarded_and_hashed() -> None:
    said = {field.column for field in Prediction._meta.concrete_fields if field.name not in FREE}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'trg_predictions_said_once'"
            " UNION ALL SELECT prosrc FROM pg_proc WHERE proname = 'prediction_digest'"
        )
        texts = [" ".join(text.lower().replace("(", " ").replace(")", " ").replace(",", " ").split()) + " "
                 for (text,) in cursor.fetchall()]  # fmt: skip
    assert len(texts) == 2
    for text, row in zip(texts, ("old", "p"), strict=True):
        assert {column for column in said if f" {row}.{column} " not in text} == set()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {} = NULL"])
def test_the_application_may_not(written: list[Prediction], table: str, statement: str) -> None:
    column = {
        "predictions": "predicted_price",
        "prediction_chains": "head",
        "prediction_links": "hash",
    }.get(table, "log_return = 9, brier_naive")
    before = contents()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column))
    assert contents() == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO predictions SELECT * FROM predictions ON CONFLICT (id) DO UPDATE SET predicted_price = 1",
        "MERGE INTO predictions p USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET as_of = now()",
        "MERGE INTO predictions p USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        "UPDATE predictions SET predicted_value = '{}', notes = 'harmless'",
        "UPDATE predictions SET id = id + 1000",
        "INSERT INTO prediction_chains (model_name, model_version) VALUES ('forged', '1')",
        "INSERT INTO prediction_links SELECT * FROM prediction_links ON CONFLICT DO NOTHING",
        "ALTER TABLE predictions DISABLE TRIGGER USER",
        "DROP TRIGGER trg_predictions_link ON predictions",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION prediction_digest(p predictions) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
    ],
)
def test_nor_in_a_roundabout_way(written: list[Prediction], statement: str) -> None:
    before = contents()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert contents() == before


def test_nor_copy_over_it(written: list[Prediction]) -> None:
    before = contents()
    with connection.cursor() as cursor, cursor.copy("COPY predictions TO STDOUT") as out:
        lines = b"".join(bytes(part) for part in out).replace(b"100.000", b"999.000")
    with (
        pytest.raises(FeatureNotSupported, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY predictions FROM STDIN") as target,
    ):
        target.write(lines)
    assert contents() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE predictions SET predicted_price = 1",
        "DELETE FROM predictions",
        "TRUNCATE predictions CASCADE",
        "UPDATE prediction_links SET hash = ''",
        "UPDATE prediction_chains SET length = 0",
        "DELETE FROM prediction_scores",
        "UPDATE prediction_revisions SET actual_price = 2",
    ],
)
def test_an_ordinary_session_of_the_owner_may_not_either(statement: str) -> None:
    asset = AssetFactory._meta.model.objects.using("owner").create(symbol="OWN", name="Own", asset_type="crypto")
    model = AIModel.objects.using("owner").create(
        name="m", version="1", architecture="rules", model_type="asset", training_data_timeframe="1d",
        target_variable="return",
    )  # fmt: skip
    [row] = write(forecasts(model, asset, 1), "owner")
    outcome = {"actual_price": 1, "timeframe": "1d", "candle_time": AS_OF, "log_return": 0}
    PredictionScore.objects.using("owner").create(prediction=row, **outcome)
    PredictionRevision.objects.using("owner").create(
        prediction=row, number=1, reason="test", previous_price=1, **outcome
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(Error, match="refused"), transaction.atomic("owner"):
            cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: Prediction.objects.filter(pk=row.pk).update(notes="read", debug_info={"seen": True}),
        lambda row: Prediction.objects.filter(pk=row.pk).update(user=None),
    ],
    ids=["notes", "the person is erased"],
)
def test_what_belongs_to_people_may_change_and_breaks_no_chain(change: Callable[[Prediction], object]) -> None:
    row = PredictionFactory(user=UserFactory())
    change(row)
    row.refresh_from_db()
    assert row.notes == "read" or row.user is None
    assert [chain.fault for chain in verify_ledger()] == [None]


def test_an_outcome_is_written_once(written: list[Prediction]) -> None:
    for change in ({"actual_price": 7}, {"is_realized": False}, {"is_accurate": None}, {"unresolved_reason": "gap"}):
        with pytest.raises(Error), transaction.atomic():
            Prediction.objects.filter(pk=written[0].pk).update(**change)


def contents() -> dict[str, list[object]]:
    models = (Prediction, PredictionChain, PredictionLink, PredictionScore, PredictionRevision)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
