"""A slixmpp client that a test drives: commands come in and stanzas go out as JSON, one a line."""

import asyncio
import base64
import json
import logging
import sys
from xml.etree import ElementTree

import slixmpp
from slixmpp.exceptions import IqError

logging.disable(logging.CRITICAL)
# Some plugins print what they read.
OUT, sys.stdout = sys.stdout, sys.stderr


PLUGINS = [
    f"xep_{number:04}"
    for number in (4, 30, 45, 50, 54, 60, 66, 77, 84, 184, 199, 249, 308, 313, 444, 461)
]


def tell(**what):
    print(json.dumps(what), flush=True, file=OUT)


def shown(iq):
    """What a command has answered, in short."""
    if iq["type"] == "error":
        return f"{iq['error']['condition']}: {iq['error']['text']}"
    command = iq["command"]
    fields = list(command["form"].get_fields()) if command.xml.find("{jabber:x:data}x") is not None else []
    notes = [f"{kind}: {text}" for kind, text in command["notes"]]
    actions = sorted(command["actions"])
    return " ".join([command["status"], *actions, *fields, *notes])


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self["feature_mechanisms"].unencrypted_plain = True
        self["feature_mechanisms"].unencrypted_scram = True
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda _: tell(event="failed", text="login refused"))
        self.add_event_handler("disconnected", lambda _: tell(event="closed"))
        for name in ("message", "presence", "iq"):
            self.register_handler(
                slixmpp.xmlstream.handler.Callback(
                    f"tell {name}",
                    slixmpp.xmlstream.matcher.MatchXPath(f"{{jabber:client}}{name}"),
                    lambda stanza: tell(event="stanza", xml=str(stanza)),
                )
            )

    async def started(self, _):
        # RFC 6121 §3.1.6: only who has asked for the roster hears that a request was granted.
        await self.get_roster()
        self.send_presence()
        tell(event="online", jid=str(self.boundjid))

    async def join(self, room, nick):
        await self["xep_0045"].join_muc_wait(room, nick, timeout=20)

    async def say(self, room, text):
        self.send_message(mto=room, mbody=text, mtype="groupchat")

    async def whisper(self, to, text):
        self.send_message(mto=to, mbody=text, mtype="chat")

    async def nick(self, room, nick):
        self.send_presence(pto=f"{room}/{nick}")

    async def kick(self, room, nick, reason):
        await self["xep_0045"].set_role(room, nick, "none", reason=reason)

    async def role(self, room, nick, role):
        await self["xep_0045"].set_role(room, nick, role)

    async def topic(self, room, text):
        self["xep_0045"].set_subject(room, text)

    async def leave(self, room, nick):
        self["xep_0045"].leave_muc(room, nick)

    async def items(self, jid):
        items = await self["xep_0030"].get_items(jid=jid)
        return sorted(str(item[0]) for item in items["disco_items"]["items"])

    async def commands(self, jid):
        found = await self["xep_0050"].get_commands(jid=jid)
        return sorted(str(item[1]) for item in found["disco_items"]["items"])

    async def command(self, jid, node, *steps):
        """Runs a command as slixmpp's own sessions do. A step is an action and, as JSON, what is filled in."""
        plugin = self["xep_0050"]
        answers = asyncio.Queue()
        session = {"next": lambda iq, _: answers.put_nowait(iq), "error": lambda iq, _: answers.put_nowait(iq)}
        plugin.start_command(jid, node, session)
        told = [shown(await asyncio.wait_for(answers.get(), 10))]
        for action, filled in zip(steps[::2], steps[1::2]):
            form = self["xep_0004"].make_form(ftype="submit")
            for name, value in json.loads(filled).items():
                form.add_field(var=name, value=value)
            session["payload"] = form if filled != "{}" else None
            if action == "complete":
                plugin.complete_command(session)
            elif action == "cancel":
                plugin.cancel_command(session)
            else:
                plugin.continue_command(session, direction=action)
            told.append(shown(await asyncio.wait_for(answers.get(), 10)))
        return told

    async def register(self, jid, fields):
        iq = self.make_iq_set(ito=jid)
        iq.enable("register")
        for name, value in json.loads(fields).items():
            iq["register"][name] = value
        await iq.send()

    async def remove(self):
        await self["xep_0077"].cancel_registration()

    async def contacts(self):
        return sorted((await self.get_roster())["roster"]["items"])

    async def prompt(self, jid, name):
        query = ElementTree.Element("{jabber:iq:gateway}query")
        ElementTree.SubElement(query, "{jabber:iq:gateway}prompt").text = name
        iq = self.make_iq_set(sub=query, ito=jid)
        answer = await iq.send()
        return answer.xml.find("{jabber:iq:gateway}query/{jabber:iq:gateway}jid").text

    async def subscribe(self, jid):
        self.send_presence(pto=jid, ptype="subscribe")

    async def write(self, to, kind, text):
        message = self.make_message(mto=to, mbody=text, mtype=kind)
        message.send()
        return message["id"]

    async def correct(self, to, kind, about, text):
        message = self.make_message(mto=to, mbody=text, mtype=kind)
        message["replace"]["id"] = about
        message.send()

    async def react(self, to, kind, about, emoji):
        message = self.make_message(mto=to, mtype=kind)
        self["xep_0444"].set_reactions(message, about, [emoji])
        message.send()

    async def reply(self, to, kind, about, author, text):
        self["xep_0461"].send_reply(author, about, mto=to, mbody=text, mtype=kind)

    async def picture(self, to, kind, url):
        message = self.make_message(mto=to, mbody=url, mtype=kind)
        message["oob"]["url"] = url
        message.send()

    async def pictures(self, jid, name):
        card = await self["xep_0054"].get_vcard(jid)
        item = await self["xep_0084"].retrieve_avatar(jid, name)
        photo = card["vcard_temp"]["PHOTO"]["BINVAL"]
        data = item["pubsub"]["items"]["item"]["avatar_data"]["value"]
        return [base64.b64encode(one).decode() for one in (photo, data)]

    async def archive(self, room):
        answer = await self["xep_0313"].retrieve(jid=room)
        found = [one["mam_result"]["forwarded"]["stanza"]["body"] for one in answer["mam"]["results"]]
        return [text for text in found if text]

    async def ping(self, jid):
        await self["xep_0199"].ping(jid)


async def serve(client):
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        try:
            answer = await getattr(client, order["do"])(*order["with"])
            tell(event="done", id=order["id"], answer=answer)
        except IqError as error:
            tell(event="refused", id=order["id"], condition=error.condition, text=error.text)
        except Exception as error:  # slixmpp has many kinds of its own, and the test wants to see each
            tell(event="refused", id=order["id"], condition=type(error).__name__, text=str(error))
    # Its server may have ended it.
    if client.is_connected():
        client.disconnect()
        await client.disconnected


def main(jid, password, port):
    client = Client(jid, password)
    client.connect(("127.0.0.1", int(port)), force_starttls=False, disable_starttls=True)
    client.loop.run_until_complete(serve(client))


main(*sys.argv[1:])
