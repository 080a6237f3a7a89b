from wsgiref.simple_server import demo_app
from wsgiref.validate import validator

app = validator(demo_app)
