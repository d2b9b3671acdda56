"""Stands in for ``valkey-cli``, which the package with the server does not bring: sends its words to the server.

With ``-e`` it ends with status 1 when the server answers with an error, as the client does; without, with 0.
"""

import argparse
import os
import sys

import redis

parser = argparse.ArgumentParser(prog="valkey-cli")
parser.add_argument("-e", action="store_true")
parser.add_argument("-p", type=int, default=6379)
parser.add_argument("words", nargs="+")
asked = parser.parse_args()
try:
    with redis.Redis(port=asked.p, password=os.environ.get("REDISCLI_AUTH"), decode_responses=True) as server:
        sys.stdout.write(f"{server.execute_command(*asked.words)}\n")
except redis.ConnectionError as error:
    sys.exit(f"Could not connect: {error}")
except redis.ResponseError as error:
    sys.stdout.write(f"{error}\n")
    sys.exit(int(asked.e))
