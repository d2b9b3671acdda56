"""Why something on the pages of portfolios and of the journal is unknown."""

from django.utils.translation import gettext_noop

REASONS = (
    gettext_noop("an entry of this kind has none"),
    gettext_noop("dollars are kept without lots"),
    gettext_noop("follows from the journal"),
    gettext_noop("it cost nothing"),
    gettext_noop("it opens nothing"),
    gettext_noop("looked up when it is booked"),
    gettext_noop("no source has a price: state one"),
    gettext_noop("no stop and target were set"),
    gettext_noop("no stop is set"),
    gettext_noop("no stop and target fit"),
    gettext_noop("no target is known"),
    gettext_noop("no trade had a stop"),
    gettext_noop("none was set"),
    gettext_noop("not said"),
    gettext_noop("nothing has been closed"),
    gettext_noop("nothing is held"),
    gettext_noop("nothing was held when the day began"),
    gettext_noop("nothing was lost"),
    gettext_noop("nothing was realised with it"),
    gettext_noop("several together"),
    gettext_noop("the rate of a day is not known"),
    gettext_noop("the target is reached"),
    gettext_noop("the worth of now or of last midnight is not known"),
    gettext_noop("there was none"),
    gettext_noop("this portfolio has not been analysed yet"),
    gettext_noop("this position has not been analysed yet"),
    gettext_noop("too few candles, or a price that does not move"),
    gettext_noop("you have set none"),
)
