"""The applications that the cases of stage v07 run. To try one by hand, start the server in this folder."""

import os
import sys
import threading
import time
from wsgiref.validate import validator

FOLDER = os.path.dirname(os.path.abspath(__file__))
TEXT = [("Content-Type", "text/plain")]


def greeting(environ, start_response):
    name = environ["QUERY_STRING"] or environ["wsgi.input"].read(5).decode()
    start_response("201 Created", TEXT + [("X-Method", environ["REQUEST_METHOD"])])
    return (part.encode() for part in ["Hello, ", name, "!"])


class Holder:
    greeting = staticmethod(greeting)


made = 0


def create():
    """Makes an application that says how many were made."""
    global made
    made += 1

    def application(environ, start_response):
        start_response("200 OK", TEXT)
        return [str(made).encode()]

    return application


def variables(environ, start_response):
    """The environ, a line for each variable, as Python shows it."""
    start_response("200 OK", TEXT)
    return [f"{name} = {value!a}\n".encode() for name, value in environ.items()]


@validator
def validated(environ, start_response):
    """The validator looks at both sides, and raises what it finds wrong."""
    body = environ["wsgi.input"]
    write = start_response("200 OK", TEXT)
    write(b"written, ")
    return [body.readline(), body.read(3), *body.readlines()]


def pausing(environ, start_response):
    """Makes its second block when there is a file `go`."""
    start_response("200 OK", TEXT)
    yield b"first"
    while not os.path.exists(os.path.join(FOLDER, "go")):
        time.sleep(0.01)
    yield b", second"


class Body:
    """Writes a line into the file `closed` when it is closed. Its iterator is another object, which need not be."""

    def __init__(self, name, blocks):
        self.name, self.blocks = name, blocks

    def __iter__(self):
        return iter(self.blocks)

    def close(self):
        with open(os.path.join(FOLDER, "closed"), "a") as file:
            print(self.name, file=file)


def endless():
    while True:
        yield bytes(64 * 1024)


def broken():
    yield b"one"
    raise ValueError("the secret in the middle")


def closing(environ, start_response):
    start_response("200 OK", TEXT)
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    blocks = {"/endless": endless, "/broken": broken}.get(path, lambda: [b"one", b"two"])
    return Body(f"{method} {path}", blocks())


def failing(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raises":
        raise ValueError("the secret at the start")
    if path == "/exits":
        sys.exit("the secret of an end")
    if path == "/hangs":
        threading.Event().wait()
    start_response("200 OK", TEXT)
    if path == "/breaks":
        raise ValueError("the secret after the head")
    return [b"it goes on"]
