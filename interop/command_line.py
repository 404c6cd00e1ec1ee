"""Our own command on servers that nobody here wrote, on projects it made, and on a bundle it packed.

Usage: python command_line.py --toolwright PATH --node PATH --packages FOLDER --fastmcp PYTHON --rmcp PATH
       --clone FOLDER --target FOLDER
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

TIME_LIMIT = 60
BUILD_LIMIT = 900
TEMPLATES = ("hello", "database", "http-api", "orders")
HERE = Path(__file__).parent


class Command:
    """Our command, and the faults found with it."""

    def __init__(self, options):
        self.path = options.toolwright
        self.faults = []
        self.count = 0
        # The scripts that npm installs ask for `node` by its name.
        node = Path(shutil.which(options.node) or options.node).parent
        self.environment = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}

    def run(self, *arguments, expect="", code=0, folder=None, limit=TIME_LIMIT, program=None):
        """Runs it; faults another exit code and words that are absent; returns its standard output."""
        self.count += 1
        command = [program or self.path, *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit, cwd=folder, env=self.environment,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return self.fail(arguments, f"no end in {limit} s")
        if done.returncode != code or expect not in done.stdout:
            return self.fail(
                arguments, f"exit code {done.returncode}, wanted {code} and {expect!r}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def fail(self, arguments, why):
        """Records a fault."""
        self.faults.append(f"toolwright {' '.join(map(str, arguments))}: {why[-3000:]}")
        return ""


def visits(options, folder):
    """The servers: what each is started by, and what is done with it: arguments, and what has to be said."""
    bins = Path(options.packages) / "node_modules/.bin"
    node = lambda name, *more: " ".join([f"'{options.node}' '{bins / name}'", *more])
    script = lambda line: f"'{options.node}' '{HERE / 'typescript_server.mjs'}' '{options.packages}' {line}"
    sums = ("call", "sum", "a=2", "b=40"), "42"
    asks = ("call", "ask", "--answer", "name=Ada"), "accept Ada"
    note = ("read", "note://one"), "first note"
    changed = ("read", "note://one", "--after-change", "--timeout", "20"), "first note"
    page = "demo://resource/static/document/features.md"
    entity = 'entities:=[{"name": "Ada", "entityType": "person", "observations": ["counts"]}]'
    (folder / "note.txt").write_text("a note in a file", encoding="utf-8")
    return {
        "server-everything": (node("mcp-server-everything"), [
            (("call", "get-sum", "a=2", "b=40"), "42"),
            (("call", "trigger-elicitation-request", "--answer", "name=Ada"), "- Name: Ada"),
            (("call", "trigger-elicitation-request", "--decline"), "decline"),
            (("call", "trigger-long-running-operation", "duration=1", "steps=2"), "completed"),
            (("read", page), "Everything Server"),
            (("prompt", "args-prompt", "city=Berlin"), "Berlin"),
        ]),
        "server-filesystem": (node("mcp-server-filesystem", f"'{folder}'"), [
            (("call", "read_text_file", f"path={folder / 'note.txt'}"), "a note in a file"),
            (("call", "list_directory", f"path={folder}"), "[FILE] note.txt"),
        ]),
        "server-memory": (node("mcp-server-memory"), [
            (("call", "create_entities", entity), "counts"),
        ]),
        "TypeScript SDK 1.x": (script(1), [sums, asks, note, changed]),
        "TypeScript SDK 2.x": (script(2), [sums, asks, note, changed]),
        "FastMCP": (f"'{options.fastmcp}' -B '{HERE / 'fastmcp_server.py'}'", [
            sums, note,
            # It asks in two ways, one for each era.
            (("call", "ask", "--answer", "value=Ada", "--protocol", "2025-11-25"), "accept Ada"),
            (("call", "ask_first", "--answer", "value=Ada"), "accept {'value': 'Ada'}"),
        ]),
        "rmcp": (f"'{options.rmcp}'", [
            sums, note, changed,
            ((*changed[0], "--protocol", "2025-11-25"), "first note"),
            ((*asks[0], "--protocol", "2025-11-25"), "accept Ada"),
        ]),
    }


def visit(command, options, folder):
    """Lists, inspects, calls, reads, subscribes and answers."""
    for name, (server, steps) in visits(options, folder).items():
        command.run("list", server, expect="Tools\n")
        inspected = json.loads(command.run("inspect", server, "--json") or "{}")
        if not inspected.get("tokens", {}).get("total"):
            command.fail(("inspect", name), "its tools cost nothing")
        for (verb, *rest), expect in steps:
            command.run(verb, server, *rest, expect=expect)


def one_stream(command, options):
    """The same over HTTP+SSE, as servers of 2024-11-05 speak it: all answers and questions come on one stream."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(options.packages) / "node_modules/.bin/mcp-server-everything"
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    environment = {**command.environment, "PORT": str(port)}
    server = subprocess.Popen([options.node, script, "sse"], text=True, env=environment, **pipes)
    try:
        if not any("running on port" in line for line in server.stderr):
            command.fail(("list", "sse"), "the server did not start")
            return
        url = f"http://127.0.0.1:{port}/sse"
        command.run("list", url, expect="  get-sum(a, b)")
        command.run("call", url, "get-sum", "a=2", "b=40", expect="42")
        command.run("call", url, "trigger-elicitation-request", "--answer", "name=Ada", expect="- Name: Ada")
    finally:
        server.kill()
        server.wait()


