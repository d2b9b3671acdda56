#!/usr/bin/env python
"""Command line of CryptoPredict. Commands that need the database start or join the embedded services first."""

import os
import sys


def main(arguments: list[str]) -> int:
    """Run a management command; answer expected faults with one sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    try:
        if arguments[1:2] == ["with_services"]:  # needs no model, and Django takes seconds to load them
            from cryptopredict.management.commands.with_services import Command

            Command().run_from_argv(arguments)
            return 0
        from cryptopredict import embedded

        with embedded.services_for(arguments):
            from django.core.management import execute_from_command_line

            execute_from_command_line(arguments)
    except Exception as error:
        from cryptopredict import faults

        sentence = faults.explain(error)
        if sentence is None or "--traceback" in arguments:
            raise
        print(sentence, file=sys.stderr)
        return faults.EXIT_STATUS
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
