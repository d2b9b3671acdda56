"""The chain: every way of writing keeps it, two writers make one, and no tampering by the owner goes unseen."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from aimodels.models import AIModel, Prediction, PredictionChain, PredictionLink
from aimodels.services.verification import Anchor, Fault, verify_ledger
from assets.models import Asset
from system.exceptions import InvalidInput
from tests.aimodels.ledger_rows import forecasts, write
from tests.assets.other_process import addresses
from tests.factories import AIModelFactory, AssetFactory, PredictionFactory

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
COUNT = 40
WRITER = """
import sys
import psycopg
with psycopg.connect(sys.argv[1], autocommit=True, options="-c app.user_id=task") as connection:
    print("ready", flush=True)
    sys.stdin.readline()
    for part in range(30):
        connection.execute(
            "INSERT INTO predictions (asset_id, ai_model_id, model_name, model_version, layer_source, prediction_type, "
            "predicted_price, input_price, confidence_score, prediction_horizon, target_datetime, as_of, series) "
            "SELECT asset_id, ai_model_id, model_name, model_version, layer_source, prediction_type, predicted_price, "
            "input_price, confidence_score, prediction_horizon, target_datetime, as_of + %s * interval '1 h' * n, %s "
            "FROM predictions CROSS JOIN generate_series(1, 5) n WHERE series = 'first'",
            [part * 5 + 1, sys.argv[2]],
        )
