"""A mail server that keeps what it gets: one line of JSON on standard output for each mail.

The first line is its port. The local part of the first recipient says how it behaves:

  p421       hangs up at RCPT                d450       defers after the final dot
  p450       defers the recipient            d550       rejects after the final dot
  p550       rejects the recipient           cutbefore  cuts the connection inside the mail
  hang       never answers RCPT              cutafter   takes the mail, then cuts the connection
  hangdot    never answers the final dot     (else)     takes the mail

It ends when its standard input does, so it never outlives who started it.
"""

import asyncio
import base64
import json
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP

FOR_EVER = 600
REFUSALS = {"p450": "450 4.2.1 try later", "p550": "550 5.1.1 no such user"}
VERDICTS = {"d450": "450 4.3.0 later", "d550": "554 5.7.1 rejected"}


def persona(address):
    return address.split("@")[0].split("+")[0]


def part(message, kind):
    body = message.get_body((kind,))
    return body.get_content() if body else ""


def pictures(message):
    """Each by its name, as an address that a page can show."""
    found = {}
    for inside in message.walk():
        if inside.get_content_maintype() == "image":
            name = str(inside["content-id"]).strip("<>")
            data = base64.b64encode(inside.get_content()).decode()
            found[name] = f"data:{inside.get_content_type()};base64,{data}"
    return found


def record(envelope):
    message = message_from_bytes(envelope.content, policy=policy.default)
    mail = {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "subject": str(message["subject"]),
        "id": str(message["message-id"]),
        "text": part(message, "plain"),
        "html": part(message, "html"),
        "pictures": pictures(message),
        "unsubscribe": message["list-unsubscribe"],
        "unsubscribe_by": message["list-unsubscribe-post"],
    }
    print(json.dumps(mail), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        who = persona(address)
        if who == "p421":
            await server.push("421 4.3.2 closing")
            server.transport.close()
            return "421 4.3.2 closing"
        if who == "hang":
            await asyncio.sleep(FOR_EVER)
        if who in REFUSALS:
            return REFUSALS[who]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        who = persona(envelope.rcpt_tos[0])
        record(envelope)
        if who == "hangdot":
            await asyncio.sleep(FOR_EVER)
        if who == "cutafter":
            server.transport.abort()
        return VERDICTS.get(who, "250 2.0.0 queued")


class Sink(SMTP):
    async def smtp_DATA(self, arg):
        recipients = self.envelope.rcpt_tos
        if recipients and persona(recipients[0]) == "cutbefore":
            await self.push("354 go")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


async def main():
    loop = asyncio.get_running_loop()

    def sink():
        return Sink(Handler(), hostname="sink.example", loop=loop)

    server = await loop.create_server(sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    # What still hangs must not keep the program alive.
    sys.stdout.flush()
    raise SystemExit


asyncio.run(main())
