"""Feeds that were damaged or made to harm: what is sound is taken, the rest has a reason, and nothing else happens."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.news_items import check_items
from macro.providers.news_documents import MOST_ITEMS
from macro.providers.news_feeds import read_feed
from tests.damage import damaged
from tests.providers.feed_stub import NOW, item, rss
from tests.rounds import examples

ENTRY = (
    "<entry><title type='html'>Ether &lt;b&gt;falls&lt;/b&gt;</title><id>urn:1</id>"
    "<updated>2026-06-01T10:00:00Z</updated>"
    "<link href='https://desk.example/2'/><summary>Less &amp;amp; less.</summary></entry>"
)
MORE = "<guid>g1</guid><description>&lt;p&gt;First.&lt;/p&gt;</description>"
SOUND = [
    rss(item("Bitcoin rises", more=MORE), item("Ether falls")).encode(),
    f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Desk</title>{ENTRY * 3}</feed>".encode(),
    rss(item("بیت‌کوین")).replace("utf-8", "utf-16").encode("utf-16"),
    (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Desk</title></channel>'
        b"<item><title>Old</title><link>https://desk.example/3</link><dc:date>2026-05-01T10:00:00Z</dc:date></item>"
        b"</rdf:RDF>"
    ),
]
TYPES = ("", "application/rss+xml; charset=utf-8", "text/xml; charset=utf-16", "text/html", "text/xml; charset=rot13")
LONGEST = 5.0
"""Seconds for a feed of a few kilobytes, on a machine that does other things as well; sound ones take a hundredth."""


def taken(body: bytes, content_type: str = "") -> int:
    """How many sound items came of a feed; of each other it is said why."""
    started = time.monotonic()
    found = read_feed("desk", body, content_type)
    checked = check_items(found.items, NOW)
    assert time.monotonic() - started < LONGEST
    assert len(found.items) <= MOST_ITEMS
    assert found.items or found.error
    assert len(checked.sound) + len(checked.faults) == len(found.items)
    assert all(fault.reason for fault in checked.faults)
    assert all(one.title.strip() and one.published_at <= NOW for one in checked.sound)
    assert not any("\x00" in f"{one.title}{one.summary}{one.url}{one.external_id}" for one in checked.sound)
    return len(checked.sound)


def test_what_is_damaged_is_whole_without_it() -> None:
    assert [taken(body) for body in SOUND] == [2, 3, 1, 1]


@settings(max_examples=examples(150, 8_000), deadline=None)
@given(body=damaged(SOUND), content_type=st.sampled_from(TYPES))
def test_a_damaged_feed_is_read_or_refused_and_never_breaks(body: bytes, content_type: str) -> None:
    taken(body, content_type)


@settings(max_examples=examples(60, 5_000), deadline=None)
@given(body=st.binary(max_size=2_000), content_type=st.sampled_from(TYPES))
def test_noise_is_refused(body: bytes, content_type: str) -> None:
    assert taken(body, content_type) == 0
