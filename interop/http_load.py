"""Puts load on the example `load` over HTTP: crowds, slow tools, clients that never read, sessions, many tools.

Answers and memory must be right; times are only told, for they are the machine's.
Usage: python http_load.py --server PATH
"""

import argparse
import asyncio
import random
import resource
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from http_server import HttpServer
from load_client import Address, Client
from process_figures import Figures

CROWD = 10_000
# What the two processes need besides their connections.
SPARE_FILES = 200
AT_ONCE = 200
MOST_FOR_CONNECTION = 32  # KiB
SLOW_CALLS, SLOW_MILLISECONDS = 1_000, 500
# How many connections ask for how many answers of 64 KiB, and read none.
DEAF = ((100, 40), (500, 2))
DEAF_SECONDS = 3
MOST_FOR_DEAF = 32 * 1024  # KiB
FEW = 64
SESSIONS, MOST_FOR_SESSION = 1_000, 8  # KiB
CALLS = 5_000
GROSS = 3


class Load:
    """One server under load: where it is, what it costs, and what was wrong."""

    def __init__(self, server):
        self.address = Address(server.url)
        self.figures = Figures(server.process.pid)
        self.faults = []

    def expect(self, what, is_so):
        """Records a fault unless it is so."""
        if not is_so:
            self.faults.append(what)

    async def connect(self, number):
        """So many clients."""
        return await each(range(number), lambda _: Client.connect(self.address))

    async def say(self, client, tool="echo", **arguments):
        """One call with a nonce of its own, which must come back."""
        self.faults += await client.says(tool, f"nonce {random.getrandbits(64):x}", **arguments)


async def each(items, work):
    """Does `work` with each item, some at once."""
    items, done = iter(items), []

    async def worker():
        for item in items:
            done.append(await work(item))

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return done


def close(clients):
    """Ends all connections."""
    for client in clients:
        client.close()


async def crowd(load):
    """Connections that are kept alive, each with three calls: the first at once, then in any order."""
    number = min(CROWD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)
    before, began = load.figures.resident(), time.monotonic()

    async def enter(_):
        client = await Client.connect(load.address)
        await load.say(client)
        return client

    clients = await each(range(number), enter)
    order = clients * 2
    random.shuffle(order)
    await each(order, load.say)
    during, seconds = load.figures.resident(), time.monotonic() - began
    load.expect("some connections were closed", not any(client.transport.is_closing() for client in clients))
    cost = (during - before) / number
    load.expect(f"a connection costs {cost:.1f} KiB", cost <= MOST_FOR_CONNECTION)
    close(clients)
    await asyncio.sleep(1)
    return (
        f"{number} connections, {3 * number} calls in {seconds:.1f} s; memory {mib(before)} before, "
        f"{mib(during)} during ({cost:.1f} KiB each), {mib(load.figures.resident())} after"
    )


async def slow(load):
    """Slow tools all at once, with quick ones in between."""
    clients, quick = await load.connect(SLOW_CALLS), await Client.connect(load.address)
    # The first call of each shows that it is there; only then are all asked at once.
    await each(clients, load.say)
    began, delays = time.monotonic(), []
    calls = asyncio.gather(*(load.say(client, "wait", milliseconds=SLOW_MILLISECONDS) for client in clients))
    while not calls.done():
        asked = time.monotonic()
        await load.say(quick)
        delays.append(time.monotonic() - asked)
    await calls
    seconds = time.monotonic() - began
    close([*clients, quick])
    return (
        f"{SLOW_CALLS} calls of {SLOW_MILLISECONDS} ms in {seconds:.2f} s, and {len(delays)} quick ones meanwhile, "
        f"{median(delays) * 1000:.1f} ms in the median"
    )


async def deaf(load):
    """Clients that ask for much and never read, while another's calls are answered."""
    client = await Client.connect(load.address)
    await load.say(client)
    before = load.figures.resident()
    load.figures.forget_peak()
    request, sockets, calls = load.address.call("fill", kibibytes=64), [], 0
    for connections, requests in DEAF:
        for _ in range(connections):
            sockets.append(listener := socket.create_connection((load.address.host, load.address.port)))
            listener.setblocking(False)
            listener.send(request * requests)
            await load.say(client)
            calls += 1
    end = time.monotonic() + DEAF_SECONDS
    while time.monotonic() < end:
        await load.say(client)
        calls += 1
    growth = load.figures.peak() - before
    load.expect(f"the server's memory grew by {mib(growth)}", growth <= MOST_FOR_DEAF)
    for listener in sockets:
        listener.close()
    await load.say(client)
    client.close()
    asked = sum(connections * requests for connections, requests in DEAF)
    return (
        f"{asked} answers of 64 KiB to {len(sockets)} clients that never read: memory grew by {mib(growth)} at most; "
        f"{calls} calls of another client were answered"
    )


