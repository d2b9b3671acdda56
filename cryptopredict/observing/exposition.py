"""The figures in the format of Prometheus: what was counted by all processes, and how things stand now."""

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import Error
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from redis.exceptions import RedisError

from cryptopredict.observing.gauges import GROUPS, STATEMENT_MS, Group
from system import figures
from system.selectors.figures import Row, shared_counts
from system.services.figures import hand_over

logger = logging.getLogger(__name__)
UP = "cryptopredict_collector_up"
DATABASE, WITHOUT_DATABASE = "database", {"queues", "workers", "live"}
FAULTS = (Error, RedisError, ConnectionError)
"""What may be down. Anything else is a defect, and is one answer with status 500."""


class Everything(Collector):
    """All figures. Made anew for every question: nothing of it is kept in the process."""

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "cryptopredict_build_info", "Version of the program that answers.", labels=["version"]
        )
        build.add_metric([settings.VERSION], 1)
        yield build
        up = GaugeMetricFamily(UP, "1 where a group of figures could be looked up.", labels=["group"])
        hand_over()
        counted = list(all_counted())
        up.add_metric(["counts"], float(bool(counted)))
        yield from counted
        is_there = True
        for name, group in GROUPS.items():
            found = looked_up(name, group) if is_there or name in WITHOUT_DATABASE else None
            is_there = is_there and not (name == DATABASE and found is None)  # one wait for it is enough
            up.add_metric([name], float(found is not None))
            yield from found or ()
        yield up


def looked_up(name: str, group: Group) -> list[Metric] | None:
    """A group; None when what it is looked up in is down or too slow."""
    try:
        if name in WITHOUT_DATABASE:
            return list(group())
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STATEMENT_MS)])
            return list(group())
    except FAULTS as error:
        logger.warning("Figures of %s are not known: %s", name, type(error).__name__)
        return None


def all_counted() -> Iterator[Metric]:
    """Everything that is counted; nothing while Redis is down."""
    for counter in figures.COUNTERS:
        rows = shared_counts(counter.name)
        if rows is None:
            return
        yield of_counter(counter, rows)
    for histogram in figures.HISTOGRAMS:
        rows = shared_counts(histogram.name)
        if rows is None:
            return
        yield of_histogram(histogram, rows)


def of_counter(what: figures.Counter, rows: list[Row]) -> Metric:
    family = CounterMetricFamily(what.name, what.help, labels=what.labels)
    for labels, value in sorted((dict.fromkeys(what.known, 0.0) | dict(rows)).items()):
        if len(labels) == len(what.labels):  # else an older version counted it
            family.add_metric(labels, value)
    return family


def of_histogram(what: figures.Histogram, rows: list[Row]) -> Metric:
    """Prometheus adds up: each bucket holds those before it, and the last one all."""
    family = HistogramMetricFamily(what.name, what.help, labels=what.labels)
    bounds = [*(str(bound) for bound in what.buckets), "+Inf"]
    for labels, kept in figures.merged(rows).items():
        if len(labels) != len(what.labels):
            continue
        total, buckets = 0.0, []
        for place, bound in enumerate(bounds):
            total += kept.get(str(place), 0.0)
            buckets.append((bound, total))
        family.add_metric(labels, buckets, kept.get(figures.SUM, 0.0))
    return family


def registry() -> CollectorRegistry:
    """What the client library writes out."""
    found = CollectorRegistry(auto_describe=False)
    found.register(Everything())
    return found
