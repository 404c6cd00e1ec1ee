"""Starts a server that speaks HTTP on a port of its own choice."""

import re
import subprocess
import threading

START_TIMEOUT = 10.0
EXIT_TIMEOUT = 10.0
URL = re.compile(r"http://127\.0\.0\.1:\d+/mcp")


class HttpServer:
    """One server process, the URL it names on standard error, and all it says there."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [server, "--http", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self.log = []
        self.url = None
        self.known = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.known.wait(START_TIMEOUT)

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = URL.search(line)
            if found and self.url is None:
                self.url = found.group()
                self.known.set()
        self.known.set()

    def close(self):
        """Stops it; what was wrong with its end, or None."""
        code = self.process.poll()
        if code is not None:
            return f"the server ended by itself, exit code {code}"
        self.process.terminate()
        try:
            code = self.process.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"the server was told to end and did not in {EXIT_TIMEOUT:.0f} s"
        self.reader.join(EXIT_TIMEOUT)
        return f"the server was told to end, exit code {code}" if code else None
