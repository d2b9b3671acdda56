"""Every page, the question that it answers, and what its address needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

GUEST, OWNER, ADMIN = "guest", "owner", "admin"
FRESH = "fresh"
"""Nobody yet: the installation has no admin."""
HALFWAY = "halfway"
"""An admin who has given a password and is asked for a code."""


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        name: of its pictures.
        route: name of its address.
        question: that it answers.
        who: looks at it.
        keys: parts of the address; ``{portfolio}`` is the one of who looks.
        query: of the address.
    """

    name: str
    route: str
    question: str
    who: str = GUEST
    keys: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()

    def address(self, things: Mapping[str, Any]) -> str:
        """Where it is, with the keys of what is there."""
        from django.urls import reverse  # the list itself is read without Django

        path = reverse(self.route, kwargs={name: key.format(**things) for name, key in self.keys.items()})
        asked = [(name, value.format(**things)) for name, value in self.query]
        return f"{path}?{urlencode(asked)}" if asked else path


def own(name: str, question: str, route: str = "", key: str = "", **keys: str) -> Page:
    """A page of somebody who is logged in."""
    return Page(name, route or name, question, OWNER, ({"pk": f"{{{key}}}"} if key else {}) | keys)


def admin(name: str, question: str, route: str = "", key: str = "") -> Page:
    """A page of admins; of the back office where its name begins so."""
    return Page(name, route or name, question, ADMIN, {"object_id": f"{{{key}}}"} if key else {})


def listed(name: str, question: str, model: str) -> Page:
    """A list of the back office."""
    return admin(f"admin-{name}", question, f"admin:{model}_changelist")


PAGES = (
    Page("setup", "setup", "How do I become the first admin?", FRESH),
    Page("home-guest", "home", "How does the market stand, and what follows from it?"),
    Page("market", "market", "Which state is the market in, why, and how often is that right?"),
    Page("sectors", "sectors", "Which sectors lead, and where does the money move?"),
    Page("sector", "sector", "How does this sector do, and who moves it?", keys={"name": "{sector}"}),
    Page("assets", "assets", "Which coins fit what I look for?"),
    Page("asset", "asset", "What does this coin do, and what is forecast of it?", keys={"symbol": "{symbol}"}),
    Page("signals", "signals", "Which plans are open, and are they proven?", query=[("proof", "all")]),
    Page("signals-table", "signals", "The same as a table", query=[("view", "table"), ("proof", "all")]),
    Page("record", "record", "How good were the forecasts?"),
    Page("models", "models", "Which models speak, and what entitles them?", ADMIN),
    Page("model", "model", "What was this model tested on, and how did it do?", ADMIN, {"pk": "{model}"}),
    Page("suggestions", "suggestions", "What came of suggestions, by who decided?"),
    Page("data-quality", "data-quality", "What is missing in the data, and what helps?"),
    Page("help", "help", "What does this word mean, and how is it computed?"),
    Page("login", "login", "How do I get in?"),
    Page("password-forgot", "password-forgot", "How do I get in without my password?"),
    Page("login-code", "login-code", "Is it really me?", HALFWAY),
    Page("offline", "offline", "What now, without a connection?"),
    own("home", "What is new for me today?"),
    own("signal", "Why this plan, what may it lose, and what became of it?", key="signal"),
    own("watchlists", "Which lists are there?"),
    own("watchlist", "How do the coins of this list stand?", key="watchlist"),
    own("watchlist-entry", "What do I keep about this coin?", key="watchlist", entry_id="{entry}"),
    own("portfolios", "What do I have, and where?"),
    own("portfolio-new", "How do I begin a portfolio?"),
    own("portfolio", "What is it worth, how did it do, and what are its risks?", key="portfolio"),
    own("portfolio-lots", "Which coins came when, at what price?", key="portfolio"),
    own("portfolio-gains", "What was gained in a year?", key="portfolio"),
    own("portfolio-venues", "At which exchange or wallet is it?", key="portfolio"),
    own("portfolio-explained", "How was this figure computed?", key="portfolio", figure="twr"),
    own("portfolio-settings", "How is it kept?", key="portfolio"),
    own("position", "How does this position stand, and what do I plan?", key="portfolio", position_id="{position}"),
    own("entry-new", "How do I enter what I did?", key="portfolio"),
    own("price-new", "How do I state a price of my own?", key="portfolio"),
    own("imports", "How do I bring in my trades?", key="portfolio"),
    own("import", "What would become of this file?", key="portfolio", import_id="{import}"),
    own("journal", "What did I do?"),
    own("journal-calendar", "On which days did I gain or lose?"),
    own("journal-statistics", "What am I good at, and what does it cost me?"),
    own("journal-entry", "What was this trade, and what do I say of it?", key="action"),
    own("journal-correct", "How do I correct what I entered?", key="action"),
    own("alerts", "What am I told, and when did it last happen?"),
    own("alert-new", "What should I be told?", route="new-alert", kind="price"),
    own("alert", "When does this alert fire?", key="alert"),
    own("inbox", "What was I told?"),
    own("deliveries", "Did it reach me?"),
    own("backtests", "What did I try on the past?"),
    own("backtest-new", "What would have become of a strategy?"),
    own("backtest", "What became of it, and was it luck?", key="backtest"),
    Page(
        "backtest-compare",
        "backtest-compare",
        "Which of these did better, and by how much?",
        OWNER,
        query=[("id", "{backtest}"), ("id", "{other}")],
    ),
    own("account", "Who am I here?"),
    own("account-security", "Who can get in as me?"),
    own("account-tokens", "Which programs may do what for me?"),
    own("second-factor", "How do I protect my login?"),
    own("notifications", "Where and when am I told?"),
    own("account-data", "How do I take my data with me, or leave?"),
    own("drafts", "What was proposed to be done for me?"),
    admin("review", "Should this suggestion be followed?"),
    admin("first-run", "Which market is shown, and how do I get real data?"),
    admin("admin", "What needs me?", "admin:index"),
    listed("suggestions", "Which suggestions wait?", "selection_aisuggestion"),
    listed("watchlists", "Which lists are kept?", "selection_watchlist"),
    admin("admin-watchlist", "What does this list hold?", "admin:selection_watchlist_change", "tier"),
    listed("settings", "What is set, and by whom?", "system_systemconfig"),
    admin("admin-setting", "Which values may it have, and had it?", "admin:system_systemconfig_change", "setting"),
    listed("runs", "Did the runs go well?", "system_pipelinerun"),
    listed("models", "Which versions are in force?", "aimodels_aimodel"),
    listed("people", "Who has an account?", "accounts_user"),
    listed("feedback", "Who waits for an answer?", "accounts_userfeedback"),
    admin("admin-feedback-one", "What was said, what is answered?", "admin:accounts_userfeedback_change", "feedback"),
    listed("changes", "Who changed what, and by which door?", "system_rowchange"),
    listed("faults", "What went wrong lately?", "system_fault"),
    admin("admin-arrange", "In which order do the entries stand?", "admin:selection_watchlist_arrange", "tier"),
    listed("assets", "Which assets are there?", "assets_asset"),
    admin("admin-outcomes", "What came of suggestions, by rule?", "admin:selection_suggestionperformance_report"),
)

