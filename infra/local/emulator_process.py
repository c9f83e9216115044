"""The emulator of AWS, served over TLS on one loopback port; run by the interpreter of `.venv-local`."""

from __future__ import annotations

import asyncio
import os
import resource
import signal

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app
from ministack.core import tls

from infra.local.corrections import apply_corrections


async def _serve() -> None:
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.certfile, config.keyfile = tls.resolve_tls_material()
    config.keep_alive_timeout = 75
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(app, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    apply_corrections()
    asyncio.run(_serve())
