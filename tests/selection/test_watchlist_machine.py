"""Any sequence of changes of the tier lists, against a plain model: same order, same refusals, one row of the trail
per effect, and a past that says of every moment what the lists said then. More and longer sequences with ``--full``.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User, UserActivity
from assets.models import Asset
from selection.models import Watchlist, WatchlistAsset
from selection.services import (
    add_to_watchlist,
    bulk_update_watchlist_assets,
    change_entry,
    curate_default_lists,
    demote,
    move_in_watchlist,
    promote,
    remove_from_watchlist,
    reorder_watchlist,
    undo_last_change,
)
from system.exceptions import ConflictError, DomainError, InvalidInput, LimitExceeded, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, AssetFactory
from tests.selection.lists import order, past, tier_lists

pytestmark = pytest.mark.django_db
TIERS = ("tier1", "tier2")
LIMITS = {"tier1": 3, "tier2": 5}
COINS = 7
tiers = st.sampled_from(TIERS)
coins = st.integers(0, COINS - 1)
directions = st.sampled_from(["long", "long", "short"])
places = st.integers(1, 6)
people = st.booleans()


@dataclass(frozen=True)
class One:
    """An entry of the model."""

    coin: int
    direction: str
    is_active: bool = True
    notes: str | None = None

    @property
    def key(self) -> tuple[int, str]:
        return self.coin, self.direction


Lists = dict[str, list[One]]


@dataclass(eq=False)
class Change:
    """What was done last to some lists, and by whom."""

    actor: User
    before: Lists
    after: Lists


@dataclass
class Seen:
    """What the lists said at a moment."""

    at: datetime
    members: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


class Curation(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = transaction.atomic()
        self.room.__enter__()
        self.lists = tier_lists()
        for tier, most in LIMITS.items():
            Watchlist.objects.filter(tier=tier).update(max_assets=most)
        self.people: list[User] = [AdminFactory(), AdminFactory()]
        self.coins: list[Asset] = [AssetFactory(symbol=f"C{number}") for number in range(COINS)]
        self.model: Lists = {tier: [] for tier in TIERS}
        self.last: dict[str, Change | None] = dict.fromkeys(TIERS)
        self.first_audit = AuditLog.objects.count()
        self.first_activity = UserActivity.objects.count()
        self.effects = 0
        self.seen: list[Seen] = []

    def teardown(self) -> None:
        try:
            for seen in self.seen:
                for tier, expected in seen.members.items():
                    assert past(self.lists[tier], seen.at) == expected
        finally:
            transaction.set_rollback(True)
            self.room.__exit__(None, None, None)

    def do(self, who: bool, wanted: Lists | type[DomainError], deed: Callable[[User], Any]) -> None:
        """Do what the model says is possible, or see it refused."""
        actor = self.people[who]
        if isinstance(wanted, type):
            with pytest.raises(wanted):
                deed(actor)
            return
        deed(actor)
        before = {tier: self.model[tier] for tier in wanted if self.model[tier] != wanted[tier]}
        if before:
            self.effects += 1
            change = Change(actor, deepcopy(before), {tier: wanted[tier] for tier in before})
            self.model.update(change.after)
            self.last.update(dict.fromkeys(before, change))

    def entry(self, tier: str, one: One) -> WatchlistAsset:
        entries = WatchlistAsset.objects.select_related("asset", "watchlist")
        return entries.get(watchlist=self.lists[tier], asset=self.coins[one.coin], position_type=one.direction)

    def pick(self, tier: str, place: int) -> One | None:
        found = self.model[tier]
        return found[(place - 1) % len(found)] if found else None

    def fits(self, wanted: Lists) -> Lists | type[DomainError]:
        """The lists, or why they cannot be like that."""
        grown = [tier for tier, found in wanted.items() if len(found) > max(LIMITS[tier], len(self.model[tier]))]
        return LimitExceeded if grown else wanted

    @rule(who=people, tier=tiers, coin=coins, direction=directions, place=st.none() | places)
    def add(self, who: bool, tier: str, coin: int, direction: str, place: int | None) -> None:
        found, one = self.model[tier], One(coin, direction)
        wanted: Lists | type[DomainError]
        if any(other.key == one.key for other in found):
            wanted = ConflictError
        elif place is not None and place > len(found) + 1:
            wanted = InvalidInput
        else:
            at = len(found) if place is None else place - 1
            wanted = self.fits({tier: [*found[:at], one, *found[at:]]})
        self.do(
            who,
            wanted,
            lambda actor: add_to_watchlist(
                self.lists[tier], self.coins[coin], actor=actor, position_type=direction, position=place
            ),
        )

    @rule(who=people, tier=tiers, place=places)
    def remove(self, who: bool, tier: str, place: int) -> None:
        if one := self.pick(tier, place):
            rest = [other for other in self.model[tier] if other != one]
            entry = self.entry(tier, one)
            self.do(who, {tier: rest}, lambda actor: remove_from_watchlist(entry, actor=actor))
            with pytest.raises(ConflictError):
                remove_from_watchlist(entry, actor=self.people[who])

    @rule(who=people, tier=tiers, place=places, position=places)
    def move(self, who: bool, tier: str, place: int, position: int) -> None:
        if one := self.pick(tier, place):
            rest = [other for other in self.model[tier] if other != one]
            fits = position <= len(rest) + 1
            wanted = {tier: [*rest[: position - 1], one, *rest[position - 1 :]]} if fits else InvalidInput
            self.do(who, wanted, lambda actor: move_in_watchlist(self.entry(tier, one), position=position, actor=actor))

    @rule(who=people, tier=tiers, chance=st.randoms(use_true_random=False), is_whole=st.booleans())
    def reorder(self, who: bool, tier: str, chance: random.Random, is_whole: bool) -> None:
        shuffled = chance.sample(self.model[tier], len(self.model[tier]))
        named = shuffled if is_whole else shuffled[1:]
        keys = [self.entry(tier, one).pk for one in named]
        wanted = {tier: shuffled} if len(named) == len(shuffled) else InvalidInput
        self.do(who, wanted, lambda actor: reorder_watchlist(self.lists[tier], keys, actor=actor))

    @rule(who=people, tier=tiers, place=places, is_active=st.booleans(), notes=st.sampled_from([None, "a", "b"]))
    def say(self, who: bool, tier: str, place: int, is_active: bool, notes: str | None) -> None:
        if one := self.pick(tier, place):
            said = One(one.coin, one.direction, is_active, notes)
            wanted = {tier: [said if other == one else other for other in self.model[tier]]}
            changes = {"is_active": is_active, "notes": notes}
            self.do(who, wanted, lambda actor: change_entry(self.entry(tier, one), actor=actor, changes=changes))

    @rule(who=people, tier=tiers, place=places)
    def step(self, who: bool, tier: str, place: int) -> None:
        """Promote from tier 2, demote from tier 1."""
        if one := self.pick(tier, place):
            other = TIERS[tier == TIERS[0]]
            wanted: Lists | type[DomainError] = ConflictError
            if all(there.key != one.key for there in self.model[other]):
                rest = [left for left in self.model[tier] if left != one]
                wanted = self.fits({tier: rest, other: [*self.model[other], one]})
            deed = demote if tier == TIERS[0] else promote
            self.do(who, wanted, lambda actor: deed(self.entry(tier, one), actor=actor))

    @rule(
        who=people,
        tier=tiers,
        rows=st.lists(st.tuples(coins, st.none() | places), min_size=1, max_size=4, unique_by=lambda row: row[0]),
        is_merge=st.booleans(),
    )
    def bulk(self, who: bool, tier: str, rows: list[tuple[int, int | None]], is_merge: bool) -> None:
        found = {one.key: one for one in self.model[tier]}
        named = {(coin, "long"): place for coin, place in rows}
        claims: list[tuple[float, bool, int, One]] = []
        for turn, one in enumerate(self.model[tier], 1):
            place = named.get(one.key)
            if one.key in named:
                one = One(one.coin, one.direction, True, one.notes)  # noqa: PLW2901
            if is_merge:
                claims.append((place or turn, place is None, turn, one))
        for turn, (key, place) in enumerate(named.items(), 1):
            if is_merge and key not in found:
                claims.append((place or float("inf"), place is None, 100 + turn, One(*key)))
            elif not is_merge:
                known = found.get(key)
                claims.append((place or turn, place is None, turn, One(*key, True, known.notes if known else None)))
        asked = [place for _coin, place in rows if place is not None]
        wanted = (
            InvalidInput
            if len(asked) != len(set(asked))
            else self.fits({tier: [claim[3] for claim in sorted(claims, key=lambda claim: claim[:3])]})
        )
        updates = [
            {"asset_id": self.coins[coin].pk} | ({} if place is None else {"position": place}) for coin, place in rows
        ]
        mode = "merge" if is_merge else "replace"
        self.do(
            who,
            wanted,
            lambda actor: bulk_update_watchlist_assets(self.lists[tier], updates, actor=actor, mode=mode),
        )

    @rule(who=people, chosen=st.sets(coins, min_size=1, max_size=3))
    def promote_many(self, who: bool, chosen: set[int]) -> None:
        one, two = deepcopy(self.model["tier1"]), deepcopy(self.model["tier2"])
        is_known = True
        for coin in sorted(chosen):
            keys = {there.key for there in one}
            risen = [there for there in two if there.coin == coin and there.key not in keys]
            is_known &= bool(risen) or any(there.coin == coin for there in one)
            one, two = one + risen, [there for there in two if there not in risen]
        wanted = self.fits({"tier1": one, "tier2": two}) if is_known else InvalidInput
        ids = [self.coins[coin].pk for coin in sorted(chosen)]
        self.do(who, wanted, lambda actor: curate_default_lists("promote_to_tier1", ids, actor=actor))

    @rule(who=people, tier=tiers)
    def undo(self, who: bool, tier: str) -> None:
        change = self.last[tier]
        wanted: Lists | type[DomainError] = ConflictError
        if change is not None and all(self.last[one] is change for one in change.before):
            wanted = self.fits(deepcopy(change.before)) if change.actor == self.people[who] else NotAllowed
        self.do(who, wanted, lambda actor: undo_last_change(self.lists[tier], actor=actor))

    @invariant()
    def the_lists_are_as_the_model_says(self) -> None:
        numbers = {coin.pk: number for number, coin in enumerate(self.coins)}
        seen = Seen(timezone.now())
        for tier, watchlist in self.lists.items():
            rows = watchlist.entries.order_by("sort_order")
            found = [One(numbers[row.asset_id], row.position_type, row.is_active, row.notes) for row in rows]
            assert found == self.model[tier]
            assert order(watchlist) == list(range(1, len(found) + 1))
            assert len(found) <= LIMITS[tier]
            seen.members[tier] = [(self.coins[one.coin].pk, one.direction) for one in found if one.is_active]
            assert past(watchlist, seen.at) == seen.members[tier]
        assert AuditLog.objects.count() - self.first_audit == self.effects
        assert UserActivity.objects.count() - self.first_activity == self.effects
        self.seen.append(seen)


def test_any_sequence_of_changes(request: pytest.FixtureRequest) -> None:
    is_full = request.config.getoption("--full")
    run_state_machine_as_test(
        Curation,
        settings=settings(
            max_examples=60 if is_full else 6,
            stateful_step_count=40 if is_full else 25,
            deadline=None,
            derandomize=not is_full,
            suppress_health_check=list(HealthCheck),
        ),
    )
