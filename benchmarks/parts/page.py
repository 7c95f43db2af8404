"""A table as a page."""

from . import figures
from .figures import short, spread


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def section_lines(section):
    count = len(section.rounds)
    lines = [f"## {section.title}", "",
             f"| {section.unit}, {count} round{'s' if count > 1 else ''} | median (least–most) | " + " | ".join(f"÷ {name}" for name in section.beside) + " |",
             "|---|---|" + "---|" * len(section.beside)]
    if not section.beside:
        lines[-2:] = [f"| {section.unit}, {count} round{'s' if count > 1 else ''} | median (least–most) |", "|---|---|"]
    for name in section.names():
        cells = [name, spread(section.of(name), section.digits), *(short(section.quotient(name, peer)) for peer in section.beside)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + goal_lines(section)


def goal_lines(section):
    lines = []
    for goal in section.goals:
        if goal.row not in section.names() or goal.beside not in section.names():
            continue
        interval = section.quotient(goal.row, goal.beside)
        wanted = f"{'at least' if goal.least else 'at most'} {goal.limit:.2f}"
        met = "met" if goal.is_met(interval.median) else "**missed**"
        lines.append(f"- {goal.row} ÷ {goal.beside}: {short(interval)}, wanted {wanted}: {met}")
    return ["", *lines] if lines else []


def page(table, result, facts, machine, seconds, picture):
    """`result` is a list of sections and of texts, in the order of the page."""
    lines = [f"# {table.title}", "", f"Written by `./dev bench {table.name} --write`, which took {duration(seconds)}; {machine}.", "",
             *table.says.strip().splitlines(), "",
             "Ratios are taken within a round; each is the median of the rounds' with its 95 % interval. Logs are off in all programs alike, all traffic is on loopback.", ""]
    if picture:
        lines += [f"![{table.title}]({picture})", ""]
    for part in result:
        lines += section_lines(part) if isinstance(part, figures.Section) else [part]
        lines.append("")
    lines += ["## Where", "", "| | |", "|---|---|", *[f"| {name} | {value} |" for name, value in facts.items()]]
    return "\n".join(lines) + "\n"
