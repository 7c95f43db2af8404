"""Bugs planted into the database of a real fleet are found: clients look where they must, and what they see gets to the checker."""

import dataclasses

import checker
import plan
from fleet import Fleet
from history import Bounds
from run import Size, run

# What the program is told was written is not.
FORGETFUL = """
CREATE FUNCTION open_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE sessions SET ended_at = NULL WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER open_again AFTER UPDATE ON sessions FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION open_again();
CREATE FUNCTION keep_hash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.password_hash := OLD.password_hash; RETURN NEW; END $$;
CREATE TRIGGER keep_hash BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_hash();
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM letters WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER lose AFTER INSERT ON letters FOR EACH ROW WHEN (NEW.kind = 0) EXECUTE FUNCTION lose();
"""
PLANTED = {"logout not kept", "password not kept", "letter lost"}


def test_what_the_database_forgets_is_found(tmp_path):
    with Fleet(tmp_path, clocks=False) as fleet:
        fleet.postgres.ask(fleet.database, FORGETFUL)
        history = run(fleet, 3, Size(faults=2, clients=4, pace=0.03, kinds={"delay": plan.KINDS["delay"]}), Bounds(recovery=5.0))
    assert {each.promise for each in checker.violations(history)} == PLANTED


# Redis alone says what was revoked.
TRUSTING = """
CREATE FUNCTION lose_revocation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM revocations WHERE kind = NEW.kind AND id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER lose_revocation AFTER INSERT ON revocations FOR EACH ROW EXECUTE FUNCTION lose_revocation();
"""


def test_what_redis_loses_is_found_where_nothing_else_knows_it(tmp_path):
    kinds = {"redis_gone": dataclasses.replace(plan.REDIS_KINDS["redis_gone"], shortest=3.0)}
    with Fleet(tmp_path, clocks=False, redis=True) as fleet:
        fleet.postgres.ask(fleet.database, TRUSTING)
        history = run(fleet, 3, Size(faults=1, clients=1, leavers=1, pace=0.05, kinds=kinds))
    found = {each.promise for each in checker.violations(history)}
    assert "token after logout" in found and found <= {"token after logout", "key after removal"}, found
