"""What can become of a Redis, its replica and its sentinels. Each returns when a master and a replica are there again."""

import contextlib
import time

from redis_server import MASTER
from redis_store import wait_until

FAR = 0.02                                # seconds each way


class RedisFaults:
    """For faults.Faults: a method is the name of a fault and gets what was planned."""

    # --- one node's way there

    def _redis_link(self, planned, node, *mode):
        self.fleet.network.become(f"{node.name}.redis", *mode)
        time.sleep(planned.lasting)
        self.fleet.network.become(f"{node.name}.redis", "pass")

    def _redis_cut(self, planned, node):
        self._redis_link(planned, node, "cut")

    def _redis_half_open(self, planned, node):
        self._redis_link(planned, node, "half_open")

    def _redis_deaf(self, planned, node):
        self._redis_link(planned, node, "deaf")

    def _redis_delay(self, planned, node):
        self._redis_link(planned, node, "delay", FAR)

    # --- the server

    def _redis_kill(self, planned, redis):
        master = redis.master
        master.kill()
        time.sleep(planned.lasting)
        master.start()
        redis.settle()

    def _redis_older(self, planned, redis):
        """It comes back with what it held when it was saved."""
        master = redis.master
        master.ask("SAVE")
        time.sleep(planned.lasting)
        master.kill()
        master.start()
        (master.folder / "dump.rdb").unlink()
        redis.settle()

    def _redis_pause(self, planned, redis):
        master = redis.master
        master.pause()
        time.sleep(planned.lasting)
        master.resume()
        redis.settle()

    def _redis_failover(self, planned, redis):
        master = redis.master
        master.kill()
        redis.await_another_master_than(master)
        time.sleep(planned.lasting)
        master.start()
        redis.settle()

    def _redis_switch(self, planned, redis):
        master = redis.master
        wait_until(lambda: redis.sentinels[0].ask("SENTINEL", "FAILOVER", MASTER) == "OK", "a sentinel that obeys")
        redis.await_another_master_than(master)
        redis.settle()

    def _redis_flush(self, planned, redis):
        redis.master.ask("FLUSHALL")

    def _redis_full(self, planned, redis):
        _for_a_while(planned, redis, [("CONFIG", "SET", "maxmemory", "1")], ("CONFIG", "SET", "maxmemory", "0"))

    def _redis_refuses(self, planned, redis):
        off = [("ACL", "SETUSER", "yett", "off"), ("CLIENT", "KILL", "USER", "yett")]
        _for_a_while(planned, redis, off, ("ACL", "SETUSER", "yett", "on"))

    # --- more than the server

    def _redis_gone(self, planned, redis):
        with _all_gone(redis):
            time.sleep(planned.lasting)

    def _sentinels(self, planned, redis):
        """All of them: nobody tells where the master is."""
        for each in redis.sentinels:
            each.kill()
        time.sleep(planned.lasting)
        for each in redis.sentinels:
            each.start()
        redis.settle()

    def _both(self, planned, *_):
        with _all_gone(self.fleet.redis):
            self._postgres(planned)


def _for_a_while(planned, redis, begin, end):
    """Commands to the master, and after the time one that takes them back."""
    master = redis.master
    for each in begin:
        master.ask(*each)
    time.sleep(planned.lasting)
    master.ask(*end)


@contextlib.contextmanager
def _all_gone(redis):
    for each in redis.servers:
        each.kill()
    yield
    for each in redis.servers:
        each.start()
    redis.settle()