"""


def whole(*, links: int, chains: int = 1) -> None:
    found = verify_ledger()
    assert [chain.fault for chain in found] == [None] * chains
    assert sum(chain.length for chain in found) == links == PredictionLink.objects.count()


class TestWriting:
    def test_each_forecast_follows_the_one_before(self) -> None:
        model = AIModelFactory()
        first, second = (PredictionFactory(ai_model=model) for _ in range(2))
        one, two = PredictionLink.objects.order_by("position")
        assert [(one.prediction, one.position), (two.prediction, two.position)] == [(first, 1), (second, 2)]
        chain = PredictionChain.objects.get()
        assert (str(chain), chain.length, chain.head) == (f"{model.name} {model.version}", 2, two.hash)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT encode(sha256(convert_to(%s || ':' || %s || ':2:' || "
                "(extract(epoch FROM %s::timestamptz) * 1000000)::bigint, 'UTF8')), 'hex')",
                [one.hash, two.content_hash, two.recorded_at],
            )
            assert cursor.fetchone() == (two.hash,)
        whole(links=2)

    def test_each_version_has_a_chain_of_its_own(self) -> None:
        asset, model = AssetFactory(), AIModelFactory()
        rows = forecasts(model, asset, 3) + forecasts(AIModelFactory(), asset, 2) + forecasts(model, asset, 1, first=9)
        write(rows)
        assert sorted(PredictionChain.objects.values_list("length", flat=True)) == [2, 4]
        whole(links=6, chains=2)

    def test_many_at_once_keep_the_chain(self) -> None:
        model, asset = AIModelFactory(), AssetFactory()
        write(forecasts(model, asset, 2))
        columns = [str(field.column) for field in Prediction._meta.concrete_fields]
        kept = [sql.Identifier(column) for column in columns if column not in {"id", "as_of"}]
        names = sql.SQL(", ").join(kept)
        query = "INSERT INTO predictions ({names}, as_of) SELECT {names}, as_of + interval '1 year' FROM predictions"
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(query).format(names=names))
        whole(links=4)

    def test_what_was_rolled_back_leaves_no_hole(self) -> None:
        model, asset = AIModelFactory(), AssetFactory()
        write(forecasts(model, asset, 2))
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            write(forecasts(model, asset, 5, first=10))
            cursor.execute("ROLLBACK TO before")
        write(forecasts(model, asset, 1, first=20))
        whole(links=3)

    def test_no_setting_of_a_session_changes_a_hash(self) -> None:
        write(forecasts(AIModelFactory(), AssetFactory(), 3))
        with connection.cursor() as cursor:
            for setting in ("timezone = 'Asia/Tehran'", "datestyle = 'German'", "extra_float_digits = -5",
                            "bytea_output = 'escape'", "intervalstyle = 'iso_8601'"):  # fmt: skip
                cursor.execute(f"SET LOCAL {setting}")
            cursor.execute(
                "SELECT count(*) FROM prediction_links l JOIN predictions p ON p.id = l.prediction_id "
                "LEFT JOIN prediction_links b ON b.position = l.position - 1 "
                "WHERE l.content_hash = prediction_digest(p) AND l.hash = "
                "prediction_link_hash(coalesce(b.hash, ''), l.content_hash, l.position, l.recorded_at)"
            )
            assert cursor.fetchone() == (3,)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_writers_at_once_make_one_chain() -> None:
    PredictionFactory(series="first")
    names = ("one", "other")
    command = [sys.executable, "-c", WRITER, addresses()["DATABASE_URL"]]
    processes = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for name in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    whole(links=301)
    wrote = PredictionLink.objects.order_by("position").values_list("prediction__series", flat=True)[1:]
    assert sorted(set(wrote)) == ["one", "other"]
    assert sum(a != b for a, b in pairwise(wrote)) > 1, "they did not write at the same time"


def seeded(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311


class Tamper:
    """What someone can do who owns the tables and has the triggers rest: each way names the place it spoils."""

    def __init__(self, generator: random.Random) -> None:
        self.generator = generator
        self.ids = list(PredictionLink.objects.using("owner").order_by("position").values_list("pk", flat=True))
        self.place = generator.randrange(1, COUNT + 1)

    @property
    def id(self) -> int:
        return self.ids[self.place - 1]

    def run(self, statement: str, *parameters: int) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement, parameters or None)

    def value(self) -> Fault:
        self.run("UPDATE predictions SET predicted_price = predicted_price + 1e-18 WHERE id = %s", self.id)
        return Fault("forecast_changed", self.place, self.id)

    def quantile(self) -> Fault:
        self.run("UPDATE predictions SET predicted_value = jsonb_set(predicted_value, '{quantiles,0.05}', '91') "
                 "WHERE id = %s", self.id)  # fmt: skip
        return Fault("forecast_changed", self.place, self.id)

    def date(self) -> Fault:
        self.run("UPDATE predictions SET created_at = created_at - interval '1 microsecond' WHERE id = %s", self.id)
        return Fault("forecast_changed", self.place, self.id)

    def deletion(self) -> Fault:
        self.run("ALTER TABLE prediction_links DROP CONSTRAINT " + self.foreign_key())
        self.run("DELETE FROM predictions WHERE id = %s", self.id)
        return Fault("forecast_deleted", self.place, self.id)

    def deletion_with_its_link(self) -> Fault:
        self.place = self.generator.randrange(1, COUNT)
        after = self.ids[self.place]
        self.run("DELETE FROM prediction_links WHERE prediction_id = %s", self.id)
        self.run("DELETE FROM predictions WHERE id = %s", self.id)
        return Fault("link_missing", self.place + 1, after)

    def last_cut_off(self) -> Fault:
        self.run("DELETE FROM prediction_links WHERE prediction_id = %s", self.ids[-1])
        self.run("DELETE FROM predictions WHERE id = %s", self.ids[-1])
        return Fault("end_cut", COUNT, None)

    def insertion(self) -> Fault:
        row = Prediction.objects.using("owner").get(pk=self.id)
        row.pk, row.as_of = None, row.as_of.replace(year=2020)
        row.save(using="owner", force_insert=True)
        return Fault("forecast_not_linked", None, row.pk)

    def insertion_between(self) -> Fault:
        """A forged row takes the place of a true one, which moves to the end."""
        row = Prediction.objects.using("owner").get(pk=self.id)
        row.pk, row.predicted_price = None, row.predicted_price + 5 if row.predicted_price else None
        row.as_of = row.as_of.replace(year=2020)
        row.save(using="owner", force_insert=True)
        self.run(
            "INSERT INTO prediction_links (prediction_id, chain_id, position, recorded_at, content_hash, hash) "
            "SELECT %s, chain_id, %s, recorded_at, (SELECT prediction_digest(p) FROM predictions p WHERE id = %s), "
            "hash FROM prediction_links "
            "WHERE prediction_id = %s", row.pk, COUNT + 1, row.pk, self.id,
        )  # fmt: skip
        self.swap(self.id, row.pk)
        return Fault("chain_broken", self.place, row.pk)

    def order(self) -> Fault:
        low, high = sorted(self.generator.sample(range(COUNT), 2))
        self.swap(self.ids[low], self.ids[high])
        return Fault("chain_broken", low + 1, self.ids[high])

    def swap(self, one: int, other: int) -> None:
        self.run("ALTER TABLE prediction_links DROP CONSTRAINT chk_prediction_links_position")
        self.run("UPDATE prediction_links SET position = -position WHERE prediction_id IN (%s, %s)", one, other)
        self.run(
            "UPDATE prediction_links l SET position = -o.position FROM prediction_links o "
            "WHERE l.prediction_id IN (%s, %s) AND o.prediction_id IN (%s, %s) AND o.prediction_id <> l.prediction_id",
            one, other, one, other,
        )  # fmt: skip

    def hash_of_one_row(self) -> Fault:
        """Changed, and its own two hashes made to fit: the next link, or the chain's end, does not."""
        self.value()
        self.run(
            "UPDATE prediction_links l SET content_hash = prediction_digest(p), hash = prediction_link_hash("
            "coalesce((SELECT hash FROM prediction_links b WHERE b.position = l.position - 1), ''), "
            "prediction_digest(p), position, recorded_at) FROM predictions p "
            "WHERE p.id = l.prediction_id AND p.id = %s", self.id,
        )  # fmt: skip
        if self.place == COUNT:
            return Fault("end_cut", COUNT, self.id)
        return Fault("chain_broken", self.place + 1, self.ids[self.place])

    def time_of_recording(self) -> Fault:
        self.run("UPDATE prediction_links SET recorded_at = recorded_at - interval '1 day' WHERE prediction_id = %s",
                 self.id)  # fmt: skip
        return Fault("chain_broken", self.place, self.id)

    def other_version(self) -> Fault:
        self.run("UPDATE predictions SET model_version = 'better' WHERE id = %s", self.id)
        return Fault("forecast_changed", self.place, self.id)

    def foreign_key(self) -> str:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'prediction_links'::regclass "
                "AND confrelid = 'predictions'::regclass"
            )
            [(name,)] = cursor.fetchall()
        return str(name)


