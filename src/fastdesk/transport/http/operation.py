"""Health, readiness, metrics and the OpenAPI page."""

from collections.abc import Callable, Iterable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from fastdesk.observe.ledger import Ledger
from fastdesk.transport.http.front import Front
from fastdesk.transport.http.openapi import describe
from fastdesk.transport.http.problems import problem
from fastdesk.transport.http.routes import Call, Route

__all__ = ["METRICS", "OperationRoutes"]

#: Metric → (kind, help). The figures come from counters that the rooms keep anyway; nothing is counted twice.
METRICS: dict[str, tuple[str, str]] = {
    "fastdesk_messages": ("counter", "Visitors' messages that were stored."),
    "fastdesk_refusals": ("counter", "Refused frames, by code."),
    "fastdesk_requests": ("counter", "HTTP requests."),
    "fastdesk_connections": ("gauge", "Open WebSocket connections."),
    "fastdesk_conversations_live": ("gauge", "Conversations in memory."),
    "fastdesk_tasks": ("gauge", "Background tasks."),
    "fastdesk_loop_lag_seconds": ("gauge", "How late the event loop ran its last timer."),
    "fastdesk_listener": ("counter", "The listener's own counters, by name."),
    "fastdesk_door": ("counter", "The door's own counters, by name."),
    "fastdesk_store": ("gauge", "The store's own figures, by name."),
    "fastdesk_assistant": ("gauge", "The assistant's own figures, by name."),
    "fastdesk_routing": (
        "gauge",
        "Waiting, assigned and reassigned conversations, and how far expected waits were off.",
    ),
    "fastdesk_plugin_failures": ("counter", "Failures of plug-ins, by plug-in."),
    "fastdesk_stage_seconds": ("histogram", "Time of each stage of the pipeline, by stage."),
}

#: Read the present figures: metric name → value, or label → value.
Figures = Callable[[], dict[str, float | dict[str, float]]]


class OperationRoutes:
    """What operators and their tools look at."""

    def __init__(
        self, front: Front, *, figures: Figures, ledger: Ledger, is_ready: Callable[[], str]
    ) -> None:
        self._front = front
        self._figures = figures
        self._ledger = ledger
        self._is_ready = is_ready
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._page: dict[str, object] | None = None

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="GET", path="/healthz", handler=self.health, access="open", tag="operation", summary="Is the process alive"),
            Route(method="GET", path="/readyz", handler=self.ready, access="open", tag="operation", summary="May traffic come"),
            Route(method="GET", path="/metrics", handler=self.metrics, access="open", tag="operation", summary="Prometheus metrics",
                  gives="text/plain"),
            Route(method="GET", path="/openapi.json", handler=self.openapi, access="open", tag="operation", summary="This description"),
        ]  # fmt: skip

    async def health(self, call: Call) -> dict[str, str]:
        """Answer while the process runs."""
        return {"status": "alive"}

    async def ready(self, call: Call) -> dict[str, str] | web.Response:
        """Answer 200 while messages can be stored."""
        trouble = self._is_ready()
        return problem("retry_later", trouble) if trouble else {"status": "ready"}

    async def metrics(self, call: Call) -> web.Response:
        """Return all figures in Prometheus' text format."""
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def openapi(self, call: Call) -> dict[str, object]:
        """Return the description of all routes."""
        if self._page is None:
            self._page = describe(self._front.routes)
        return self._page

    def collect(self) -> Iterable[Metric]:
        """Give the registry the present figures."""
        for name, value in self._figures().items():
            kind, about = METRICS[name]
            family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
            if isinstance(value, dict):
                metric = family(name, about, labels=["name"])
                for label, number in value.items():
                    metric.add_metric([label], number)
            else:
                metric = family(name, about, value=value)
            yield metric
        yield self._stages()

    def _stages(self) -> HistogramMetricFamily:
        name = "fastdesk_stage_seconds"
        metric = HistogramMetricFamily(name, METRICS[name][1], labels=["stage"])
        for stage, buckets in self._ledger.buckets.items():
            seen, rows = 0, []
            for exponent, count in enumerate(buckets):
                seen += count
                if exponent >= 9:  # below a microsecond there is nothing to see
                    rows.append((repr((1 << exponent) / 1e9), float(seen)))
            rows.append(("+Inf", float(seen)))
            metric.add_metric([stage], rows, sum_value=self._ledger.total_ns[stage] / 1e9)
        return metric
