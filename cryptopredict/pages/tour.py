"""Five steps through the product, for who is new to it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext


@dataclass(frozen=True)
class Step:
    """What a step tells, and the page that it is about."""

    title: str
    text: str
    address: str
    link: str


def steps() -> list[Step]:
    """From the whole market to the record."""
    return [
        Step(
            gettext("First the market"),
            gettext(
                "Every day starts with one question: in which state is the whole market, and how sure is that? The "
                "page of the market shows since when, by which evidence, and what followed when it looked like this "
                "before."
            ),
            reverse("market"),
            gettext("To the market"),
        ),
        Step(
            gettext("Then the assets"),
            gettext(
                "Each asset has its candles, its forecasts and what came of the earlier ones. Every number says where "
                "it comes from and how old it is; a dash says why something is not known."
            ),
            reverse("assets"),
            gettext("To the assets"),
        ),
        Step(
            gettext("Suggestions wait for a person"),
            gettext(
                "The product suggests changes of the watchlists, with the numbers behind each. Nothing changes before "
                "somebody says yes, and what came of accepted and of rejected ones is kept alike."
            ),
            reverse("home") + "#suggestions-title",
            gettext("To the suggestions"),
        ),
        Step(
            gettext("Signals carry their record"),
            gettext(
                "A signal has a target, a stop and a horizon, and is followed to its end whether anybody trades it or "
                "not. While a kind of signal has no proven skill, its size is 0, and it says so."
            ),
            reverse("home") + "#signals",
            gettext("To the signals"),
        ),
        Step(
            gettext("And everything is scored"),
            gettext(
                "Each forecast is written once, cannot be edited, and is scored against what happened and against a "
                "naive guess. The record lists every single one. That is how much to believe."
            ),
            reverse("record"),
            gettext("To the record"),
        ),
    ]
