"""Every setting, read from the environment. A wrong value stops the start and names its variable.

Without any variable the product runs on its embedded services, with its state in ``.data/`` (see ``embedded``).
"""

import gc
import os
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from cryptopredict import __version__, environment
from cryptopredict.keys import former_secret, installed_secret
from cryptopredict.static_policy import with_policy

# What a process loads stays until it ends: to look for garbage in it took a sixth of the time of every start.
gc.set_threshold(50_000, 20, 100)
environment.load()
env = environ.Env()
BASE_DIR = environment.BASE_DIR
CRYPTOPREDICT_HOME = environment.home()
DEBUG = environment.switch("DEBUG")
SECRET_KEY = env("SECRET_KEY", default="") or installed_secret(CRYPTOPREDICT_HOME, "secret_key")
TOKEN_PEPPER = env("TOKEN_PEPPER", default="") or installed_secret(CRYPTOPREDICT_HOME, "token_pepper")
SEALING_SECRET = env("SEALING_SECRET", default="") or installed_secret(CRYPTOPREDICT_HOME, "sealing_secret")
# What was made under the former ones goes on until their exchange is finished (see ``rotation``).
SECRET_KEY_FALLBACKS = list(filter(None, [env("SECRET_KEY_FORMER", default="")])) or former_secret(
    CRYPTOPREDICT_HOME, "secret_key"
)
SEALING_FALLBACKS = list(filter(None, [env("SEALING_SECRET_FORMER", default="")])) or former_secret(
    CRYPTOPREDICT_HOME, "sealing_secret"
)

# -- where we are reached ---------------------------------------------------------------------------------------------
SITE_URL = environment.site_address()
site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[site.hostname, "127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
if site.scheme == "https":
    SECURE_SSL_REDIRECT = True
    # Asked from inside, where there is no TLS; and programs, which after a redirect would go on sending tokens openly.
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$", r"^api/v1/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    # A browser takes a cookie of such a name from this host only, and over https only: no neighbour can plant one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    MESSAGE_STORAGE = "cryptopredict.cookies.HostMessages"
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# -- services ---------------------------------------------------------------------------------------------------------
# Two roles on one database: the application's, which owns nothing, and the owner's for migrations and partitions.
STEADY = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# Behind a pool in transaction mode nothing lives longer than a transaction: no cursor that stays on the server.
POOLED = {"DISABLE_SERVER_SIDE_CURSORS": environment.switch("DATABASE_POOLED")}
DATABASES = {
    "default": environment.database("DATABASE_URL") | STEADY | POOLED,
    "owner": environment.database("DATABASE_OWNER_URL", "DATABASE_URL") | STEADY,
}
# A copy that follows the first, for reads of what lies back (see ``system.history``).
DATABASES |= {alias: one | STEADY | POOLED for alias, one in environment.replica().items()}
DATABASE_REPLICA_MAX_LAG = environment.whole_number("DATABASE_REPLICA_MAX_LAG", 10, most=3600)
DATABASE_ROUTERS = ["cryptopredict.routers.OwnerMigrates", "system.history.HistoryReads"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.redis_address()
redis = urlsplit(REDIS_URL)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
redis_number = environment.redis_database(REDIS_URL)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # What is published reaches all of a server, whatever its database: so that stands in the name.
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"live.{redis_number}"},
    }
}
# Celery spells a socket, and the number of the database behind it, its own way.
CELERY_BROKER_URL = f"redis+socket://{redis.path}?virtual_host={redis_number}" if redis.scheme == "unix" else REDIS_URL

# -- program ----------------------------------------------------------------------------------------------------------
VERSION = __version__
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "cryptopredict.admin_config.ProductAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "cryptopredict",
    "trading",
    "selection",
    "sectors",
    "macro",
    "aimodels",
    "assets",
    "accounts",
    "system",
]
MIDDLEWARE = [
    "cryptopredict.observing.middleware.Observed",
    "accounts.acting.Acting",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cryptopredict.api.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.BrowserSessions",
    "accounts.middleware.OwnCalendar",
    "accounts.middleware.SecondFactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "cryptopredict.urls"
ASGI_APPLICATION = "cryptopredict.asgi.application"
WSGI_APPLICATION = "cryptopredict.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cryptopredict.pages.context.frame",
            ],
        },
    },
]

