"""What is to be tried: every field with its range, and the configuration that follows from all of them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe

RULES: dict[str, Any] = {
    "sma_cross": _("Averages cross (simple)"),
    "ema_cross": _("Averages cross (exponential)"),
    "rsi": _("RSI turns"),
    "breakout": _("Breakout of a range"),
}
SETTINGS = {"sma_cross": ("fast", "slow"), "ema_cross": ("fast", "slow"), "rsi": ("length", "below", "above"),
            "breakout": ("bars",)}  # fmt: skip
SOURCES: dict[str, Any] = {
    "rules": _("Rules that I declare"),
    "plans": _("Signals made anew by the versions in force"),
    "series": _("Signals as they were stored live"),
    "variants": _("Several variants, chosen walk-forward (JSON)"),
}
FIELDS_OF = {
    "rules.entry.rule": "rule", "rules.stop.percent": "stop_size", "rules.stop.atr": "stop_size",
    "rules.trail_percent": "trail", "rules.time_limit": "time_limit", "rules.sides": "sides",
    "account.start": "capital", "account.share_percent": "share", "account.max_open": "max_open",
    "costs.taker_percent": "fee", "costs.maker_percent": "fee", "costs.slippage_percent": "slippage",
    "folds": "folds", "series": "source", "signals": "source",
}  # fmt: skip
"""Fields of the form by those of the configuration, where their names differ."""


def _number(label: Any, least: float, most: float, *, whole: bool = False, initial: Any = None, **more: Any) -> Any:
    kind: Any = forms.IntegerField if whole else forms.FloatField
    return kind(label=label, min_value=least, max_value=most, initial=initial, **more)


class BacktestForm(forms.Form):
    """A backtest. What a source does not need is not looked at."""

    TIMEFRAMES: ClassVar[list[Any]] = [one for one in Timeframe.choices if one[0] != Timeframe.MO1]
    GROUPS: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = (
        (_("What and when"), ("name", "source", "timeframe", "start", "end", "assets")),
        (_("Entry, where you declare rules"), ("rule", "fast", "slow", "length", "below", "above", "bars", "sides")),
        (_("Exit, where you declare rules"), ("stop_kind", "stop_size", "target", "trail", "time_limit", "leave")),
        (_("Account and costs"), ("capital", "share", "max_open", "fee", "slippage")),
        (_("Variants, where you compare several"), ("variants", "folds")),
    )

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    source = forms.ChoiceField(label=_("Orders come from"), choices=SOURCES.items(), initial="rules")
    timeframe = forms.ChoiceField(label=_("Candles"), choices=TIMEFRAMES, initial=Timeframe.D1)
    start = forms.DateField(label=_("From (UTC)"), widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label=_("To (UTC)"), widget=forms.DateInput(attrs={"type": "date"}))
    assets = forms.CharField(
        label=_("Assets"), required=False, max_length=2000,
        help_text=_("Symbols, such as BTC, ETH. Empty: all that traded at the start, or that the signals are of."),
    )  # fmt: skip
    rule = forms.ChoiceField(label=_("Rule"), choices=RULES.items(), initial="sma_cross")
    fast = _number(_("Short average, candles"), 1, 1000, whole=True, initial=20, required=False)
    slow = _number(_("Long average, candles"), 2, 2000, whole=True, initial=50, required=False)
    length = _number(_("RSI over candles"), 2, 500, whole=True, initial=14, required=False)
    below = _number(_("RSI: buy from below"), 1, 99, initial=30, required=False)
    above = _number(_("RSI: sell from above"), 1, 99, initial=70, required=False)
    bars = _number(_("Range of the breakout, candles"), 1, 2000, whole=True, initial=20, required=False)
    sides = forms.ChoiceField(
        label=_("Sides"), initial="long",
        choices=[("long", _("long")), ("short", _("short")), ("both", _("long and short"))],
    )  # fmt: skip
    stop_kind = forms.ChoiceField(
        label=_("Stop"), initial="percent",
        choices=[("percent", _("percent of the price")), ("atr", _("average true ranges")), ("none", _("none"))],
    )  # fmt: skip
    stop_size = _number(_("Distance of the stop"), 0.01, 100, initial=5, required=False)
    target = _number(_("Target, multiples of the risk"), 0.01, 1000, required=False, help_text=_("Empty: none."))
    trail = _number(_("Trailing stop, percent"), 0, 90, required=False, help_text=_("Empty: it does not move."))
    time_limit = _number(
        _("Longest time, candles"), 1, 1_000_000, whole=True, required=False, help_text=_("Empty: no limit.")
    )
    leave = forms.ChoiceField(
        label=_("Opposite signal"), initial="opposite",
        choices=[("opposite", _("ends the position")), ("never", _("is not heeded"))],
    )  # fmt: skip
    capital = _number(_("Capital, USD"), 1, 1e12, initial=10_000)
    share = _number(_("Size of a position, percent of the account"), 0.01, 1000, initial=10)
    max_open = _number(_("Positions at once, at most"), 1, 1000, whole=True, initial=10)
    fee = _number(_("Fee, percent"), 0, 9.9, initial=0.1)
    slippage = _number(_("Slippage, percent"), 0, 50, initial=0.05)
    variants = forms.CharField(
        label=_("Variants as JSON"), required=False, max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "dir": "ltr"}),
        help_text=_("A list of rules, each as the API takes it. Their number takes the luck off the result."),
    )  # fmt: skip
    folds = _number(_("Folds of the walk-forward"), 1, 100, whole=True, initial=5, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        today = timezone.now().date()
        self.fields["start"].initial = today - timedelta(days=365)
        self.fields["end"].initial = today

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Fields under their headings."""
        return [(str(title), [self[name] for name in names]) for title, names in self.GROUPS]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("source") == "rules":
            for name in SETTINGS.get(given.get("rule", ""), ()):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, gettext("This rule needs it."))
            if given.get("stop_kind") != "none" and given.get("stop_size") is None and "stop_size" not in self.errors:
                self.add_error("stop_size", gettext("A stop needs its distance."))
        if given.get("source") == "variants":
            self._read_variants(given)
        return given

    def _read_variants(self, given: dict[str, Any]) -> None:
        try:
            given["variants"] = json.loads(given.get("variants") or "")
        except ValueError:
            self.add_error("variants", gettext("This is no JSON."))
            return
        if not isinstance(given["variants"], list):
            self.add_error("variants", gettext("A list is needed: [ … ]."))

    def configuration(self) -> dict[str, Any]:
        """The backtest as commands and the API write it down."""
        given = self.cleaned_data
        symbols = [one.strip().upper() for one in given["assets"].replace(";", ",").split(",") if one.strip()]
        found: dict[str, Any] = {
            "name": given["name"],
            "timeframe": given["timeframe"],
            "start": given["start"].isoformat(),
            "end": given["end"].isoformat(),
            "assets": symbols,
            "account": {
                "start": given["capital"],
                "share_percent": given["share"],
                "max_open": given["max_open"],
            },
            "costs": {
                "maker_percent": given["fee"],
                "taker_percent": given["fee"],
                "slippage_percent": given["slippage"],
            },
        }
        source = given["source"]
        if source == "rules":
            return found | {"rules": self._rules()}
        if source == "variants":
            return found | {"rules": given["variants"], "folds": given["folds"] or 5}
        return found | ({"signals": "plans"} if source == "plans" else {"series": "live"})

    def _rules(self) -> dict[str, Any]:
        given = self.cleaned_data
        rule = given["rule"]
        rules: dict[str, Any] = {
            "entry": {"rule": rule} | {name: given[name] for name in SETTINGS[rule]},
            "sides": ["long", "short"] if given["sides"] == "both" else [given["sides"]],
            "leave": given["leave"],
        }
        if given["stop_kind"] != "none":
            rules["stop"] = {given["stop_kind"]: given["stop_size"]}
        if given["target"] is not None:
            rules["targets"] = [{"r": given["target"], "share": 1}]
        if given["trail"]:
            rules["trail_percent"] = given["trail"]
        if given["time_limit"] is not None:
            rules["time_limit"] = given["time_limit"]
        return rules

    def refuse(self, field: str | None, sentence: str) -> None:
        """Put what was refused beside the field that it is about, or above all where the form has none."""
        path = field or ""
        name = FIELDS_OF.get(path, path)
        if path.startswith("rules.entry.") and name not in self.fields:
            name = path.removeprefix("rules.entry.")
        elif path.startswith("rules.targets"):
            name = "target"
        elif path.startswith("rules.leave"):
            name = "leave"
        elif path.startswith("rules") and self.cleaned_data.get("source") == "variants":
            name = "variants"
        self.add_error(name if name in self.fields else None, sentence)
