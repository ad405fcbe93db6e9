"""Decides how the desk runs: everything an operator may set comes from the environment, and nothing is made on import.

FANZHA_HOME       where all state lies (default ./var)
DATABASE_URL      postgres://user:password@host/name; default SQLite at FANZHA_HOME/desk.sqlite
FANZHA_SECRET_KEY the desk's key; `fanzha serve` makes one in FANZHA_HOME/desk.key
FANZHA_HOSTS      host names it answers to, with commas (default: this machine only)
FANZHA_HTTPS      1 where a proxy speaks TLS before it: cookies are marked secure, and plain requests redirected
FANZHA_CALLS_NETWORK  whose calls FANZHA_HOME/calls is about, where the desk knows several networks
FANZHA_DEMO       1 in the demonstration: known people sign in without a code, on this machine and without a proxy
"""

from __future__ import annotations

import os
from pathlib import Path

from fanzha.desk.database import database
from fanzha.vocabulary import settings as installation

HOME = Path(os.environ.get("FANZHA_HOME") or "var").absolute()
_HERE = Path(__file__).parent
_HTTPS = os.environ.get("FANZHA_HTTPS") == "1"

SECRET_KEY = os.environ.get("FANZHA_SECRET_KEY", "")
DEBUG = False
DEMO = os.environ.get("FANZHA_DEMO") == "1" and not _HTTPS
CALLS_NETWORK = os.environ.get("FANZHA_CALLS_NETWORK", "")
ALLOWED_HOSTS = [
    *("127.0.0.1", "localhost", "[::1]"),
    *filter(None, os.environ.get("FANZHA_HOSTS", "").split(",")),
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "fanzha.desk.organisations",
    "fanzha.desk.rights",
    "fanzha.desk.audit",
    "fanzha.desk.workflow",
    "fanzha.desk.masking",
    "fanzha.desk.login",
    "fanzha.desk.pages",
    "fanzha.desk.alerts",
    "fanzha.desk.entities",
    "fanzha.desk.enforcement",
    "fanzha.desk.measures",
    "fanzha.desk.notices",
    "fanzha.desk.appeals",
    "fanzha.desk.rollback",
    "fanzha.desk.lists",
    "fanzha.desk.requests",
    "fanzha.desk.complaints",
    "fanzha.desk.pushes",
    "fanzha.desk.learning",
    "fanzha.desk.callbacks",
    "fanzha.desk.people",
    "fanzha.desk.supervision",
    "fanzha.desk.overview",
    "ninja",
    "fanzha.desk.api",
    "fanzha.desk.tracing",
    "fanzha.desk.tour",
    "fanzha.desk.lab",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "fanzha.desk.pages.headers.Headers",
    "fanzha.desk.pages.statics.Statics",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fanzha.desk.login.middleware.Gate",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fanzha.desk.pages.refusals.Refusals",
]
ROOT_URLCONF = "fanzha.desk.urls"
ASGI_APPLICATION = "fanzha.desk.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "fanzha.desk.pages.context.page",
            ],
        },
    }
]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organisations.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {}),
    )
]
LOGIN_URL = "login:password"
LOGIN_REDIRECT_URL = "pages:home"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [_HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = installation().timezone

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

SESSION_ENGINE = "fanzha.desk.login.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "fanzha_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "fanzha_csrf"
CSRF_FAILURE_VIEW = "fanzha.desk.pages.refusals.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Personal data never reach a log line: paths of ours hold tokens, but what somebody types into one may be a number.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "fanzha.desk.masking.lines.Masked", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("FANZHA_LOG", "WARNING")},
}
