"""Starts a server on HTTP, and stops it as a service manager would."""

import queue
import re
import subprocess
import threading
import time

START_TIMEOUT = 10.0
EXIT_TIMEOUT = 3.0
URL = re.compile(r"http://127\.0\.0\.1:\d+/mcp")


class HttpServer:
    """One server on a port of its own; `command` is all but where it listens."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [*command, "--http", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.log = []
        self.urls = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.url = self._wait_for_url()

    def _read(self):
        # The log is read to its end, for a server must never wait for a full pipe.
        for raw in self.process.stderr:
            line = raw.decode(errors="replace").rstrip()
            self.log.append(line)
            if found := URL.search(line):
                self.urls.put(found.group())
        self.urls.put(None)

    def _wait_for_url(self):
        try:
            url = self.urls.get(timeout=START_TIMEOUT)
        except queue.Empty:
            url = None
        if url is None:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"the server named no URL on standard error:\n{self.log_end()}")
        return url

    def log_end(self):
        """The last lines of the log."""
        return "\n".join(self.log[-12:])

    def stop(self):
        """Asks the server to end; returns what is wrong with how it did."""
        began = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join(EXIT_TIMEOUT)
        faults = [f"the log tells of a panic: {line}" for line in self.log if "panicked at" in line]
        if time.monotonic() - began >= EXIT_TIMEOUT:
            return [*faults, f"the server did not end within {EXIT_TIMEOUT} s of SIGTERM"]
        return faults if code == 0 else [*faults, f"after SIGTERM the server's exit code was {code}"]