# -- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "accounts.validators.NotKnownElsewhere"},
    {"NAME": "accounts.validators.MoreThanOurWords"},
]
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# -- mail -------------------------------------------------------------------------------------------------------------
globals().update(environment.mail_server())
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default=f"cryptopredict@{site.hostname}")

# -- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fa", _("Persian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["cryptopredict.locale_formats"]
USE_TZ = True

# -- files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = CRYPTOPREDICT_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Models, media and reports of backtests: in the home directory, or in a bucket, of which this machine keeps copies.
ARTEFACTS_URL = environment.artefacts()
ARTEFACTS_CACHE_MEGABYTES = environment.whole_number("ARTEFACTS_CACHE_MEGABYTES", 512)
STORAGES = {
    "default": {"BACKEND": "system.stores.storage.BucketStorage"}
    if ARTEFACTS_URL
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "cryptopredict.static_files.HashedFiles"
    },
}
MEDIA_ROOT = CRYPTOPREDICT_HOME / "media"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ADD_HEADERS_FUNCTION = with_policy

# -- what a browser may do: our own files only, scripts by nonce ------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
# The admin's theme (unfold) ships Alpine.js, which evaluates expressions, and inline styles.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# -- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["system.rest.JSONRenderer", "system.rest.CSVRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["system.rest.CallRate"],
    "DEFAULT_PARSER_CLASSES": ["system.rest.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "system.rest.OffsetPages",
    "DEFAULT_SCHEMA_CLASS": "system.rest.schema.Schema",
    "EXCEPTION_HANDLER": "cryptopredict.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Calls a minute (see ``system.rest.throttles``); 0 = not limited.
API_RATES = {
    "guest": environment.whole_number("API_GUEST_CALLS_A_MINUTE", 120, least=0),
    "read": environment.whole_number("API_READS_A_MINUTE", 600, least=0),
    "write": environment.whole_number("API_WRITES_A_MINUTE", 120, least=0),
    "login": environment.whole_number("API_LOGINS_A_MINUTE", 10, least=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CryptoPredict API",
    "DESCRIPTION": (
        "Market state, sectors, lists, suggestions, forecasts with their record, signals and portfolios.\n\n"
        "Every read can be shaped: `?fields=a,b` leaves only these fields of an object or of the rows of a list, and "
        "`?time=epoch_ms` writes times as milliseconds since 1970. The schemas below are those of answers that are "
        "not shaped."
    ),
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cryptopredict.api.strictness.as_strict_as_we_are",
        "cryptopredict.api.tags.with_tags",
        "cryptopredict.api.refusals.with_refusals",
        "cryptopredict.api.examples.with_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AssetType": "assets.choices.AssetType",
        "AuditOperation": "system.choices.AuditOperation",
        "BacktestSource": "trading.choices.BacktestSource",
        "BacktestStatus": "trading.choices.BacktestStatus",
        "Decision": "selection.choices.Decision",
        "ExecutionStatus": "trading.choices.ExecutionStatus",
        "FeedbackPriority": "accounts.choices.FeedbackPriority",
        "FeedbackStatus": "accounts.choices.FeedbackStatus",
        "ImportSource": "trading.choices.ImportSource",
        "HoldingType": "selection.choices.HoldingType",
        "MarketRegime": "macro.choices.MarketRegime",
        "ModelStatus": "aimodels.choices.ModelStatus",
        "Outlook": "system.choices.Outlook",
        "PerformanceGrade": "aimodels.choices.PerformanceGrade",
        "PositionType": "selection.choices.PositionType",
        "Priority": "system.choices.Priority",
        "RecommendationStatus": "trading.choices.RecommendationStatus",
        "RegimeTimeframe": "macro.choices.REGIME_TIMEFRAMES",
        "RiskLevel": "system.choices.RiskLevel",
        "RunStatus": "system.choices.RunStatus",
        "RunTimeframe": "system.choices.RunTimeframe",
        "SectorStatus": "sectors.selectors.standing.STATUSES",
        "SignalStatus": "trading.choices.SignalStatus",
        "SnapshotTimeframe": "macro.choices.SNAPSHOT_TIMEFRAMES",
        "SuggestionStatus": "selection.choices.SuggestionStatus",
        "SuggestionType": "selection.choices.SuggestionType",
        "TaskStatus": "system.choices.TaskStatus",
        "Tier": "selection.choices.Tier",
        "Timeframe": "assets.choices.Timeframe",
        "TradedTimeframe": "trading.choices.TRADED_TIMEFRAMES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# -- admin ------------------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "CryptoPredict",
    "SITE_HEADER": "CryptoPredict",
    "SITE_SUBHEADER": _("Review and curation"),
    "SITE_ICON": "cryptopredict.admin_site.favicon",
    "COLORS": {
        "primary": {  # the accent of the pages, from light to dark
            "50": "oklch(97.5% .012 258)",
            "100": "oklch(94.5% .027 258)",
            "200": "oklch(89% .055 258)",
            "300": "oklch(81% .09 258)",
            "400": "oklch(71% .13 258)",
            "500": "oklch(60% .155 258)",
            "600": "oklch(49% .16 258)",
            "700": "oklch(44% .145 258)",
            "800": "oklch(38% .12 258)",
            "900": "oklch(33% .1 258)",
            "950": "oklch(26% .075 258)",
        },
    },
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "cryptopredict.admin_site.favicon"}],
    "ENVIRONMENT": "cryptopredict.admin_site.demo_label",
    "STYLES": ["cryptopredict.admin_site.stylesheet"],
    "SIDEBAR": {"show_search": True, "navigation": "cryptopredict.admin_site.navigation"},
}

