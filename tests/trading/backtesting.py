"""What tests of backtests ask for."""

from datetime import timedelta
from typing import Any

from aimodels.models import ModelJob
from tests.factories import AIModelFactory
from tests.trading.test_signals import END
from trading.services.backtests import Done, request_of, run_request

DAY = timedelta(days=1)
CROSS = {"entry": {"rule": "sma_cross", "fast": 3, "slow": 8}, "stop": {"percent": 4}, "sides": ["long", "short"]}
START = END - 100 * DAY


def asked(**changed: Any) -> dict[str, Any]:
    return {"timeframe": "1d", "start": START.isoformat(), "end": END.isoformat(), "rules": CROSS, **changed}


def run(**changed: Any) -> Done:
    return run_request(request_of(asked(**changed)))


def a_job(**given: Any) -> ModelJob:
    """A job that runs a backtest."""
    return ModelJob.objects.create(
        model=AIModelFactory(), job_type="backtest", job_category="evaluation", job_name="crosses", job_config=asked(),
        **given,
    )  # fmt: skip
