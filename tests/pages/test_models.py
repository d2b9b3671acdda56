"""The pages of models."""

from datetime import timedelta
from typing import Any

import pytest

from aimodels.choices import JobStatus
from aimodels.models import AIModel
from cryptopredict.pages.models.words import TARGETS
from cryptopredict.rules import rules_of_run
from system.choices import RunTimeframe
from tests.doors import client_of, queries
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    ModelActivationFactory,
    ModelJobFactory,
    ModelPerformanceFactory,
    ModelTrialFactory,
    UserFactory,
)
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
INTERVAL = {"skill": 0.031, "low": -0.012, "high": 0.07}
FIGURES = {
    "n": 4200, "blocks": 40, "auc": {"value": 0.53, "low": 0.5, "high": 0.56}, "brier_skill": INTERVAL,
    "log_skill": INTERVAL, "champion_skill": None,
    "calibration": {"n": 4200, "raw": 0.03, "corrected": 0.02, "low": 0.01, "high": 0.04},
}  # fmt: skip
GATES = {
    "final_uses": 1, "blocks": 40, "baseline": INTERVAL, "champion": {"skill": 0.05, "low": 0.01, "high": 0.09},
    "has_champion": True, "calibration": FIGURES["calibration"], "coverage": None, "champion_blocks": 40,
    "champion_lacks": 0,
}  # fmt: skip


def learned(**columns: Any) -> AIModel:
    """A trained version that has not proven its skill over the baseline."""
    values: dict[str, Any] = {
        "name": "asset_direction_1d_24h",
        "version": "20260901-ab12cd34",
        "architecture": "ensemble",
        "is_active": False,
        "status": "inactive",
        "target_variable": "direction",
        "configuration": {
            "algorithm": "gradient boosted trees (LightGBM)", "horizon_hours": 24, "timeframe": "1d",
            "generation": "3",
            "hyperparameters": {"rate": 0.05, "leaves": 15, "weights": {"trend": 2.5, "breadth": 1}},
        },
        "training_data_range": {
            "start_date": "2021-01-01T00:00:00+00:00", "end_date": "2026-09-01T00:00:00+00:00",
            "total_samples": 12345, "data_quality_score": 0.975,
        },
        "training_features": {"feature_importance": {"momentum": 0.4, "breadth": 0.1}},
        "performance_metrics": {"validation_scores": {"gates": GATES, "found_before": []}},
    } | columns  # fmt: skip
    return AIModelFactory(**values)


def evaluated(model: AIModel, **columns: Any) -> None:
    line = {"who": "lightgbm", "figures": FIGURES, "values": None, "trading": None}
    ModelPerformanceFactory(
        model=model,
        evaluation_metadata={"from": "2026-01-01T00:00:00+00:00", "to": "2026-06-01T00:00:00+00:00", "assets": 20},
        detailed_metrics={
            "trials": 7,
            "version": line,
            "others": {"naive": line | {"who": "naive", "figures": FIGURES | {"brier_skill": None}}},
            "overfitting": {"probability": 0.25, "variants": 7, "halves": 70},
        },
        **{"performance_grade": "D", "evaluation_status": "completed"} | columns,
    )


def card(shown: Element, title: str) -> Element:
    (found,) = [one for one in shown.every("section") if [head.text for head in one.every("h2")][:1] == [title]]
    return found


