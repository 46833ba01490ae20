"""A process that sends and nothing else: `python -m tests.portals.helpdesk.webhooks.lone_sender DATABASE_URL`."""

import asyncio
import sys
from ipaddress import ip_network

from app.database import Database, open_pool
from app.identity.keys import Keys
from portals.helpdesk.webhooks.dispatching import Dispatcher
from portals.helpdesk.webhooks.sending import Sender


async def main(url: str) -> None:
    pool = await open_pool(url, 3)
    sender = Sender((ip_network("127.0.0.0/8"),), 15.0)
    await Dispatcher(Database(pool), sender, Keys(b"x" * 40), "https://gryf.example").run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
