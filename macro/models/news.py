"""News."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from macro.choices import NewsImportance, SentimentLabel
from system.constraints import between, one_of
from system.fields import Numeric
from system.models.base import TimeStamped


class NewsEvent(TimeStamped):
    """A headline with the assets and sectors that it names."""

    source = models.CharField(max_length=50, db_comment="Provider (rss name, cryptopanic, ...)")
    external_id = models.CharField(max_length=255, null=True, blank=True, db_comment="Id at the provider")
    title = models.CharField(max_length=500, db_comment="Headline")
    summary = models.TextField(null=True, blank=True, db_comment="Summary or first paragraph")
    url = models.CharField(max_length=1000, null=True, blank=True, db_comment="Link")
    language = models.CharField(max_length=10, default="en", db_comment="Language of the text")
    category = models.CharField(max_length=30, null=True, blank=True, db_comment="Kind")
    importance = models.CharField(
        max_length=10, choices=NewsImportance, default=NewsImportance.LOW, db_comment="Expected market impact"
    )
    sentiment_score = Numeric(5, 4, null=True, blank=True, db_comment="-1 (bearish) .. 1 (bullish)")
    sentiment_label = models.CharField(
        max_length=10, choices=SentimentLabel, null=True, blank=True, db_comment="Label of the score"
    )
    asset_ids = ArrayField(
        models.BigIntegerField(), null=True, blank=True, default=list, db_comment="Assets concerned (assets.id)"
    )
    sector_ids = ArrayField(
        models.BigIntegerField(), null=True, blank=True, default=list, db_comment="Sectors concerned (sectors.id)"
    )
    raw_data = models.JSONField(null=True, blank=True, default=dict, db_comment="Provider payload")
    published_at = models.DateTimeField(db_comment="Publication time")
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, db_comment="Since when it is neither shown nor counted; NULL while it stands"
    )

    class Meta:
        db_table = "news_events"
        verbose_name = _("news item")
        verbose_name_plural = _("news items")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=models.Q(external_id__isnull=False),
                name="unique_news_source_external",
                violation_error_message=_("This item of the source is known already."),
            ),
            models.UniqueConstraint(
                fields=["url"],
                condition=models.Q(url__isnull=False),
                name="unique_news_url",
                violation_error_message=_("An item with this address is known already."),
            ),
            one_of("importance", NewsImportance, name="chk_news_events_importance"),
            between("sentiment_score", -1, 1, name="chk_news_events_sentiment_score"),
            one_of("sentiment_label", SentimentLabel, name="chk_news_events_sentiment_label"),
        ]
        indexes = [
            models.Index(fields=["-published_at"], name="idx_news_published"),
            GinIndex(fields=["asset_ids"], name="idx_news_asset_ids_gin"),
            GinIndex(fields=["sector_ids"], name="idx_news_sector_ids_gin"),
        ]

    def __str__(self) -> str:
        return self.title
