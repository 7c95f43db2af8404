"""The sections of a table as one picture, by gnuplot: a bar for each name, and how far the rounds went from it."""

import subprocess

WIDTH = 900          # pixels
AROUND = 90          # of a section's title, axis and unit
BAR = 22
COLOURS = {"Yett": "#2a6f97"}
OTHERS = "#b8b8b8"

HEAD = """set terminal svg size {width},{height} dynamic font "sans-serif,12" background "#ffffff"
set output "{file}"
set style fill solid noborder
set offsets 0,0,0,0
set lmargin 38
set rmargin 8
set tmargin 2.5
set bmargin 3.5
set border 3
set tics nomirror
set ytics noenhanced
set grid xtics
set multiplot
"""


def escaped(text):
    """As gnuplot wants texts between double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def colour_of(name):
    return next((colour for word, colour in COLOURS.items() if word in name), OTHERS)


def height(section):
    return AROUND + BAR * len(section.names())


def data(section, number):
    lines = [f"$data{number} << END"]
    for at, name in enumerate(section.names()):
        values = section.of(name)
        lines.append(f'{at} {section.median(name)} {min(values)} {max(values)} "{escaped(name)}" {int(colour_of(section.title + name)[1:], 16)}')
    return [*lines, "END"]


def panel(section, number, top, total):
    share, source = height(section) / total, f"$data{number}"
    widest = max(max(section.of(name)) for name in section.names()) or 1
    return [*data(section, number),
            f"set size 1,{share:.6f}", f"set origin 0,{1 - top / total - share:.6f}",
            f'set title "{escaped(section.title)}" noenhanced', f'set xlabel "{escaped(section.unit)}" noenhanced',
            f"set yrange [{len(section.names()) - 0.4}:-0.6]", f"set xrange [0:{widest * 1.12}]",
            f"plot {source} using ($2/2):1:(0):2:($1-0.35):($1+0.35):6:ytic(5) with boxxyerror linecolor rgb variable notitle, "
            f"{source} using 2:1:3:4 with xerrorbars linecolor rgb '#303030' pointtype 0 notitle, "
            f"{source} using 4:1:(sprintf(\" %.{section.digits}f\", $2)) with labels left offset 0.5,0 notitle"]


def script(sections, file):
    total, top = sum(map(height, sections)), 0
    lines = [HEAD.format(width=WIDTH, height=total, file=escaped(str(file)))]
    for number, section in enumerate(sections):
        lines += panel(section, number, top, total)
        top += height(section)
    return "\n".join([*lines, "unset multiplot"]) + "\n"


def draw(sections, file):
    subprocess.run(["gnuplot"], input=script(sections, file), text=True, check=True)