# -- web server (see ``bridge``) ---------------------------------------------------------------------------------------
WEB_THREADS = environment.whole_number("WEB_THREADS", 8)
WEB_LARGEST_BODY = environment.whole_number("WEB_LARGEST_BODY", 10 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = WEB_LARGEST_BODY
WEB_STREAMING_PATHS = env.list("WEB_STREAMING_PATHS", default=["/api/v1/stream/"])

# -- outside sources (see ``system.http``) -----------------------------------------------------------------------------
PROVIDERS = environment.providers()

# -- answers with candles (see ``assets.selectors.candle_answers``) ----------------------------------------------------
CANDLE_CACHE_SECONDS = environment.whole_number("CANDLE_CACHE_SECONDS", 60, least=0)
CANDLE_CACHE_MEGABYTES = environment.whole_number("CANDLE_CACHE_MEGABYTES", 64)

# -- lists that are the same for everybody (see ``system.selectors.public_writes``) ------------------------------------
LIST_CACHE_SECONDS = environment.whole_number("LIST_CACHE_SECONDS", 60, least=0)

# -- libraries that compute: before any of them is loaded --------------------------------------------------------------
# Our matrices are small: more threads wait for each other in busy loops, which takes the cores from everybody else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Threads that grow trees wait in busy loops as well: beside other processes a fit took 20 times the processor's time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# -- background work --------------------------------------------------------------------------------------------------
# Results are for counting the pieces of a run that several workers share (see ``shared_runs``).
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "compute"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # a Redis that refuses, its disk full, is asked again: no reason to die
CELERY_BEAT_SCHEDULER = "cryptopredict.beat:OneOfMany"
CELERY_TIMEZONE = "UTC"

PIPELINE_SHARED = environment.one_of("PIPELINE_SHARED", ("auto", "always", "never"), "auto")
PIPELINE_SHARED_ASSETS = environment.whole_number("PIPELINE_SHARED_ASSETS", 200)

# Who sends it with a question for /metrics is answered (see ``observing.views``).
METRICS_TOKEN = environment.secret("METRICS_TOKEN")
# Where the spans of all processes go, and whether a caller's traceparent is believed (see ``observing.tracing``).
TRACES_TO = environment.collector()
TRACES_FROM_CALLERS = environment.switch("TRACES_FROM_CALLERS")
LOG_LEVEL = environment.one_of("LOG_LEVEL", ("debug", "info", "warning", "error", "critical"), "info").upper()
LOG_FORMAT = environment.one_of("LOG_FORMAT", ("text", "json"), "text")
LOG_REQUESTS = environment.one_of("LOG_REQUESTS", ("all", "writes", "none"), "writes")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "system.log_lines.formatter", "kind": LOG_FORMAT}},
    "filters": {"keys": {"()": "system.masking.HideKeys"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["keys"]},
        "faults": {"class": "system.fault_log.FaultHandler"},
    },
    "root": {"handlers": ["console", "faults"], "level": LOG_LEVEL},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},  # each call has a row of its own
}
