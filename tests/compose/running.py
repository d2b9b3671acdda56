"""All services as processes: begun in the order of the file, asked whether they are well, ended as by Docker."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptopredict.embedded import process
from tests.compose import reading
from tests.compose.making import WEB_PORT, Container, Yard, replace
from tests.compose.ways import Broken, Log, tail

START_SECONDS = 600


@dataclass
class Stack:
    """What runs.

    Attributes:
        tell: is told of each that begins.
        faults: what went wrong after all had begun.
    """

    yard: Yard
    services: Mapping[str, reading.Service]
    scale: Mapping[str, int]
    tell: Callable[[Container], object]
    containers: list[Container] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def up(self) -> None:
        """Until everything runs that goes on, is well where it can be asked, and has ended where it ends.

        Raises:
            Broken: something is not.
        """
        waiting, deadline = dict(self.services), time.monotonic() + START_SECONDS
        while waiting or not all(map(self.is_there, self.containers)):
            for name, service in list(waiting.items()):
                if all(self.holds(other, condition) for other, condition in service.waits_for.items()):
                    del waiting[name]
                    for number in range(self.scale.get(name, 1)):
                        self.begin(service, number + 1)
            self.look()
            if self.faults:
                raise Broken("; ".join(self.faults))
            if time.monotonic() > deadline:
                late = [one.name for one in self.containers if not self.is_there(one)]
                raise Broken(f"not there after {START_SECONDS} s: {late}, not begun: {list(waiting)}")
            time.sleep(0.05)

    def begin(self, service: reading.Service, number: int) -> None:
        made = self.yard.make(service, number)
        with made.log.open("ab") as log:
            made.process = process.spawn(
                made.command,
                account=made.account,
                environment=made.environment,
                cwd=made.directory,
                output=log,
            )
        made.started = time.monotonic()
        if made.health is not None:
            made.next_question = made.started + made.health.interval
        self.containers.append(made)
        self.tell(made)

    def of(self, service: str) -> list[Container]:
        return [one for one in self.containers if one.service.name == service]

    def holds(self, service: str, condition: str) -> bool:
        """A condition of ``depends_on``."""
        there = self.of(service)
        if condition == "service_healthy":
            return bool(there) and all(one.is_healthy for one in there)
        if condition == "service_completed_successfully":
            return bool(there) and all(one.process is not None and one.process.poll() == 0 for one in there)
        raise reading.NotUnderstood(f"{condition}: a condition that is not carried out here")

    def is_there(self, one: Container) -> bool:
        if one.ends:
            return one.process is not None and one.process.poll() == 0
        return one.is_healthy or one.health is None

    def look(self) -> None:
        """What has ended, and who is to be asked now."""
        for one in self.containers:
            status = one.process.poll() if one.process is not None else None
            if status is not None and (status or not one.ends):
                fault = f"{one.name} ended with status {status}: {tail(read(one))}"
                if fault not in self.faults:
                    self.faults.append(fault)
            elif status is None and one.health is not None and time.monotonic() >= one.next_question:
                self.ask(one, one.health)

    def ask(self, one: Container, health: reading.Health) -> None:
        """Whether it is well, as Docker asks."""
        try:
            asked = subprocess.run(
                health.command,
                env=one.environment,
                cwd=one.directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=health.timeout,
                check=False,
                **process.as_user(one.account),
            )
            is_well, answer = asked.returncode == 0, (asked.stdout + asked.stderr).strip()
        except subprocess.TimeoutExpired:
            is_well, answer = False, f"no answer within {health.timeout} s"
        one.asked += 1
        one.next_question = time.monotonic() + health.interval
        counts = is_well or one.is_healthy or time.monotonic() > one.started + health.start_period
        one.bad_answers = 0 if is_well else one.bad_answers + counts
        one.is_healthy = is_well or (one.is_healthy and one.bad_answers < health.retries)
        if one.bad_answers == health.retries:
            self.faults.append(f"{one.name} is unhealthy: {answer}; {tail(read(one))}")

    def addresses(self) -> list[str]:
        """Of each web process."""
        return [f"http://127.0.0.1:{one.replaced[str(WEB_PORT)]}" for one in self.of("web")]

    def variables(self) -> dict[str, str]:
        """With which a program of this machine works beside the services: those of who may do everything."""
        (migrate,) = self.of("migrate")
        return {name: value for name, value in migrate.environment.items() if name not in {"PATH", "HOME"}}

    def logs(self) -> Iterator[Log]:
        for one in self.containers:
            yield Log(one.name, one.service.name, read(one))

    def differences(self) -> list[str]:
        """What is said otherwise than in the file, each once."""
        here = {str(self.yard.root): "…"}
        said = {
            f"{place} -> {replace(now, here | {one.name: '(container)'})}"
            for one in self.containers
            for place, now in one.replaced.items()
        }
        return [*(f"not carried out: {' '.join(step.split())}" for step in self.yard.built.passed_over), *sorted(said)]

    def stop(self) -> list[str]:
        """End everything, what was begun last first.

        Returns:
            Who had to be killed.
        """
        killed = []
        for one in reversed(self.containers):
            if one.process is None or one.process.poll() is not None:
                continue
            one.process.send_signal(one.stop)
            try:
                one.process.wait(one.service.grace)
            except subprocess.TimeoutExpired:
                killed.append(one.name)
                one.process.send_signal(signal.SIGKILL)
                one.process.wait()
        return killed

    def remove(self) -> None:
        """Nothing stays but files in the directory of the run."""


def read(one: Container) -> str:
    return one.log.read_text(errors="replace")
