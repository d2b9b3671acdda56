"""What no schema can say: the inputs that a request which fits the document may still be refused for, and why.

A refusal of another input is a fault of the document, which is then too wide, or of the server. Kinds of problems that
are named for a rule (``refused``, ``weak-password`` …) need no line here: their name says that the form was right.
"""

FORM = {"invalid", "parse-error", "bad-request", "invalid-key", "error"}
"""Kinds of problems that are about the form of a request."""

DEACTIVATED = {"/api/v1/assets/{id}"}
"""What ``DELETE`` only puts out of use: admins, who are the callers here, go on seeing it."""
EVERYWHERE = {
    "cursor": "it is not one that this list has given",
    "timezone": "there is no such zone",
    "language": "there is no such language",
    "password": "too easy to guess, or not the present one",
    "old_password": "not the present one",
    "new_password": "too easy to guess",
    "email": "somebody has it, or no mail goes there",
    "expires_at": "in the past, or before the beginning",
    "from": "after the end",
    "to": "before the beginning",
    "start": "no date, or after the end",
    "end": "no date, or before the beginning",
    "asset_id": "there is no such asset, or the two names of the field differ",
    "asset_ids": "there is no such asset",
    "sector_ids": "there is no such sector",
    "model": "there is no such model",
    "configuration": "does not fit the schema of its settings",
    "watchlist_id": "there is no such list",
    "portfolio_id": "there is no such portfolio",
}
ANY = "*"
"""The inputs are named by the caller."""
RULES: dict[str, dict[str, str]] = {
    "GET /api/v1/sectors/compare": {"sectors": "there are no such sectors, or fewer than two"},
    "GET /api/v1/sectors/{id}/history": {"days": "too many points at this timeframe"},
    "GET /api/v1/portfolios/{id}/history": {"days": "of hours fewer are kept"},
    "PATCH /api/v1/alerts/{id}": {
        "parameters": "depends on the kind",
        "trigger_value": "depends on the kind",
        "condition": "of this kind none",
    },
    "PATCH /api/v1/assets/{id}": {"logo_url": "no host has such a name", "symbol": "not in capitals"},
    "PATCH /api/v1/users/me": {"profile_picture_url": "no host has such a name"},
    "PATCH /api/v1/users/me/risk-profile": {"risk_rules": "an unknown rule", "max_position_size": "not above 0"},
    "PATCH /api/v1/portfolios/{id}/assets/{position_id}": {
        "stop_loss_price": "not above 0",
        "take_profit_price": "not above 0",
    },
    "PATCH /api/v1/models/jobs/{id}": {"cron_schedule": "no such expression, or not with this kind"},
    "PATCH /api/v1/recommendations/{id}": {
        "ai_cross_sector_analysis_id": "there is none",
        "ai_regime_analysis_id": "there is none",
        "ai_sector_analysis_id": "there is none",
        "ai_trading_signal_id": "there is none",
        "target_entity_id": "a target is a kind and an id",
        "user_id": "there is none",
    },
    "PATCH /api/v1/signals/executions/{id}": {
        "execution_price": "needed to fill one",
        "quantity": "not above 0, which is needed to fill one",
    },
    "PATCH /api/v1/webhooks/{id}": {
        "url": "no public address",
        "events": "there is no such event, or not for this token",
    },
    "POST /api/v1/alerts": {
        "parameters": "depends on the kind",
        "trigger_value": "depends on the kind",
        "condition": "of this kind none",
    },
    "POST /api/v1/assets": {"logo_url": "no host has such a name", "symbol": "not in capitals"},
    "POST /api/v1/auth/password/reset": {"token": "not one that was mailed"},
    "POST /api/v1/auth/register": {"referral_code": "nobody has it"},
    "POST /api/v1/auth/verify-email": {"token": "not one that was mailed"},
    "PATCH /api/v1/macro/news/{id}": {
        "title": "no word in it",
        "source": "no word in it",
        "published_at": "before the first coin",
        "url": "no page of the web",
        "sentiment_label": "not what the score is called",
    },
    "POST /api/v1/macro/news": {
        "title": "no word in it",
        "source": "no word in it",
        "published_at": "before the first coin",
        "url": "no page of the web",
        "sentiment_label": "not what the score is called",
    },
    "POST /api/v1/models": {"model_file_path": "there is no such file"},
    "POST /api/v1/models/jobs": {
        "cron_schedule": "no such expression, or not with this kind",
        "model_id": "there is no such model",
    },
    "POST /api/v1/models/{id}/evaluations": {
        "end_date": "needed by this type",
        "start_date": "needed by this type",
        "results": "needed by this type",
        "evaluation_type": "no job makes it, so that it needs results",
    },
    "POST /api/v1/models/{id}/retrain": {
        "hyperparameters": "not of this kind of model",
        "training_data_days": "regimes are trained on all of their history",
    },
    "POST /api/v1/portfolios/{id}/assets": {
        "leverage_ratio": "of coins that are owned it is 1",
        "stop_loss_price": "not above 0",
        "take_profit_price": "not above 0",
        "asset_type": "not what the asset is",
        "quantity": "not above 0, or too much to count",
        "entry_price": "too much to count",
        "executed_at": "in the future, or before the first coin",
    },
    "POST /api/v1/portfolios/{id}/assets/{position_id}/actions": {
        "quantity": "above 0 where the action needs one",
        "price": "above 0 where the action needs one",
    },
    "POST /api/v1/predictions": {
        "model_name": "there is none of this name, or it forecasts no such thing",
        "layer_source": "prices of this kind of asset are forecast by another",
        "prediction_type": "this model forecasts no price",
        "features_override": "no feature of this model",
        "prediction_horizon": "not one of its horizons",
    },
    "POST /api/v1/recommendations": {
        "ai_cross_sector_analysis_id": "there is none",
        "ai_regime_analysis_id": "there is none",
        "ai_sector_analysis_id": "there is none",
        "ai_trading_signal_id": "there is none",
        "target_entity_id": "a target is a kind and an id",
        "user_id": "there is none",
    },
    "POST /api/v1/recommendations/{id}/feedback": {
        "entries": "belong to an advice that was carried out",
        "status": "an answer says something",
    },
    "POST /api/v1/recommendations/{id}/review": {"reason": "needed to reject"},
    "POST /api/v1/signals": {
        "entry_price": "levels make no plan",
        "target_price": "as above",
        "stop_loss": "as above",
        "signal_quality": "of a plan by hand it is low, until its record shows more",
    },
    "POST /api/v1/signals/{id}/execute": {
        "execution_price": "not above 0",
        "portfolio_percentage": "not above 0",
        "position_size": "not above 0",
        "stop_loss": "not above 0",
        "target_price": "not above 0",
    },
    "POST /api/v1/system/config": {ANY: "a value does not fit the schema of its setting, whose name stands here"},
    "POST /api/v1/system/notifications": {"user_ids": "exactly one of three ways to say who"},
    "POST /api/v1/system/tasks": {"task_params": "not of this task"},
    "POST /api/v1/users/me/tokens": {"scopes": "an unknown scope", "allowed_ips": "no address"},
    "PATCH /api/v1/watchlists/{id}/items": {"items": "there is no such asset, it is named twice, or not at all"},
    "PATCH /api/v1/watchlists/{id}/items/{item_id}": {"sort_order": "the list has not so many entries"},
    "POST /api/v1/watchlists": {"tier": "depends on the type of the list"},
    "POST /api/v1/watchlists/{id}/items": {"priority_order": "the list has not so many entries"},
    "POST /api/v1/webhooks": {"url": "no public address", "events": "there is no such event, or not for this token"},
    "PUT /api/v1/system/config/{key}": {"value": "does not fit the schema of the setting"},
    "PUT /api/v1/users/me": {"profile_picture_url": "no host has such a name"},
    "PUT /api/v1/users/me/risk-profile": {"risk_rules": "an unknown rule", "max_position_size": "not above 0"},
    "PUT /api/v1/watchlists/{id}/items": {
        "items": "there is no such asset, it is named twice, or not at all",
        "confirm_empty": "needed to empty a list",
    },
    "PUT /api/v1/watchlists/{id}/items/{item_id}": {"sort_order": "the list has not so many entries"},
}


def undeclared(operation: str, kind: str, fields: set[str]) -> set[str]:
    """Inputs that a request was refused for though the document admits them; an empty name for the whole."""
    if kind not in FORM:
        return set()
    rules = RULES.get(operation, {})
    return set() if ANY in rules else fields - EVERYWHERE.keys() - rules.keys()
