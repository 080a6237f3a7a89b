"""The same greeting after 20 ms, as if a database had been asked for it."""

import time


def app(environ, start_response):
    time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, World!"]
