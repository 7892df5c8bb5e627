"""The WSGI application, for tools that ask for one; the live screen needs ASGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")
application = get_wsgi_application()
