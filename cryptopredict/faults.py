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
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file, not a directory",
    errno.ENOTDIR: "a part of the path is no directory; correct the path",
    errno.ENOLCK: "this file system cannot lock files; set CRYPTOPREDICT_HOME to a local directory",
    errno.EOPNOTSUPP: "this file system cannot do that; set CRYPTOPREDICT_HOME to a local directory",
    errno.EMFILE: "allow more open files (ulimit -n)",
}
UNREACHABLE = "The database cannot be reached ({}); start it, or correct DATABASE_URL."
WRONG_OPTION = "The address of the database has a wrong option ({}); correct DATABASE_URL and DATABASE_OWNER_URL."
OPTION_COMPLAINTS = ("invalid connection option", "bad value for connect_timeout")
"""How psycopg begins when it refuses what stands behind the ``?`` of an address, before any server is asked."""
BY_SQLSTATE = {
    "53100": "The database's disk is full ({}); free some space and run the command again.",
    "53300": "The database accepts no more connections ({}); close some, or raise its max_connections.",
    "28P01": "The database refused the login ({}); correct the user and password in DATABASE_URL.",
    "28000": "The database refused the login ({}); correct the user and password in DATABASE_URL.",
    "3D000": "The database named in DATABASE_URL does not exist ({}); create it.",
    "42P01": "The database lacks a table ({}); run: python manage.py migrate.",
    "42703": "The database lacks a column ({}); run: python manage.py migrate.",
    "42501": "The database role may not do this ({}); run: python manage.py bootstrap.",
    "55P03": "Somebody works on a table for long ({}); end what does (long transactions), and run the command again.",
    "57P01": UNREACHABLE,
    "57P02": UNREACHABLE,
    "57P03": UNREACHABLE,
}


def explain(error: BaseException) -> str | None:
    """One sentence for a fault of the surroundings; None for anything else, which is then a defect of ours."""
    if isinstance(error, DomainError):
        return str(error)
    if isinstance(error, ImproperlyConfigured):
        return f"Wrong configuration: {_first_line(error).rstrip('.')}."
    if isinstance(error, (database.Error, psycopg.Error)):
        return _explain_database(error)
    if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, BrokerError)):
        return f"Redis cannot be reached ({_first_line(error)}); start it, or correct REDIS_URL."
    if isinstance(error, OSError) and error.errno in MENDED_BY:
        return f"{error.filename or 'A file'}: {error.strerror}; {MENDED_BY[error.errno]}."
    return None


def _explain_database(error: BaseException) -> str | None:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    template = BY_SQLSTATE.get(getattr(cause, "sqlstate", None) or "")
    if isinstance(cause, psycopg.ProgrammingError) and str(cause).startswith(OPTION_COMPLAINTS):
        template = WRONG_OPTION
    if template is None and isinstance(error, (database.OperationalError, psycopg.OperationalError)):
        template = UNREACHABLE
    if template is None and isinstance(error, (database.InterfaceError, psycopg.InterfaceError)):
        template = "The connection to the database was lost ({}); run the command again."
    return template and template.format(_first_line(error))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
