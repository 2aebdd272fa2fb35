"""One frozen Config: every section, and what follows from several of them."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from feedbot.config.alerts import AlertsConfig
from feedbot.config.archive import ArchiveConfig
from feedbot.config.articles import ArticlesConfig
from feedbot.config.checker import CheckerConfig
from feedbot.config.doctor import DoctorConfig
from feedbot.config.feeds import PUBLIC_REPORTS, SITE_DATA, FeedsConfig
from feedbot.config.keeping import BackupConfig, DiskConfig, RetentionConfig
from feedbot.config.links import LinksConfig
from feedbot.config.reports import ReportsConfig
from feedbot.config.schedule import ScheduleConfig
from feedbot.config.section import Section
from feedbot.config.serve import ServeConfig
from feedbot.config.site import SiteConfig
from feedbot.config.verdicts import VerdictsConfig
from feedbot.core.url import split_url


class Config(Section):
    """Everything that feedbot is told; paths are relative to `root`, the config file's folder."""

    site: SiteConfig
    environment: Literal["production", "staging"] = Field(
        "production",
        description="staging: no hub is told, nobody is alerted, no heartbeat is sent and no archive is asked; all else"
        " works, and the pages ask search engines to stay away.",
    )
    articles: ArticlesConfig = ArticlesConfig()
    links: LinksConfig = LinksConfig()
    feeds: FeedsConfig
    reports: ReportsConfig = ReportsConfig()
    archive: ArchiveConfig = ArchiveConfig()
    state: Path = Field(Path("state.db"), description="The database, relative to the config file.")
    checker: CheckerConfig = CheckerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    verdicts: VerdictsConfig = VerdictsConfig()
    serve: ServeConfig = ServeConfig()
    retention: RetentionConfig = RetentionConfig()
    backup: BackupConfig = BackupConfig()
    disk: DiskConfig = DiskConfig()
    alerts: AlertsConfig = AlertsConfig()
    doctor: DoctorConfig = DoctorConfig()
    root: Path = Path()

    @property
    def is_staging(self) -> bool:
        """True where nobody outside is told anything (staging.py)."""
        return self.environment == "staging"

    @property
    def asks_archive(self) -> bool:
        """True where an archive is asked for copies."""
        return self.archive.enabled and not self.is_staging

    @property
    def state_path(self) -> Path:
        """Where the database is."""
        return self.root / self.state

    @property
    def feeds_path(self) -> Path:
        """Where the feeds are written."""
        return self.root / self.feeds.directory

    @property
    def public_reports_path(self) -> Path:
        """Where the reports are written for everybody to read, with feeds.public_report."""
        return self.feeds_path / PUBLIC_REPORTS

    @property
    def private_reports_path(self) -> Path | None:
        """Where the reports are written for the operator alone; None where there are to be none."""
        return None if self.reports.directory is None else self.root / self.reports.directory

    @property
    def backups_path(self) -> Path | None:
        """Where the backups of the database are written; None where there are to be none."""
        return None if self.backup.directory is None else self.root / self.backup.directory

    @property
    def site_data_path(self) -> Path | None:
        """The data file for the publication's own pages; None where none is written."""
        told = self.feeds.site_data
        return None if told is None else self.root / SITE_DATA.get(told, told)

    @property
    def id_authority(self) -> str:
        """The authority of every tag: URI (RFC 4151)."""
        return self.feeds.id_authority or split_url(self.site.url).host.strip("[]")

    @property
    def contact(self) -> str:
        """The page named in the User-Agent."""
        return self.checker.contact or self.site.url


def config_schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors."""
    schema = Config.model_json_schema()
    schema["properties"].pop("root", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "feedbot config.yaml",
    }
