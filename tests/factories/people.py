"""Users and what belongs to one."""

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from accounts.choices import NotificationType, UserRole
from accounts.models import (
    ApiToken,
    ChangeDraft,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    Passkey,
    TotpDevice,
    User,
    UserActivity,
    UserFeedback,
    UserSession,
    WebhookDelivery,
    WebhookSubscription,
)
from system.sealing import seal
from tests.factories.base import PASSWORD, hashed_once
from trading.models import RiskProfile

TOTP_SECRET = b"0123456789abcdefghij"


class UserFactory(DjangoModelFactory):
    """An ordinary user who can log in with PASSWORD."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.LazyFunction(lambda: hashed_once(PASSWORD))
    role = UserRole.PUBLIC


class AdminFactory(UserFactory):
    """A user with the role admin."""

    email = factory.Sequence(lambda n: f"admin{n}@example.org")
    role = UserRole.ADMIN


class UserSessionFactory(DjangoModelFactory):
    class Meta:
        model = UserSession

    user = factory.SubFactory(UserFactory)
    session_token = factory.Sequence(lambda n: f"{n:064x}")
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)


class UserActivityFactory(DjangoModelFactory):
    class Meta:
        model = UserActivity

    user = factory.SubFactory(UserFactory)
    activity_type = "login"
    action = "login"


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory)
    notification_type = NotificationType.SYSTEM
    title = factory.Sequence(lambda n: f"Message {n}")
    message = "Something happened."


class ChannelFactory(DjangoModelFactory):
    """A channel whose fields nobody can read; ``accounts.services.connect_channel`` makes usable ones."""

    class Meta:
        model = NotificationChannel

    user = factory.SubFactory(UserFactory)
    kind = "telegram"
    label = factory.Sequence(lambda n: f"channel {n}")
    hint = "-100123"
    sealed_fields = "v1:sealed-fields"


class DeliveryFactory(DjangoModelFactory):
    """A message that waits for its first attempt."""

    class Meta:
        model = NotificationDelivery

    channel = factory.SubFactory(ChannelFactory)
    notification = factory.SubFactory(NotificationFactory, user=factory.SelfAttribute("..channel.user"))


class DraftFactory(DjangoModelFactory):
    """A change that a program suggests."""

    class Meta:
        model = ChangeDraft

    user = factory.SubFactory(UserFactory)
    kind = "alert"
    summary = "Tell you when BTC rises above 100000"
    made_with = "assistant"
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)


class WebhookFactory(DjangoModelFactory):
    """A subscription whose secret nobody can read; ``accounts.services.create_webhook`` makes usable ones."""

    class Meta:
        model = WebhookSubscription

    user = factory.SubFactory(UserFactory)
    url = "https://93.184.216.34/hook"
    events = factory.LazyFunction(lambda: ["pipeline.done"])
    sealed_secret = "v1:sealed"


class WebhookDeliveryFactory(DjangoModelFactory):
    """An event that waits for its first attempt."""

    class Meta:
        model = WebhookDelivery

    subscription = factory.SubFactory(WebhookFactory)
    event = "pipeline.done"
    occurred_at = datetime(2024, 6, 1, tzinfo=UTC)


class UserFeedbackFactory(DjangoModelFactory):
    class Meta:
        model = UserFeedback

    user = factory.SubFactory(UserFactory)
    feedback_type = "general_comment"
    message = "It works."


class TotpDeviceFactory(DjangoModelFactory):
    """A second factor that is on; ``of`` gives one to who has none."""

    class Meta:
        model = TotpDevice

    user = factory.SubFactory(UserFactory)
    sealed_secret = factory.LazyAttribute(
        lambda row: seal(TOTP_SECRET.hex(), purpose="totp", owner=f"user:{row.user.pk}")
    )
    confirmed_at = datetime(2024, 1, 1, tzinfo=UTC)

    @classmethod
    def of(cls, user: User) -> TotpDevice:
        known = TotpDevice.objects.filter(user=user).first()
        made: TotpDevice = known or cls(user=user)
        return made


class PasskeyFactory(DjangoModelFactory):
    """A passkey whose device nobody has; ``tests/accounts/authenticator.py`` is a device that makes usable ones."""

    class Meta:
        model = Passkey

    user = factory.SubFactory(UserFactory)
    name = "telephone"
    credential_id = factory.Sequence(lambda n: f"key{n}")
    public_key = b"cose"
    sign_count = 0
    is_backed_up = False


class ApiTokenFactory(DjangoModelFactory):
    """A token whose secret nobody knows; ``accounts.services.create_api_token`` makes usable ones."""

    class Meta:
        model = ApiToken

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"token {n}")
    prefix = "cp_abcdefghi"
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    scopes = factory.LazyFunction(lambda: ["read"])


class RiskProfileFactory(DjangoModelFactory):
    class Meta:
        model = RiskProfile

    user = factory.SubFactory(UserFactory)
