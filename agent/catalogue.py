"""Lifecycle catalogues: those that ship, those that a site took since, and taking another.

The one in force on a day is the newest dated then or before; of one day the site's last. None is
ever edited, so an old month is judged again by the catalogue of its time. A site's own is signed by
the agent that took it, with where it came from, who took it and when; one that does not fit its
signature is not judged by.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import requests

from evidence.errors import ConfigurationError, EnvironmentProblem, SealError, shown
from evidence.lifecycle import COLUMNS, Catalogue, Entry
from evidence.lifecycle.update import Offer, joined, offer_of_json
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import CATALOGUE, Statement

_NAME = re.compile(r"catalogue-(\d{4}-\d{2}-\d{2})(?:\.(\d+))?\.csv")
_TIMEOUT_S = (10, 60)
SIGNED = ".dsse.json"  # beside a site's own catalogue: the signed statement about it


def load_catalogue(
    day: date, site: Path | None = None, keys: Sequence[PublicKey] = ()
) -> Catalogue:
    """What was known on `day`; before the first catalogue, the first. `site`: where the site's
    own are kept, which must be signed by one of `keys`. Raises ConfigurationError: a row, or
    `catalogue_unsigned`."""
    dated = sorted(_catalogues(site), key=lambda one: one[:3])
    if not dated:
        raise ConfigurationError("no lifecycle catalogue is installed", code="catalogue_missing")
    known = [one for one in dated if one[0] <= day]
    chosen, is_own, _, file = (known or dated[:1])[-1]
    body = file.read_bytes()
    if is_own:
        _check_signature(Path(str(file)), body, keys)
    return Catalogue.of_rows(csv.DictReader(StringIO(body.decode("utf-8"))), chosen)


def _check_signature(path: Path, body: bytes, keys: Sequence[PublicKey]) -> None:
    """Raises ConfigurationError (`catalogue_unsigned`) unless a key of ours signed these bytes."""
    try:
        envelope = Envelope.parse(path.with_suffix(SIGNED).read_bytes())
        envelope.verify(keys)
        statement = Statement.parse(envelope.payload)
        fits = statement.subjects.get(path.name) == sha256(body).hexdigest()
        why = None if fits else "its bytes are not those that were signed"
    except FileNotFoundError:
        why = "it has no signature"
    except (SealError, OSError) as error:
        why = str(error)
    if why is not None:
        raise ConfigurationError(
            f"the lifecycle catalogue {path.name} is not used: {shown(why, 200)}",
            code="catalogue_unsigned",
            next_step=f"move it away from {path.parent}, and take it again with "
            "`evidence-agent lifecycle update`",
        )


def _catalogues(site: Path | None) -> Iterator[tuple[date, bool, int, Traversable]]:
    """Date, whether it is the site's, its number on that day, and the file."""
    folders: list[Traversable] = [files("config").joinpath("lifecycle")]
    if site is not None and site.is_dir():
        folders.append(site)
    for folder in folders:
        for file in folder.iterdir():
            if match := _NAME.fullmatch(file.name):
                day = date.fromisoformat(match[1])
                yield day, folder is site, int(match[2] or 1), file


@dataclass(frozen=True, slots=True)
class Source:
    """What an update was read from: where, the digest of all that was read, and the rows."""

    place: str
    sha256: str
    offer: Offer


def read_source(place: str, known: Catalogue, read_on: date, proxy: str | None = None) -> Source:
    """The rows in a file, a folder of JSON, or an answer from the network.

    CSV is a whole catalogue, JSON the products it speaks of. Raises ConfigurationError
    (`catalogue_update`, `catalogue_row`) or EnvironmentProblem (`catalogue_unreachable`).
    """
    if urlsplit(place).scheme in ("http", "https"):
        bodies = [(PurePosixPath(urlsplit(place).path).stem, _fetched(place, proxy))]
        kind = "json"
    else:
        bodies, kind = _kept_in(Path(place))
    digest = sha256(b"".join(body for _, body in bodies)).hexdigest()
    if kind == "csv":
        return Source(place, digest, _of_csv(bodies[0][1], read_on))
    offers = [_of_json(name, body, known.entries, read_on) for name, body in bodies]
    return Source(place, digest, joined(offers))


def _kept_in(path: Path) -> tuple[list[tuple[str, bytes]], str]:
    if path.is_dir():
        found = sorted(path.glob("*.json"))
        if not found:
            raise _unfit(f"no .json file is in {path}")
        return [(one.stem, one.read_bytes()) for one in found], "json"
    if not path.is_file():
        raise _unfit(f"there is no {path}")
    return [(path.stem, path.read_bytes())], "csv" if path.suffix.lower() == ".csv" else "json"


def _of_csv(body: bytes, read_on: date) -> Offer:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unfit("the CSV file is not UTF-8") from None
    return Offer(Catalogue.of_rows(csv.DictReader(StringIO(text)), read_on).entries, whole=True)


def _of_json(name: str, body: bytes, known: tuple[Entry, ...], read_on: date) -> Offer:
    try:
        content = json.loads(body)
    except ValueError:
        raise _unfit(f"{name}: it is not JSON") from None
    return offer_of_json(content, name, known, read_on)


def _fetched(url: str, proxy: str | None) -> bytes:
    """An answer, by the proxy named, else the environment's. Only a loopback may speak plainly:
    dates that somebody on the way could change are no evidence."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_loopback(parts.hostname):
        raise _unfit(f"{parts.hostname}: dates are only fetched by https")
    proxies = {"http": proxy, "https": proxy} if proxy else None
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S, proxies=proxies)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise EnvironmentProblem(
            f"{parts.hostname} gives no lifecycle dates ({type(error).__name__})",
            code="catalogue_unreachable",
            next_step="name the proxy with --proxy, or carry the JSON here and name the file",
        ) from None
    return answer.content


def _is_loopback(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def keep_catalogue(
    site: Path, catalogue: Catalogue, record: dict[str, Any], key: SigningKey
) -> Path:
    """Write a catalogue beside those before it, and what `record` tells of where it came from,
    signed over both."""
    site.mkdir(parents=True, exist_ok=True)
    numbers = [
        number for day, own, number, _ in _catalogues(site) if own and day == catalogue.dated
    ]
    path = site / f"catalogue-{catalogue.dated}.{max(numbers, default=0) + 1}.csv"
    text = StringIO(newline="")
    writer = csv.DictWriter(text, (*COLUMNS, "confirmed_on"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.row() for row in catalogue.entries)
    body = text.getvalue().encode("utf-8")
    told = {**record, "dated": catalogue.dated.isoformat(), "digest": catalogue.digest}
    path.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    statement = Statement(CATALOGUE, {path.name: sha256(body).hexdigest()}, told)
    path.with_suffix(SIGNED).write_bytes(Envelope(statement.payload()).signed_by(key).to_json())
    # Last and at once: half a catalogue is never judged by.
    half = path.with_suffix(".half")
    half.write_bytes(body)
    half.replace(path)
    return path


def _unfit(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"no update was taken: {shown(what)}",
        code="catalogue_update",
        next_step="name endoflife.date's JSON (file, folder or address), an EoX answer, or our CSV",
    )
