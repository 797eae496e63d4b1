"""A picture of ours as PNG: for where no SVG may be pasted.

It draws what our own pictures consist of (rectangles, lines, text, straight paths) and knows the
classes of `report.timeline`; it is no reader of any SVG. Tool tips have no place in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from xml.etree.ElementTree import Element, fromstring

from PIL import Image, ImageColor, ImageDraw, ImageFont

from evidence.errors import EnvironmentProblem
from report.timeline import LINES, TEXTS

SCALE = 2  # pixels of the PNG for one of the SVG, so that small print stays sharp
_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansTC-Regular.otf")
_TRADITIONAL = 3  # which face of the collection is drawn as Taiwan writes
_STEP = re.compile(r"([MLHVZ])(?:(-?[\d.]+)(?:[ ,](-?[\d.]+))?)?")
Pen = ImageDraw.ImageDraw


def to_png(svg: str) -> bytes:
    """The PNG of a picture that `timeline` made. Raises EnvironmentProblem (`fonts_missing`)."""
    root = fromstring(svg)
    size = (int(root.attrib["width"]) * SCALE, int(root.attrib["height"]) * SCALE)
    image = Image.new("RGB", size, "#fff")
    pen = ImageDraw.Draw(image, "RGBA")
    for one in root.iter():
        draw = _DRAWN.get(one.tag.rpartition("}")[2])
        if draw is not None:
            draw(pen, one.attrib, one)
    made = BytesIO()
    image.save(made, "PNG", optimize=True)
    return made.getvalue()


def _rect(pen: Pen, at: Mapping[str, str], _: Element) -> None:
    x, y = _px(at, "x"), _px(at, "y")
    colour = ImageColor.getrgb(at.get("fill", "#000"))[:3]
    alpha = round(255 * float(at.get("fill-opacity", "1")))
    wide, tall = max(_px(at, "width"), 1), max(_px(at, "height"), 1)
    pen.rectangle((x, y, x + wide - 1, y + tall - 1), fill=(*colour, alpha))


def _line(pen: Pen, at: Mapping[str, str], _: Element) -> None:
    colour, dash = LINES[at["class"]]
    x, top, bottom = _px(at, "x1"), _px(at, "y1"), _px(at, "y2")
    on, off = (dash[0] * SCALE, dash[1] * SCALE) if dash else (bottom - top, 0)
    while top < bottom:
        pen.line((x, top, x, min(top + on, bottom)), fill=colour, width=SCALE)
        top += on + off


def _text(pen: Pen, at: Mapping[str, str], one: Element) -> None:
    size, colour, weight = TEXTS[at.get("class", "")]
    # SVG places a text by its base line. Its weight is drawn by a thicker pen.
    thick = SCALE // 2 if weight > 400 else 0
    place = (_px(at, "x"), _px(at, "y"))
    pen.text(
        place, one.text or "", colour, _font(round(size * SCALE)), anchor="ls", stroke_width=thick
    )


def _path(pen: Pen, at: Mapping[str, str], _: Element) -> None:
    width = round(float(at["stroke-width"]) * SCALE)
    for points, closed in _strokes(at["d"]):
        if closed and at["fill"] != "none":
            pen.polygon(points, fill=at["fill"])
        pen.line([*points, points[0]] if closed else points, fill=at["stroke"], width=width)


def _strokes(path: str) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    """Each stroke of a path of absolute straight steps, and whether it is closed."""
    points: list[tuple[float, float]] = []
    for step, first, second in _STEP.findall(path):
        if step == "M" and points:
            yield points, False
            points = []
        if step == "Z":
            yield points, True
            points = []
        elif step == "H":
            points.append((float(first) * SCALE, points[-1][1]))
        elif step == "V":
            points.append((points[-1][0], float(first) * SCALE))
        else:
            points.append((float(first) * SCALE, float(second) * SCALE))
    if points:
        yield points, False


_DRAWN = {"rect": _rect, "line": _line, "text": _text, "path": _path}


def _px(at: Mapping[str, str], name: str) -> float:
    return float(at.get(name, "0")) * SCALE


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    for name in _FONTS:
        try:
            face = _TRADITIONAL if name.endswith(".ttc") else 0
            return ImageFont.truetype(name, size, index=face)
        except OSError:
            continue
    raise EnvironmentProblem(
        "no font with Chinese was found, so no PNG can be drawn",
        code="fonts_missing",
        next_step="install fonts-noto-cjk, or take the picture with --svg",
    )
