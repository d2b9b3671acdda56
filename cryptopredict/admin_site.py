"""The admin site: its own content policy, the product's login page, a sidebar by layer."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from csp.decorators import csp_replace
from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import autodiscover
from django.contrib.auth.views import redirect_to_login
from django.core.checks import CheckMessage
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from accounts.middleware import is_held_back
from assets.choices import Market


class ProductAdminSite(UnfoldAdminSite):
    """Where admins review and curate."""

    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        autodiscover()
        return super().get_urls()

    def check(self, app_configs: Iterable[AppConfig] | None) -> list[CheckMessage]:
        autodiscover()
        return super().check(app_configs)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Made when it is looked at: every page is given it, hardly any shows it; it took a tenth of their time."""
        return SimpleLazyObject(lambda: super(ProductAdminSite, self).get_app_list(request, app_label))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponseBase]:
        """The theme evaluates expressions and has inline styles, so its pages, and only they, may do that."""
        return csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)(super().admin_view(view, cacheable))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What wants to be done, and how the product stands."""
        from cryptopredict.pages.admin_home.page import home  # brings numeric libraries, see demo_label

        context = {"title": gettext("Administration"), "home": home(timezone.now())}
        return super().index(request, context | (extra_context or {}))

    def has_permission(self, request: HttpRequest) -> bool:
        """Admins, who have the second factor that they need."""
        return bool(super().has_permission(request)) and not is_held_back(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """There is one login page. Who is logged in and is no admin is told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def stylesheet(request: HttpRequest) -> str:  # noqa: ARG001
    """Address of what the theme does not bring."""
    return static("css/admin.css")


def favicon(request: HttpRequest) -> str:  # noqa: ARG001
    """Address of the product's mark."""
    return static("img/mark.svg")


def demo_label(request: HttpRequest) -> tuple[str, str] | None:  # noqa: ARG001
    """What the theme writes at the top of every page while the figures are generated: text and colour."""
    from assets.selectors.shown import shown_market  # brings numeric libraries, which must not be there at a fork

    return (gettext("demo"), "warning") if shown_market() == Market.DEMO else None


def page(title: Any, icon: str, model: str) -> dict[str, Any]:
    """A line of the sidebar that leads to the list of a model (``app_model``)."""
    return view(title, icon, f"{model}_changelist")


def view(title: Any, icon: str, name: str) -> dict[str, Any]:
    """A line that leads to a page that is no list of rows."""
    return {"title": title, "icon": icon, "link": f"admin:{name}"}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:  # noqa: ARG001
    """The sidebar: daily work first, then the layers, then what stands under them."""
    return [
        group(_("Work"), REVIEW),
        group(_("Market (layer 1)"), MACRO),
        group(_("Sectors (layer 2)"), SECTORS),
        group(_("Selection (layer 3)"), SELECTION),
        group(_("Timing (layer 4)"), TRADING),
        group(_("Models"), MODELS),
        group(_("Assets"), ASSETS),
        group(_("People"), PEOPLE),
        group(_("System"), SYSTEM),
    ]


