"""A client of the fleet: does what people and programs do, each time on another node, and keeps a history.

It owns its users, and does one thing at a time, except where it shows one refresh token to all nodes at once. It gives up on
what it was told is over, tries again what was not answered, and goes on looking at what has ended.
"""

import dataclasses
import random
import threading
from concurrent.futures import ThreadPoolExecutor

from history import Operation
from member import Key, Member, Session
from plan import NODES
from wire import Wire, session_of

WORDS = "correct horse battery staple"
TIMEOUTS = (5.0, 5.0, 5.0, 15.0)          # some are more patient
MOST_SESSIONS = 4
STEPS = {"request": 40, "look_back": 14, "refresh": 12, "login": 8, "register": 3, "logout": 5, "logout_everywhere": 1,
         "change_password": 2, "make_key": 2, "key_request": 6, "remove_key": 3, "remove_user": 1, "race": 1}


class Client(threading.Thread):
    def __init__(self, fleet, seed, name, pace):
        super().__init__(daemon=True, name=name)
        self.nodes, self.pace = fleet.nodes, pace
        self.chance = random.Random(f"{seed}/{name}")
        self.wires = {node: Wire(fleet.nodes[node]) for node in NODES}
        self.racers = [{node: Wire(fleet.nodes[node]) for node in NODES} for _ in range(2)]
        self.members, self.told = [], []
        self.over = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
                self.over.wait(self.chance.uniform(0, 2 * self.pace))
        except Exception as why:          # a client that stops in silence would see no violation
            self.failure = why

    def step(self):
        what = self.chance.choices(list(STEPS), STEPS.values())[0]
        busy = [each for each in self.members[-6:] if not each.leaving]               # the last few; the others sleep
        member = self.chance.choice(busy) if busy else None
        if not member or what == "register":
            self.register(member)
        elif not member.registered:
            self.register(member, again=True)
        elif what == "look_back":
            self.look_back(self.chance.choice(self.members))
        elif what in ("login", "key_request", "remove_key"):
            getattr(self, what)(member)
        elif not member.sessions:
            self.login(member)
        else:
            getattr(self, what)(self.chance.choice(member.sessions))

    # --- asking --------------------------------------------------------------------------

    def do(self, what, method, path, body=None, headers=None, node=None, wires=None, **about):
        """Asks one node, notes it, and returns (answer, node's name)."""
        node = node or self.chance.choice(NODES)
        answer = (wires or self.wires)[node].ask(method, path, body, headers, self.chance.choice(TIMEOUTS))
        given = str(answer.body.get("refresh_token", ""))
        self.told.append(Operation(what, node, answer.start, answer.end, answer.status, given=given, code=answer.code,
                                   retry_after=answer.retry_after, **about))
        return answer, node

    def about(self, session):
        return {"user": session.member.email, "session": session.id}

    def with_token(self, session):
        return {"Authorization": f"Bearer {session.access}"}

    # --- accounts ------------------------------------------------------------------------

    def register(self, member, again=False):
        if not again:
            member = Member(f"{self.name}-{len(self.members)}@example.com", WORDS)
            self.members.append(member)
        answer, _ = self.do("register", "POST", "/auth/register", {"email": member.email, "password": member.password},
                            user=member.email, password=member.password)
        member.registered = answer.status in (201, 409)

    def login(self, member, node=None):
        answer, node = self.do("login", "POST", "/auth/login", {"email": member.email, "password": member.password}, node=node,
                               user=member.email, password=member.password)
        if answer.status == 200:
            session = Session(session_of(answer.body["access_token"]), member, "")
            session.hold(answer, node)
            member.sessions.append(session)
            self._learned(session=session.id)
            if len(member.sessions) > MOST_SESSIONS:
                self.logout(member.sessions[0])
        elif answer.status == 401 and member.other_password:
            member.password, member.other_password = member.other_password, member.password

    def _learned(self, **more):
        """What only the answer says."""
        self.told[-1] = dataclasses.replace(self.told[-1], **more)

    def show(self, session, node=None, wires=None):
        """The refresh token; what came for it and from where, or None."""
        answer, node = self.do("refresh", "POST", "/auth/refresh", {"refresh_token": session.refresh}, node=node, wires=wires,
                               shown=session.refresh, **self.about(session))
        if answer.status == 200:
            return answer, node
        if answer.status == 401:
            self._ended(session)
        return None

    def refresh(self, session):
        if renewed := self.show(session):
            session.hold(*renewed)

    def race(self, session):
        """All nodes are shown one token at once."""
        with ThreadPoolExecutor(len(NODES)) as crowd:
            wires = [self.wires, *self.racers]
            won = [each for each in crowd.map(lambda pair: self.show(session, *pair), zip(NODES, wires)) if each]
        if won:
            session.hold(*won[0])

    def _ended(self, session):
        if session in session.member.sessions:
            session.member.sessions.remove(session)
            session.member.ended.append(session)

    def logout(self, session):
        answer, _ = self.do("logout", "POST", "/auth/logout", {"refresh_token": session.refresh}, self.with_token(session),
                            **self.about(session))
        if answer.status:
            self._ended(session)
        return answer

    def logout_everywhere(self, session):
        answer, _ = self.do("logout_everywhere", "POST", "/auth/logout", {"everywhere": True, "refresh_token": session.refresh},
                            self.with_token(session), **self.about(session))
        if answer.status == 204:
            for each in list(session.member.sessions):
                self._ended(each)

    def change_password(self, session):
        member = session.member
        member.changes += 1
        chosen = f"{WORDS} {member.changes}"
        answer, _ = self.do("change_password", "POST", "/auth/password", {"current_password": member.password, "new_password": chosen},
                            self.with_token(session), password=member.password, new_password=chosen, **self.about(session))
        if answer.status == 204:
            member.password, member.other_password = chosen, ""
            for each in [each for each in member.sessions if each is not session]:
                self._ended(each)
        elif not 400 <= answer.status < 500:
            member.other_password = chosen

    def remove_user(self, session):
        member = session.member
        answer, _ = self.do("remove_user", "DELETE", "/auth/me", {"password": member.password}, self.with_token(session),
                            password=member.password, **self.about(session))
        if not 400 <= answer.status < 500:
            member.leaving = True
            for each in list(member.sessions):
                self._ended(each)

    # --- keys ----------------------------------------------------------------------------

    def make_key(self, session):
        answer, _ = self.do("make_key", "POST", "/auth/api-keys", {"name": "fleet"}, self.with_token(session), **self.about(session))
        if answer.status == 201:
            key = Key(answer.body["id"], session.member, answer.body["key"])
            session.member.keys.append(key)
            self._learned(key=key.id)

    def key_request(self, member, key=None, node=None):
        if key := key or (self.chance.choice(member.keys) if member.keys else None):
            self.do("key_request", "GET", "/hello", headers={"X-Api-Key": key.text}, node=node, user=member.email, key=key.id)

    def remove_key(self, member):
        if member.keys and member.sessions:
            key, session = self.chance.choice(member.keys), self.chance.choice(member.sessions)
            answer, _ = self.do("remove_key", "DELETE", f"/auth/api-keys/{key.id}", headers=self.with_token(session), user=member.email,
                                key=key.id)
            if not 400 <= answer.status < 500:
                member.keys.remove(key)
                member.removed.append(key)

    # --- the application -----------------------------------------------------------------

    def request(self, session, node=None):
        answer, _ = self.do("request", "GET", "/hello", headers=self.with_token(session), node=node, minted_on=session.minted_on,
                            minted_at=session.minted_at, minted_until=session.minted_until, **self.about(session))
        if answer.status == 401 and session in session.member.sessions:
            self.refresh(session)
        return answer

    def look_back(self, member):
        """At what has ended, most often at what did so last."""
        if member.ended:
            session = member.ended[-1] if self.chance.random() < 0.7 else self.chance.choice(member.ended)
            self.request(session) if self.chance.random() < 0.8 else self.show(session)
        if member.removed:
            self.key_request(member, self.chance.choice(member.removed))
        if member.leaving:
            self.key_request(member)

    # --- afterwards ----------------------------------------------------------------------

    def audit(self):
        """Everything, once more, when nothing is broken any longer."""
        for member in self.members:
            if not member.registered:
                self.register(member, again=True)
            for _ in range(2 if member.other_password else 1):
                self.login(member)
            for session in list(member.sessions):
                self.refresh(session)
                self.request(session)
            for session in member.ended:
                for node in NODES:
                    self.request(session, node)
                self.show(session)
            for key in member.keys:
                self.key_request(member, key)
            for key in member.removed + (member.keys if member.leaving else []):
                for node in NODES:
                    self.key_request(member, key, node)
