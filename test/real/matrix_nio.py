"""A matrix-nio client that a test drives: commands come in and events go out as JSON, one a line."""

import asyncio
import json
import logging
import sys
import tempfile

import nio

logging.disable(logging.CRITICAL)

# As many events of a room as a homeserver tells at once: it does not ask for what a sync leaves out.
ALL = {"room": {"timeline": {"limit": 100}}}


def tell(**what):
    print(json.dumps(what), flush=True)


class Client(nio.AsyncClient):
    def __init__(self, url, user, store):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
        super().__init__(url, user, store_path=store, config=config)
        self.add_event_callback(self.happened, nio.Event)
        self.add_event_callback(self.invited, nio.InviteMemberEvent)

    async def happened(self, room, event):
        source = event.source
        if isinstance(event, nio.MegolmEvent):
            tell(event="undecrypted", room=room.room_id, id=event.event_id)
            return
        tell(
            event="event",
            room=room.room_id,
            id=event.event_id,
            sender=event.sender,
            type=source.get("type"),
            content=source.get("content"),
            encrypted=event.decrypted,
        )

    async def invited(self, room, event):
        if event.state_key == self.user_id and event.membership == "invite":
            tell(event="invited", room=room.room_id, sender=event.sender)

    async def do_join(self, room):
        return await self.known(answered(await self.join(room)))

    async def do_create(self, how):
        how = json.loads(how)
        preset = nio.RoomPreset(how.pop("preset"))
        return await self.known(answered(await self.room_create(preset=preset, **how)))

    async def known(self, room):
        # It sends only into rooms of which a sync has told it.
        while room not in self.rooms:
            await asyncio.sleep(0.02)
        return room

    async def do_send(self, room, content):
        sent = await self.room_send(room, "m.room.message", json.loads(content), ignore_unverified_devices=True)
        return getattr(sent, "event_id", None) or answered(sent)

    async def do_typing(self, room, state):
        return answered(await self.room_typing(room, state == "true"))

    async def do_redact(self, room, event):
        return answered(await self.room_redact(room, event))

    async def do_leave(self, room):
        return answered(await self.room_leave(room))


def answered(response):
    if isinstance(response, nio.ErrorResponse):
        raise RuntimeError(f"{response.status_code}: {response.message}")
    return getattr(response, "room_id", None) or getattr(response, "event_id", None)


async def listen(client):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        try:
            answer = await getattr(client, "do_" + command["do"])(*command["with"])
            tell(event="done", id=command["id"], answer=answer)
        except Exception as error:  # a test is told whatever it is
            tell(event="refused", id=command["id"], text=str(error))


async def main(url, user, password):
    with tempfile.TemporaryDirectory() as store:
        client = Client(url, user, store)
        login = await client.login(password, device_name="matrix-nio")
        if isinstance(login, nio.ErrorResponse):
            tell(event="failed", text=str(login))
            return
        await client.sync(timeout=0, full_state=True)
        tell(event="online", user=client.user_id, device=client.device_id)
        syncing = asyncio.create_task(client.sync_forever(timeout=10000, sync_filter=ALL))
        await listen(client)
        syncing.cancel()
        await client.close()


asyncio.run(main(*sys.argv[1:]))
