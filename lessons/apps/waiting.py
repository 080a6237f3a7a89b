"""/wait/2000 waits for 2000 ms, /compute/2000 computes for as long."""

import threading
import time


def app(environ, start_response):
    _, kind, number = environ["PATH_INFO"].split("/")
    seconds = int(number) / 1000
    if kind == "compute":
        end = time.thread_time() + seconds  # The processor's time, of this thread alone.
        while time.thread_time() < end:
            pass
    else:
        time.sleep(seconds)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{threading.current_thread().name}: {kind} {number}\n".encode()]
