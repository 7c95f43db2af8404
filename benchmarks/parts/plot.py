"""The sections of a table as one picture, by gnuplot."""

import subprocess

PANEL = 300          # pixels of height for a section
COLOURS = {"Yett": "#2a6f97"}
OTHERS = "#b8b8b8"


def escaped(text):
    """As gnuplot wants texts between double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def colour_of(name):
    return next((colour for word, colour in COLOURS.items() if word in name), OTHERS)


def panel(section, number):
    """A bar for each name with the least and the most of the rounds."""
    lines = [f"$data{number} << END"]
    for at, name in enumerate(section.names()):
        values = section.of(name)
        lines.append(f'{at} {section.median(name)} {min(values)} {max(values)} "{escaped(name)}" {int(colour_of(name)[1:], 16)}')
    count = len(section.names())
    return [*lines, "END",
            f'set title "{escaped(section.title)}" noenhanced', f'set ylabel "{escaped(section.unit)}" noenhanced',
            f"set xrange [-0.7:{count - 0.3}]",
            f"plot $data{number} using 1:2:(0.6):6:xtic(5) with boxes linecolor rgb variable notitle, "
            f"$data{number} using 1:2:3:4 with yerrorbars linecolor rgb '#303030' pointtype 0 notitle, "
            f"$data{number} using 1:2:(sprintf('%.{section.digits}f', $2)) with labels offset 3,0.7 notitle"]


def script(sections, file):
    lines = [f'set terminal svg size 900,{PANEL * len(sections)} dynamic font "sans-serif,11" background "#ffffff"',
             f'set output "{escaped(str(file))}"', "set style fill solid noborder", "set yrange [0:*]", "set offsets 0,0,graph 0.1,0", "set grid ytics",
             "set xtics rotate by -20 noenhanced", "set bmargin 5", "set border 3", "set tics nomirror", f"set multiplot layout {len(sections)},1"]
    for number, section in enumerate(sections):
        lines += panel(section, number)
    return "\n".join([*lines, "unset multiplot"]) + "\n"


def draw(sections, file):
    subprocess.run(["gnuplot"], input=script(sections, file), text=True, check=True)
