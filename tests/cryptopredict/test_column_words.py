"""Names and meanings of columns are translated, and migrations know nothing of it."""

from django.utils.translation import override

from assets.models import Asset, CandleGap
from cryptopredict.management.commands.database_words import PLACE, text
from system.column_words import meaning, own_tables, unnamed


def test_the_collected_words_are_those_of_the_models() -> None:
    assert PLACE.read_text(encoding="utf-8") == text(), "run: manage.py database_words"


def test_a_column_has_its_name_in_the_language_of_the_reader() -> None:
    price, key = Asset._meta.get_field("current_price"), Asset._meta.get_field("id")
    with override("fa"):
        assert (str(price.verbose_name), str(key.verbose_name)) == ("قیمت کنونی", "شناسه")
    assert (str(price.verbose_name), str(key.verbose_name)) == ("current price", "ID")


def test_what_a_column_means_is_told_in_the_language_too() -> None:
    column = CandleGap._meta.get_field("missing")
    assert meaning(column) == "How many candles are missing"
    with override("fa"):
        assert meaning(column) == "شمار کندل‌های ناموجود"


def test_notation_stays_as_it_is() -> None:
    links = Asset._meta.get_field("external_ids")
    with override("fa"):
        assert "{'coingecko':'bitcoin','coinmarketcap':'1','binance':'BTCUSDT'}" in meaning(links)


def test_no_migration_takes_the_names_in() -> None:
    for table in own_tables():
        for column in unnamed([table]):
            stated = column.deconstruct()[3].get("verbose_name")
            assert stated is None or (stated == "ID" and column.auto_created), column
