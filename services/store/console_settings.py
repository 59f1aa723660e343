"""Where the console listens, and where browsers see it."""

from pydantic import Field, field_validator

from services.store.database_settings import DatabaseSettings
from services.store.site import LOCAL, Site, site_of


class ConsoleSettings(DatabaseSettings):
    console_host: str = Field("127.0.0.1", description="Address on which the console listens")
    console_workers: int = Field(2, ge=1, le=32, description="Processes of the console")
    console_https: bool = Field(
        default=False, description="The console is reached by https only: its cookie then never travels in clear"
    )
    console_proxies: int = Field(
        0, ge=0, le=5, description="Proxies before the console whose X-Forwarded headers are believed"
    )
    console_url: str = Field(
        "",
        description="The console's public address (https://tel.example.com/console), for which security keys are made; "
        "empty = http://localhost and the port",
    )
    console_port: int = Field(8080, ge=1, le=65535, description="Port of the console")

    @field_validator("console_url")
    @classmethod
    def _fit_for_keys(cls, value: str) -> str:
        if value:
            site_of(value)
        return value

    @property
    def console_site(self) -> Site:
        """Where browsers see the console."""
        return site_of(self.console_url or f"http://{LOCAL}:{self.console_port}")
