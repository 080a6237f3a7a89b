from contextvars import ContextVar

visitor = ContextVar("visitor")


def app(environ, start_response):
    visitor.set(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return blocks()


def blocks():
    for _ in range(100):
        yield (visitor.get() + "\n").encode() * 20_000
