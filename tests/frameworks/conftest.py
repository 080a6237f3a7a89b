"""Starts v07 with an application from apps/, and ends it after the test."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent
PROGRAM = FOLDER.parent.parent / "target" / "debug" / "v07"


class Server:
    def __init__(self, application, log, **knobs):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        environment |= {"VIRTUAL_ENV": sys.prefix, "WORKERS": "2", **knobs}
        self.process = subprocess.Popen(
            [PROGRAM, "127.0.0.1:0", application],
            cwd=FOLDER / "apps",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.fullmatch(r"v07 listening on (http://.*)\n", line)
        assert found, f"v07 says {line!r}: {log.name}"
        self.url = found[1]

    def stop(self):
        """Ends it, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture(params=["0", "4"], ids=["inline", "threads"])
def serve(request, tmp_path):
    """A function that starts the server, with workers that call the application themselves, and with threads."""
    servers = []

    def start(application, **knobs):
        log = open(tmp_path / "stderr", "w")
        servers.append(Server(application, log, THREADS=request.param, **knobs))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            assert server.stop() == 0
