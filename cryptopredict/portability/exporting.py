"""One file with everything of a person: each app offers its part."""

from datetime import datetime
from typing import IO

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.selectors import portable as accounts
from cryptopredict import __version__
from cryptopredict.portability.package import Writer
from selection.models import Portfolio
from selection.selectors import portable as selection
from trading.selectors import portable as trading
from trading.selectors.journal_export import journal_csv, journal_rows

PARTS = {"accounts": accounts.portable_part, "selection": selection.portable_part, "trading": trading.portable_part}


def export_person(user: User, file: IO[bytes], *, now: datetime | None = None) -> list[str]:
    """Write all that is stored about a person, as it stands at one moment.

    Args:
        user: whose.
        file: opened for bytes.
        now: the present moment.
    Returns:
        Files in it that are larger than an import takes; usually none.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:  # inside another transaction its own level holds
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        writer = Writer(file)
        for app, part in PARTS.items():
            for name, rows in part(user).items():
                writer.rows(f"{app}/{name}.json", rows)
        for number, portfolio in enumerate(Portfolio.objects.filter(user=user).order_by("pk"), 1):
            place = f"portfolios/{number:03}"
            writer.rows(f"{place}/portfolio.json", [selection.portable_portfolio(portfolio)])
            writer.rows(f"{place}/journal.json", journal_rows(portfolio))
            writer.text(f"{place}/journal.csv", journal_csv(portfolio))
        for name, pieces in trading.portable_pictures(user):
            writer.file(f"trading/screenshots/{name}", pieces)
        moment = (now or timezone.now()).isoformat()
        writer.close(version=__version__, exported_at=moment, person=user.email)
        return writer.too_large
