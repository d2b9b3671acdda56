"""Serve assistants by the Model Context Protocol."""

import os
from argparse import ArgumentParser
from typing import Any

import anyio
import uvicorn
from django.core.management.base import BaseCommand, CommandError

from accounts.services import authenticate_token
from cryptopredict.mcp_server.callers import UNKNOWN, Caller
from cryptopredict.mcp_server.server import http_application, make_server

LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    help = (
        "Serve an assistant by the Model Context Protocol: over stdin and stdout with CRYPTOPREDICT_TOKEN, "
        "or with --http many of them, each with a token of its own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--http", action="store_true", help="serve over HTTP at /mcp")
        parser.add_argument("--host", default=LOOPBACK, help=f"address to listen on; default {LOOPBACK}")
        parser.add_argument("--port", type=int, default=8010, help="port to listen on; default 8010")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["http"]:
            application = http_application(options["host"])
            uvicorn.run(
                application,
                host=options["host"],
                port=options["port"],
                log_level="warning",
                ws="none",
                # Else a caller names the address that he likes.
                proxy_headers=bool(os.environ.get("FORWARDED_ALLOW_IPS")),
            )
            return
        secret = os.environ.get("CRYPTOPREDICT_TOKEN", "")
        if authenticate_token(secret, address=LOOPBACK) is None:
            raise CommandError(f"CRYPTOPREDICT_TOKEN: {UNKNOWN}")
        anyio.run(make_server(Caller(secret, LOOPBACK)).run_stdio_async)
