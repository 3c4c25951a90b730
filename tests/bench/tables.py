# tables.py
# What was measured, in tables.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Prints the tables of the benchmark: what dissectors cost, what captures of
growing length cost, and which targets are met."""

import statistics


def span(values, form):
    """Median, and from the least to the greatest."""
    return (f"{statistics.median(values):{form}} "
            f"({min(values):{form}}-{max(values):{form}})")


def table(rows):
    """Prints rows in columns, the first left and the others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width)
                  for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print()


def ratios(runs, case, to):
    """CPU time of one case to another's, round by round."""
    return [a.cpu / b.cpu for a, b in zip(runs[case], runs[to])]


def print_costs(runs, groups, packets, unit):
    """Groups of cases, and how each compares with the first of its group."""
    rows = [("dissector", "wall s", "CPU s", f"{unit}s/s", "RSS MB",
             "CPU / data")]
    for cases in groups:
        for case in cases:
            cpu = [run.cpu for run in runs[case]]
            rss = [run.rss for run in runs[case]]
            rows.append((case.name,
                         span([run.wall for run in runs[case]], ".2f"),
                         span(cpu, ".2f"),
                         f"{packets / statistics.median(cpu):,.0f}",
                         f"{statistics.median(rss):.0f}",
                         span(ratios(runs, case, cases[0]), ".2f")))
    table(rows)


def print_growth(runs, growth, nothing, unit):
    """Captures of growing length. Returns, for each kind of them, seconds and
    bytes a packet of the shortest and of the longest, start-up left out."""
    start = statistics.median(run.cpu for run in runs[nothing])
    base = statistics.median(run.rss for run in runs[nothing])
    print(f"Capture by length. Start-up, part of all numbers but the last two "
          f"columns: {start:.2f} s, {base:.0f} MB")
    rows = [("capture", f"{unit}s", "wall s", "CPU s", "RSS MB", f"us/{unit}",
             f"bytes/{unit}")]
    ends = {}
    for kind, cases in growth.items():
        measured = []
        for case in cases:
            cpu = [run.cpu for run in runs[case]]
            rss = [run.rss for run in runs[case]]
            seconds = [(each - start) / case.limit for each in cpu]
            room = [(each - base) / case.limit * 2 ** 20 for each in rss]
            measured.append((seconds, room))
            rows.append((kind, f"{case.limit:,}",
                         span([run.wall for run in runs[case]], ".2f"),
                         span(cpu, ".2f"), f"{statistics.median(rss):.0f}",
                         span([each * 1e6 for each in seconds], ".2f"),
                         f"{statistics.median(room):.0f}"))
        ends[kind] = measured[0], measured[-1]
    table(rows)
    return ends


class Targets:
    """Collects what was to be reached, and prints whether it was."""

    def __init__(self):
        self.rows = [("target", "result", "")]

    def at_most(self, words, limit, values):
        self._add(f"{words.format(limit=limit)}", values,
                  statistics.median(values) <= limit)

    def at_least(self, words, limit, values):
        self._add(f"{words.format(limit=limit)}", values,
                  statistics.median(values) >= limit)

    def _add(self, words, values, met):
        self.rows.append((words, span(values, ".2f"),
                          "met" if met else "NOT MET"))

    def growth(self, ends, sizes, limit, unit):
        """Of what print_growth() returned: the longest capture costs hardly
        more a packet than the shortest."""
        for kind, (shortest, longest) in ends.items():
            for words, first, last in zip(("time", "memory"), shortest,
                                          longest):
                self.at_most(f"{kind}: {words} per {unit}, {sizes[-1]:,} "
                             f"{unit}s <= {{limit}} x {sizes[0]:,}", limit,
                             [b / a for a, b in zip(first, last)])

    def print(self):
        table(self.rows)
