"""Panels of curves over the same time, as SVG."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, GAP = 960, 150, 70, 190, 40, 34
COLOURS = ["#1f6fb4", "#d0661e", "#2c8c3c", "#a03070", "#666666"]


def ticks(top):
    """Round steps from 0 to at least `top`."""
    step = 10 ** len(str(int(top))) if top >= 1 else 1
    while top / step < 3:
        step = step / 2 if str(step)[0] != "5" else step / 2.5
    return [step * n for n in range(int(top / step) + 2)]


def draw(title, panels, warm_up, marks):
    """panels: [(name, unit, [(legend, [(seconds, value)])])]; marks: seconds of what happened (reloads)."""
    last = max(points[-1][0] for _, _, curves in panels for _, points in curves if points)
    height = TOP + len(panels) * (HEIGHT + GAP) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{height}" fill="white"/>', f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']

    def x(seconds):
        return LEFT + seconds / last * (WIDTH - LEFT - RIGHT)

    for number, (name, unit, curves) in enumerate(panels):
        base = TOP + number * (HEIGHT + GAP) + HEIGHT
        steps = ticks(max((value for _, points in curves for _, value in points), default=1) or 1)

        def y(value):
            return base - value / steps[-1] * (HEIGHT - 20)

        out.append(f'<rect x="{LEFT}" y="{base - HEIGHT + 20}" width="{x(warm_up) - LEFT:.1f}" height="{HEIGHT - 20}" fill="#eeeeee"/>')
        out.append(f'<text x="{LEFT}" y="{base - HEIGHT + 14}" font-weight="bold">{name}{f" ({unit})" if unit else ""}</text>')
        for step in steps:
            out.append(f'<path d="M{LEFT} {y(step):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
                       f'<text x="{LEFT - 6}" y="{y(step) + 4:.1f}" text-anchor="end">{step:g}</text>')
        for mark in marks:
            out.append(f'<path d="M{x(mark):.1f} {base}v5" stroke="#999999"/>')
        for at, (legend, points) in enumerate(curves):
            colour = COLOURS[at % len(COLOURS)]
            line = " ".join(f"{x(seconds):.1f},{y(value):.1f}" for seconds, value in thin(points))
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
                       f'<text x="{WIDTH - RIGHT + 8}" y="{base - HEIGHT + 32 + at * 15}" fill="{colour}">{legend}</text>')
    foot = TOP + len(panels) * (HEIGHT + GAP) - 8
    for part in range(7):
        out.append(f'<text x="{x(last * part / 6):.1f}" y="{foot}" text-anchor="middle">{last * part / 6 / 60:.1f} min</text>')
    out.append(f'<text x="{LEFT}" y="{foot + 18}" fill="#666666">grey: warm-up, not judged; ticks under the panels: reloads of the second proxy</text></svg>')
    return "\n".join(out) + "\n"


def thin(points, most=700):
    """The lowest and the highest of each part, so that no peak is lost."""
    if len(points) <= most:
        return points
    out, size = [], len(points) * 2 // most + 1
    for at in range(0, len(points), size):
        part = points[at:at + size]
        out += sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])})
    return out
