"""Words of suggestions, of trading and of the data."""

from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.help.term import Term
from cryptopredict.pages.kpis import Explanation

SUGGESTIONS = (
    Term(
        "excess",
        _("Excess return"),
        Explanation(
            _("Return of the asset − median return of its list over the horizon; with the other sign for a removal or "
              "demotion."),
            _("Closes of the same candles for all assets of the list."),
            _("From the candle that the suggestion was made on, over its horizon."),
            _("It is measured whatever was decided, so rejected and expired ones count too."),
        ),
        "suggestions",
    ),
    Term(
        "precision",
        _("Precision of suggestions"),
        Explanation(
            _("Share of the scored suggestions with an excess return above 0."),
            assumptions=_("The interval of 95 percent counts weeks, because suggestions of one week hang together."),
        ),
        "suggestions",
    ),
    Term(
        "added_value",
        _("Added by the reviewers"),
        Explanation(
            _("Mean excess return of the accepted − that of the rejected, percentage points."),
            assumptions=_("Above 0: choosing was better than taking all."),
        ),
        "suggestions",
    ),
    Term(
        "agreement",
        _("Agreement"),
        Explanation(
            _("With the product: accepted of the decided. Of reviewers: pairs of decisions about the same change "
              "within 30 days that are alike."),
        ),
        "suggestions",
    ),
)  # fmt: skip
TRADING = (
    Term(
        "reward_risk",
        _("Reward to risk (R:R)"),
        Explanation(
            _("Way from the entry to the target / way from the entry to the stop."),
            assumptions=_("Says nothing of how probable the target is; the probability stands beside it."),
        ),
    ),
    Term(
        "excursion",
        _("MFE and MAE"),
        Explanation(
            _("Furthest the price went in favour of (MFE) and against (MAE) a position while it was open."),
            source="Sweeney (1996)",
        ),
    ),
    Term(
        "drawdown",
        _("Drawdown"),
        Explanation(
            _("1 − value / highest value so far; the deepest one is told."),
            assumptions=_("At closes: between two closes it may have been deeper."),
        ),
    ),
    Term(
        "sharpe",
        _("Sharpe ratio"),
        Explanation(
            _("Mean of daily returns / their standard deviation · √365."),
            assumptions=_("No interest is subtracted. Fewer than 30 returns give none. A few years prove little."),
            source="Sharpe (1966)",
        ),
    ),
    Term(
        "sortino",
        _("Sortino ratio"),
        Explanation(
            _("Mean of daily returns / root mean square of the losses among them · √365."),
            source="Sortino & Price (1994)",
        ),
    ),
    Term(
        "calmar",
        _("Calmar ratio"),
        Explanation(_("Result a year / deepest drawdown."), source="Young (1991)"),
    ),
    Term(
        "profit_factor",
        _("Profit factor"),
        Explanation(_("Sum of the gains / sum of the losses, after costs.")),
    ),
    Term(
        "deflated_sharpe",
        _("Deflated Sharpe ratio"),
        Explanation(
            _("Chance that the Sharpe ratio is above 0, given how many variants were tried."),
            _("Length, skew and tails of the daily returns, and the number of variants."),
            assumptions=_("Whoever tries many strategies finds a good one by luck; this takes the luck off."),
            source="Bailey & López de Prado (2014)",
        ),
    ),
    Term(
        "luck",
        _("Random entries"),
        Explanation(
            _("As many trades of the same assets, sides and lengths at random moments; p: how often they do as well."),
            assumptions=_("A small p says that the moments of entry were more than luck."),
        ),
    ),
    Term(
        "fingerprint",
        _("Fingerprint"),
        Explanation(
            _("SHA-256 over all closed trades."),
            assumptions=_("The same request on the same candles gives the same one, on every machine."),
        ),
    ),
)
WEALTH = (
    Term(
        "twr",
        _("Time-weighted return (TWR)"),
        Explanation(
            _("Product of (value before a flow / value after the flow before it) − 1."),
            assumptions=_("How well it was invested, whenever money came or went."),
        ),
    ),
    Term(
        "mwr",
        _("Money-weighted return (MWR)"),
        Explanation(
            _("The rate at which all money put in and taken out comes to the value of today (XIRR, actual/365)."),
            assumptions=_("What you got, with the timing of your flows in it."),
        ),
    ),
)
DATA = (
    Term(
        "completeness",
        _("Completeness"),
        Explanation(
            _("Share of the 35 columns that describe the market and have a value."),
            _("The newest snapshot of the market."),
            assumptions=_("What is not known stays empty, with its reason; nothing is filled in."),
        ),
        "data-quality",
    ),
    Term(
        "gap",
        _("Gap"),
        Explanation(
            _("Candles of the grid that are not stored, within the time that a source was asked for and traded the "
              "asset."),
            assumptions=_("An outage that the source confirms stays a gap. Charts leave it empty."),
        ),
        "data-quality",
    ),
    Term(
        "freshness",
        _("Freshness"),
        Explanation(
            _("Late after two candles without news, stale after five."),
            _("Candles of an hour for prices, of its own timeframe for an analysis."),
        ),
        "data-quality",
    ),
)  # fmt: skip
