"""Faults that an operator can mend, each as one sentence that names the thing and the remedy."""

import errno

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import utils as database
from kombu.exceptions import OperationalError as BrokerError

from system.exceptions import DomainError

EXIT_STATUS = 2
MENDED_BY = {
    errno.EACCES: "check its owner and mode",
    errno.EPERM: "check its owner and mode",
    errno.EROFS: "the file system is read-only; set CRYPTOPREDICT_HOME to a directory of yours",
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "free some disk space",
}


def explain(error: BaseException) -> str | None:
    """One sentence for a fault of the surroundings; None for anything else, which is then a defect of ours."""
    if isinstance(error, DomainError):
        return str(error)
    if isinstance(error, ImproperlyConfigured):
        return f"Wrong configuration: {error}"
    if isinstance(error, (database.Error, psycopg.Error)):
        return _explain_database(error)
    if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, BrokerError)):
        return f"Redis cannot be reached ({_first_line(error)}); start it, or correct REDIS_URL."
    if isinstance(error, OSError) and error.errno in MENDED_BY:
        return f"{error.filename or 'A file'}: {error.strerror}; {MENDED_BY[error.errno]}."
    return None


def _explain_database(error: BaseException) -> str | None:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    code = getattr(cause, "sqlstate", None)
    if code == "53100":
        return f"The database's disk is full ({_first_line(error)}); free some space and run the command again."
    if code in {"28P01", "28000"}:
        return f"The database refused the login ({_first_line(error)}); correct the user and password in DATABASE_URL."
    if code == "3D000":
        return f"The database named in DATABASE_URL does not exist ({_first_line(error)}); create it."
    if code in {"42P01", "42703"}:
        return f"The database lacks a table or column ({_first_line(error)}); run: python manage.py migrate"
    if code == "42501":
        return f"The database role may not do this ({_first_line(error)}); run: python manage.py bootstrap"
    if code in {"57P01", "57P02", "57P03"} or isinstance(error, (database.OperationalError, psycopg.OperationalError)):
        return f"The database cannot be reached ({_first_line(error)}); start it, or correct DATABASE_URL."
    if isinstance(error, database.InterfaceError):
        return f"The connection to the database was lost ({_first_line(error)}); run the command again."
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
