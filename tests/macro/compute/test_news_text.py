"""Texts and addresses of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macro.compute.news_text import canonical_address, cut_text, plain_text, same_addresses, story_key

CANONICAL = {
    "HTTPS://News.Example.COM:443/a/B/?utm_source=x&b=2&a=1#frag": "https://news.example.com/a/B?a=1&b=2",
    "http://example.com:80/": "http://example.com",
    "http://example.com:8080/x/": "http://example.com:8080/x",
    "https://example.com/a%2fb%c3%a9": "https://example.com/a%2Fb%C3%A9",
    "https://example.com/ünï": "https://example.com/%C3%BCn%C3%AF",
    "https://bücher.example/x": "https://xn--bcher-kva.example/x",
    "https://example.com/x?fbclid=1&gclid=2&mc_cid=3&ref=feed": "https://example.com/x",
    "https://example.com/x?id=5&UTM_Medium=rss": "https://example.com/x?id=5",
    "https://example.com/x?a=&b": "https://example.com/x?a=&b=",
    "  https://example.com/x \n": "https://example.com/x",
    "https://one.examplehttps://one.example/explained/y": "https://one.example/explained/y",
}
NO_ADDRESS = [
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.com/x",
    "//example.com/x", "/x", "x", "https://", "https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x",
    "https://[x", "https://user:pass@example.com/", "https://example.com/a b", "https://example.com/a\tb",
    "https://exa_mple..com/", "https://example.com:99999/", "https://example.com:x/",
    "https://example.com\\@evil.example/", "java\nscript:alert(1)", "https://-.example/",
    "https://" + "a" * 64 + ".example/",
]  # fmt: skip


@pytest.mark.parametrize(("sent", "canonical"), CANONICAL.items())
def test_spellings_of_one_address(sent: str, canonical: str) -> None:
    assert canonical_address(sent) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize("sent", NO_ADDRESS)
def test_what_is_no_address_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        canonical_address(sent)


@given(st.text(max_size=60), st.text(max_size=40))
def test_whatever_comes_an_address_is_canonical_or_refused(path: str, query: str) -> None:
    try:
        found = canonical_address(f"https://example.com/{path}?{query}")
    except ValueError:
        return
    assert canonical_address(found) == found
    assert found.startswith("https://example.com")
    assert found.isascii()
    assert not any(sign.isspace() or sign in "<>\"'`" for sign in found.replace("'", ""))


def test_with_and_without_www_and_tls_it_is_one_page() -> None:
    spellings = same_addresses("https://www.example.com/x")
    assert set(spellings) == {
        "https://example.com/x", "http://example.com/x", "https://www.example.com/x", "http://www.example.com/x",
    }  # fmt: skip
    assert all(set(same_addresses(one)) == set(spellings) for one in spellings)


PLAIN = {
    "<b>Bitcoin</b> rises": "Bitcoin rises",
    "&lt;b&gt;Bitcoin&lt;/b&gt; rises": "Bitcoin rises",
    "AT&amp;T &amp;amp; crypto": "AT&T & crypto",
    "5 < 6 & 7 > 2": "5 < 6 & 7 > 2",
    "before<script>alert(1)</script>after": "before after",
    "<style>x{}</style>text<svg onload=alert(1)>": "text",
    "two\nlines\u2028and\ttabs\xa0": "two lines and tabs",
    "\u202eevil\u202c \u2066x\u2069 zero\u200bwidth \x00nul \x1b[31m": "evil x zerowidth nul [31m",
    "": "",
    "<img src=x onerror=alert(1)>": "",
    "&lt;script&gt;alert(1)&lt;/script&gt;": "",
    "price &#36;5 &eacute;": "price $5 é",
}


@pytest.mark.parametrize(("sent", "plain"), PLAIN.items())
def test_plain_text(sent: str, plain: str) -> None:
    assert plain_text(sent) == plain


@given(st.text(max_size=200))
def test_plain_text_is_one_line_that_the_database_takes(sent: str) -> None:
    text = plain_text(sent)
    assert text == " ".join(text.split())
    assert text.isprintable()
    text.encode()


def test_a_long_text_ends_after_a_word() -> None:
    assert cut_text("short", 10) == "short"
    assert cut_text("one two three", 9) == "one two…"
    assert cut_text("x" * 20, 10) == "x" * 9 + "…"


def test_one_story_in_many_spellings() -> None:
    told = [
        "Bitcoin’s “$73,000” record — Report",
        "bitcoins $73|000 record report",
        "BITCOIN'S $73,000 RECORD: REPORT!",
        "Bitcoin's $73000 record… (report)",
    ]
    assert len({story_key(title) for title in told}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bitcoin rises 5%", "Bitcoin rises 50%"), ("ETH up", "ETH down"), ("BTC at $5,000", "BTC at $50,00")],
)
def test_other_figures_are_another_story(one: str, other: str) -> None:
    assert story_key(one) != story_key(other)


@pytest.mark.parametrize("title", ["", "…", "- — -", "!!!"])
def test_a_title_without_a_word_has_no_story(title: str) -> None:
    assert story_key(title) == ""
