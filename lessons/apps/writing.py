"""Begins its response with `write`, and needs two more seconds for the rest."""

import time


def app(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"one moment\n")
    time.sleep(2)
    write(b"there you are\n")
    return []
