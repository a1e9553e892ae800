"""Set up OpenTelemetry's SDK; imported only when a collector is named, because it takes a while to load."""

from __future__ import annotations

import atexit
import threading

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from avyay_site import env

FAREWELL_SECONDS = 1.0
"""How long a stopping process tries to hand over its last batch."""


def set_up() -> None:
    """Make the providers that the standard `OTEL_*` variables describe."""
    resource = Resource.create({"service.name": env.text("OTEL_SERVICE_NAME", "avyay")})
    tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracing)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metering = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(metering)
    atexit.register(_say_farewell, tracing, metering)


def _say_farewell(tracing: TracerProvider, metering: MeterProvider) -> None:
    """Flush, but not for longer than a stop may take: the SDK alone would wait for a collector that is away."""
    threads = [threading.Thread(target=each.shutdown, daemon=True) for each in (tracing, metering)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FAREWELL_SECONDS)
