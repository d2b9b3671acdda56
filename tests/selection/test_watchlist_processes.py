"""Fifty people at one moment, each a process of its own: they order, promote, demote and review on the same two lists.

The order stays dense, no limit is broken, of the reviews of a suggestion one wins, and every effect has one row of the
audit trail. Ten processes in the normal suite; fifty, five times, with ``--full``.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from selection.models import AISuggestion, SuggestionReview, Watchlist
from selection.services import add_to_watchlist
from system.models import AuditLog
from tests.assets.other_process import addresses
from tests.cryptopredict.installation import ROOT
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory
from tests.selection.lists import require_consistent, tier_lists, trail

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
LIMITS = {"tier1": 12, "tier2": 24}
FILLED = {"tier1": 10, "tier2": 22}


def at_once(deeds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What came of each deed."""
    connections.close_all()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/selection/curators.py")],
        cwd=ROOT,
        env=os.environ | addresses() | {"PYTHONPATH": str(ROOT)},
        input="\n".join(map(json.dumps, deeds)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["reason"] for one in said if one["outcome"] == "failed"] == [], done.stderr
    assert (done.returncode, len(said)) == (0, len(deeds)), done.stderr
    return said


@pytest.fixture
def tiers() -> dict[str, Watchlist]:
    """Both lists, each with room for two more."""
    lists, admin = tier_lists(), AdminFactory()
    for tier, watchlist in lists.items():
        Watchlist.objects.filter(pk=watchlist.pk).update(max_assets=LIMITS[tier])
        for number in range(FILLED[tier]):
            add_to_watchlist(watchlist, AssetFactory(symbol=f"{tier[-1]}{number:02}"), actor=admin)
    return lists


def suggestions(tiers: dict[str, Watchlist], count: int) -> list[AISuggestion]:
    """To add, promote and demote, in turn; each of an asset that nobody else moves."""
    first, second = (list(tiers[tier].entries.order_by("-sort_order")) for tier in ("tier1", "tier2"))
    kinds: list[dict[str, Any]] = []
    for number in range(count):
        kinds += [
            {"watchlist": tiers["tier2"], "suggestion_type": "add", "target_tier": "tier2"},
            {
                "watchlist": tiers["tier2"],
                "suggestion_type": "promote",
                "target_tier": "tier1",
                "asset": second[number].asset,
            },
            {
                "watchlist": tiers["tier1"],
                "suggestion_type": "demote",
                "target_tier": "tier2",
                "asset": first[number].asset,
            },
        ]
    return [SuggestionFactory(**kind) for kind in kinds[:count]]


def plan(tiers: dict[str, Watchlist], people: int) -> list[dict[str, Any]]:
    """A third each: orders of both lists, moves between them, and reviews, of which three are of one suggestion."""
    reviews, moves = people // 3, people // 3
    opened = suggestions(tiers, max(1, reviews // 3))
    deeds: list[dict[str, Any]] = []
    for number in range(reviews):
        one = opened[number % len(opened)]
        decision = "reject" if number % 4 == 3 else "approve"
        deeds.append({"kind": "review", "with": {"suggestion": one.pk, "decision": decision}})
    entries = {tier: list(one.entries.order_by("sort_order")) for tier, one in tiers.items()}
    for number in range(moves):
        rises = number % 3 != 2
        chosen = entries["tier2" if rises else "tier1"][number // 2]  # some are named by two people
        deeds.append({"kind": "step", "with": {"entry": chosen.pk, "is_promotion": rises}})
    for number in range(people - reviews - moves):
        tier = "tier1" if number % 4 == 0 else "tier2"
        deeds.append({"kind": "reorder", "with": {"watchlist": tiers[tier].pk, "seed": number}})
    people_by_deed: list[User] = [AdminFactory() for _ in deeds]
    return [deed | {"actor": person.pk} for deed, person in zip(deeds, people_by_deed, strict=True)]


@pytest.mark.long
@pytest.mark.parametrize("round_", range(5))
def test_everything_at_once(tiers: dict[str, Watchlist], request: pytest.FixtureRequest, round_: int) -> None:
    is_full = request.config.getoption("--full")
    if round_ and not is_full:
        pytest.skip("one round is enough here: make test-full")
    before = len(trail())
    said = at_once(plan(tiers, 50 if is_full else 12))
    told = Counter((one["deed"]["kind"], one["outcome"], one.get("kind", "")) for one in said)
    slowest = max(one["seconds"] for one in said if one["outcome"] == "done")
    print(f"{len({one['pid'] for one in said})} processes, slowest {slowest:.1f} s: {dict(told)}")  # noqa: T201
    for tier, watchlist in tiers.items():
        require_consistent(watchlist)
        assert watchlist.entries.count() <= LIMITS[tier]
    require_one_review_each(said)
    require_one_row_each(said, before)


def require_one_review_each(said: list[dict[str, Any]]) -> None:
    """Of those who decided about one suggestion one at most was first, and the suggestion says what that one said."""
    won = Counter(one["deed"]["with"]["suggestion"] for one in said if wins(one))
    assert set(won.values()) <= {1}
    assert sum(won.values()) == SuggestionReview.objects.count()
    states = {"approve": "implemented", "reject": "rejected"}
    for review in SuggestionReview.objects.select_related("suggestion"):
        assert review.suggestion.status == states[review.decision]
    open_ones = AISuggestion.objects.filter(status="pending").exclude(pk__in=won)
    assert open_ones.count() == AISuggestion.objects.count() - len(won)


def wins(one: dict[str, Any]) -> bool:
    return one["deed"]["kind"] == "review" and one["outcome"] == "done"


def require_one_row_each(said: list[dict[str, Any]], before: int) -> None:
    """Who changed a list has one row of its trail, with before and after; who was refused has none."""
    rows = Counter(row.changed_by_id for row in trail()[before:])
    changed = {
        one["deed"]["actor"]
        for one in said
        if one["outcome"] == "done" and one["deed"]["with"].get("decision") != "reject"
    }
    assert rows == dict.fromkeys(changed, 1)
    decided = AuditLog.objects.filter(table_name="ai_suggestions").values_list("changed_by", flat=True)
    assert sorted(decided) == sorted(one["deed"]["actor"] for one in said if wins(one))
    assert all(row.old_values["entries"] or row.new_values["entries"] for row in trail()[before:])
