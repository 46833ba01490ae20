"""The foundation's own jobs, settings and probes, mounted like a feature's: jobs, mail, files, audit."""

from pathlib import Path

from app import jobs, mail
from app.feature import Feature

FEATURE = Feature(name="mail", folder=Path(__file__).parent, settings=mail.MailSettings, jobs=(*jobs.JOBS, *mail.JOBS))
