"""`environment: staging`: a copy to try things on, of which nobody outside is told anything."""

from feedbot.config.alerts import AlertsConfig
from feedbot.config.model import Config

STAGING = "this is staging: hubs, alerts, the heartbeat and the archive are left alone"


def kept_quiet(config: Config) -> Config:
    """A config as it holds in its environment: in staging it names no hub, nobody to alert and no heartbeat.

    So feeds name no hub either, of which no subscriber would hear. That the archive is not asked is
    `Config.asks_archive`: where the copies that are known lead readers to stays as it is in production.
    """
    if not config.is_staging:
        return config
    return config.model_copy(
        update={"feeds": config.feeds.model_copy(update={"hub": ()}), "alerts": AlertsConfig()},
    )
