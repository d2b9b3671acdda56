"""A mail server that keeps what it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Post(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs to hand over a mail; ``refuses`` answers it with a temporary failure, and what
    ``hangs`` is a word of a client that is never answered."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self.hangs: bytes | None = None
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Conversation(socketserver.StreamRequestHandler):
    server: Post

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say("220 stub")
        while line := self.rfile.readline():
            match line.split()[0].upper():
                case word if word == self.server.hangs:
                    self.server.over.wait(30)
                    return
                case b"DATA":
                    self.say("354 go on")
                    self.keep()
                case b"MAIL" if self.server.refuses:
                    self.say("451 later")
                case b"QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")

    def keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self.say("250 kept")


@contextmanager
def mail_server() -> Iterator[Post]:
    """A mail server on a free port until the block ends."""
    with Post() as post:
        thread = threading.Thread(target=post.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield post
        finally:
            post.over.set()
            post.shutdown()
            thread.join(5)
