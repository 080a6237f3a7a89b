"""An application that does what applications do outside of its requests."""

import atexit
import concurrent.futures
import ctypes
import os
import random
import signal
import subprocess
import sys
import threading
import time

ticks = 0


def tick():
    global ticks
    while True:
        time.sleep(0.01)
        ticks += 1
        if ticks == 50:
            print("fifty ticks", file=sys.stderr)


threading.Thread(target=tick, daemon=True, name="ticker").start()
helper = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for number in (signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
atexit.register(print, "atexit was called")
pool = None
local = threading.local()
gate = threading.Event()


def double(number):
    return 2 * number


class Empty:
    def __iter__(self):
        return iter([])

    def close(self):
        print("closing", file=sys.stderr)
        time.sleep(60)


def app(environ, start_response):
    global pool
    path = environ["PATH_INFO"]
    text = "ok"
    if path == "/random":
        text = random.random()
    elif path == "/helper":
        helper.stdin.write(b"echo\n")
        helper.stdin.flush()
        text = helper.stdout.readline().decode().strip()
    elif path == "/pool":
        pool = pool or concurrent.futures.ProcessPoolExecutor(1)
        text = pool.submit(double, 21).result()
    elif path == "/print":
        print("printed, but not flushed")
    elif path == "/pid":
        text = os.getpid()
    elif path == "/thread":
        text = threading.current_thread().name
    elif path == "/local":
        local.count = getattr(local, "count", 0) + 1
        text = local.count
    elif path == "/ident":
        text = threading.get_ident() == threading.main_thread().ident
    elif path == "/sleep":
        print("sleeping", file=sys.stderr)
        time.sleep(float(environ["QUERY_STRING"]))
    elif path == "/doze":
        print("dozing", file=sys.stderr)
        for _ in range(10):  # Some of them after a time in which the whole process was stopped.
            time.sleep(float(environ["QUERY_STRING"]) / 10)
    elif path == "/restless":  # It needs the interpreter's lock again and again.
        while True:
            time.sleep(0.001)
    elif path == "/wait":
        gate.wait()
    elif path == "/open":
        gate.set()
    elif path == "/endless":
        start_response("200 OK", [])
        return iter(lambda: bytes(65536), None)
    elif path == "/close":
        start_response("200 OK", [])
        return Empty()
    elif path == "/busy":
        print("busy", file=sys.stderr)
        # A loop inside of C, which holds the interpreter's lock.
        sum(range(10**18))
    elif path == "/crash":
        ctypes.string_at(0)
    elif path == "/quit":
        os._exit(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(text).encode()]
