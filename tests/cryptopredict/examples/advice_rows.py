"""Models, forecasts, lists, suggestions, signals and advice of the examples."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from selection.models import AISuggestionArchive
from tests import factories as make
from tests.cryptopredict.examples.world import DAY, HOUR, World

LEVELS = {"0.05": 63_100, "0.25": 66_000, "0.5": 67_500, "0.75": 69_200, "0.95": 72_400}


def add(world: World) -> None:
    models(world)
    forecasts(world)
    lists(world)
    suggestions(world)
    signals(world)
    recommendations(world)


def models(world: World) -> None:
    """A model that serves, a job of it, and how it was judged."""
    model = world.rows["model"] = make.AIModelFactory(
        name="asset_direction_1d_24h", version="1.2.0", architecture="logistic", target_variable="direction",
        framework="scikit-learn", is_active=True, configuration={"horizon_hours": 24, "generation": "2"},
        performance_metrics={"skill": 0.012, "skill_low": 0.003, "samples": 2140},
        training_features=["momentum_30d", "volatility_30d"],
        training_data_range={"start_date": "2021-01-01T00:00:00+00:00", "end_date": "2024-01-01T00:00:00+00:00"},
        input_schema={"momentum_30d": "number"}, output_schema={"probability_up": "number"},
        health_status={"status": "healthy"}, training_notes="Judged on 12 folds.", last_trained=world.today - 20 * DAY,
        last_prediction=world.today, deployed_at=world.today - 19 * DAY, prediction_count=620,
        model_size_mb=Decimal("0.2"), training_duration_minutes=4, min_confidence_threshold=Decimal("0.5"),
    )  # fmt: skip
    make.ModelActivationFactory(model=model, valid_from=world.today - 19 * DAY)
    ended = world.today - 20 * DAY
    job = make.ModelJobFactory(
        model=model, job_name="Train anew", job_status="completed", progress_pct=100, current_phase="done",
        total_steps=4, completed_steps=4, job_config={"training_data_days": 900}, job_metrics={"brier": 0.246},
        log_output="12 folds judged\nkept the weights\n", started_at=ended - 4 * timedelta(minutes=1),
        completed_at=ended,
        execution_time_seconds=240, job_results={"version": "1.2.0"}, initiated_by=world.admin,
    )  # fmt: skip
    world.keys |= {"models/{id}": model.pk, "models/jobs/{id}": job.pk}
    judged = make.ModelPerformanceFactory(
        model=model, source_job=job, evaluation_date=ended, evaluation_status="completed", accuracy=Decimal("0.541"),
        precision_score=Decimal("0.55"), recall=Decimal("0.52"), f1_score=Decimal("0.535"), win_rate=Decimal("0.541"),
        sample_count=2140, confidence_avg=Decimal("0.56"), true_positives=590, false_positives=480, true_negatives=570,
        false_negatives=500, meets_threshold=True, performance_grade="B", overall_score=Decimal("0.62"),
        detailed_metrics={"brier": 0.246, "brier_naive": 0.249}, evaluation_metadata={"folds": 12},
    )  # fmt: skip
    world.keys["models/evaluations/{id}"] = judged.pk


def forecasts(world: World) -> None:
    """A price and a direction of Bitcoin, and a direction whose day is over."""
    shared: dict[str, Any] = {
        "asset": world.bitcoin, "as_of": world.today, "run": world.rows["run"], "ai_model": world.rows["model"],
        "input_price": Decimal("67234.56"), "layer_source": 3, "market_conditions": "Bull",
        "features_used": ["momentum_30d"], "input_features": {"momentum_30d": 0.082},
    }  # fmt: skip
    world.rows["price_forecast"] = make.PredictionFactory(
        prediction_type="price", predicted_price=Decimal(67500), predicted_value={"quantiles": LEVELS}, **shared
    )
    make.PredictionFactory(
        prediction_type="direction", predicted_price=None,
        predicted_value={"probability_up": 0.56, "naive_probability_up": 0.52}, confidence_score=Decimal("0.56"),
        **shared | {"as_of": world.today, "prediction_horizon": 168},
    )  # fmt: skip
    past = shared | {"as_of": world.today - 2 * DAY, "input_price": Decimal("66010.2")}
    scored = make.scored_direction(
        0.56, Decimal("67001.5"), naive=0.52, evaluated_at=world.today, confidence_score=Decimal("0.56"),
        accuracy_percentage=Decimal(100), **past,
    )  # fmt: skip
    world.rows["scored"] = scored
    world.keys["predictions/{id}"] = scored.pk
    make.PredictionFactory(
        prediction_type="price", predicted_price=Decimal(68100), user=world.person, watchlist=None,
        created_at=world.now,
        **shared | {"as_of": world.now - HOUR},
    )  # fmt: skip


def ranking_of(world: World, watchlist: Any, *coins: str) -> Any:
    """How the coins of a list stand beside each other."""
    scores = [
        {
            "asset_id": world.key(coin), "symbol": world.rows[coin].symbol, "rank": place, "score": 0.9 - 0.2 * place,
            "risk_level": "medium", "expected_return_pct": 2.5 - place, "signal_count": 1 if place == 1 else 0,
        }
        for place, coin in enumerate(coins, 1)
    ]  # fmt: skip
    return make.RankingFactory(
        watchlist=watchlist, metrics_snapshot=world.rows["snapshot"], run=world.rows["run"],
        ai_model=world.rows["model"],
        timeframe="1d", candle_time=world.today - DAY, asset_scores=scores,
        key_signals={"momentum": [world.key(coins[0])]},
        generated_signals=[], ai_watchlist_outlook="Bullish", ai_confidence_score=Decimal("0.58"),
        signal_agreement_score=Decimal("0.66"), outlook_duration_estimate=168,
        analysis_data={"rationale": [f"{world.rows[coins[0]].name} leads the list by momentum."]},
    )  # fmt: skip


def lists(world: World) -> None:
    """Both default lists, and Sara's own."""
    for tier, name, coins in (("tier1", "First tier", ("bitcoin",)), ("tier2", "Second tier", ("ethereum",))):
        tiered = world.rows[tier] = make.DefaultListFactory(tier=tier, name=name, is_public=True, sort_order=1)
        for place, coin in enumerate(coins, 1):
            make.EntryFactory(watchlist=tiered, asset=world.rows[coin], sort_order=place, added_by=world.admin)
            make.ListedFactory(watchlist=tiered, asset=world.rows[coin], valid_from=world.today - 90 * DAY)
        ranking_of(world, tiered, *coins)
    own = world.rows["watchlist"] = make.WatchlistFactory(
        user=world.person, name="Long term", description="Coins that I want to hold for years.", sort_order=1,
        wants_suggestions=True, max_assets=20,
    )  # fmt: skip
    entry: dict[str, Any] = {"watchlist": own, "added_by": world.person, "weight": Decimal("0.4")}
    first = make.EntryFactory(
        asset=world.rows["bitcoin"], target_allocation=Decimal("0.6"), notes="Buy below 60,000.", **entry
    )
    make.EntryFactory(asset=world.rows["uniswap"], target_allocation=Decimal("0.4"), **entry)
    ranking_of(world, own, "bitcoin", "uniswap")
    world.keys |= {"watchlists/{id}": own.pk, "watchlists/{id}/items/{item_id}": first.pk}


