"""All settings. Every variable has a default that works on a laptop and a line in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from avyay_site import env, logs, secrets
from avyay_site.embedded import Layout

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = env.folder("AVYAY_VAR", BASE_DIR / "var")
LAYOUT = Layout(VAR)

# --- secrets: from the variable, from NAME_FILE, or made once under AVYAY_VAR/secrets

_kept = secrets.load(LAYOUT.secrets)
SECRET_KEY = _kept.secret_key
ENCRYPTION_KEYS = _kept.encryption_keys
KEY_PEPPER = _kept.key_pepper

# --- where it is reached

DEBUG = env.boolean("AVYAY_DEBUG", default=False)
BIND = env.text("AVYAY_BIND", "127.0.0.1")
HTTP_PORT = env.port("AVYAY_HTTP_PORT", 8000)
MARGA_PORT = env.port("MARGA_PORT", 8080)
PUBLIC_URL = env.text("AVYAY_PUBLIC_URL", f"http://localhost:{HTTP_PORT}").rstrip("/")
GATEWAY_URL = env.text("MARGA_PUBLIC_URL", f"http://localhost:{MARGA_PORT}").rstrip("/")
GATEWAY_INTERNAL_URL = env.text("MARGA_INTERNAL_URL", f"http://127.0.0.1:{MARGA_PORT}").rstrip("/")
IS_HTTPS = PUBLIC_URL.startswith("https://")
INTERNAL_URL = env.text("AVYAY_INTERNAL_URL", f"http://127.0.0.1:{HTTP_PORT}").rstrip("/")
_internal_host = urlsplit(INTERNAL_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = [
    *env.words("AVYAY_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", ".localhost"]),
    # The gateway and the supervisor ask by these names, whatever the public one is.
    "127.0.0.1",
    f"[{_internal_host}]" if ":" in _internal_host else _internal_host,
]
CSRF_TRUSTED_ORIGINS = sorted({PUBLIC_URL, *env.words("AVYAY_TRUSTED_ORIGINS")})
TRUSTED_PROXY_COUNT = env.integer("AVYAY_TRUSTED_PROXIES", 0, least=0, most=5)
METRICS_TOKEN = env.text("AVYAY_METRICS_TOKEN")
WORKER_METRICS_PORT = env.integer("AVYAY_WORKER_METRICS_PORT", 0, least=0, most=65535)

INSTALLED_APPS = [
    "servestatic",
    "avyay_site.apps.SiteConfig",
    "avyay_site.accounts",
    "avyay_site.audit",
    "avyay_site.keys",
    "avyay_site.usage",
    "avyay_site.notifications",
    "avyay_site.idempotency",
    "marga",
    "raksha",
    "devops_rag",
    "buildengine",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "channels",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "avyay_site.telemetry.TraceMiddleware",
    "avyay_site.logs.RequestContextMiddleware",
    "avyay_site.metrics.MetricsMiddleware",
    "avyay_site.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "avyay_site.accounts.middleware.AccessMiddleware",
]

ROOT_URLCONF = "avyay_site.urls"
ASGI_APPLICATION = "avyay_site.asgi.application"

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
                "avyay_site.shell.context",
            ],
        },
    }
]

# --- storage

DATABASE_URL = env.text("DATABASE_URL")
_connection: dict[str, Any] = (
    dict(dj_database_url.parse(DATABASE_URL)) if DATABASE_URL else dict(LAYOUT.postgres_url)
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_connection,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        # Each connection is tried when it leaves the pool: after a failover the dead ones would fail one request each.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_connection.get("OPTIONS", {}),
            # A bounded pool with a short queue: a full or absent database is answered with 503, not with a pile-up.
            "pool": {
                "min_size": 0,
                "max_size": env.integer("AVYAY_DB_POOL", 16, least=1, most=200),
                "timeout": 2,
            },
            "connect_timeout": 2,
            "application_name": "avyay",
            "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", LAYOUT.redis_url)
_redis_options = {"socket_connect_timeout": 1, "socket_timeout": 2}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "avyay",
        "OPTIONS": _redis_options,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1}], "prefix": "avyay"},
    }
}

# --- people

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["avyay_site.accounts.backends.ThrottledBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
SESSION_COOKIE_NAME = "avyay_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "avyay_site.pages.csrf_failure"

# --- security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^internal/"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("AVYAY_MAX_BODY_MB", 5, least=1, most=1024) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# --- pages

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "uploads"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served straight from the source folders: no collect step between `git pull` and `make up`.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_MAX_AGE = 0 if DEBUG else 300
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- mail

EMAIL_BACKEND = env.text(
    "AVYAY_EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend"
    if env.text("AVYAY_SMTP_HOST")
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_HOST = env.text("AVYAY_SMTP_HOST")
EMAIL_PORT = env.port("AVYAY_SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("AVYAY_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("AVYAY_SMTP_PASSWORD")
EMAIL_USE_TLS = env.boolean("AVYAY_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("AVYAY_MAIL_FROM", "Avyay <avyay@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- talking outward on a user's behalf: webhooks

OUTBOUND_ALLOW = env.words("AVYAY_OUTBOUND_ALLOW")

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "avyay_site.keys.auth.KeyAuthentication",
        "avyay_site.keys.auth.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["avyay_site.keys.auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["avyay_site.api.parsers.BoundedJson"],
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_PAGINATION_CLASS": "avyay_site.api.pagination.NewestFirst",
    "DEFAULT_THROTTLE_CLASSES": ["avyay_site.api.throttling.KeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "avyay_site.api.schema.Schema",
    "EXCEPTION_HANDLER": "avyay_site.problems.handle",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Avyay API",
    "DESCRIPTION": "Everything the dashboard does, for programs. Keys go in `Authorization: Bearer` or `X-API-Key`.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ChannelKind": "avyay_site.notifications.models.Kind",
        "ProviderKind": "marga.models.Kind",
        "RowSource": "marga.models.Source",
        "PriceSource": "marga.models.PriceSource",
        "CredentialState": "marga.models.CredentialState",
        "KeyState": "avyay_site.keys.models.State",
        "Tier": "marga.models.Tier",
        "RulingReason": "raksha.models.RulingReason",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
}
API_REQUESTS_PER_MINUTE = env.integer("AVYAY_API_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)

# --- work

# Celery has names of its own for a unix socket and for the database number on it.
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=", 1)
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
    "global_keyprefix": "avyay:",
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = ("avyay_site.hints.route",)
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- gateway

MARGA_CONFIG = env.text("MARGA_CONFIG")
MARGA_TARIFF_USD_PER_KWH = env.amount("MARGA_TARIFF_USD_PER_KWH", "0.15", least="0", most="100")
MARGA_TRACE_DAYS = env.integer("MARGA_TRACE_DAYS", 90, least=1, most=3650)
MARGA_CONTENT_DAYS = env.integer("MARGA_CONTENT_DAYS", 7, least=1, most=365)
MARGA_ROUTING_DATA = env.text("MARGA_ROUTING_DATA")
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.text("ANTHROPIC_BASE_URL")
OLLAMA_HOST = env.text("OLLAMA_HOST")

# --- scanner

RAKSHA_SCANS_PER_WORKER = env.integer("RAKSHA_SCANS_PER_WORKER", 3, least=1, most=64)
RAKSHA_SCAN_SECONDS = env.integer("RAKSHA_SCAN_SECONDS", 600, least=10, most=24 * 3600)
RAKSHA_UPLOAD_MB = env.integer("RAKSHA_UPLOAD_MB", 128, least=1, most=4096)
# Archives come in here, and only here.
ROOMY_PATHS = dict.fromkeys(("/api/v1/raksha/scans", "/app/scans/new/"), RAKSHA_UPLOAD_MB * 1024 * 1024)
RAKSHA_GIT_HOSTS = [host.lower() for host in env.words("RAKSHA_GIT_HOSTS", ["github.com"])]
RAKSHA_SANDBOX = env.choice("RAKSHA_SANDBOX", "auto", ("auto", "require"))
RAKSHA_UPLOAD_HOURS = env.integer("RAKSHA_UPLOAD_HOURS", 24, least=1, most=24 * 365)

RAKSHA_FEEDS = env.boolean("RAKSHA_FEEDS", default=True)
RAKSHA_FEED_KEV = env.text(
    "RAKSHA_FEED_KEV",
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
)
RAKSHA_FEED_OSV = env.text("RAKSHA_FEED_OSV", "https://osv-vulnerabilities.storage.googleapis.com").rstrip(
    "/"
)
RAKSHA_FEED_ECOSYSTEMS = env.words(
    "RAKSHA_FEED_ECOSYSTEMS",
    ["PyPI", "npm", "Go", "Maven", "crates.io", "RubyGems", "Packagist", "NuGet"],
)
RAKSHA_FEED_EPSS = env.text(
    "RAKSHA_FEED_EPSS", "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
)
RAKSHA_FEED_CVE = env.text(
    "RAKSHA_FEED_CVE", "https://codeload.github.com/cisagov/vulnrichment/zip/refs/heads/develop"
)
# The OSV exports hold GitHub's reviewed advisories already; its own archive is for mirrors that have only that.
RAKSHA_FEED_GHSA = env.text("RAKSHA_FEED_GHSA")

# --- logs: one JSON line an event, secrets redacted

LOG_LEVEL = env.text("AVYAY_LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = None
logs.configure(level=LOG_LEVEL)

# On http://localhost these four ask for what https alone can give; avyay.W003 warns when others can reach us by http.
SILENCED_SYSTEM_CHECKS = [] if IS_HTTPS else [f"security.{name}" for name in ("W004", "W008", "W012", "W016")]