def group(title: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Words and addresses as they are now: the theme asks for each several times, and lazy ones took a sixth of every
    page."""
    shown = [item | {"title": str(item["title"]), "link": address(item["link"])} for item in items]
    return {"title": str(title), "separator": True, "collapsible": True, "items": shown}


@cache
def address(name: str) -> str:
    return reverse(name)


REVIEW = [
    {"title": _("Review one by one"), "icon": "keyboard", "link": "review"},
    page(_("Suggestion queue"), "rate_review", "selection_aisuggestion"),
    view(_("Report of suggestions"), "assessment", "selection_suggestionperformance_report"),
    page(_("Watchlists"), "list_alt", "selection_watchlist"),
    page(_("Settings"), "tune", "system_systemconfig"),
    page(_("Runs"), "play_circle", "system_pipelinerun"),
]
MACRO = [
    page(_("Snapshots"), "photo_camera", "macro_metricssnapshot"),
    page(_("Regimes"), "cyclone", "macro_airegimeanalysis"),
    page(_("External series"), "show_chart", "macro_externalseries"),
    page(_("News"), "newspaper", "macro_newsevent"),
]
SECTORS = [
    page(_("Sectors"), "donut_small", "sectors_sector"),
    page(_("Memberships"), "group_work", "sectors_sectormapping"),
    page(_("Analyses"), "analytics", "sectors_aisectoranalysis"),
    page(_("Comparisons"), "compare_arrows", "sectors_aicrosssectoranalysis"),
    page(_("Rotation flows"), "sync_alt", "sectors_sectorrotationflow"),
    page(_("History"), "timeline", "sectors_sectorhistory"),
]
SELECTION = [
    page(_("Rankings"), "leaderboard", "selection_aiwatchlistanalysis"),
    page(_("Rankings of the market"), "stacked_line_chart", "selection_assetranking"),
    page(_("Outcomes of rankings"), "query_stats", "selection_rankingoutcome"),
    page(_("Entries"), "format_list_numbered", "selection_watchlistasset"),
    page(_("Past entries"), "history", "selection_watchlistassethistory"),
    page(_("Past states of lists"), "history_toggle_off", "selection_watchliststatehistory"),
    page(_("Lists at a glance"), "summarize", "selection_watchlistsummary"),
    page(_("Reviews"), "fact_check", "selection_suggestionreview"),
    page(_("Results of suggestions"), "insights", "selection_suggestionperformance"),
    page(_("Outcomes of suggestions"), "done_all", "selection_suggestionoutcome"),
    page(_("Archived suggestions"), "inventory_2", "selection_aisuggestionarchive"),
    page(_("Portfolios"), "account_balance_wallet", "selection_portfolio"),
    page(_("Positions"), "pie_chart", "selection_portfolioasset"),
    page(_("Flows of positions"), "swap_vert", "selection_positionflow"),
    page(_("Open lots"), "layers", "selection_positionlot"),
    page(_("Disposals of lots"), "output", "selection_lotdisposal"),
    page(_("Manual prices"), "edit_note", "selection_manualprice"),
    page(_("Daily values"), "show_chart", "selection_portfolioday"),
    page(_("Portfolio analyses"), "query_stats", "selection_aiportfolioanalysis"),
]
TRADING = [
    page(_("Signals"), "trending_up", "trading_aitradingsignal"),
    page(_("Active signals"), "bolt", "trading_activesignal"),
    page(_("Progress of signals"), "route", "trading_signaltrack"),
    page(_("Judgements of signals"), "update", "trading_trackedseries"),
    page(_("Outcomes of signals"), "flag", "trading_signaloutcome"),
    page(_("Corrected outcomes of signals"), "rule", "trading_signaloutcomerevision"),
    page(_("Executions"), "done_all", "trading_signalexecution"),
    page(_("Fills of executions"), "playlist_add_check", "trading_executionfill"),
    page(_("Backtests"), "fast_rewind", "trading_backtest"),
    page(_("Position analyses"), "monitoring", "trading_aiportfolioassetanalysis"),
    page(_("Recommendations"), "lightbulb", "trading_recommendation"),
    page(_("Answers to recommendations"), "forum", "trading_recommendationresponse"),
    page(_("Outcomes of recommendations"), "rule", "trading_recommendationoutcome"),
    page(_("Paper portfolios"), "note_alt", "trading_paperportfolio"),
    page(_("Paper trades"), "receipt", "trading_papertrade"),
    page(_("Journal"), "menu_book", "trading_tradeaction"),
    view(_("Coins by venue"), "account_balance", "trading_tradeaction_venues"),
    page(_("Notes"), "sticky_note_2", "trading_tradenote"),
    page(_("Versions of notes"), "history_edu", "trading_tradenoteversion"),
    page(_("Screenshots"), "image", "trading_tradescreenshot"),
    page(_("Imports of trades"), "upload_file", "trading_tradeimport"),
    page(_("Exchange accounts"), "key", "trading_exchangeaccount"),
    page(_("Records of exchanges"), "receipt_long", "trading_exchangerecord"),
    page(_("Alerts"), "notifications_active", "trading_signalalert"),
    page(_("Firings of alerts"), "notification_important", "trading_alertfiring"),
    page(_("Risk profiles"), "shield", "trading_riskprofile"),
]
MODELS = [
    page(_("Versions"), "model_training", "aimodels_aimodel"),
    page(_("Activations"), "toggle_on", "aimodels_modelactivation"),
    page(_("Tried variants"), "science", "aimodels_modeltrial"),
    page(_("Forecasts"), "online_prediction", "aimodels_prediction"),
    page(_("Open forecasts"), "pending", "aimodels_activeprediction"),
    page(_("Outcomes"), "done_all", "aimodels_predictionscore"),
    page(_("Corrected outcomes"), "published_with_changes", "aimodels_predictionrevision"),
    page(_("Sums of forecasts"), "functions", "aimodels_predictionsum"),
    page(_("Chains"), "link", "aimodels_predictionchain"),
    page(_("Links"), "dataset_linked", "aimodels_predictionlink"),
    page(_("Evaluations"), "grading", "aimodels_modelperformance"),
    page(_("Jobs"), "work_history", "aimodels_modeljob"),
]
ASSETS = [
    page(_("Assets"), "paid", "assets_asset"),
    page(_("Gaps"), "space_bar", "assets_candlegap"),
    page(_("Fetches"), "cloud_download", "assets_ingeststate"),
    page(_("Listings"), "storefront", "assets_assetlisting"),
    page(_("Corrected candles"), "history_edu", "assets_candlerevision"),
    page(_("Open candles"), "pending", "assets_opencandle"),
]
PEOPLE = [
    page(_("Users"), "person", "accounts_user"),
    page(_("Users at a glance"), "groups", "accounts_useroverview"),
    page(_("API tokens"), "key", "accounts_apitoken"),
    page(_("Sessions"), "devices", "accounts_usersession"),
    page(_("Notifications"), "notifications", "accounts_notification"),
    page(_("Channels"), "send", "accounts_notificationchannel"),
    page(_("Deliveries"), "outbox", "accounts_notificationdelivery"),
    page(_("Drafts"), "edit_note", "accounts_changedraft"),
    page(_("Webhooks"), "webhook", "accounts_webhooksubscription"),
    page(_("Deliveries to webhooks"), "sync_alt", "accounts_webhookdelivery"),
    page(_("Feedback"), "feedback", "accounts_userfeedback"),
    page(_("Activities"), "directions_run", "accounts_useractivity"),
    page(_("Archived activities"), "inventory", "accounts_useractivityarchive"),
    page(_("Set-up links"), "link", "accounts_setuplink"),
    page(_("Used refresh tokens"), "autorenew", "accounts_usedrefreshtoken"),
    page(_("Mails"), "mail", "accounts_outgoingmail"),
    page(_("Second factors"), "phonelink_lock", "accounts_totpdevice"),
    page(_("Passkeys"), "passkey", "accounts_passkey"),
    page(_("Questions to passkeys"), "contact_support", "accounts_passkeyceremony"),
    page(_("Recovery codes"), "password", "accounts_recoverycode"),
    page(_("Logins waiting for a code"), "pin", "accounts_mfaticket"),
]
SYSTEM = [
    page(_("Past settings"), "manage_history", "system_systemconfighistory"),
    page(_("Audit log"), "policy", "system_auditlog"),
    page(_("Changes of rows"), "fact_check", "system_rowchange"),
    page(_("Seals of changes"), "link", "system_rowchangelink"),
    page(_("Schedule"), "schedule", "django_celery_beat_periodictask"),
    page(_("Background tasks"), "sync", "system_backgroundtask"),
    page(_("Faults"), "bug_report", "system_fault"),
    page(_("Events"), "outbox", "system_outboxevent"),
    page(_("Health checks"), "monitor_heart", "system_systemhealth"),
    page(_("Figures"), "bar_chart", "system_analyticsdata"),
    page(_("API requests"), "api", "system_apirequestlog"),
    page(_("Kept answers"), "replay", "system_idempotencykey"),
    page(_("Outside calls"), "public", "system_externalapilog"),
]
