"""What the product keeps of itself: logs, measures, tasks."""

from decimal import Decimal

from accounts.models import UserActivityArchive
from cryptopredict.measuring import measure_health
from system.models import AnalyticsData, ApiRequestLog, AuditLog, ExternalApiLog
from tests.cryptopredict.examples.world import DAY, HOUR, World


def add(world: World) -> None:
    world.keys["system/config/{key}"] = "suggestion_expiry_days"
    ApiRequestLog.objects.create(
        user=world.person, endpoint="/api/v1/assets", http_method="GET", response_status=200,
        response_time_ms=Decimal("12.4"),
    )  # fmt: skip
    ExternalApiLog.objects.create(
        api_provider="binance", endpoint="/api/v3/klines", http_method="GET", response_status=200,
        response_time_ms=Decimal("184.2"),
    )  # fmt: skip
    AnalyticsData.objects.create(
        category="api", metric_name="requests", metric_value=Decimal(1840), dimensions={"group": "assets"},
        aggregation_level="hourly", period_start=world.now - HOUR,
    )  # fmt: skip
    AuditLog.objects.create(
        table_name="assets", record_id=world.key("bitcoin"), operation="UPDATE", changed_by=world.admin,
        old_values={"is_supported": False}, new_values={"is_supported": True}, ip_address="203.0.113.9",
    )  # fmt: skip
    UserActivityArchive.objects.create(
        id=1, user=world.person, activity_type="login", action="login", details={"method": "password"},
        created_at=world.today - 400 * DAY,
    )  # fmt: skip
    measure_health(world.now)
