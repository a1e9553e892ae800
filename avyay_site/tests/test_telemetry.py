"""Traces and metrics to a collector: a small one of our own that counts what it is sent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SCRIPT = """
import os, sys, time
import django
django.setup()
from types import SimpleNamespace
from django.test import Client
from celery import signals
from avyay_site import telemetry
from avyay_site.notifications.tasks import send_due
client = Client(headers={"traceparent": os.environ["PARENT"], "Host": "localhost"})
started = time.perf_counter()
for number in range(int(os.environ["REQUESTS"])):
    assert client.get("/healthz?api_key=avy_live_abcdefghijklmnop").status_code == 200
client.get("/join/avy_live_abcdefghijklmnop/nothing")
telemetry.trace_tasks()
task = SimpleNamespace(name=send_due.name, request=SimpleNamespace(avyay_trace=os.environ["PARENT"]))
signals.task_prerun.send(sender=None, task_id="1", task=task)
signals.task_postrun.send(sender=None, task_id="1", task=task, state="SUCCESS")
print(time.perf_counter() - started)
"""


class Collector:
    """Takes OTLP over HTTP and keeps it."""

    def __init__(self) -> None:
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.raw = b""
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.raw += body
                outer.headers.append(dict(self.headers))
                if self.path == "/v1/traces":
                    outer.traces.append(ExportTraceServiceRequest.FromString(body))
                if self.path == "/v1/metrics":
                    outer.metrics.append(ExportMetricsServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def spans(self):
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


def run(endpoint: str, *, requests: int = 3, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a process of the platform: the SDK can be set up only once in each."""
    environment = {**os.environ, "PARENT": PARENT, "REQUESTS": str(requests), **more}
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint} if endpoint else {}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_requests_and_tasks_become_spans_of_their_callers_trace(collector):
    result = run(
        f"http://127.0.0.1:{collector.server.server_port}",
        OTEL_EXPORTER_OTLP_HEADERS="dd-api-key=abc",
        OTEL_SERVICE_NAME="avyay-test",
    )

    names = [span.name for span in collector.spans]
    assert names.count("GET healthz") == 3
    assert "GET unmatched" in names
    assert "avyay_site.notifications.tasks.send_due" in names
    assert {span.trace_id.hex() for span in collector.spans} == {PARENT.split("-")[1]}
    assert {span.parent_span_id.hex() for span in collector.spans} == {PARENT.split("-")[2]}
    assert all(headers["dd-api-key"] == "abc" for headers in collector.headers)
    assert b"avyay-test" in collector.raw
    metric_names = {
        metric.name
        for request in collector.metrics
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert {"http.server.request.duration", "avyay.task.duration"} <= metric_names
    lines = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert any(line.get("trace_id") == PARENT.split("-")[1] for line in lines)


def test_no_secret_of_a_request_leaves_by_a_span(collector):
    run(f"http://127.0.0.1:{collector.server.server_port}")

    assert collector.spans
    assert b"avy_live" not in collector.raw


def test_without_an_endpoint_nothing_is_set_up():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL")}
    script = SCRIPT + "assert 'avyay_site.telemetry_export' not in sys.modules\n"

    subprocess.run(
        [sys.executable, "-c", script],
        env=environment | {"PARENT": PARENT, "REQUESTS": "1"},
        check=True,
        timeout=60,
    )


def test_a_collector_that_hangs_holds_up_neither_requests_nor_the_end():
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        endpoint = f"http://127.0.0.1:{black_hole.getsockname()[1]}"
        began = time.monotonic()
        result = run(endpoint, requests=300, OTEL_BSP_SCHEDULE_DELAY="50")

    assert float(result.stdout.splitlines()[-1]) < 5
    assert time.monotonic() - began < 20
