"""Which coins headlines name: a table of sentences written and labelled by hand for this test."""

import pytest

from macro.compute.news_tags import Named, Tagger, is_common, is_no_word, is_stopped, tagger
from macro.compute.news_words import COMMON_NAMES, OTHERS, PROPER_NAMES

NAMES = {
    "BTC": ("Bitcoin",),
    "ETH": ("Ethereum",),
    "ETC": ("Ethereum Classic",),
    "XRP": ("XRP",),
    "BNB": ("BNB",),
    "SOL": ("Solana",),
    "ADA": ("Cardano",),
    "DOGE": ("Dogecoin",),
    "LTC": ("Litecoin",),
    "LINK": ("Chainlink",),
    "NEAR": ("NEAR Protocol",),
    "OP": ("Optimism",),
    "ONE": ("Harmony",),
    "SAND": ("The Sandbox",),
    "BASE": ("Base Protocol",),
    "FLOW": ("Flow",),
    "GAS": ("Gas",),
    "DASH": ("Dash",),
    "AVAX": ("Avalanche",),
    "ATOM": ("Cosmos", "Cosmos Hub"),
    "AAVE": ("Aave",),
    "SUI": ("Sui",),
    "PEOPLE": ("ConstitutionDAO",),
    "SHIB": ("Shiba Inu",),
    "USDT": ("Tether",),
    "USDC": ("USDC", "USD Coin"),
    "T": ("Threshold",),
    "ZRX": ("0x",),
    "1INCH": ("1inch",),
    "TRX": ("TRON",),
    "GMT": ("STEPN",),
    "SUPER": ("SuperVerse",),
    "LUNA": ("Terra",),
}
LABELLED = [
    # names, symbols and nicknames
    ("Bitcoin climbs past $60,000 as traders return", "BTC"),
    ("bitcoin climbs past $60,000 as traders return", "BTC"),
    ("Why Ether Holders Are Watching Tuesday", "ETH"),
    ("Ripple asks the court to dismiss the case", "XRP"),
    ("BTC, ETH and SOL lead the recovery", "BTC ETH SOL"),
    ("Cardano’s founder answers his critics", "ADA"),
    ("ETH/BTC falls to the lowest ratio in a year", "ETH BTC"),
    ("Traders pile into SOLUSDT perpetuals", "SOL"),
    ("dogecoin jumps after a single post", "DOGE"),
    ("doge jumps after a single post", "DOGE"),
    ("ltc and trx trade sideways", "LTC TRX"),
    ("USD Coin supply shrinks for a third week", "USDC"),
    ("Tether publishes its quarterly attestation", "USDT"),
    ("1inch ships a new wallet", "1INCH"),
    ("TRON's founder moves half a billion", "TRX"),
    ("Aave votes on a new fee switch", "AAVE"),
    ("Sui mainnet stalls for two hours", "SUI"),
    ("Shiba Inu burns accelerate", "SHIB"),
    # words that are symbols or names
    ("Bitcoin near its record as volumes dry up", "BTC"),
    ("Analysts see a link between bond yields and crypto", ""),
    ("The base case is one more rate cut this year", ""),
    ("Op-ed: One fund, one vote", ""),
    ("Op-Ed: Why Regulators Draw Lines in the Sand", ""),
    ("An avalanche of liquidations hits futures", ""),
    ("Avalanche of Sell Orders Hits Exchanges", ""),
    ("Optimism returns to the futures market", ""),
    ("Cash flow turns positive at mining firms", ""),
    ("Miners dash for cheaper power", ""),
    ("Gas fees fall to a three-year low", ""),
    ("People in harmony: a super year for open source", ""),
    ("The ripple effects of one failed lender", ""),
    ("Sui generis: a court invents a new category", ""),
    ("US SEC Chair Says NFT And DAO Rules Are Near", ""),
    ("Meeting moved to 14:00 GMT", ""),
    ("Terra incognita: where do bonds go from here?", ""),
    ("ONE WEEK TO GO FOR THE HALVING", ""),
    ("Prices cross a key threshold", ""),
    # the same words where they do name a coin
    ("$NEAR leads the day with 12%", "NEAR"),
    ("$link and $op slip", "LINK OP"),
    ("NEAR Protocol raises $350 million", "NEAR"),
    ("near protocol raises $350 million", "NEAR"),
    ("Chainlink expands to a new chain", "LINK"),
    ("Chainlink (LINK) breaks out", "LINK"),
    ("LINK price stalls below $20", "LINK"),
    ("NEAR surges after the upgrade", "NEAR"),
    ("Optimism (OP) unlock worries holders", "OP"),
    ("Harmony (ONE) bridge drained", "ONE"),
    ("The Sandbox sells virtual land in Dubai", "SAND"),
    ("Flow blockchain pauses after an exploit", "FLOW"),
    ("flow blockchain pauses after an exploit", "FLOW"),
    ("Developers on Avalanche cheer cheaper subnets", "AVAX"),
    ("Validators of Cosmos vote on inflation", "ATOM"),
    ("Why 0x protocol matters", "ZRX"),
    ("Top gainers: ATOM, NEAR, LTC", "ATOM NEAR LTC"),
    ("BASE/USDT opens for trading", "BASE USDT"),
    ("STEPN token falls as users leave", "GMT"),
    # longer names that hold shorter ones
    ("Ethereum Classic gains miners after the Merge", "ETC"),
    ("Bitcoin Cash forks again", ""),
    ("Ethereum Name Service votes on a treasury", ""),
    ("Wrapped Bitcoin changes hands", ""),
    # case alone proves nothing where everything is written in capitals
    ("BTC AND ETH DROP AS STOCKS FALL", "BTC ETH"),
    ("PEOPLE FLOW INTO CASH", ""),
]


