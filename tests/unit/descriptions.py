# SPDX-License-Identifier: GPL-2.0
"""What tests say of themselves means something alone, as in the log of a run that shows one line of it. descriptions.py TESTS"""
import pathlib
import re
import sys

STRING = r'"(?:[^"\\]|\\.)*"'
# who or what it is about is in another line
ELSEWHERE = re.compile(r"(and|but|nor|or|so|it|its|they|their|them|then|which|that|these|those|also|again|once|none of it)\b")
# how many arguments come before the description
IN_C = {"ok": 1, "is": 2, "is_str": 2, "bail": 0}
IN_SHELL = re.compile(rf"(?:^|[;{{(&|)]|\b(?:do|then|else)\b)[ \t]*(?:\$?json|ok|is|status|skip|check|same|has|lacks|says|beside|job tap) "
                      rf"({STRING}|'[^']*')", re.MULTILINE)
# their `check` takes something else first, of which it makes the description
OTHERS = {"completion.test", "examples.test", "inline.test", "layers.test"}


def arguments(text, begin):
    """Of the call whose opening parenthesis is right before; strings are kept whole."""
    found, depth, part = [], 0, ""
    for token in re.findall(rf"{STRING}|'(?:[^'\\]|\\.)*'|.", text[begin:begin + 2000], re.DOTALL):
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        if depth < 0 or (token == "," and depth == 0):
            found.append(part.strip())
            part = ""
        else:
            part += token
        if depth < 0:
            break
    return found


def of_c(text):
    """Where each is, and what it says."""
    for call in re.finditer(r"\b(ok|is|is_str|bail)\(", text):
        given = arguments(text, call.end())
        number = IN_C[call[1]]
        if len(given) > number and given[number].startswith('"'):
            yield call.start(), re.match(STRING, given[number])[0][1:-1]
    for test in re.finditer(r"\bSTART_TEST\((\w+)\)", text):
        yield test.start(), test[1].replace("_", " ")


def of_shell(text):
    """The same."""
    for call in IN_SHELL.finditer(text):
        yield call.start(1), call[1][1:-1]


def complaint(description):
    """What is wrong with it, or None. What is in front of a colon, with a variable, is the same in other lines."""
    if re.fullmatch(r"[%$]\S*", description):
        return None
    said = re.sub(r"^[^:]*[%$][^:]*: (?![%$]\S*$)", "", description)
    if len(said.split()) < 3:
        return "fewer than three words"
    if ELSEWHERE.match(said):
        return "it begins as if it followed another"
    return None


def main(tests):
    """How many there are is said, so that it is seen that they are found."""
    count = failures = 0
    for path in sorted(pathlib.Path(tests).rglob("*")):
        if path.suffix == ".c":
            find = of_c
        elif path.suffix in (".sh", ".test") or path.name in ("packages", "run"):
            find = of_shell
        else:
            continue
        if path.is_dir() or path.name in OTHERS or path.parent.name == "bench":
            continue
        text = path.read_text(encoding="utf-8")
        for begin, description in find(text):
            count += 1
            wrong = complaint(description)
            if wrong:
                failures += 1
                print(f"FAILED: {path}:{1 + text.count(chr(10), 0, begin)}: '{description}': {wrong}")
    print(f"ok: {count - failures} of {count} descriptions mean something alone")
    return failures > 0 or count < 1500


sys.exit(main(sys.argv[1]))
