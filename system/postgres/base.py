"""Connections whose statements say for whom they are (``system.acting``), for the fences of the tables.

The setting goes in front of each statement, in the same message and so in the same transaction, for which alone it
holds. That costs no way to the server, and nothing has to be remembered or undone: not after a rollback to a savepoint,
not where a pool gives the connection to somebody else. In the same way a request that only reads is held to it
(``system.read_only``).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql import base as of_django
from django.db.backends.postgresql import operations
from psycopg import Connection, pq, sql

from system import acting, read_only, spans
from system.fences import FENCED, VIEWS

base: Any = of_django
"""Its stubs do not know what it has of psycopg."""
# They open and end transactions or savepoints, or want none around them. ROLLBACK TO has to work where all else fails.
OF_ITS_OWN = re.compile(
    r"\s*(?:savepoint|release|rollback|begin|start|commit|end|abort|set|reset|show|vacuum|cluster|reindex|checkpoint|"
    r"discard|listen|unlisten|alter\s+system|(?:create|drop)\s+(?:database|tablespace)|"
    r"(?:create|drop|refresh|alter)\b[^;]*\bconcurrently)\b",
    re.IGNORECASE,
)
FENCED_NAME = re.compile(rf"\b(?:{'|'.join(sorted(FENCED | VIEWS))})\b")
SAFE = re.compile(r"[a-z0-9]+")
SAVEPOINT, RELEASE = "SAVEPOINT reading; ", "\n; RELEASE SAVEPOINT reading"
"""Around a statement that only reads, inside a transaction that is to write as well: such as the one around a test."""
PREFACE = re.compile(
    rf"^(?:{SAVEPOINT})?(?:{read_only.SETTING})?(?:SET LOCAL app\.user_id = '[a-z0-9]+'; )?"
    r"(?:SET LOCAL app\.doer = '[A-Za-z0-9_.:@|-]*'; )?"
)
FOR_WHOM, BY_WHOM = "SET LOCAL app.user_id = %s; ", "SET LOCAL app.doer = %s; "
READS = re.compile(r"\s*(?:\(\s*)*(?:select|explain|declare|fetch|values|table)\b", re.IGNORECASE)
"""They need not say who acts, but for the fences: they change nothing that is audited."""


class NobodyActs(RuntimeError):
    """A statement about people's rows that does not say for whom it is: it would find nothing."""


def preface(statement: str) -> tuple[str, tuple[str, ...]]:
    """What goes in front of a statement, and the values for the places (``%s``) in it.

    They are values and not part of the text, because psycopg keeps the last texts that it has taken apart: with a
    person's number or a request's id in it, each text would be a new one.

    Raises:
        NobodyActs: it is about people's rows, and nobody acts.
    """
    if OF_ITS_OWN.match(statement):
        return "", ()
    wanted = acting.setting()
    if wanted is None and (name := fenced_table(statement)):
        raise NobodyActs(f"Nobody acts, so no row of {name} could be seen: see system.acting")
    words, values = ("", ()) if wanted is None else (FOR_WHOM, (safe(wanted),))
    if read_only.is_reading():
        return read_only.SETTING + words, values
    if READS.match(statement):
        return words, values
    return words + BY_WHOM, (*values, str(acting.doer()))


def in_words(preface: tuple[str, tuple[str, ...]]) -> str:
    """A preface with its values in it: what they are made of needs no quoting."""
    words, values = preface
    return words % tuple(f"'{value}'" for value in values)


@lru_cache(maxsize=512)
def fenced_table(statement: str) -> str:
    """A table or view with people's rows that a statement names; empty for none. Kept, as it takes long."""
    found = FENCED_NAME.search(statement)
    return found[0] if found else ""


def safe(wanted: str) -> str:
    """For whom, if it can be that.

    Raises:
        ValueError: it cannot.
    """
    if not SAFE.fullmatch(wanted):
        raise ValueError("the setting is a number or a name")
    return wanted


def said(wanted: str) -> str:
    """The setting as SQL."""
    return in_words((FOR_WHOM, (safe(wanted),)))


class Speaking:
    """What cursors of both kinds share."""

    connection: Connection[Any]

    def text_of(self, query: Any) -> str:
        if isinstance(query, sql.Composable):
            return query.as_string(self.connection)
        return query.decode() if isinstance(query, bytes) else str(query)

    @contextmanager
    def speaking(self, statement: str) -> Iterator[None]:
        """A transaction that knows for whom it is: where the setting cannot go in front of the statement."""
        words = in_words(preface(statement))
        is_open = self.is_open()
        is_held = is_open and read_only.is_reading()
        with self.connection.transaction() if words and not is_open else nullcontext():
            if words:
                self.send(SAVEPOINT + words if is_held else words)
            yield
            if words and is_held:
                self.send(RELEASE.lstrip("\n; "))

    def send(self, words: str) -> None:
        with base.Database.ClientCursor(self.connection) as cursor:
            cursor.execute(words)

    def is_open(self) -> bool:
        """Whether the statement is part of a transaction that goes on after it."""
        return not self.connection.autocommit or self.connection.info.transaction_status != pq.TransactionStatus.IDLE


class Cursor(Speaking, base.Cursor):
    """Statements with their values in them, as Django sends them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        statement = self.text_of(query)
        with spans.statement(statement, self.connection):
            return self.say(statement, params, **options)

    def say(self, statement: str, params: Any, **options: Any) -> Any:
        """Send a statement behind what it says for itself, in one message."""
        words, values = preface(statement)
        if not words:
            return super().execute(statement, params, **options)
        if params is None or isinstance(params, Mapping):
            words = in_words((words, values))
        else:
            params = (*values, *params)
        if read_only.is_reading() and self.is_open():
            words, statement = SAVEPOINT + words, statement + RELEASE
        super().execute(words + statement, params, **options)
        for _setting in range(words.count("; ")):
            self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
        statement = self.text_of(query)
        with spans.statement(statement, self.connection), self.speaking(statement):
            return super().executemany(statement, params_seq, **options)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        text = self.text_of(statement)
        with (
            spans.statement(text, self.connection),
            self.speaking(text),
            super().copy(statement, params, **options) as copy,
        ):
            yield copy


class ServerSideCursor(Speaking, base.ServerSideCursor):
    """Rows that stay on the server until they are wanted. Whether they may only be read is judged when they are asked
    for; inside a transaction that goes on, a function among them that writes would do so later, and unseen."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        text = self.text_of(query)
        with spans.statement(text, self.connection), self.speaking(text):
            return super().execute(query, params, **options)


class DatabaseOperations(operations.DatabaseOperations):
    """What is logged of a statement is what the program has asked."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        sent = super().last_executed_query(cursor, sql, params)
        return PREFACE.sub("", sent).removesuffix(RELEASE) if isinstance(sent, str) else sent


class DatabaseWrapper(of_django.DatabaseWrapper):
    """As Django's, with these cursors."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        return super().get_connection_params() | {"cursor_factory": Cursor}

    def create_cursor(self, name: str | None = None) -> Any:
        if not name:
            return super().create_cursor()
        cursor = ServerSideCursor(self.connection, name=name, scrollable=False, withhold=self.connection.autocommit)
        loader: Any = self.connection.adapters.get_loader(base.TIMESTAMPTZ_OID, base.Format.TEXT)
        if loader.timezone != self.timezone:
            base.register_tzloader(self.timezone, cursor)
        return cursor
