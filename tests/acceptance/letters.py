"""The mails that a program has put into its folder."""

import email
import email.policy
import re

from profiles import harness


def to(gateway, address):
    """Every mail to that address, oldest first."""
    files = sorted((gateway.folder / "var/outbox").glob("**/*.eml"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    return [mail for mail in mails if address in str(mail["To"])]


def link_to(gateway, address, purpose):
    """The token of the youngest link for that purpose, from the text of the mail."""
    def look():
        for mail in reversed(to(gateway, address)):
            text = mail.get_body(("plain",)).get_content()
            found = re.search(rf"https://example\.com{re.escape(gateway.prefix)}/{purpose}/([A-Za-z0-9_-]+)", text)
            if found:
                return found.group(1)
        return None
    return harness.wait_until(look, what=f"a mail to {address} with a link to {purpose}")


def verified_and_signed_in(person):
    """Registers, follows the link and logs in; the reply's JSON."""
    assert person.register().status_code == 201
    assert person.post("verify", {"token": link_to(person.gateway, person.email, "verify")}).status_code == 200
    reply = person.login()
    assert reply.status_code == 200, reply.text
    return reply.json()
