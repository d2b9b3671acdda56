"""Proof that the ledger is as it was written: every chain is computed anew and compared."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from aimodels.models import PredictionChain, PredictionLink
from system.exceptions import InvalidInput

BATCH = 20_000
"""Links that one statement looks at: little memory, and a sign of life every second."""

# A link is judged by the one before it, whether or not that one is right: so each batch is one statement.
FIRST_BAD = """
WITH batch AS (
    SELECT l.position, l.prediction_id, l.recorded_at, l.content_hash, l.hash, p.id IS NULL AS is_gone,
           prediction_digest(p) AS digest,
           lag(l.hash, 1, %(before)s) OVER places AS previous,
           lag(l.position, 1, %(after)s) OVER places AS place_before,
           lag(l.recorded_at) OVER places AS recorded_before
    FROM prediction_links l LEFT JOIN predictions p ON p.id = l.prediction_id
    WHERE l.chain_id = %(chain)s AND l.position > %(after)s AND l.position <= %(until)s
    WINDOW places AS (ORDER BY l.position)
)
SELECT position, prediction_id, fault FROM (
    SELECT position, prediction_id, CASE
        WHEN position <> place_before + 1 THEN 'link_missing'
        WHEN is_gone THEN 'forecast_deleted'
        WHEN digest <> content_hash THEN 'forecast_changed'
        WHEN hash <> prediction_link_hash(previous, content_hash, position, recorded_at) THEN 'chain_broken'
        WHEN recorded_at < recorded_before THEN 'times_run_backwards' END AS fault
    FROM batch
) judged WHERE fault IS NOT NULL ORDER BY position LIMIT 1
"""
ENDS = """
SELECT c.length, c.head, coalesce(l.position, 0), coalesce(l.hash, ''), l.prediction_id
FROM prediction_chains c LEFT JOIN LATERAL (
    SELECT position, hash, prediction_id FROM prediction_links WHERE chain_id = c.id ORDER BY position DESC LIMIT 1
) l ON true WHERE c.id = %s
"""
# Compared by name, so that a forecast that was moved to another version is found as well.
UNLINKED = """
SELECT p.model_name, p.model_version, min(p.id)
FROM predictions p LEFT JOIN prediction_links l ON l.prediction_id = p.id
WHERE l.prediction_id IS NULL AND (%(model)s = '' OR p.model_name = %(model)s)
GROUP BY p.model_name, p.model_version ORDER BY 1, 2
"""
MEANING = {
    "link_missing": "a link is missing before this place",
    "forecast_deleted": "its forecast was deleted",
    "forecast_changed": "its forecast does not say what was written",
    "chain_broken": "it does not follow from the link before it",
    "times_run_backwards": "it was recorded before the link before it",
    "end_cut": "the chain does not end where its last link is",
    "anchor_missing": "it is not the link that was noted here earlier",
    "forecast_not_linked": "this forecast was written past the ledger",
}


@dataclass(frozen=True)
class Fault:
    """The first bad row of a chain.

    Attributes:
        prediction_id: the forecast; None where only the chain's end is wrong.
        position: place in the chain; None for a forecast that has none.
        kind: key of ``MEANING``.
    """

    kind: str
    position: int | None
    prediction_id: int | None

    @property
    def meaning(self) -> str:
        return MEANING[self.kind]


@dataclass(frozen=True)
class Verified:
    """A chain as it was found: up to where it holds, and the first fault, if there is one."""

    model: str
    version: str
    length: int
    head: str
    fault: Fault | None

    def plain(self) -> dict[str, Any]:
        fault = self.fault and asdict(self.fault) | {"meaning": self.fault.meaning}
        return asdict(self) | {"fault": fault}


@dataclass(frozen=True)
class Anchor:
    """The end of a chain as somebody noted it earlier, outside the database."""

    length: int
    head: str


Progress = Callable[[str, int, int], None]


def verify_ledger(
    model: str = "",
    *,
    anchors: Mapping[tuple[str, str], Anchor] | None = None,
    progress: Progress = lambda _chain, _done, _length: None,
    database: str = "default",
) -> list[Verified]:
    """Compute every chain anew and name the first bad row of each.

    Someone who owns the database could compute a whole chain anew; only what was noted outside of it shows that:
    ``anchors`` are the ends that an earlier verification gave.

    Args:
        model: only the versions of this name; empty = all.
        anchors: by model name and version.
        progress: told the chain, how many of its links are verified, and how many it has.
        database: alias; ``owner`` sees every row whatever fences the application's role has.
    Raises:
        InvalidInput: no model of that name has forecasts.
    """
    noted = {names: anchor for names, anchor in (anchors or {}).items() if model in ("", names[0])}
    chains = PredictionChain.objects.using(database).order_by("model_name", "model_version")
    found = {}
    for chain in chains.filter(model_name=model) if model else chains:
        names = chain.model_name, chain.model_version
        found[names] = _verify(Chain(chain, database), noted.get(names), progress)
    for names, prediction_id in _unlinked(model, database):
        if names not in found or found[names].fault is None:
            found[names] = Verified(*names, 0, "", Fault("forecast_not_linked", None, prediction_id))
    for names in noted.keys() - found.keys():
        found[names] = Verified(*names, 0, "", Fault("anchor_missing", noted[names].length, None))
    if model and not found:
        raise InvalidInput(f"No model called {model!r} has forecasts.", field="model")
    return [found[names] for names in sorted(found)]


@dataclass(frozen=True)
class Chain:
    """A chain under verification, with the length that it had when it was read: what is added meanwhile is left out."""

    row: PredictionChain
    database: str

    @property
    def links(self) -> QuerySet[PredictionLink]:
        return PredictionLink.objects.using(self.database).filter(chain=self.row.pk)

    def fetch(self, query: str, parameters: Any) -> tuple[Any, ...] | None:
        with connections[self.database].cursor() as cursor:
            cursor.execute(query, parameters)
            found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def _verify(chain: Chain, anchor: Anchor | None, progress: Progress) -> Verified:
    fault = _first_bad(chain, progress) or _bad_end(chain) or (_off_anchor(chain, anchor) if anchor else None)
    row = chain.row
    return Verified(row.model_name, row.model_version, row.length, row.head, fault)


def _first_bad(chain: Chain, progress: Progress) -> Fault | None:
    """The first link that does not hold."""
    length, before = chain.row.length, ""
    for after in range(0, length, BATCH):
        until = min(after + BATCH, length)
        bad = chain.fetch(FIRST_BAD, {"chain": chain.row.pk, "before": before, "after": after, "until": until})
        if bad is not None:
            position, prediction_id, kind = bad
            return Fault(kind, position, prediction_id)
        last = chain.links.filter(position=until).first()
        if last is None:
            return Fault("end_cut", until, None)
        before = last.hash
        progress(str(chain.row), until, length)
    return None


def _bad_end(chain: Chain) -> Fault | None:
    """Whether the chain ends, now, where its row says; both are read at one moment."""
    found = chain.fetch(ENDS, [chain.row.pk])
    if found is None:
        return Fault("end_cut", None, None)
    length, head, position, last, prediction_id = found
    return None if (length, head) == (position, last) else Fault("end_cut", position, prediction_id)


def _off_anchor(chain: Chain, anchor: Anchor) -> Fault | None:
    link = chain.links.filter(position=anchor.length).first()
    if anchor.length == 0 or (link is not None and link.hash == anchor.head):
        return None
    return Fault("anchor_missing", anchor.length, link.prediction_id if link else None)


def _unlinked(model: str, database: str) -> Iterator[tuple[tuple[str, str], int]]:
    """The first forecast of each model version that has no link."""
    with connections[database].cursor() as cursor:
        cursor.execute(UNLINKED, {"model": model})
        for name, version, prediction_id in cursor.fetchall():
            yield (name, version), prediction_id