WAYS: list[Callable[[Tamper], Fault]] = [
    Tamper.value, Tamper.quantile, Tamper.date, Tamper.deletion, Tamper.deletion_with_its_link, Tamper.last_cut_off,
    Tamper.insertion, Tamper.insertion_between, Tamper.order, Tamper.hash_of_one_row, Tamper.time_of_recording,
    Tamper.other_version,
]  # fmt: skip
RESTING = ("predictions", "prediction_links", "prediction_chains")


@pytest.fixture
def owned() -> AIModel:
    """A chain that the owner's session has written and can see; nothing of it is committed."""
    model = AIModel.objects.using("owner").create(
        name="forecaster", version="1", architecture="rules", model_type="asset", training_data_timeframe="1d",
        target_variable="return",
    )  # fmt: skip
    asset = Asset.objects.using("owner").create(symbol="OWN", name="Own", asset_type="crypto")
    for first in range(0, COUNT, 10):
        write(forecasts(model, asset, 10, first=first), "owner")
    assert [chain.fault for chain in verify_ledger(database="owner")] == [None]
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in RESTING:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return model


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_tampering_by_the_owner_is_found(owned: AIModel, way: Callable[[Tamper], Fault]) -> None:
    expected = way(Tamper(seeded(way.__name__)))
    [found] = verify_ledger(database="owner")
    assert found.fault == expected
    assert found.fault.meaning


def test_a_chain_rewritten_as_a_whole_is_found_by_its_anchor(owned: AIModel) -> None:
    [before] = verify_ledger(database="owner")
    anchors = {(before.model, before.version): Anchor(before.length, before.head)}
    assert [chain.fault for chain in verify_ledger(anchors=anchors, database="owner")] == [None]
    tamper = Tamper(seeded("whole"))
    tamper.value()
    tamper.run("UPDATE prediction_links l SET content_hash = prediction_digest(p) FROM predictions p "
               "WHERE p.id = l.prediction_id")  # fmt: skip
    tamper.run("UPDATE prediction_links l SET hash = n.hash FROM (SELECT prediction_id, "
               "prediction_hash_chain('', content_hash, position, recorded_at) OVER (ORDER BY position) AS hash "
               "FROM prediction_links) n WHERE n.prediction_id = l.prediction_id")  # fmt: skip
    tamper.run("UPDATE prediction_chains SET head = (SELECT hash FROM prediction_links WHERE position = length)")
    assert [chain.fault for chain in verify_ledger(database="owner")] == [None]
    [found] = verify_ledger(anchors=anchors, database="owner")
    assert found.fault == Fault("anchor_missing", COUNT, tamper.ids[-1])


def test_a_chain_that_is_gone_is_found_by_its_anchor() -> None:
    [found] = verify_ledger(anchors={("gone", "1"): Anchor(5, "ab")})
    assert found.fault == Fault("anchor_missing", 5, None)


class TestCommand:
    def test_a_whole_ledger(self, tmp_path: Path) -> None:
        model = AIModelFactory()
        write(forecasts(model, AssetFactory(), 3))
        text = StringIO()
        call_command("verify_ledger", "--json", stdout=text)
        result = json.loads(text.getvalue())
        assert (result["faults"], result["chains"][0]["length"]) == (0, 3)
        kept = tmp_path / "ends.json"
        kept.write_text(text.getvalue())
        text = StringIO()
        call_command("verify_ledger", "--model", model.name, "--anchors", str(kept), stdout=text)
        assert "3 forecasts  holds" in text.getvalue()
        assert "3 forecasts in 1 chains, 0 with a fault" in text.getvalue()

    @pytest.mark.usefixtures("owned")
    def test_a_fault_is_named_and_ends_with_1(self) -> None:
        tamper = Tamper(seeded("command"))
        tamper.value()
        for arguments in ((), ("--json",)):
            text = StringIO()
            with pytest.raises(SystemExit, match="1"):
                call_command("verify_ledger", "--database", "owner", *arguments, stdout=text)
            assert str(tamper.id) in text.getvalue()
            assert "does not say what was written" in text.getvalue()

    def test_what_cannot_be_verified_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="nobody"):
            verify_ledger("nobody")
        for content in ("", "[]", '{"chains": [{}]}'):
            (tmp_path / "ends.json").write_text(content)
            with pytest.raises(InvalidInput, match="no output of verify_ledger"):
                call_command("verify_ledger", "--anchors", str(tmp_path / "ends.json"))
