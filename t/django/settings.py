"""Settings for Django's own test suite, on the server of libpq's variables.

VERSIONED_ROWS_TEMPLATE names the database that the test databases are copies
of; an event trigger in it versions every table that the tests create.
"""
import os


def database(name):
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PGHOST"],
        "USER": os.environ["PGUSER"],
        "NAME": name,
        "TEST": {
            "NAME": "test_" + name,
            "TEMPLATE": os.environ["VERSIONED_ROWS_TEMPLATE"],
        },
    }


DATABASES = {
    "default": database("django_default"),
    "other": database("django_other"),
}
SECRET_KEY = "not a secret"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
