"""Makes 20,000 small objects, drops them, and says how much memory the process has then."""


def app(environ, start_response):
    objects = [bytes(600 + number % 2000) for number in range(20_000)]
    del objects
    start_response("200 OK", [("Content-Type", "text/plain")])
    with open("/proc/self/status") as status:
        return [line.encode() for line in status if line.startswith("VmRSS")]
