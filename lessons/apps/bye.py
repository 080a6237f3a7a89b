import atexit

from lessons.apps.hello import app

atexit.register(print, "goodbye from", app.__name__)
