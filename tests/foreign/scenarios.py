"""Scenarios of a client of others: declared with @scenario, run in order, one printed line each.

What a client is told of the server comes from the environment (scripts/foreign-clients sets it):

BOTHWAYS_HOST       host and port, TLS
BOTHWAYS_EMAIL      who signs in
BOTHWAYS_PASSWORD   with this password, or with
BOTHWAYS_TOKEN      this token for the Graph path
"""

import asyncio
import inspect
import os
import struct
import sys
import traceback
import zlib

HOST = os.environ["BOTHWAYS_HOST"]
EMAIL = os.environ["BOTHWAYS_EMAIL"]
PASSWORD = os.environ["BOTHWAYS_PASSWORD"]
TOKEN = os.environ["BOTHWAYS_TOKEN"]



def _chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# A red pixel.
PNG = b"\x89PNG\r\n\x1a\n" + b"".join([
    _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
    _chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")),
    _chunk(b"IEND", b""),
])

_scenarios = []


def scenario(function):
    """Adds a scenario; its name, read as a sentence, is what is printed."""
    _scenarios.append(function)
    return function


def equal(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


async def _run(client):
    failed = 0
    for function in _scenarios:
        name = function.__name__.replace("_", " ")
        try:
            result = function()
            if inspect.isawaitable(result):
                await result
            print(f"ok      {client}: {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {client}: {name}", flush=True)
            traceback.print_exc()
    return failed


def main(client):
    sys.exit(1 if asyncio.run(_run(client)) else 0)
