"""A whole site with Django in one file: the admin, a form, a stream."""

import os
import sys

import django
from django import forms
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.urls import path

settings.configure(
    DEBUG=True,
    SECRET_KEY="not a secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="static/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib import admin  # noqa: E402, after the setup
from django.contrib.auth.models import User  # noqa: E402


class Greeting(forms.Form):
    name = forms.CharField(max_length=20)


PAGE = engines["django"].from_string(
    "<form method=post>{% csrf_token %}{{ form }}</form>{% if name %}<p>Hello, {{ name }}!</p>{% endif %}"
)


def greet(request):
    form = Greeting(request.POST or None)
    name = form.cleaned_data["name"] if form.is_valid() else None
    return HttpResponse(PAGE.render({"form": form, "name": name}, request))


def users(request):
    """Half a megabyte, read from the database while it is sent."""
    return StreamingHttpResponse(f"{user.username:5000}\n" for user in User.objects.order_by("id").iterator(1))


urlpatterns = [path("admin/", admin.site.urls), path("greet", greet), path("users", users)]

app = StaticFilesHandler(get_wsgi_application())


def prepare():
    """Makes the database, with an administrator and some users."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("admin", password="admin")
    for number in range(100):
        User.objects.create_user(f"user{number}")


if __name__ == "__main__" and sys.argv[1:] == ["prepare"]:
    prepare()
