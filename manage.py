#!/usr/bin/env python
"""Command line of CryptoPredict. Commands that need the database start or join the embedded services first."""

import os
import sys

from cryptopredict import openmp


def main(arguments: list[str]) -> int:
    """Run a management command; answer expected faults with one sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    openmp.provide()
    try:
        return run(arguments)
    except Exception as error:
        from cryptopredict import faults

        sentence = faults.explain(error)
        if sentence is None or "--traceback" in arguments:
            raise
        sys.stderr.write(f"{sentence}\n")
        return faults.EXIT_STATUS


def run(arguments: list[str]) -> int:
    """The command's exit status. Some commands begin before Django is loaded, which takes seconds or may fail."""
    early = EARLY.get(arguments[1] if len(arguments) > 1 else "")
    if early is not None and "--help" not in arguments[2:3]:
        return early(arguments[2:])
    from cryptopredict import embedded

    with embedded.services_for(arguments):
        from django.core.management import execute_from_command_line

        execute_from_command_line(arguments)
    return 0


def with_services(arguments: list[str]) -> int:
    from cryptopredict.embedded.wrapper import run_with_services

    return run_with_services(arguments)


def up(arguments: list[str]) -> int:
    from cryptopredict.running.product import up

    return up(arguments)


def doctor(_: list[str]) -> int:
    from cryptopredict.doctor import main

    return main()


EARLY = {"with_services": with_services, "up": up, "doctor": doctor}

if __name__ == "__main__":
    sys.exit(main(sys.argv))
