"""What callers send to change lists and their entries."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from selection.choices import CurationAction, PositionType, Tier, WatchlistType
from selection.services.watchlists.rows import LARGEST_KEY, MOST_ROWS
from selection.services.watchlists.values import LARGEST, LONGEST_NAME, LONGEST_NOTE, PLACES
from system.rest import JSONObjectField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField


class ShareField(NumberField):
    """A share of a whole, 0-1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=PLACES + 1, decimal_places=PLACES, min_value=0, max_value=1, **options)


class NoteField(serializers.CharField):
    """A text; an empty one is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, allow_blank=True, max_length=LONGEST_NOTE, **options)


class KeyField(serializers.IntegerField):
    """Id of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_KEY, **options)


class WatchlistChangeSerializer(InputSerializer):
    """What is to change about a list as a whole; what is left out stays."""

    name = serializers.CharField(required=False, max_length=LONGEST_NAME)
    description = NoteField(required=False)
    is_public = serializers.BooleanField(required=False)
    wants_suggestions = serializers.BooleanField(
        required=False, help_text="Of a personal list: changes of it are suggested to its owner"
    )
    max_assets = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST, help_text="null = as the settings say"
    )
    sort_order = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST)
    configuration = JSONObjectField(required=False, allow_null=True)


class WatchlistReplacementSerializer(InputSerializer):
    """All that a list says as a whole; what is left out is as in a new list."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    description = NoteField(default=None)
    is_public = serializers.BooleanField(default=False)
    wants_suggestions = serializers.BooleanField(default=False)
    max_assets = serializers.IntegerField(default=None, allow_null=True, min_value=1, max_value=LARGEST)
    sort_order = serializers.IntegerField(default=0, allow_null=True, min_value=0, max_value=LARGEST)
    configuration = JSONObjectField(default=dict, allow_null=True)


class NewWatchlistSerializer(WatchlistReplacementSerializer):
    """A new list."""

    watchlist_type = serializers.ChoiceField(choices=WatchlistType.choices, default=WatchlistType.PERSONAL)
    tier = serializers.ChoiceField(
        choices=Tier.choices, default=None, allow_null=True, help_text="Of a default list, and of no other"
    )
    sort_order = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, max_value=LARGEST, help_text="null = behind the others"
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["watchlist_type"] == WatchlistType.PERSONAL and given["tier"] is not None:
            raise serializers.ValidationError({"tier": _("A personal list has no tier.")})
        return given


class NewEntrySerializer(InputSerializer):
    """An asset that comes to a list."""

    asset_id = KeyField(required=False)
    crypto_id = KeyField(required=False, help_text="The older name of asset_id")
    tier = serializers.ChoiceField(
        choices=Tier.choices, required=False, allow_null=True, help_text="Refused unless it is the list's"
    )
    priority_order = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST, help_text="Position; null = at the end"
    )
    position_type = serializers.ChoiceField(choices=PositionType.choices, required=False)
    weight = ShareField(required=False)
    target_allocation = ShareField(required=False, allow_null=True)
    notes = NoteField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = {given.pop(name) for name in ("asset_id", "crypto_id") if name in given}
        if len(named) != 1:
            fault = _("asset_id and crypto_id name different assets.") if named else _("This field is required.")
            raise serializers.ValidationError({"asset_id": fault})
        return given | {"asset_id": named.pop()}


class EntryChangeSerializer(InputSerializer):
    """What is to change about an entry; what is left out stays."""

    position_type = serializers.ChoiceField(choices=PositionType.choices, required=False)
    sort_order = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST, help_text="Position; the others close ranks"
    )
    weight = ShareField(required=False)
    target_allocation = ShareField(required=False, allow_null=True)
    notes = NoteField(required=False)
    is_active = serializers.BooleanField(required=False, help_text="false pauses it")
    analysis_config = JSONObjectField(required=False, allow_null=True)


class EntryReplacementSerializer(EntryChangeSerializer):
    """All that an entry says; what is left out is as in a new entry, but for the position, which stays."""

    position_type = serializers.ChoiceField(choices=PositionType.choices, default=PositionType.LONG)
    weight = ShareField(default=0)
    target_allocation = ShareField(default=None, allow_null=True)
    notes = NoteField(default=None)
    is_active = serializers.BooleanField(default=True)
    analysis_config = JSONObjectField(default=dict, allow_null=True)


class BulkEntrySerializer(serializers.Serializer):
    """One entry of many. Fields that are left out stay; an entry that is named is active unless it says otherwise."""

    asset_id = KeyField(required=False)
    crypto_id = KeyField(required=False, help_text="The older name of asset_id")
    position_type = serializers.ChoiceField(choices=PositionType.choices, default=PositionType.LONG)
    position = serializers.IntegerField(required=False, min_value=1)
    weight = ShareField(required=False)
    target_allocation = ShareField(required=False, allow_null=True)
    notes = NoteField(required=False)
    is_active = serializers.BooleanField(required=False)


class BulkSerializer(serializers.Serializer):
    """Many entries of a list."""

    items = serializers.ListField(child=BulkEntrySerializer(), max_length=MOST_ROWS)


class RowsSerializer(InputSerializer):
    """The same as it comes: the service says all that is wrong with any row together."""

    items = serializers.ListField()


class EmptyingSerializer(serializers.Serializer):
    """Whether a list may be emptied."""

    confirm_empty = serializers.BooleanField(default=False, help_text="Needed to replace all entries by none")


class CurationSerializer(InputSerializer):
    """One action for several assets of the default lists."""

    action = serializers.ChoiceField(choices=CurationAction.choices)
    asset_ids = serializers.ListField(child=KeyField(), required=False, max_length=MOST_ROWS)
    crypto_ids = serializers.ListField(
        child=KeyField(), required=False, max_length=MOST_ROWS, help_text="The older name of asset_ids"
    )
    review_notes = NoteField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = [given.pop(name) for name in ("asset_ids", "crypto_ids") if name in given]
        if not named or named[0] != named[-1]:
            fault = _("asset_ids and crypto_ids name different assets.") if named else _("This field is required.")
            raise serializers.ValidationError({"asset_ids": fault})
        return given | {"asset_ids": named[0]}
