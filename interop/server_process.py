"""Starts a server in a fresh folder and exchanges lines with it."""

import json
import queue
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ANSWER_TIMEOUT = 5.0
EXIT_TIMEOUT = 5.0


def orders_args(folder):
    """The arguments that make the orders server speak stdio on a fresh seeded database in `folder`."""
    return ["serve", "--db", str(Path(folder) / "orders.db"), "--seed"]


def no_args(_folder):
    """The arguments of a server that takes none, such as the fixture."""
    return []


class ServerProcess:
    """One server process, its standard input, and a queue of the lines it writes."""

    def __init__(self, server, arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="toolwright-interop-")
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [server, *arguments(self.folder.name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def path(self, name):
        """The path of a file in the folder, which is removed at the end."""
        return Path(self.folder.name) / name

    def send(self, message):
        """Writes one frame: an object as JSON, text as it stands."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def next_line(self, timeout=ANSWER_TIMEOUT):
        """The next line, or None when the server is silent for that long or has closed its output."""
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            return None
        if line is None:
            self.lines.put(None)
        return line

    def close(self):
        """Closes standard input; returns the lines still written, the exit code and standard error."""
        deadline = time.monotonic() + EXIT_TIMEOUT
        try:
            self.process.stdin.close()
        except OSError:
            pass  # The server has gone already; its exit code says how.
        last = []
        while (line := self.next_line(max(0.0, deadline - time.monotonic()))) is not None:
            last.append(line)
        try:
            code = self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self.stderr.seek(0)
        log = self.stderr.read().decode(errors="replace")
        self.stderr.close()
        self.folder.cleanup()
        return last, code, log