def suggestions(world: World) -> None:
    """One that is open, one that was reviewed, one that lies in the archive."""
    said: dict[str, Any] = {
        "run": world.rows["run"], "ai_model": world.rows["model"], "confidence_score": Decimal("0.71"),
        "reasoning": {"momentum_30d": 0.082, "rank": 1}, "context_data": {"regime": "Bull"},
        "expected_return": Decimal("4.2"), "risk_score": Decimal("0.4"), "priority": "normal",
        "expires_at": world.now + 7 * DAY,
    }  # fmt: skip
    own = make.SuggestionFactory(watchlist=world.rows["watchlist"], asset=world.rows["ethereum"], **said)
    curated = make.SuggestionFactory(
        watchlist=world.rows["tier1"],
        asset=world.rows["ethereum"],
        target_tier="tier1",
        suggestion_type="promote",
        **said,
    )
    world.rows |= {"own_suggestion": own, "suggestion": curated}
    world.keys["suggestions/{id}"] = curated.pk
    make.ReviewFactory(
        suggestion=curated, reviewer=world.admin, decision="defer", target_tier="tier1",
        review_notes="After the upgrade of its network.", review_criteria={"liquidity": 8}, reviewed_at=world.now - DAY,
    )  # fmt: skip
    make.SuggestionOutcomeFactory(
        started_at=world.today - 30 * DAY, ended_at=world.today - 23 * DAY, scored_at=world.today - 23 * DAY
    )
    AISuggestionArchive.objects.create(
        id=1, watchlist=world.rows["tier2"], asset=world.rows["uniswap"], suggestion_type="add", ai_layer=3,
        target_tier="tier2", confidence_score=Decimal("0.8"), reasoning={"momentum_30d": 0.11}, status="implemented",
        expected_return=Decimal("5.1"), actual_return=Decimal("3.4"), success_score=Decimal("0.66"), horizon_hours=168,
        reviewed_by=world.admin, reviewed_at=world.today - 30 * DAY, implemented_at=world.today - 30 * DAY,
        series="live",
        reviews=[{"decision": "approve", "reviewer_id": world.admin.pk}], created_at=world.today - 31 * DAY,
        updated_at=world.today - 30 * DAY,
    )  # fmt: skip


