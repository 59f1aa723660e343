"""The portal under gunicorn."""

from portal_web.app import create_app
from services.keys.private_memory import leave_no_core
from services.store.settings import Settings
from web_base.served import Served, Serving


def main() -> None:
    leave_no_core()
    settings = Settings()
    host, port = settings.portal_host, settings.portal_port
    serving = Serving("callingcard-portal", host, port, settings.portal_workers, settings.database_connections)
    Served(serving, lambda: create_app(settings)).run()


if __name__ == "__main__":
    main()
