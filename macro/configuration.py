"""Settings of layer 1 that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, register

FEEDS = (
    ("coindesk", "https://www.coindesk.com/arc/outboundfeeds/rss"),
    ("cointelegraph", "https://cointelegraph.com/rss"),
    ("decrypt", "https://decrypt.co/feed"),
    ("bitcoinmagazine", "https://bitcoinmagazine.com/feed"),
    ("cryptoslate", "https://cryptoslate.com/feed/"),
)


def register_settings() -> None:
    """Make the groups known."""
    register(
        ConfigGroup(
            "news",
            _(
                "Feeds of news (RSS or Atom) that are read while collection is on. The address must be the feed's own, "
                "as redirects are not followed. Only English headlines get a sentiment."
            ),
            {"feeds": [{"name": name, "url": url, "language": "en"} for name, url in FEEDS]},
            {
                "feeds": {
                    "type": "array",
                    "maxItems": 50,
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_]{1,39}$"},
                            "url": {
                                "type": "string",
                                "maxLength": 500,
                                "pattern": "^https://[a-zA-Z0-9.:-]+(/[!-~]*)?$",
                            },
                            "language": {"type": "string", "pattern": "^[a-z]{2}$"},
                        },
                        "required": ["name", "url", "language"],
                        "additionalProperties": False,
                    },
                }
            },
            title=_("News"),
            words={
                "feeds": Words(_("Feeds"), hint=_("To take a feed away, empty its row.")),
                "feeds.name": Words(_("Name"), hint=_("Small letters, digits and underscores.")),
                "feeds.url": Words(_("Address"), hint=_("Begins with https://")),
                "feeds.language": Words(_("Language"), hint=_("Two letters, such as en.")),
            },
        )
    )