def projects(command, options, folder):
    """Makes a project of each template; all build and pass their tests, in one folder for what is built."""
    for template in TEMPLATES:
        arguments = ["new", f"made-{template}", "--template", template, "--toolwright-path"]
        command.run(*arguments, f"{options.clone}/crates/toolwright", folder=folder)
    members = json.dumps([f"made-{template}" for template in TEMPLATES])
    (folder / "Cargo.toml").write_text(f'[workspace]\nresolver = "3"\nmembers = {members}\n', encoding="utf-8")
    shutil.copy(f"{options.clone}/Cargo.lock", folder)
    command.environment["CARGO_TARGET_DIR"] = options.target
    cargo = shutil.which("cargo") or "cargo"
    command.run("test", "--quiet", folder=folder, program=cargo, limit=BUILD_LIMIT, expect="test result: ok")


def bundle(command, options, folder):
    """Packs one of them, twice the same; the official tool takes the manifest and the bundle."""
    project = folder / "made-hello"
    program = Path(options.target) / "debug/made-hello"
    cargo = shutil.which("cargo") or "cargo"
    command.run("build", "--quiet", "-p", "made-hello", folder=folder, program=cargo, limit=BUILD_LIMIT)
    mcpb = Path(options.packages) / "node_modules/.bin/mcpb"
    for more in ([], ["--option", "db=file,required", "--option", "key=string,sensitive", "--arg", "--db=${user_config.db}"]):
        arguments = ["package", "--binary", str(program), "--author", "Ada", "--json"]
        said = command.run(*arguments, "--registry-name", "io.github.ada/made", "--url", "https://example.com/made.mcpb", *more, folder=project)
        if not said:
            return
        packed = json.loads(said)
        again = json.loads(command.run(*arguments, *more, folder=project) or "{}")
        if packed["sha256"] != again.get("sha256"):
            command.fail(arguments, "the same project gave another bundle")
        file = project / packed["bundle"]
        shutil.unpack_archive(file, folder / "unpacked", "zip")
        command.run(mcpb, "validate", folder / "unpacked/manifest.json", program=options.node, expect="passes")
        command.run(mcpb, "info", file, program=options.node, expect="File:")


def main():
    """Does all of it; exits with 1 after any fault."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("toolwright", "node", "packages", "fastmcp", "rmcp", "clone", "target"):
        options.add_argument(f"--{name}", required=True)
    options = options.parse_args()
    command = Command(options)
    with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
        folder = Path(folder).resolve()
        visit(command, options, folder)
        one_stream(command, options)
        projects(command, options, folder)
        bundle(command, options, folder)
    for fault in command.faults:
        print(f"FAIL {fault}", file=sys.stderr)
    print(f"{command.count} runs on 8 servers, {len(TEMPLATES)} projects and 2 bundles, {len(command.faults)} faults")
    sys.exit(1 if command.faults else 0)


if __name__ == "__main__":
    main()
