"""Words of the market, of forecasts and of the models that make them."""

from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.help.term import Term
from cryptopredict.pages.kpis import DEFINITIONS, VOLATILITY, Explanation

MARKET = (
    *(Term(one.column, one.label, one.explanation, "market") for one in DEFINITIONS),
    Term("volatility", _("Volatility"), VOLATILITY, "market"),
    Term(
        "regime",
        _("State of the market"),
        Explanation(
            _("The most probable of six states: bull, bear, sideways, transition, accumulation, distribution."),
            _("Trend, breadth, volatility, momentum and structure of prices, each as signed evidence."),
            _("Candles that had closed at the moment of the analysis, and none later."),
            _("A state is judged on the day and never as judged later. Its record is shown beside it."),
        ),
        "market",
    ),
)
FORECASTS = (
    Term(
        "naive",
        _("Naive forecast"),
        Explanation(
            _("The share of past spans of the same length that rose."),
            _("The prices of the asset itself, as known at the moment of the forecast."),
            assumptions=_("Whoever cannot do better than this adds nothing. Every record is told against it."),
        ),
        "record",
    ),
    Term(
        "brier",
        _("Brier score"),
        Explanation(
            _("Mean of (p − r)²; p: the probability of a rise that was said; r: 1 if it rose, else 0."),
            _("Every scored forecast of a direction."),
            assumptions=_("0 is perfect. Whoever always says one half has 0.25."),
            source="Brier (1950)",
        ),
        "record",
    ),
    Term(
        "skill",
        _("Skill"),
        Explanation(
            _("1 − Brier score / Brier score of the naive forecast."),
            _("Every scored forecast of a direction, and the naive one that was stored beside it."),
            assumptions=_(
                "Above 0 is better than naive. The interval of 95 percent draws stretches of two horizons anew, "
                "because forecasts that overlap hang together."
            ),
        ),
        "record",
    ),
    Term(
        "proven",
        _("Proven skill"),
        Explanation(
            _("The lower end of the skill over the naive forecast and over a coin lies above 0."),
            _("At least 30 separate stretches of two horizons."),
            assumptions=_(
                "The interval holds all records that are looked at side by side, so none is good by chance alone."
            ),
            source="Bonferroni",
        ),
        "record",
    ),
    Term(
        "hit_rate",
        _("Hit rate"),
        Explanation(
            _("Share of the forecasts of a direction that came true."),
            assumptions=_("Says little by itself: in a rising market, always saying “rises” hits often."),
        ),
        "record",
    ),
    Term(
        "coverage",
        _("Coverage of an interval"),
        Explanation(
            _("Share of the prices that came to lie inside the interval that was forecast."),
            assumptions=_("An honest interval holds its share of the prices, neither more nor less."),
        ),
        "record",
    ),
    Term(
        "calibration",
        _("Calibration error"),
        Explanation(
            _("Mean distance between the probability that was said and the share that came true."),
            _("Bins of 0.05, weighted by how many forecasts they hold."),
            assumptions=_("Below 2,000 forecasts it is mostly chance, and is not told."),
        ),
        "record",
    ),
    Term(
        "pinball",
        _("Pinball loss"),
        Explanation(
            _("Mean over the quantiles q of level a of max(a · (y − q), (a − 1) · (y − q)), in log returns."),
            assumptions=_("Smaller is better. It rewards intervals that are narrow and still hold."),
            source="Koenker & Bassett (1978)",
        ),
        "record",
    ),
)
MODELS = (
    Term(
        "walk_forward",
        _("Walk-forward folds"),
        Explanation(
            _("Each stretch of time is forecast by a version that learned from the time before it alone."),
            assumptions=_(
                "Between what is learned and what is tested lie two horizons: no outcome and no candle is shared."
            ),
            source="López de Prado (2018)",
        ),
        "models",
    ),
    Term(
        "final_block",
        _("Untouched block"),
        Explanation(
            _("The last part of the time, set aside before training and looked at once."),
            assumptions=_("A second look would make it a part of the choice, so it does not count."),
        ),
        "models",
    ),
    Term(
        "log_skill",
        _("Log skill"),
        Explanation(
            _("1 − log loss / log loss of the naive forecast; log loss: −ln of the probability given to what came."),
            assumptions=_("Punishes certainty that was wrong harder than the Brier score does."),
        ),
        "models",
    ),
    Term(
        "auc",
        _("AUC"),
        Explanation(
            _("Chance that a span that rose was given a higher probability than one that did not."),
            assumptions=_("0.5 is a coin, 1 is perfect order. It says nothing of the size of the probabilities."),
        ),
        "models",
    ),
    Term(
        "psi",
        _("Drift of a feature (PSI)"),
        Explanation(
            _("Sum over tenths of (r − e) · ln(r / e); e: share in training; r: share now."),
            _("The rows that a version is asked with lately, against those that it learned from."),
            assumptions=_("Shifted: above the usual bound, and above what such a stretch shows by chance."),
        ),
        "models",
    ),
    Term(
        "overfitting",
        _("Probability of backtest overfitting"),
        Explanation(
            _("Share of halves of the time in which the variant that was best there was among the worse half in the "
              "other."),
            assumptions=_("One half is what pure luck gives."),
            source="Bailey, Borwein, López de Prado & Zhu (2017)",
        ),
        "models",
    ),
    Term(
        "gate",
        _("Gate"),
        Explanation(
            _("A condition that a version must pass before it may serve; none can be skipped."),
            _("No look into the future, an untouched block, skill above the baseline and above what serves, "
              "calibration, coverage."),
            assumptions=_("Where no version passes, the rules serve, and pages say so."),
        ),
        "models",
    ),
    Term(
        "grade",
        _("Grade of a version"),
        Explanation(
            _("A, B: proven skill, calibrated. C: proven skill, not calibrated. D: no proven skill. F: worse than the "
              "baseline."),
            _("The untouched block."),
        ),
        "models",
    ),
)  # fmt: skip
