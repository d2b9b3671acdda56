"""Accounts: signing in, one's own, and those that admins see."""

from collections.abc import Callable
from typing import Any

from accounts.models import OutgoingMail
from accounts.services import forget_password, resend_verification
from tests import factories as make
from tests.accounts.factors import code, login
from tests.cryptopredict.examples.asking import MADE_UP, Example
from tests.cryptopredict.examples.world import PASSWORD, World

NEW = "correct horse battery staple"


def ticket(world: World) -> dict[str, Any]:
    """A login that waits for its second factor."""
    make.TotpDeviceFactory.of(world.newcomer)
    return {"body": {"mfa_ticket": login(world.newcomer).json()["mfa_ticket"], "code": code()}}


def session(world: World) -> dict[str, Any]:
    """A login whose access token is to be renewed."""
    return {"body": {"refresh": login(world.newcomer).json()["refresh"]}}


def mailed(send: Callable[[World], Any], **more: Any) -> Callable[[World], dict[str, Any]]:
    """A letter with a token."""

    def rows(world: World) -> dict[str, Any]:
        send(world)
        mail = OutgoingMail.objects.order_by("-pk")[0]
        return {"body": {"token": str(mail.body).split("#")[1].split()[0]} | more}

    return rows


def begun(world: World) -> dict[str, Any]:
    """A second factor that waits for its first code."""
    device = make.TotpDeviceFactory(user=world.newcomer, confirmed_at=None)
    return {"body": {"code": code()}} if device else {}


EXAMPLES = [
    Example(
        "POST /api/v1/auth/login",
        sent={"email": "sara@example.com", "password": PASSWORD, "device_info": {"name": "my script"}},
        who="visitor",
    ),
    Example(
        "POST /api/v1/auth/mfa/verify",
        rows=ticket,
        sent={"mfa_ticket": MADE_UP["mfa_ticket"], "code": "123456"},
        who="visitor",
    ),
    Example("POST /api/v1/auth/password/change", sent={"old_password": PASSWORD, "new_password": NEW}),
    Example("POST /api/v1/auth/password/forgot", sent={"email": "sara@example.com"}, who="visitor"),
    Example(
        "POST /api/v1/auth/password/reset",
        rows=mailed(lambda world: forget_password(world.person.email), new_password=NEW),
        sent={"token": MADE_UP["token"], "new_password": NEW},
        who="visitor",
    ),
    Example("POST /api/v1/auth/refresh", rows=session, sent={"refresh": MADE_UP["refresh"]}, who="visitor"),
    Example(
        "POST /api/v1/auth/register",
        sent={
            "email": "reza@example.com", "password": NEW, "first_name": "Reza", "timezone": "Asia/Tehran",
            "language": "fa",
        },
        who="visitor",
    ),
    Example(
        "POST /api/v1/auth/verify-email",
        rows=mailed(lambda world: resend_verification(world.newcomer.email)),
        sent={"token": MADE_UP["token"]},
        who="visitor",
    ),
    Example("POST /api/v1/auth/verify-email/resend", sent={"email": "sara@example.com"}, who="visitor"),
    Example("GET /api/v1/feedback", query="limit=2"),
    Example(
        "POST /api/v1/feedback",
        sent={"feedback_type": "bug_report", "message": "The chart of a week shows six days."},
    ),
    Example("GET /api/v1/feedback/{id}"),
    Example(
        "PATCH /api/v1/feedback/{id}",
        sent={"status": "addressed", "response_message": "They come with the next version.", "priority": "normal"},
    ),
    Example("GET /api/v1/users", query="limit=2&search=example.com"),
    Example(
        "POST /api/v1/users",
        sent={"email": "reza@example.com", "first_name": "Reza", "role": "public", "language": "fa"},
    ),
    Example("DELETE /api/v1/users/me", sent={"password": PASSWORD}),
    Example("GET /api/v1/users/me"),
    Example("PATCH /api/v1/users/me", sent={"timezone": "Europe/Berlin", "preferences": {"theme": "dark"}}),
    Example(
        "PUT /api/v1/users/me",
        sent={"first_name": "Sara", "last_name": "Karimi", "language": "en", "timezone": "Europe/Berlin"},
    ),
    Example("GET /api/v1/users/me/activities", query="limit=2"),
    Example("GET /api/v1/users/me/ai-context"),
    Example("POST /api/v1/users/me/export", who="newcomer"),
    Example("GET /api/v1/users/me/export/{id}"),
    Example("GET /api/v1/users/me/mfa"),
    Example("POST /api/v1/users/me/mfa/totp", sent={"password": PASSWORD}),
    Example("POST /api/v1/users/me/mfa/totp/confirm", rows=begun, sent={"code": "123456"}, who="newcomer"),
    Example("GET /api/v1/users/me/notifications", query="limit=2"),
    Example("POST /api/v1/users/me/notifications/read-all"),
    Example("GET /api/v1/users/me/notifications/unread-count"),
    Example("POST /api/v1/users/me/notifications/{id}/read"),
    Example("GET /api/v1/users/me/risk-profile"),
    Example("PATCH /api/v1/users/me/risk-profile", sent={"max_position_size": "15000"}),
    Example(
        "PUT /api/v1/users/me/risk-profile",
        sent={
            "max_position_size": "15000", "max_portfolio_risk": 0.2,
            "risk_rules": {"max_open_positions": 5, "max_leverage": 2},
        },
    ),
    Example("GET /api/v1/users/me/sessions", query="limit=2"),
    Example("GET /api/v1/users/me/tokens"),
    Example(
        "POST /api/v1/users/me/tokens",
        sent={"name": "my spreadsheet", "scopes": ["market:read"], "allowed_ips": ["203.0.113.7"]},
    ),
    Example("GET /api/v1/users/{id}"),
    Example("PATCH /api/v1/users/{id}", sent={"notes": "Asked for a longer trial.", "subscription_plan": "pro"}),
    Example("GET /api/v1/users/{id}/ai-context"),
    Example("GET /api/v1/users/{id}/risk-profile"),
    Example("GET /api/v1/webhooks"),
    Example(
        "POST /api/v1/webhooks",
        sent={"url": "https://hooks.example.com/cryptopredict", "events": ["signal.created", "alert.triggered"]},
    ),
    Example("GET /api/v1/webhooks/{id}"),
    Example("PATCH /api/v1/webhooks/{id}", sent={"events": ["signal.created"], "is_active": True}),
    Example("GET /api/v1/webhooks/{id}/deliveries", query="limit=2"),
    Example("POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/replay"),
    Example("POST /api/v1/webhooks/{id}/test"),
]  # fmt: skip
