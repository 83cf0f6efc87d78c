"""Test settings: the product's own, with a fast password hasher and a data folder that is thrown away."""

import os
import tempfile
from pathlib import Path

os.environ["PARAGONE_DATA"] = tempfile.mkdtemp(prefix="paragone-tests-")
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from studyserver.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
assert Path(os.environ["PARAGONE_DATA"]).is_dir()
