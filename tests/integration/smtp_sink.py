"""A real SMTP server for the tests of mail: aiosmtpd with STARTTLS, AUTH and bad days."""

import email
import email.policy
import pathlib
import subprocess
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"yett@mail", b"p@ss:word"
URL_USER = "yett%40mail:p%40ss%3Aword"


def make_certificates(folder, name="mail.localhost"):
    """A CA and a certificate of it for `name`: (ca, chain, key)."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key, key, request, chain = (folder / f for f in ("ca.pem", "ca.key", "leaf.key", "leaf.csr", "leaf.pem"))
    names = folder / "names"
    names.write_text(f"subjectAltName=DNS:{name}\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (["req", "-x509", *new_key, "-keyout", ca_key, "-out", ca, "-subj", "/CN=test CA", "-days", "2"],
                    ["req", *new_key, "-keyout", key, "-out", request, "-subj", f"/CN={name}"],
                    ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                     "-extfile", names, "-out", chain]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return ca, chain, key


class Sink:
    """Keeps what it took. `plan` holds what the next dialogues do, one word each:

    taken            the usual
    later, never     421/554 to RCPT
    never_data       554 after the mail
    slow             takes its time, then takes the mail
    hang             says nothing to RCPT until released
    die_before       hangs up when the mail has come, and does not take it
    die_after        takes the mail, and hangs up instead of saying so
    die_at_quit      takes the mail, says so, and hangs up
    """

    def __init__(self, tls=None, auth=False, port=0, utf8=True, slow=3.0):
        self.mails, self.recipients, self.senders, self.logins, self.encrypted = [], [], [], [], []
        self.plan, self.dialogues, self.slow = [], 0, slow
        self.released = threading.Event()
        self.arrived = threading.Condition()
        options = {"enable_SMTPUTF8": utf8}
        if tls:
            options.update(tls_context=tls, require_starttls=True)
        if auth:
            options.update(authenticator=self._log_in, auth_required=True, auth_require_tls=bool(tls))
        self.controller = _Controller(self, hostname="127.0.0.1", port=port, **options)
        self.controller.start()
        self.port = self.controller.port

    def stop(self):
        self.released.set()
        self.controller.stop()

    def _log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((mechanism, data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)

    def parsed(self):
        return [email.message_from_bytes(each, policy=email.policy.default) for each in self.mails]

    def ids(self):
        return [str(each["Message-ID"]) for each in self.parsed()]

    # aiosmtpd calls these.

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.dialogues += 1
        session.day = self.plan.pop(0) if self.plan else "taken"
        envelope.mail_from = address
        self.senders.append(address)
        return "250 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):
        import asyncio
        if session.day == "later":
            return "451 come again"
        if session.day == "never":
            return "554 go away"
        while session.day == "hang" and not self.released.is_set():
            await asyncio.sleep(0.05)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        import asyncio
        if session.day == "never_data":
            return "554 not this one"
        if session.day == "slow":
            await asyncio.sleep(self.slow)
        if session.day == "die_before":
            server.transport.abort()
            return "421 gone"
        with self.arrived:
            self.mails.append(envelope.original_content)
            self.recipients.append(envelope.rcpt_tos)
            self.encrypted.append(session.ssl is not None)
            self.arrived.notify_all()
        if session.day == "die_after":
            server.transport.abort()
        if session.day == "die_at_quit":
            asyncio.get_running_loop().call_later(0.005, server.transport.abort)
        return "250 taken"

    def wait_for(self, count, timeout=30):
        end = time.monotonic() + timeout
        with self.arrived:
            while len(self.mails) < count:
                assert self.arrived.wait(max(0.0, end - time.monotonic())), f"{len(self.mails)} of {count} mails came"


class _Controller(Controller):
    def __init__(self, handler, **options):
        self.options = options
        super().__init__(handler, hostname=options.pop("hostname"), port=options.pop("port"))

    def factory(self):
        return SMTP(self.handler, **self.options)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]     # chosen by the system, and known only now
        super()._trigger_server()
