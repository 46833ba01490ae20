"""A mailbox behind IMAP, as a server of the field keeps one: UIDs, flags, IDLE, and failures that tests ask for."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FakeMailbox:
    """`messages`: UID → raw bytes; `seen`: UIDs with the flag. `down`: connections are turned away."""

    def __init__(self, *, idle: bool = True, uidvalidity: int = 7):
        self.messages: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.uidvalidity = uidvalidity
        self.next = 1
        self.idle = idle
        self.down = False
        self.cut_before_store = False
        self.connections = 0
        self.log: list[str] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._idling: set[asyncio.StreamWriter] = set()

    def put(self, raw: bytes, *, seen: bool = False) -> int:
        uid, self.next = self.next, self.next + 1
        self.messages[uid] = raw
        if seen:
            self.seen.add(uid)
        for writer in self._idling:
            writer.write(b"* %d EXISTS\r\n" % len(self.messages))
        return uid

    def rebuild(self) -> None:
        """The server makes the mailbox anew: other UIDs, another UIDVALIDITY."""
        raws = list(self.messages.values())
        self.messages, self.seen, self.next = {}, set(), 100
        self.uidvalidity += 1
        for raw in raws:
            self.put(raw, seen=True)

    def cut(self) -> None:
        for writer in list(self._writers):
            writer.close()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._client, "127.0.0.1", port)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.cut()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.close()
            return
        self.connections += 1
        self._writers.add(writer)
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                self.log.append(command.partition(" ")[0].upper() if not command.startswith("UID") else command)
                if await self._command(tag, command, reader, writer):
                    break
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            self._idling.discard(writer)
            writer.close()

    async def _command(self, tag, command, reader, writer) -> bool:
        word = command.split(" ")[0].upper()
        if word == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1" + (b" IDLE" if self.idle else b"") + b"\r\n")
        elif word == "LOGIN" and "wrong" in command:
            writer.write(f"{tag} NO [AUTHENTICATIONFAILED] wrong password\r\n".encode())
            return False
        elif word == "SELECT":
            writer.write(
                b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] fine\r\n* OK [UIDNEXT %d] next\r\n"
                % (len(self.messages), self.uidvalidity, self.next)
            )
        elif word == "IDLE":
            self._idling.add(writer)
            writer.write(b"+ idling\r\n")
            await writer.drain()
            await reader.readline()
            self._idling.discard(writer)
        elif command.upper().startswith("UID SEARCH"):
            found = self._search(command)
            writer.write(b"* SEARCH " + b" ".join(b"%d" % uid for uid in found) + b"\r\n" if found else b"* SEARCH\r\n")
        elif command.upper().startswith("UID FETCH"):
            self._fetch(command, writer)
        elif command.upper().startswith("UID STORE"):
            if self.cut_before_store:
                return True
            self.seen.add(int(command.split(" ")[2]))
        elif word == "LOGOUT":
            writer.write(b"* BYE\r\n" + f"{tag} OK done\r\n".encode())
            return True
        writer.write(f"{tag} OK done\r\n".encode())
        return False

    def _search(self, command: str) -> list[int]:
        if "UNSEEN" in command:
            return [uid for uid in self.messages if uid not in self.seen]
        first = int(re.search(r"UID (\d+):", command[3:])[1])
        found = [uid for uid in self.messages if uid >= first]
        return found or sorted(self.messages)[-1:]  # «n:*» is never empty (RFC 9051, 6.4.4)

    def _fetch(self, command: str, writer) -> None:
        uid = int(command.split(" ")[2])
        raw = self.messages.get(uid)
        if raw is None:
            return
        if "SIZE" in command:
            writer.write(b"* 1 FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, len(raw)))
            return
        head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in command else raw
        what = b"BODY[HEADER]" if "HEADER" in command else b"BODY[]"
        writer.write(b"* 1 FETCH (UID %d %s {%d}\r\n" % (uid, what, len(head)) + head + b")\r\n")