class TestList:
    def test_an_empty_registry_says_what_fills_it(self) -> None:
        shown = page("/models", AdminFactory())
        assert shown.one("h1").text == "No model is registered yet"
        assert "manage.py bootstrap" in shown.text

    def test_each_name_has_a_line_with_what_it_has_shown(self) -> None:
        made = making.make_market()
        making.add_record(made)
        AIModel.objects.filter(name="scored_rules").update(architecture="rule_based", is_active=True)
        learned(version="older")
        newest = learned()
        evaluated(newest)
        learned(version="fold", training_data_range={"serves_from": "2025-01-01T00:00:00+00:00",
                                                     "serves_to": "2025-06-01T00:00:00+00:00"})  # fmt: skip
        shown = page("/models", AdminFactory())
        assert shown.one("h1").text == "The rules serve: no learned model has proven skill yet"
        rows = {row[0].split(" ")[0]: row for row in card(shown, "Layer: asset").one("table").rows()}
        direction = rows["asset_direction_1d_24h"]
        assert direction[0].endswith("direction of the price over 24 h, from candles of 1d")
        assert direction[2] == "D"
        assert direction[3] == "–"
        assert direction[-1] == "1", "the version of a fold is none to choose"
        assert rows["scored_rules"][2:4] == ["rules", "12"]
        assert "no proven skill yet" in rows["scored_rules"][4]

    def test_a_learned_version_that_serves_is_counted(self) -> None:
        learned(is_active=True, status="active")
        assert page("/models", AdminFactory()).one("h1").text == "1 learned model serves; elsewhere the rules do"

    def test_more_models_need_no_more_queries(self) -> None:
        making.make_market()
        evaluated(learned())
        client = client_of(AdminFactory())
        few = queries(client, "/models")
        for number in range(4):
            model = learned(name=f"other_{number}", version="1")
            evaluated(model)
            ModelJobFactory(model=model)
        assert queries(client, "/models") == few <= 25


class TestCard:
    def test_it_says_what_the_version_is_and_why_it_may_not_serve(self) -> None:
        model = learned()
        shown = page(f"/models/{model.pk}", AdminFactory())
        assert shown.one("h1").text == "asset_direction_1d_24h 20260901-ab12cd34"
        facts = {one.one("dt").text: one.one("dd").text for one in shown.one("dl", cls="rows").every("div")}
        assert facts["Learned from"] == "1 Jan 2021 – 1 Sep 2026"
        assert (facts["Rows"], facts["Features that were known"]) == ("12,345", "97.5 %")
        assert facts["Settings"] == "rate 0.05, leaves 15, weights (trend 2.5, breadth 1)"
        gates = card(shown, "May it serve?").every("li")
        assert [one.attributes["class"] for one in gates] == ["good"] * 4 + ["bad"] + ["good"] * 4
        assert "The skill over the baseline is 0.0310, its lower bound -0.0120" in gates[4].text

    def test_a_version_that_was_never_tested_failed_that_and_nothing_else_was_asked(self) -> None:
        gates = card(page(f"/models/{learned(performance_metrics={}).pk}", AdminFactory()), "May it serve?").every("li")
        assert [one.attributes["class"] for one in gates].count("bad") == 1
        assert sum("not asked:" in one.text for one in gates) == 8

    def test_evaluations_stand_side_by_side_with_their_intervals(self) -> None:
        model = learned()
        evaluated(model)
        evaluated(model, evaluation_status="invalidated", evaluation_type="cross_validation")
        shown = page(f"/models/{model.pk}", AdminFactory())
        naive, ours = card(shown, "On the untouched block, once").one("table").rows()
        assert naive[:3] == ["naive forecast", "4,200", "–"]
        assert ours[0] == "this version: boosted trees (LightGBM)"
        assert ours[2] == "+3.1 % [ −1.2 % … +7.0 % ]"
        assert "Probability of backtest overfitting: 25 % , of 7 variants over 70 halves" in shown.text
        assert "On walk-forward folds, inside the training part" not in shown.text

    def test_folds_trials_features_and_drift(self) -> None:
        model = learned(health_status={
            "last_health_check": "2026-11-01T00:00:00+00:00", "status": "degraded",
            "alerts": [{"kind": "features", "features": {"breadth": 0.4}}],
            "data_quality": {"shift": {"psi": {"breadth": 0.4, "funding": 0.02}}},
            "performance_metrics": {"rolling_skill": INTERVAL},
        })  # fmt: skip
        span = {"serves_from": "2025-01-01T00:00:00+00:00", "serves_to": "2025-06-01T00:00:00+00:00",
                "total_samples": 900}  # fmt: skip
        learned(version="f1", training_data_range=span)
        ModelTrialFactory(name=model.name, generation="3", fold_figures={"log_skill": 0.01, "rows": 500})
        ModelTrialFactory(name=model.name, generation="2")
        shown = page(f"/models/{model.pk}", AdminFactory())
        assert card(shown, "Walk-forward folds").one("table").rows() == [["1 Jan 2025", "1 Jun 2025", "900"]]
        (trial,) = card(shown, "Variants that were tried, the newest first").one("table").rows()
        assert trial[2:4] == ["+1.0 %", "500"]
        features = [[row[0], row[3]] for row in card(shown, "What it looks at most").one("table").rows()]
        assert features == [["momentum", "–"], ["breadth", "0.400"], ["funding", "0.020"]]
        assert "1 feature is not as it was when it was trained." in card(shown, "Drift and health").text
        assert "+3.1 %" in card(shown, "Drift and health").text

    def test_who_put_it_into_force_is_named(self) -> None:
        model, admin = learned(), AdminFactory(email="judge@example.com")
        ModelActivationFactory(model=model, activated_by=admin, valid_from=making.TODAY,
                               valid_to=making.NOW + timedelta(hours=1),
                               evidence={"ended": {"reason": "by hand"}})  # fmt: skip
        (row,) = card(page(f"/models/{model.pk}", admin), "When which version served").one("table").rows()
        assert "judge@example.com" in row[3]
        assert row[4] == "by hand"

    def test_what_serves_replays_alone_and_what_is_not_there_are_not_found(self) -> None:
        fold = learned(training_data_range={"serves_from": "2025-01-01T00:00:00+00:00"})
        for key in (fold.pk, fold.pk + 99):
            assert client_of(AdminFactory()).get(f"/models/{key}").status_code == 404


