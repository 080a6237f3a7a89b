"""A body in three blocks, with something that belongs to a thread, as a connection to a database would."""

import threading

own = threading.local()


def app(environ, start_response):
    thread = threading.current_thread().name
    own.requests = getattr(own, "requests", 0) + 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield f"{thread}: request {own.requests}".encode()
    yield f", still {threading.current_thread().name}".encode()
    yield f", request {own.requests}\n".encode()
