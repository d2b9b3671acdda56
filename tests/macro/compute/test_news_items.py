"""Items as strangers send them: sound, or refused with the reason."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from macro.compute.news_items import SentItem, check_items

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)


def sent(**changes: object) -> SentItem:
    return SentItem(**{"line": 1, "source": "desk", "title": "Bitcoin rises", "published": EARLIER} | changes)  # type: ignore[arg-type]


FAULTS = {
    "it has no title": {"title": None},
    "it has no title ": {"title": "  \n"},
    "it has no title  ": {"title": "<script>alert(1)</script>"},
    "has no word": {"title": "— … —"},
    "more than 500 characters": {"title": "x" * 501},
    "more than 500 characters ": {"title": "<b>x</b>" * 1_000_000},
    "it has no date": {"published": None},
    "it has no date ": {"published": ""},
    "is none": {"published": "yesterday"},
    "is none ": {"published": "2024-02-30T00:00:00Z"},
    "is none  ": {"published": "9999-12-31T23:59:59-12:00"},
    "lies in the future": {"published": NOW + timedelta(seconds=1)},
    "lies in the future ": {"published": "2090-01-01T00:00:00Z"},
    "lies before the first coin": {"published": "1970-01-01T00:00:00Z"},
    "no http or https address": {"url": "javascript:alert(document.cookie)"},
    "no http or https address ": {"url": "data:text/html;base64,PHNjcmlwdD4="},
    "more than 1000 characters": {"url": "https://example.com/" + "x" * 1000},
}


@pytest.mark.parametrize(("reason", "changes"), FAULTS.items(), ids=range(len(FAULTS)))
def test_what_is_refused_and_why(reason: str, changes: dict[str, object]) -> None:
    checked = check_items([sent(), sent(line=2, **{"title": "Ether rises"} | changes)], NOW)
    assert [item.line for item in checked.sound] == [1]
    (fault,) = checked.faults
    assert fault.line == 2
    assert reason.strip() in fault.reason
    assert len(fault.reason) < 250


def test_a_sound_item_is_plain() -> None:
    (item,) = check_items(
        [
            sent(
                title=" <b>Bitcoin</b> &amp; ether\nrise ",
                url="HTTPS://Example.com/x/?utm_source=rss#top",
                external_id="tag:1",
                summary="<p>One.</p><script>x()</script> Two." + " word" * 400,
            )
        ],
        NOW,
    ).sound
    assert (item.title, item.story) == ("Bitcoin & ether rise", "bitcoin ether rise")
    assert (item.url, item.external_id) == ("https://example.com/x", "tag:1")
    assert item.summary is not None
    assert item.summary.startswith("One. Two. word")
    assert item.summary.endswith("word…")
    assert len(item.summary) <= 1000


def test_without_address_id_and_summary_it_is_still_news() -> None:
    (item,) = check_items([sent(url=" ", external_id="", summary="")], NOW).sound
    assert (item.url, item.external_id, item.summary) == (None, None, None)


def test_an_id_that_no_column_holds_is_left_out() -> None:
    (item,) = check_items([sent(external_id="x" * 256)], NOW).sound
    assert item.external_id is None


@pytest.mark.parametrize(
    "published",
    [
        "2024-06-01T10:00:00Z",
        "2024-06-01T12:00:00+02:00",
        "2024-06-01 10:00:00",
        datetime(2024, 6, 1, 10),  # noqa: DTZ001
        datetime(2024, 6, 1, 5, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_moments_are_in_utc_and_one_without_a_zone_is_too(published: object) -> None:
    (item,) = check_items([sent(published=published)], NOW).sound
    assert item.published_at == datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert item.published_at.utcoffset() == timedelta(0)
