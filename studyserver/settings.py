"""Settings of the Paragone server: paths, database, broker, security. Everything about a study is data, not a setting.

Every value that depends on the place comes from the environment; `docs/operator.md` lists them all. A value that
cannot be read stops the start with one line that names it.
"""

import contextlib
import os
import secrets
import tempfile
from importlib import util
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def envbool(name: str, default: bool) -> bool:
    """Read True or False from the environment; anything else is an error that names the variable."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}.")
    return value == "True"


def envlist(name: str, default: str) -> list[str]:
    """Read a comma-separated list from the environment."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def envint(name: str, default: int) -> int:
    """Read a whole number of 0 or more from the environment."""
    value = os.environ.get(name) or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number of 0 or more, not {value!r}.")
    return int(value)


# Where everything that the server writes is kept: database, media, runs, reports.
DATA_DIR = Path(os.environ.get("PARAGONE_DATA") or BASE_DIR / "data").resolve()
# Answers of people lie there: nobody but the server's own account reads them, whatever its umask was.
os.umask(0o077)
DATA_DIR.mkdir(parents=True, exist_ok=True)
with contextlib.suppress(PermissionError):  # somebody else's folder keeps the mode that they gave it
    DATA_DIR.chmod(0o700)
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
MEDIA_ROOT = DATA_DIR / "media"
RUNS_ROOT = DATA_DIR / "runs"  # one folder per training run
SWEEPS_ROOT = DATA_DIR / "sweeps"  # comparisons of runs, one folder per sweep
SETS_ROOT = DATA_DIR / "sets"  # embeddings.npz and contact sheets, one folder per stimulus set
SPACES_ROOT = DATA_DIR / "spaces"  # fitted heads of joint spaces
WEIGHTS_ROOT = DATA_DIR / "weights"  # published weights that are put there by hand
# Stable Diffusion elsewhere than in WEIGHTS_ROOT: a folder in diffusers' layout, or a name on the Hugging Face hub.
DIFFUSION_MODEL = os.environ.get("PARAGONE_DIFFUSION", "")
REPORTS_ROOT = DATA_DIR / "reports"
CACHE_ROOT = DATA_DIR / "cache"  # audio features; may be deleted at any time
# Whether CSV files begin with a byte-order mark: Excel needs it to read other alphabets, R's read.csv stumbles over it.
CSV_BOM = envbool("CSV_BOM", False)

DEBUG = envbool("DEBUG", False)


def load_secret_key() -> str:
    """The secret key from SECRET_KEY, else one drawn once and kept (mode 0600) in the data folder."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret-key"
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=DATA_DIR, prefix=".secret-key-")  # made with mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        # A link is made whole or not at all, and by one of several processes that start at once.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        os.unlink(temporary)
    return path.read_text()


SECRET_KEY = load_secret_key()
ALLOWED_HOSTS = envlist("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = envlist("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles: runserver then serves static files through WhiteNoise, as production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "csp",
    "generation",
    "studyserver.studies",
]

# Researchers log in with a password and a code of an authenticator app.
SECOND_FACTOR = envbool("SECOND_FACTOR", False)
if SECOND_FACTOR:
    if util.find_spec("django_otp") is None:
        raise ImproperlyConfigured("SECOND_FACTOR needs the extra otp: pip install -c constraints.txt -e '.[otp]'.")
    INSTALLED_APPS[INSTALLED_APPS.index("django.contrib.admin")] = "studyserver.second_factor.apps.SecondFactorAdmin"
    INSTALLED_APPS += ["django_otp", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_static"]
    OTP_TOTP_ISSUER = "Paragone"

MIDDLEWARE = [
    "studyserver.headers.ProtectiveHeaders",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *(["django_otp.middleware.OTPMiddleware"] if SECOND_FACTOR else []),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "studyserver.urls"
WSGI_APPLICATION = "studyserver.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer waits for the lock when its transaction begins, so it never has to give up half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an acknowledged answer survives a power cut as well as a killed process. What is erased is overwritten.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STORAGES = {
    "default": {"BACKEND": "generation.media.ContentStorage", "OPTIONS": {"location": MEDIA_ROOT}},
    "staticfiles": {"BACKEND": "studyserver.static_files.HashedStaticFiles"},
}
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"  # for `collectstatic`; empty unless an operator fills it
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
# Static files are found in their folders, so that a fresh clone serves without a collectstatic step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True  # a worker may be started before Redis
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5}  # seconds until a page says that Redis is not there
# Without a broker, what the admin starts (exports, reports) runs in a process of its own on this machine.
JOBS_ON_WORKERS = bool(os.environ.get("REDIS_URL"))
CELERY_TASK_ROUTES = {
    "generation.tasks.sweep_jobs": {"queue": "celery"},
    "generation.tasks.run_levelling": {"queue": "celery"},
    "generation.tasks.*": {"queue": "gpu"},
}
CELERY_TASK_ACKS_LATE = True  # a task whose worker died is handed to another
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
# Seconds after which a process that has not been heard of counts as dead; it is heard of four times as often.
JOB_LEASE_S = max(envint("JOB_LEASE_S", 60), 1)
# For whoever runs Celery beat. It is not needed: workers sweep from their own loop, and so do pages that show a job.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "generation.tasks.sweep_jobs", "schedule": JOB_LEASE_S / 2, "options": {"expires": JOB_LEASE_S}}
}
# What takes long, by name: where its `generation.jobs.Work` is, loaded when asked for.
JOBS = {
    "generation": "generation.jobs.generation:WORK",
    "levelling": "generation.run.levelling:WORK",
    "export": "studyserver.studies.jobs.export:WORK",
    "report": "studyserver.studies.jobs.report:WORK",
    "plan": "studyserver.studies.jobs.plan:WORK",
}

# No page asks another host for anything, and no page carries an inline script or style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = envbool("HTTPS", False)  # True behind a proxy that speaks TLS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies stand in front, each adding the address it saw to X-Forwarded-For.
TRUSTED_PROXIES = envint("TRUSTED_PROXIES", 1 if HTTPS else 0)
# Seconds for which a place is held before its participant has answered a board, counted from when they were last seen.
PLACE_HELD_S = max(envint("PLACE_HELD_S", 600), 60)
# What one network address may do within ten minutes; 0: no limit. Counted in the database, see `pages.throttle`.
STARTS_PER_ADDRESS = envint("STARTS_PER_ADDRESS", 100)
RECEIPTS_PER_ADDRESS = envint("RECEIPTS_PER_ADDRESS", 10)
LOGINS_PER_ADDRESS = envint("LOGINS_PER_ADDRESS", 10)
# Wrong passwords for one account of the admin, from wherever; then it is locked for the rest of the ten minutes.
LOGINS_PER_ACCOUNT = envint("LOGINS_PER_ACCOUNT", 30)
ID_TRIES_PER_ADDRESS = envint("ID_TRIES_PER_ADDRESS", 300)
# What one session may ask of the participants' API within a minute; 0: no limit.
API_CALLS_PER_SESSION = envint("API_CALLS_PER_SESSION", 600)
API_BYTES_PER_SESSION = envint("API_BYTES_PER_SESSION", 1_000_000)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["studyserver.studies.api.parsing.PageJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

LOGIN_URL = "admin:login"
