"""What admins say about going out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, number, whole
from system.http.registry import Budget, Provider, providers
from system.selectors.settings import setting

GROUP = ConfigGroup(
    "outgoing",
    _("Calls to outside sources: budgets, time, size, and hosts of private networks that may be called."),
    {
        "allowed_hosts": [],
        "budgets": {},
        "deadline_seconds": 10,
        "patience_seconds": 60,
        "largest_answer_mb": 16,
    },
    {
        "allowed_hosts": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}},
        "budgets": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "limit": number(1, 1_000_000),
                        "seconds": number(0.1, 86400),
                        "calls": {"type": "boolean"},
                    },
                    "required": ["limit", "seconds"],
                    "additionalProperties": False,
                },
            },
        },
        "deadline_seconds": number(0.1, 10),
        "patience_seconds": number(0, 600),
        "largest_answer_mb": whole(1, 256),
    },
    title=_("Outside calls"),
    words={
        "allowed_hosts": Words(
            _("Private hosts that may be called"),
            hint=_("Hosts of the own network; all others outside are allowed without being named."),
        ),
        "budgets": Words(
            _("Budgets in place of the usual ones"),
            hint=_("A source that is not named keeps the budget that it is known by."),
        ),
        "budgets.*": Words(_("Source"), names=lambda: [one.name for one in providers()]),
        "budgets.limit": Words(_("Most in a window")),
        "budgets.seconds": Words(_("Length of the window"), _("seconds")),
        "budgets.calls": Words(_("Counts calls, not their weight")),
        "deadline_seconds": Words(_("Longest time of a call"), _("seconds")),
        "patience_seconds": Words(_("Longest wait for its turn"), _("seconds")),
        "largest_answer_mb": Words(_("Largest answer"), _("MB")),
    },
)


@dataclass(frozen=True)
class Policy:
    """The rules that a call follows.

    Args:
        budgets: those of the provider, or what an admin has set instead.
        deadline: seconds between the first byte and the end of the last attempt.
        patience: seconds that a call waits for its turn.
        largest: bytes of an answer.
    """

    allowed_hosts: Sequence[str]
    budgets: Sequence[Budget]
    deadline: float
    patience: float
    largest: int


def policy(provider: Provider) -> Policy:
    """The rules in force for a provider."""
    said = setting(GROUP.key)
    own = [
        Budget(budget["limit"], timedelta(seconds=budget["seconds"]), bool(budget.get("calls")))
        for budget in said["budgets"].get(provider.name, ())
    ]
    return Policy(
        allowed_hosts=said["allowed_hosts"],
        budgets=own or provider.budgets,
        deadline=said["deadline_seconds"],
        patience=said["patience_seconds"],
        largest=said["largest_answer_mb"] * 1024 * 1024,
    )
