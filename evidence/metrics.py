"""Figures for Prometheus, served on loopback only by Prometheus' own client library.

A figure that is not known is not there, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

Family = CounterMetricFamily | GaugeMetricFamily
Values = Mapping[str, Mapping[str, float]]
"""Figure by figure, the value at each value of its label; at "" where it has no label."""


class Figure(NamedTuple):
    """What a figure is: how it behaves, what it means in a line, and its label's name."""

    family: type[CounterMetricFamily] | type[GaugeMetricFamily]
    meaning: str
    label: str = ""


class Source(Protocol):
    """Who knows the figures at the moment they are asked for."""

    def values(self) -> Values:
        """Everything known now."""


class _Shown(Collector):
    def __init__(self, prefix: str, figures: Mapping[str, Figure], source: Source) -> None:
        self._prefix, self._figures, self._source = prefix, figures, source

    def collect(self) -> Iterator[Family]:
        values = self._source.values()
        for name, figure in self._figures.items():
            if found := values.get(name):
                yield self._family(name, figure, found.items())

    def _family(self, name: str, figure: Figure, found: Iterable[tuple[str, float]]) -> Family:
        labels = [figure.label] if figure.label else []
        family = figure.family(self._prefix + name, figure.meaning, labels=labels)
        for label, value in sorted(found):
            family.add_metric([label] if labels else [], value)
        return family


def serve_metrics(
    prefix: str, figures: Mapping[str, Figure], source: Source, port: int
) -> WSGIServer:
    """Answer `GET /metrics` on 127.0.0.1 in a thread; `shutdown` ends it. Raises OSError."""
    registry = CollectorRegistry()
    registry.register(_Shown(prefix, figures, source))
    server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    return server
