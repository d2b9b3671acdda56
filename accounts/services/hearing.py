"""What programs may be told: no more than their owners see, and no more than the tokens do that they were made with."""

from functools import cache

from accounts.choices import TokenScope
from accounts.models import User, WebhookSubscription
from accounts.selectors.second_factor import lacks_second_factor
from accounts.services.tokens import rights
from system.events import event_kinds


class Hearing:
    """What some subscriptions may be told at one moment; who acts as an admin is looked up once for each."""

    def __init__(self) -> None:
        self.is_admin = cache(acts_as_admin)
        self.rights = cache(rights)

    def may(self, way: WebhookSubscription, topic: str, *, for_admins: bool) -> bool:
        """Whether a program may be told of an event; its owner and its token are looked up with it.

        Args:
            way: the subscription.
            topic: of the event.
            for_admins: the event has no recipient, and is for admins.
        """
        kind = event_kinds().get(topic)
        if way.token is not None and kind is not None:
            held = self.rights(tuple(way.token.scopes))
            if (kind.domain, TokenScope.READ) not in held:
                return False
            if for_admins and (kind.domain, TokenScope.ADMIN) not in held:
                return False
        return not for_admins or self.is_admin(way.user)


def acts_as_admin(user: User) -> bool:
    """An admin, and not one who has to switch on a second factor first."""
    return user.is_staff and not lacks_second_factor(user)
