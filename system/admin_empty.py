"""What the lists of the admin say while they are empty: where their rows come from, and so what the next step is."""

from functools import cache

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COMES_FROM: dict[Promise, frozenset[str]] = {
    _("The pipeline writes these with its next run."): frozenset({
        "macro.metricssnapshot", "macro.airegimeanalysis",
        "sectors.sectorhistory", "sectors.aisectoranalysis", "sectors.aicrosssectoranalysis",
        "sectors.sectorrotationflow",
        "selection.assetranking", "selection.aiwatchlistanalysis", "selection.aisuggestion",
        "selection.aiportfolioanalysis",
        "trading.aitradingsignal", "trading.activesignal", "trading.aiportfolioassetanalysis",
        "trading.recommendation", "trading.papertrade", "trading.paperportfolio",
        "aimodels.prediction", "aimodels.activeprediction", "aimodels.predictionchain", "aimodels.predictionlink",
    }),
    _("Written when the time of a forecast, signal or suggestion is over and it is judged by what came."): frozenset({
        "aimodels.predictionscore", "aimodels.predictionsum", "selection.suggestionoutcome",
        "selection.suggestionperformance", "selection.rankingoutcome", "trading.signaloutcome",
        "trading.recommendationoutcome", "trading.signaltrack", "trading.trackedseries",
    }),
    _("Written when a candle is corrected after something was judged by it."): frozenset({
        "aimodels.predictionrevision", "trading.signaloutcomerevision", "assets.candlerevision",
    }),
    _("Fetching data from the sources writes these; the admin home shows the sources and their limits."): frozenset({
        "assets.assetlisting", "assets.ingeststate", "assets.opencandle", "macro.newsevent", "macro.externalseries",
        "system.externalapilog",
    }),
    _("No candle is missing."): frozenset({"assets.candlegap"}),
    _("Training and trials write these: order a job on the page of a model."): frozenset({
        "aimodels.aimodel", "aimodels.modeltrial", "aimodels.modelactivation", "aimodels.modeljob",
        "aimodels.modelperformance",
    }),
    _("People make these on their own pages; there is nothing to do here."): frozenset({
        "accounts.userfeedback", "accounts.notificationchannel", "accounts.webhooksubscription",
        "accounts.changedraft", "accounts.totpdevice", "accounts.recoverycode", "accounts.passkey",
        "accounts.passkeyceremony", "accounts.mfaticket", "accounts.usersession", "accounts.usedrefreshtoken",
        "accounts.useractivity", "accounts.useractivityarchive", "accounts.useroverview",
        "selection.portfolio", "selection.portfolioasset", "selection.positionflow", "selection.positionlot",
        "selection.lotdisposal", "selection.portfolioday", "selection.manualprice",
        "trading.signalalert", "trading.signalexecution", "trading.executionfill", "trading.riskprofile",
        "trading.tradeimport", "trading.exchangeaccount", "trading.exchangerecord", "trading.tradeaction",
        "trading.tradenote", "trading.tradenoteversion", "trading.tradescreenshot", "trading.backtest",
        "trading.recommendationresponse", "system.idempotencykey",
    }),
    _("Written when an alert fires or something else is to be told."): frozenset({
        "accounts.notification", "accounts.notificationdelivery", "accounts.webhookdelivery", "trading.alertfiring",
        "accounts.outgoingmail", "system.outboxevent",
    }),
    _("Written when a suggestion is decided or a watchlist is changed."): frozenset({
        "selection.suggestionreview", "selection.watchlistassethistory", "selection.watchlistasset",
        "selection.watchliststatehistory", "selection.watchlistsummary", "selection.aisuggestionarchive",
    }),
    _("No fault is recorded. What fails in the program itself stands here, once for each place."): frozenset({
        "system.fault",
    }),
    _("The work in the background writes these; is a worker running? The admin home says so."): frozenset({
        "system.pipelinerun", "system.systemhealth", "system.analyticsdata", "system.backgroundtask",
        "django_celery_beat.periodictask", "system.apirequestlog",
    }),
    _("Written when somebody changes something."): frozenset({
        "system.auditlog", "system.rowchange", "system.rowchangelink", "system.systemconfig",
        "system.systemconfighistory",
    }),
    _("Here you make them yourself."): frozenset({
        "accounts.user", "accounts.apitoken", "accounts.setuplink", "assets.asset", "sectors.sector",
        "sectors.sectormapping", "selection.watchlist",
    }),
}  # fmt: skip


@cache
def comes_from(model: type[models.Model]) -> Promise:
    """The sentence about a table.

    Raises:
        LookupError: nobody has said where its rows come from.
    """
    for sentence, labels in COMES_FROM.items():
        if model._meta.label_lower in labels:
            return sentence
    raise LookupError(f"{model._meta.label_lower}: say in {__name__} where its rows come from")