@pytest.fixture(scope="module")
def finder() -> Tagger:
    return tagger(Named(key, symbol, names) for key, (symbol, names) in enumerate(NAMES.items()))


@pytest.mark.parametrize(("title", "symbols"), LABELLED, ids=[title for title, _ in LABELLED])
def test_a_headline_names_just_these(finder: Tagger, title: str, symbols: str) -> None:
    places = list(NAMES)
    assert {places[key] for key in finder.tags(title)} == set(symbols.split())


def test_the_table_is_long_enough_and_tries_both_sides() -> None:
    nothing = [title for title, symbols in LABELLED if not symbols]
    assert len(LABELLED) >= 60
    assert len(nothing) >= 20


def test_each_coin_once_in_order(finder: Tagger) -> None:
    assert finder.tags("ETH, BTC, Bitcoin and Ethereum") == [0, 1]


def test_of_two_with_one_name_the_first_counts() -> None:
    assert tagger([Named(7, "LUNA", ("Terra",)), Named(3, "LUNC", ("Terra",))]).tags("Terra token soars") == [7]


def test_a_name_that_means_something_else_is_a_coin_where_it_is_tracked() -> None:
    coins = [Named(1, "BTC", ("Bitcoin",)), Named(2, "BCH", ("Bitcoin Cash",))]
    assert tagger(coins).tags("Bitcoin Cash forks again") == [2]
    assert tagger(coins[:1]).tags("Bitcoin Cash forks again") == []


@pytest.mark.parametrize("title", ["", " ", "$", "$$$ 100 $5", "€", "\u202e", "(", "'s", "🚀🚀🚀", "a" * 100_000])
def test_odd_texts_name_nothing(finder: Tagger, title: str) -> None:
    assert finder.tags(title) == []


def test_words_of_the_lists_are_what_the_rules_take_them_for() -> None:
    assert COMMON_NAMES >= PROPER_NAMES
    assert all(len(name.split()) > 1 or name == "EthereumPoW" for name in OTHERS)
    assert is_stopped("OP") and is_stopped("LINK") and not is_stopped("BTC")  # noqa: PT018
    assert is_no_word("LTC") and not is_no_word("GMT") and not is_no_word("SOL")  # noqa: PT018
    assert is_common("near") and not is_common("chainlink")  # noqa: PT018
