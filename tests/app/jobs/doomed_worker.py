"""A worker process that a test kills: its job says that it has begun, then never ends."""

import asyncio
import sys

import msgspec

from app.database import Database, open_pool
from app.feature import Job
from app.jobs import progress, run_worker, running_job_id


class Nothing(msgspec.Struct, frozen=True):
    pass


async def hang(database: Database, _payload: Nothing) -> None:
    await progress(database, running_job_id(), 1, 2, "begun")
    await asyncio.sleep(3600)


async def main(url: str) -> None:
    database = Database(await open_pool(url, 4))
    await run_worker(database, [Job(name="test.hang", payload=Nothing, run=hang)], asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
