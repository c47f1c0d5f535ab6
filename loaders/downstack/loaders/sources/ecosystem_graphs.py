"""Ecosystem Graphs of the Center for Research on Foundation Models, Stanford: who made which model, and of what.

Source and licence
    The folder ``assets`` of github.com/stanford-crfm/ecosystem-graphs: one YAML file a company, one element an asset.
    The repository has no licence file: it can be loaded by whoever has it, and is never shipped. It grew weekly until
    2025.
What becomes of an asset
    a model is a FoundationModel, a data set a Dataset, an application an Application, or the entity of the store that has
    that name; its organisations are companies that develop it; each dependency is ``dependsOn``. A dependency that no
    asset and no entity is called becomes an UnresolvedEntity of that name.
What is dropped, and why
    prose (intended uses, quality control...), links, and ``nationality``, which is often not the maker's. Sizes,
    hardware and times of training that are not one plain number with its unit are left out with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from downstack.graph.names import normalise
from downstack.loaders.dates import parse_date
from downstack.loaders.gathering import Gathering, own_folder
from downstack.loaders.inputs import read_files
from downstack.loaders.joins import UNRESOLVED, Joins, curated_joins
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources.ecosystem_assets import Asset, parse
from downstack.loaders.sources.ecosystem_readings import (
    Readings,
    is_missing,
    read_hardware,
    read_size,
    read_time,
    read_users,
)
from downstack.loaders.texts import MAX_NAME, clean

NAME = "ecosystem-graphs"
SOURCE = SourceRecord(
    "ecosystem-graphs", "Stanford CRFM Ecosystem Graphs", "https://github.com/stanford-crfm/ecosystem-graphs"
)
CLASSES = {
    "model": ("FoundationModel", 2, ("FoundationModel", "TrainedModel")),
    "dataset": ("Dataset", 2, ("Dataset",)),
    "application": ("Application", 1, ("Application",)),
}
"""Type of an asset -> its class, its layer, and the classes of entities of the store that it can be."""
DEPENDABLE = (
    "FoundationModel", "TrainedModel", "ModelFamily", "Dataset", "Application", "Framework", "Library", "Technique",
)  # fmt: skip
ACCESS = ("open", "limited", "closed")
_CORPORATE = re.compile(r",\s+(?=(?:Inc|Ltd|LLC|Corp|Co|GmbH|S\.A)\b)", re.IGNORECASE)


class EcosystemGraphs:
    """Models, data sets and applications, and what each of them was made from."""

    name = NAME
    title = "the folder of YAML assets of Stanford's Ecosystem Graphs, or some of its files"
    licence = "none is stated: load it, never ship it"

    def read(self, request: LoadRequest) -> Loaded:
        """Read assets; see the module for what becomes of them."""
        rows = list(parse(read_files(request.paths, (".yaml", ".yml"))))
        return _Mapping(request, [row for row in rows if isinstance(row, Asset)]).loaded(rows)


class _Mapping:
    """Assets to statements: first every asset gets its slug, then names are looked up among all of them."""

    def __init__(self, request: LoadRequest, assets: Sequence[Asset]) -> None:
        self.request = request
        self.joins = Joins(request.held, own_folder(NAME), curated_joins(NAME))
        self.into = Gathering(NAME, SOURCE, Report("Assets of Ecosystem Graphs"))
        self.latest = (datetime.now(tz=UTC).date() + timedelta(days=1)).isoformat()
        self.slugs: dict[int, str] = {}
        self.named: dict[str, dict[str, None]] = defaultdict(dict)
        """Normalised name -> slugs of the assets that have it."""
        for number, asset in enumerate(assets):
            slug = self._slug(asset)
            self.slugs[number] = slug
            self.named[normalise(asset.name)][slug] = None
        self.assets = assets

    def loaded(self, rows: Sequence[Asset | Rejection]) -> Loaded:
        """Map all rows and count them."""
        numbers = iter(range(len(self.assets)))
        for done, row in enumerate(rows, start=1):
            if isinstance(row, Rejection):
                self.into.report.reject(row)
            else:
                self._row(row, self.slugs[next(numbers)])
            if self.request.progress is not None:
                self.request.progress(done, len(rows))
        return self.into.loaded()

    def _row(self, asset: Asset, slug: str) -> None:
        report = self.into.report
        left_out = list(asset.unread)
        said = sum(1 for _ in self._statements(asset, slug, left_out))
        if said:
            report.keep(said)
            report.leave_out(left_out)
        else:
            reason = "the store knows it, and the asset adds nothing"
            report.reject(Rejection(asset.line, asset.name, "name", asset.name, reason, asset.file))

    def _slug(self, asset: Asset) -> str:
        kind, layer, joined = CLASSES[asset.type]
        held = self.joins.find(asset.name, joined)
        if held is not None:
            return held.slug
        key = f"{normalise(asset.name)}|{normalise(asset.texts.get('organization', ''))}"
        slug = self.joins.slug_for(asset.name, asset.type, key)
        description = clean(asset.texts.get("description", "")) or None
        record = EntityRecord(slug, asset.name, (kind,), layer, (), description)
        self.into.describe(record, (asset.file, asset.line))
        return slug

    def _statements(self, asset: Asset, slug: str, left_out: list[Rejection]) -> Iterator[object]:
        """Everything that an asset says, one item a statement; what cannot be read goes to `left_out`."""
        date = self._date(asset, left_out)
        if slug in self.into.entities:
            yield self.into.say(slug, "dcterms:source", f"src:{SOURCE.slug}")
        yield from self._properties(asset, slug, date, left_out)
        for text in self._organisations(asset):
            company = self._company(text, asset)
            yield self.into.state(self._relation(company, "develops", slug, date, asset))
        for text in asset.dependencies:
            self.into.report.count("dependencies")
            if is_missing(text):
                left_out.append(Rejection(asset.line, asset.name, "dependencies", text, "no name", asset.file))
                continue
            target = self._dependency(text, asset)
            if target == slug:
                reason = "an asset does not depend on itself"
                left_out.append(Rejection(asset.line, asset.name, "dependencies", text, reason, asset.file))
                continue
            yield self.into.state(self._relation(slug, "dependsOn", target, date, asset))
        yield from self._facts(asset, slug, date, left_out)

    def _date(self, asset: Asset, left_out: list[Rejection]) -> str | None:
        text = asset.texts.get("created_date", "").strip()
        if is_missing(text):
            return None
        date = parse_date(text)
        if date.as_of is None or date.as_of > self.latest[: len(date.as_of)]:
            reason = "not a date" if date.as_of is None else "a date in the future"
            left_out.append(Rejection(asset.line, asset.name, "created_date", clean(text, 80), reason, asset.file))
            return None
        return date.as_of

    def _properties(self, asset: Asset, slug: str, date: str | None, left_out: list[Rejection]) -> Iterator[object]:
        if date is not None:
            yield self.into.say(slug, "dso:releasedOn", date)
        licence = clean(asset.texts.get("license", ""), MAX_NAME)
        if not is_missing(licence):
            yield self.into.say(slug, "dso:licenceTerms", licence)
        access = asset.texts.get("access", "").strip().casefold()
        if access in ACCESS:
            yield self.into.say(slug, "dso:accessLevel", access)
        elif not is_missing(access):
            reason = f"not one of {', '.join(ACCESS)}"
            left_out.append(Rejection(asset.line, asset.name, "access", clean(access, 80), reason, asset.file))

    def _facts(self, asset: Asset, slug: str, date: str | None, left_out: list[Rejection]) -> Iterator[object]:
        for key, text, found in _readings(asset):
            if isinstance(found, str):
                left_out.append(Rejection(asset.line, asset.name, key, clean(text, 80), found, asset.file))
                continue
            for reading in found:
                yield self.into.state(
                    FactRecord(
                        subject=slug, quantity=reading.quantity, literal=clean(text), value=reading.value,
                        unit=reading.unit, confidence="press", source=SOURCE.slug, condition=reading.condition,
                        as_of=date, locator=f"{asset.file}, {asset.name}, {key}",
                    )
                )  # fmt: skip

    def _organisations(self, asset: Asset) -> list[str]:
        text = clean(asset.texts.get("organization", ""))
        parts = [part.strip().removeprefix("and ").rstrip(".") for part in _CORPORATE.sub(" ", text).split(",")]
        return [part[:MAX_NAME] for part in dict.fromkeys(parts) if not is_missing(part)]

    def _company(self, text: str, asset: Asset) -> str:
        held = self.joins.find(text, ("Company",))
        if held is not None:
            return held.slug
        slug = self.joins.slug_for(text, "company", normalise(text))
        self.into.describe(EntityRecord(slug, text, ("Company",), None), (asset.file, asset.line))
        return slug

    def _dependency(self, text: str, asset: Asset) -> str:
        """The entity that a dependency names: an asset, else an entity of the store, else a name of its own."""
        slugs = self.named.get(normalise(text), {})
        if len(slugs) == 1:
            self.into.report.count("dependencies on assets")
            return next(iter(slugs))
        held = self.joins.find(text, DEPENDABLE, own=True) if not slugs else None
        if held is not None and UNRESOLVED not in held.classes:
            self.into.report.count("dependencies on entities of the store")
            return held.slug
        self.into.report.count("dependencies unresolved")
        held = self.joins.find(text, (UNRESOLVED,))
        if held is not None:
            # Said here too: the source that had it first may learn what it is, and says it no longer when it is loaded again.
            self.into.describe(EntityRecord(held.slug, held.label, (UNRESOLVED,), None), (asset.file, asset.line))
            return held.slug
        slug = self.joins.slug_for(text, "name", f"dependency|{normalise(text)}")
        self.into.describe(EntityRecord(slug, text, (UNRESOLVED,), None), (asset.file, asset.line))
        return slug

    def _relation(self, subject: str, predicate: str, target: str, date: str | None, asset: Asset) -> RelationRecord:
        return RelationRecord(subject, predicate, target, SOURCE.slug, date, f"{asset.file}, {asset.name}")


def _readings(asset: Asset) -> Iterator[tuple[str, str, Readings]]:
    """Key, text and reading of what an asset says in numbers."""
    readers = {
        "size": lambda text: read_size(text, asset.type),
        "training_hardware": read_hardware,
        "training_time": read_time,
        "monthly_active_users": read_users,
    }
    for key, read in readers.items():
        text = asset.texts.get(key, "").strip()
        allowed = {"size": ("model", "dataset"), "monthly_active_users": ("application",)}.get(key, ("model",))
        if is_missing(text):
            continue
        if asset.type not in allowed:
            yield key, text, f"not of {asset.type}s"
        else:
            yield key, text, read(text) if len(text) <= MAX_NAME else f"longer than {MAX_NAME} characters"