NO_PAGES = frozenset({
    # answer to a press of a button
    "add-channel", "alert-action", "assets-views", "channel-action", "channel-wishes", "delivery-again", "draft-action",
    "end-session", "home-layout", "import-confirm",
    "journal-note", "journal-picture", "journal-picture-remove", "journal-reverse",
    "logout", "message-action", "model-job-order", "notification-hours", "order-export", "portfolio-action",
    "passkey-begin", "passkey-code-begin", "passkey-code-complete", "passkey-complete", "passkey-login-begin",
    "passkey-login-complete", "read-all", "review-back", "review-decide", "review-many", "revoke-token", "set_language",
    "signal-alert", "signal-cancel", "signal-execute", "signal-feedback", "signal-fill", "undelivered",
    "watchlist-add", "watchlist-change", "watchlist-copy", "watchlist-delete", "watchlist-entry-action",
    "watchlist-entry-change", "watchlist-move", "watchlist-new", "watchlist-order", "watchlist-review",
    "watchlist-undo",
    # files and parts of pages
    "alert-firings-csv", "alerts-csv", "asset-candles", "asset-series", "assets-csv", "backtest-progress",
    "backtest-trades", "deliveries-csv", "export-file", "gaps-csv", "journal-calendar-csv", "journal-csv",
    "journal-statistics-csv", "manifest", "model-jobs", "palette", "portfolio-explained-csv", "portfolio-gains-csv",
    "portfolio-lots-csv", "portfolio-positions-csv", "portfolio-venues-csv", "record-csv", "sector-members-csv",
    "sectors-csv", "sectors-flows-csv", "sectors-rotation-csv", "signals-csv", "suggestions-csv", "unread",
    "watchlist-csv", "worker",
    # opened by the link of a mail; they look as the page of a forgotten password
    "password-reset", "verify-email",
})  # fmt: skip
"""Names of addresses that no person looks at."""
