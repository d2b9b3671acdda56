"""Running any command with the embedded services. Needs no Django, which takes seconds to load."""

import os
import signal
from collections.abc import Mapping, Sequence

from cryptopredict import embedded, environment
from cryptopredict.embedded import process

PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
NOTED = (signal.SIGINT, *PASSED_ON)


def run_with_services(arguments: Sequence[str]) -> int:
    """Run the command in ``arguments`` with the addresses of the services in its environment.

    Returns:
        The command's exit status as a shell gives it.

    Raises:
        ServicesError: no command is named, it cannot be started, or a server cannot.
    """
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not command:
        raise embedded.ServicesError("Name a command to run: manage.py with_services -- CMD.")
    environment.load()
    services = embedded.wanted()
    if not services:
        return run(command, os.environ)
    with embedded.attached(environment.home(), services) as running:
        return run(command, os.environ | running.variables)


def run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Ctrl-C reaches the command by itself, because it has our terminal; other signals are passed on."""
    waiting: list[int] = []
    before = {number: signal.signal(number, lambda received, _: waiting.append(received)) for number in NOTED}
    try:
        child = process.spawn(command, environment=variables, foreground=True)
    except OSError as error:
        raise embedded.ServicesError(f"{command[0]}: {error.strerror}; check the name of the command.") from None
    for number in PASSED_ON:
        signal.signal(number, lambda received, _: child.send_signal(received))
    for received in waiting:
        child.send_signal(received)
    status = child.wait()
    for noted, handler in before.items():
        signal.signal(noted, handler)
    return status if status >= 0 else 128 - status