class TestJobs:
    def test_models_are_for_admins_as_their_api_is(self) -> None:
        job = ModelJobFactory(job_name="nightly")
        assert "nightly" in page("/models", AdminFactory()).text
        for path in ("/models", f"/models/{job.model_id}", "/models/jobs"):
            assert client_of().get(path)["Location"].startswith("/login")
            assert client_of(UserFactory()).get(path).status_code == 404
        for user in (None, UserFactory()):
            assert client_of(user).post(f"/models/jobs/{job.pk}/cancel").status_code in (302, 404)
            shown = page("/help", user)
            assert not shown.every("a", href="/models"), "neither the rail nor a word leads there"
        assert page("/help", AdminFactory()).every("a", href="/models")
        job.refresh_from_db()
        assert job.job_status == JobStatus.PENDING

    def test_an_order_is_carried_out_and_comes_back_to_its_page(self) -> None:
        job, client = ModelJobFactory(), client_of(AdminFactory())
        answer = client.post(f"/models/jobs/{job.pk}/cancel", {"next": f"/models/{job.model_id}"})
        assert answer["Location"] == f"/models/{job.model_id}"
        job.refresh_from_db()
        assert job.job_status == JobStatus.CANCELLED
        again = client.post(f"/models/jobs/{job.pk}/cancel", {"next": "https://elsewhere.example/"}, follow=True)
        assert again.redirect_chain[-1][0] == "/models"
        assert "toast-note error" in again.content.decode()
        for path in (f"/models/jobs/{job.pk}/explode", "/models/jobs/999999/cancel"):
            assert client.post(path).status_code == 404

    def test_the_part_that_keeps_itself_up_to_date_is_of_one_version_where_that_is_named(self) -> None:
        job, other = ModelJobFactory(job_name="mine"), ModelJobFactory(job_name="others")
        client = client_of(AdminFactory())
        text = client.get("/models/jobs", {"model": job.model_id}).content.decode()
        assert "mine" in text
        assert "others" not in text
        assert other.job_name in client.get("/models/jobs").content.decode()
        for wrong in ("x", "9" * 40, "999999"):
            assert client.get("/models/jobs", {"model": wrong}).status_code == 404


@pytest.mark.parametrize("timeframe", RunTimeframe.values)
def test_what_rules_forecast_has_words_that_are_translated(timeframe: str) -> None:
    assert {rules.target for rules in rules_of_run(timeframe).values()} <= set(TARGETS)