def signals(world: World) -> None:
    """A long of Bitcoin that is open, and one of Ethereum that reached its target."""
    timing = make.AIModelFactory(name="timing_rules_1d", version="1.0.0", model_type="timing", is_active=True)
    make.ModelActivationFactory(model=timing, valid_from=world.today - 19 * DAY)
    plan: dict[str, Any] = {
        "run": world.rows["run"], "ai_model": timing,
        "metrics_snapshot": world.rows["snapshot"], "signal_quality": "medium", "risk_level": "medium",
        "market_context": {"regime": "Bull"}, "sector_context": {"sector": "Layer 1"},
        "ai_analysis": {"is_proven": False, "key_factors": ["breakout above 67,000"]},
        "confluence_factors": [{"factor": "trend", "weight": 0.25}], "confluence_count": 1,
        "signal_strength": "moderate",

        "invalidation_criteria": [
            {"condition": {"close": "below", "price": 64100.0}, "severity": "high", "rule": "carrying_level"}
        ],
        "risk_management": {"risk_pct": 1.0},
        "expires_at": world.now + 3 * DAY,
    }  # fmt: skip
    signal = world.rows["signal"] = make.SignalFactory(
        asset=world.bitcoin, entry_price=Decimal("67234.56"), target_price=Decimal(75500), stop_loss=Decimal(63200),
        risk_reward_ratio=Decimal("2.05"), entry_type="market", **plan,
    )  # fmt: skip
    done = make.SignalFactory(
        asset=world.rows["ethereum"], status="executed", entry_price=Decimal(3200), target_price=Decimal(3450),
        stop_loss=Decimal(3080), risk_reward_ratio=Decimal("2.08"), actual_entry_price=Decimal(3204),
        **plan | {"metrics_snapshot": world.rows["yesterday"]},
    )  # fmt: skip
    make.SignalOutcomeFactory(
        signal=done, ended_at=world.today - 8 * HOUR, filled_at=world.today - DAY, fill_price=Decimal(3204),
        exit_price=Decimal(3450), return_pct=Decimal("7.68"), net_return_pct=Decimal("7.48"),
    )  # fmt: skip
    world.keys["signals/{id}"] = signal.pk


def recommendations(world: World) -> None:
    advice = make.RecommendationFactory(
        user=world.person, run=world.rows["run"], status="approved", recommendation_type="risk_management",
        recommendation_title="Raise the stop of Bitcoin to 63,200", target_entity_type="asset",
        target_entity_id=world.key("bitcoin"), priority_level="medium",
        recommendation_summary="The price has left its range; half of the gain would be secured.",
        recommendation_payload={"asset_id": world.key("bitcoin"), "stop_loss": "63200"},
        ai_regime_analysis=world.rows["regime"], ai_trading_signal=world.rows["signal"], reviewed_by=world.admin,
        reviewed_at=world.now - HOUR, expires_at=world.now + 3 * DAY,
    )  # fmt: skip
    world.rows["recommendation"] = advice
    world.rows["unreviewed"] = make.RecommendationFactory(user=world.person, recommendation_title="Take a profit")
    world.keys["recommendations/{id}"] = advice.pk