async def few(load):
    """What remains of some connections."""
    idle = load.figures.resident()
    clients = await load.connect(FEW)
    await each(clients * 20, load.say)
    during = load.figures.resident()
    close(clients)
    await asyncio.sleep(0.5)
    after = load.figures.resident()
    load.expect(f"{mib(idle)} idle, {mib(after)} after {FEW} connections", after <= 2 * idle)
    return f"{mib(idle)} idle, {mib(during)} with {FEW} connections, {mib(after)} after them"


async def sessions(load):
    """Sessions of the older versions, begun and left."""
    clients = await load.connect(AT_ONCE)
    await each(clients, load.say)
    before = load.figures.resident()
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
    begin = load.address.post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    async def start(number):
        client = clients[number % len(clients)]
        status, headers, _ = await client.send(begin)
        session = headers.get("mcp-session-id")
        accepted, _, _ = await client.send(load.address.post(ready, mcp_session_id=session))
        load.expect(f"session {number} began with {status} and {accepted}", (status, accepted) == (200, 202))
        return session

    started = await each(range(SESSIONS), start)
    cost = (load.figures.resident() - before) / SESSIONS
    load.expect("two sessions have one id", len(set(started)) == SESSIONS)
    load.expect(f"a session costs {cost:.1f} KiB", cost <= MOST_FOR_SESSION)
    close(clients)
    return f"{SESSIONS} sessions, {cost:.1f} KiB each"


async def time_of(load, request, number):
    """The server's processor time for one of so many requests, in µs."""
    client = await Client.connect(load.address)
    best = float("inf")
    for _ in range(3):
        before = load.figures.cpu()
        for _ in range(number // 50):
            answers = await asyncio.gather(*(client.send(request) for _ in range(50)))
            load.expect("a call failed", all(status == 200 for status, _, _ in answers))
        best = min(best, (load.figures.cpu() - before) / number)
    client.close()
    return best * 1e6


async def call_cost(load):
    """What a call costs."""
    return await time_of(load, load.address.call("echo", text="hello"), CALLS)


async def list_cost(load):
    """What it costs to list the tools."""
    return await time_of(load, load.address.request("tools/list", {}), 200)


def many_tools(server):
    """What the number of tools costs, by calls and by lists."""
    calls, lists, faults = {}, {}, []
    for tools in (0, 10, 100, 1_000):
        with under_load(server, tools) as load:
            calls[tools] = asyncio.run(call_cost(load))
            lists[tools] = asyncio.run(list_cost(load))
        faults += load.faults
    if calls[1_000] > GROSS * calls[0]:
        faults.append(f"a call costs {calls[1_000]:.1f} µs among 1,000 tools and {calls[0]:.1f} µs without them")
    if lists[1_000] > GROSS * 10 * lists[100]:
        faults.append(f"a list of 1,000 tools costs {lists[1_000]:.0f} µs, one of 100 {lists[100]:.0f} µs")
    costs = "; ".join(f"{tools:,} more tools: a call {calls[tools]:.1f} µs, a list {lists[tools]:.0f} µs" for tools in calls)
    return f"processor time with {costs}", faults


@contextmanager
def under_load(server, tools=0):
    """A fresh server with so many more tools, that must end as it should."""
    process = HttpServer(["env", f"LOAD_TOOLS={tools}", server])
    load = Load(process)
    try:
        yield load
    finally:
        load.faults += process.stop()


def alone(scenario):
    """Runs a scenario on a server of its own; gives what it tells, and the faults."""

    def run(server):
        with under_load(server) as load:
            told = asyncio.run(scenario(load))
        return told, load.faults

    return run


def mib(kib):
    """KiB, for people."""
    return f"{kib / 1024:.1f} MiB"


def median(values):
    """The middle of some values."""
    return sorted(values)[len(values) // 2]


SCENARIOS = {
    "crowd": alone(crowd),
    "slow tools": alone(slow),
    "deaf clients": alone(deaf),
    "few connections": alone(few),
    "sessions": alone(sessions),
    "many tools": many_tools,
}


def main():
    """Runs all scenarios; exits with 1 after any fault."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the executable of the example `load`")
    options.add_argument("--only", help="one scenario")
    arguments = options.parse_args()
    if not Path("/proc/self/schedstat").exists():
        print("nothing is measured: this system does not tell a process's memory and time as Linux does")
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = min(hard, 2 * CROWD) if hard != resource.RLIM_INFINITY else 2 * CROWD
    # The server inherits it.
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    failed = 0
    scenarios = {arguments.only: SCENARIOS[arguments.only]} if arguments.only else SCENARIOS
    for name, run in scenarios.items():
        told, faults = run(arguments.server)
        print(f"{name}: {told}")
        for fault in faults[:20]:
            print(f"FAIL {name}: {fault} ({len(faults)} faults)", file=sys.stderr)
        failed += bool(faults)
    print(f"{len(scenarios) - failed} of {len(scenarios)} loads are borne")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
