"""An endless body in blocks of 64 KiB. /made says how many blocks were made, and how many bodies closed."""

made = closed = 0


def blocks():
    global made, closed
    try:
        while True:
            made += 1
            yield bytes(64 * 1024)
    finally:
        closed += 1


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/made":
        return [f"{made} blocks, {closed} closed\n".encode()]
    return blocks()
