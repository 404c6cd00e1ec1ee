"""Stands between a client and a server on stdio, copies both directions and records each line.

Usage: python recorder.py FOLDER -- COMMAND [ARGUMENT …]

Each run writes a file of its own into FOLDER: one JSON array per line, of who wrote ("client" or "server") and what.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path


def main():
    """Runs the server until it ends; exits with its code."""
    folder, separator, *command = sys.argv[1:]
    if separator != "--" or not command:
        sys.exit(__doc__)
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lock = threading.Lock()
    with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:

        def copy(who, source, sink):
            # What is recorded before it is passed on stands before its answer.
            for line in source:
                with lock:
                    file.write(json.dumps([who, line.decode(errors="replace")]) + "\n")
                    file.flush()
                try:
                    sink.write(line)
                    sink.flush()
                except OSError:
                    return  # The reader has gone; the other direction may still have something to say.

        def copy_input():
            copy("client", sys.stdin.buffer, server.stdin)
            try:
                server.stdin.close()
            except OSError:
                pass

        threading.Thread(target=copy_input, daemon=True).start()
        copy("server", server.stdout, sys.stdout.buffer)
        code = server.wait()
        # The thread may still hold standard input, for which an ordinary exit would wait.
        os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
