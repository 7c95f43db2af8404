"""What `./dev prove` writes down is what the proof said."""

import re
import sys

import pytest

import prove


def proof_of(code, rounds=7, **more):
    code = "import os, sys\nfile = os.environ['YETT_PROOF_FIGURES']\n" + code
    return prove.Proof("Something holds.", [sys.executable, "-c", code.replace("{", "{{").replace("}", "}}"), "{seed}", "{rounds}"], rounds, **more)


GOOD = """
with open(file, "w") as f:
    print("tried:", int(os.environ["YETT_PROOF_ROUNDS"]) * 2, file=f)
    print("first draw:", __import__("random").Random(int(os.environ["YETT_PROOF_SEED"])).randrange(10**9), file=f)
"""


def rows(text):
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.M))


def test_commit_seed_figures_and_duration_are_written_down():
    text, held = prove.prove("something", proof_of(GOOD), 42, 7)
    found = rows(text)
    assert held and found["Result"] == "held" and found["Seed"] == "42" and found["Rounds"] == "7" and found["Tried"] == "14"
    assert re.fullmatch(r"[0-9a-f]{12}( with changes that are not committed)?", found["Commit"])
    assert re.fullmatch(r"\d+\.\d s", found["Duration"]) and re.fullmatch(r"\d{4}-\d\d-\d\d", found["Date"])
    assert text.startswith("# something\n") and "Something holds." in text and "`./dev prove something`" in text


def test_the_same_seed_tries_the_same_and_another_one_does_not():
    draw = lambda seed: rows(prove.prove("something", proof_of(GOOD), seed, 7)[0])["First draw"]
    assert draw(1) == draw(1) != draw(2)


def test_what_did_not_hold_is_written_down_and_fails():
    text, held = prove.prove("something", proof_of("open(file, 'w').write('tried: 3\\n')\nraise SystemExit(1)"), 1, 7)
    assert not held and rows(text)["Result"] == "**did not hold**" and rows(text)["Tried"] == "3"


def test_circumstances_that_prove_nothing_are_written_down_and_fail():
    text, held = prove.prove("something", proof_of("open(file, 'w').write('busy: 90 %\\n')\nraise SystemExit(75)"), 1, 7)
    assert not held and rows(text)["Result"] == "**void**" and rows(text)["Busy"] == "90 %"


def test_a_proof_that_says_nothing_has_proved_nothing():
    text, held = prove.prove("something", proof_of(""), 1, 7)
    assert not held and rows(text)["Reason"] == "the proof left no figure"


def test_a_table_stands_below_the_figures():
    code = GOOD + "open(os.environ['YETT_PROOF_TABLE'], 'w').write('\\n| Row | Met |\\n|---|---|\\n| one | yes |\\n')"
    text, held = prove.prove("something", proof_of(code), 1, 7)
    assert held and text.endswith("|\n\n| Row | Met |\n|---|---|\n| one | yes |\n")


def test_figures_are_read_from_what_is_printed_and_the_command_is_told_seed_and_rounds():
    code = "print('slow body  median 1.07, at most 1.5: good')\nprint('slow body  run 1: p99')\nprint('told', sys.argv[1:])"
    slow = prove.PROOFS["slow"].prints
    assert rows(prove.prove("slow", proof_of(code, prints=slow), 3, 5)[0])["Slow body"] == "1.07, at most 1.5: good"
    assert rows(prove.prove("slow", proof_of(code, prints=r"^(told) (.*)"), 3, 5)[0])["Told"] == "['3', '5']"


@pytest.mark.parametrize("seconds, text", [(0.04, "0.0 s"), (59.4, "59.4 s"), (59.9, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")])
def test_durations_are_read_at_a_glance(seconds, text):
    assert prove.duration(seconds) == text


def test_every_proof_has_a_size_and_a_sentence():
    for name, proof in prove.PROOFS.items():
        assert proof.rounds > 0 and proof.shows.endswith(".") and proof.command, name
