"""The advanced semiconductor supply chain of the Emerging Technology Observatory: steps, inputs, and who provides them.

Source and licence
    github.com/georgetown-cset/eto-supply-chain, folder ``data``: CC BY-NC 4.0, so it is loaded by whoever may use it, and
    never shipped. The shares are of revenue in 2019, from a CSET report of 2021; companies were checked again in 2022.
What becomes of a row
    a stage, an input, a country or a company; who provides what (``providesInput``), the share of a country
    (``supply_input_share``, an estimate of 2019), what goes into what or is a type of what; market sizes.
What is dropped, and why
    captions and sources of charts (the report is the source of all); ``Various``, which is no country; names that repeat
    what an identifier says. Inputs that run in a circle are an error: nothing is made of itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from downstack.errors import Finding, KnowledgeError
from downstack.graph.names import normalise
from downstack.loaders.acyclic import find_cycle
from downstack.loaders.gathering import Gathering, own_folder
from downstack.loaders.inputs import read_files
from downstack.loaders.joins import Joins, curated_joins
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources.eto_readings import COUNTRIES, NO_COUNTRY, read_market_size, read_share
from downstack.loaders.sources.eto_tables import COLUMNS, Row, parse
from downstack.loaders.texts import MAX_NAME, clean

NAME = "eto"
SOURCE = SourceRecord(
    "eto-supply-chain",
    "ETO Advanced Semiconductor Supply Chain Dataset (CSET: The Semiconductor Supply Chain, 2021)",
    "https://github.com/georgetown-cset/eto-supply-chain",
    "CC BY-NC 4.0",
)
VINTAGE = "2019"
"""The year whose revenue the shares are of; the tables do not repeat it."""
TYPES = {
    "process": "SupplyProcess",
    "tool_resource": "SupplyTool",
    "design_resource": "SupplyTool",
    "material_resource": "SupplyMaterial",
    "ultimate_output": "SupplyOutput",
}
DESIGN = "S1"
"""Stage and processes of design stand in the layer of processors, everything else in that of silicon fabrication."""
Found = Iterator[int | str]
"""What comes of a row: numbers of statements, and reasons why a part of it became none."""


class SupplyChain:
    """Who provides which step, tool and material on the way to a chip, and how much of it."""

    name = NAME
    title = "the folder of the five CSV tables of ETO's supply chain data set"
    licence = "CC BY-NC 4.0: load it where that is allowed, never ship it"

    def read(self, request: LoadRequest) -> Loaded:
        """Read the five tables; see the module for what becomes of them."""
        return _Mapping(request, parse(read_files(request.paths, tuple(f"{name}.csv" for name in COLUMNS)))).loaded()


class _Mapping:
    """Rows to statements, table by table: what a later table names an earlier one has described."""

    def __init__(self, request: LoadRequest, tables: dict[str, list[Row]]) -> None:
        self.request = request
        self.tables = tables
        self.joins = Joins(request.held, own_folder(NAME), curated_joins(NAME))
        self.into = Gathering(NAME, SOURCE, Report("ETO supply chain"))
        self.slugs: dict[str, str] = {}
        """Identifier of the source -> entity."""
        self.labels: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        """Identifier -> class of a stage or input, or ``country``, ``organization``."""
        self.maps = {
            "stages": self._stage, "inputs": self._input, "providers": self._provider, "provision": self._provision,
            "sequence": self._sequence,
        }  # fmt: skip

    def loaded(self) -> Loaded:
        """Map all rows, count them, and check that no input runs in a circle."""
        rows = [row for table in COLUMNS for row in self.tables[table]]
        for done, row in enumerate(rows, start=1):
            said = 0
            reasons: list[str] = []
            for item in self.maps[row.table](row):
                if isinstance(item, int):
                    said += item
                else:
                    reasons.append(item)
            left_out = [Rejection(row.line, self._title(row), row.table, "", reason, row.file) for reason in reasons]
            if said:
                self.into.report.keep(said)
                self.into.report.leave_out(left_out)
            else:
                self.into.report.reject(left_out[0])
            self.into.report.count(row.table)
            if self.request.progress is not None:
                self.request.progress(done, len(rows))
        self._check_circles()
        return self.into.loaded()

    def _title(self, row: Row) -> str:
        return clean(next(iter(row.cells.values())), 80)

    def _stage(self, row: Row) -> Found:
        label, key = clean(row.cells["stage_name"], MAX_NAME), row.cells["stage_id"]
        yield from self._described(row, key, label, "SupplyStage", f"supply stage {label}", 5 if key == DESIGN else 7)

    def _input(self, row: Row) -> Found:
        label, key, stage = clean(row.cells["input_name"], MAX_NAME), row.cells["input_id"], row.cells["stage_id"]
        kind = TYPES.get(row.cells["type"])
        if kind is None:
            yield f"the type is not one of {', '.join(TYPES)}"
            return
        yield from self._described(row, key, label, kind, label, 5 if stage == DESIGN else 7)
        if stage and key in self.slugs:
            if self.kinds.get(stage) == "SupplyStage":
                yield self._link(self.slugs[key], "belongsToStage", self.slugs[stage])
            else:
                yield "the stage is not in the table of stages"

    def _described(self, row: Row, key: str, label: str, kind: str, name: str, layer: int) -> Found:
        if not label or not key:
            yield "no name or no identifier"
            return
        if key in self.slugs:
            yield "the identifier is taken by an earlier row"
            return
        slug = self.joins.slug_for(name, "input" if kind != "SupplyStage" else "stage", key)
        description = clean(row.cells["description"]) or None
        self.into.describe(EntityRecord(slug, label, (kind,), layer, (), description), (row.file, row.line))
        self.slugs[key], self.labels[key], self.kinds[key] = slug, label, kind
        yield self.into.say(slug, "dcterms:source", f"src:{SOURCE.slug}")
        yield from self._market(row, slug)

    def _market(self, row: Row, slug: str) -> Found:
        text = row.cells["market_share_chart_global_market_size_info"]
        size = read_market_size(text) if text else None
        if size is None:
            if text:
                yield "a market size that is not understood"
            return
        year = "" if size.year else "the source names no year; its report is of 2021"
        note = "; ".join(part for part in (f"the source says {size.bound}" if size.bound else "", year) if part)
        yield self.into.state(
            FactRecord(
                slug, "supply_input_market_size", clean(text), size.value, size.unit, "estimate", SOURCE.slug,
                low=size.value if size.bound == "over" else None, condition=f"of {size.part}" if size.part else None,
                as_of=size.year, note=note or None, locator=row.file,
            )
        )  # fmt: skip

    def _provider(self, row: Row) -> Found:
        key, label = row.cells["provider_id"], clean(row.cells["provider_name"], MAX_NAME)
        if not key or not label:
            yield "no name or no identifier"
        elif key in self.slugs:
            yield "the identifier is taken by an earlier row"
        elif row.cells["provider_type"] == "country":
            if label.casefold() in NO_COUNTRY:
                self.kinds[key] = "rest"
                yield "a rest that no country is named for"
                return
            self.slugs[key], self.labels[key], self.kinds[key] = self._country(label, row), label, "country"
            yield 1
        elif row.cells["provider_type"] == "organization":
            slug = self._company(label, row)
            self.slugs[key], self.labels[key], self.kinds[key] = slug, label, "organization"
            code = row.cells["country"]
            if code:
                yield self._link(slug, "headquarteredIn", self._country(code, row))
            elif slug in self.into.entities:
                yield 1
            else:
                yield "the store knows it, and the row adds nothing"
        else:
            yield "the type is neither country nor organization"

    def _country(self, code: str, row: Row) -> str:
        label = COUNTRIES.get(code.upper(), clean(code, MAX_NAME))
        held = self.joins.find(label, ("Country",))
        if held is not None:
            return held.slug
        slug = self.joins.slug_for(label, "country", label)
        self.into.describe(EntityRecord(slug, label, ("Country",), None, (code,)), (row.file, row.line))
        self.into.say(slug, "dcterms:source", f"src:{SOURCE.slug}")
        return slug

    def _company(self, label: str, row: Row) -> str:
        held = self.joins.find(label, ("Company",))
        if held is not None:
            self.into.report.count("companies joined")
            return held.slug
        # DISCO and Disco of one country are one company; a name in two countries is two.
        slug = self.joins.slug_for(label, "company", f"{normalise(label)}|{row.cells['country']}")
        self.into.describe(EntityRecord(slug, label, ("Company",), 7), (row.file, row.line))
        self.into.say(slug, "dcterms:source", f"src:{SOURCE.slug}")
        return slug

    def _provision(self, row: Row) -> Found:
        provider, provided, text = row.cells["provider_id"], row.cells["provided_id"], row.cells["share_provided"]
        if self.kinds.get(provider) == "rest":
            yield "a rest that no country is named for"
            return
        if provider not in self.slugs or provided not in self.slugs:
            yield f"the {'provider' if provider not in self.slugs else 'input'} is not described"
            return
        if self.kinds[provided] in ("country", "organization") or self.kinds[provider] not in (
            "country",
            "organization",
        ):
            yield "a provider that is none, or an input that is none"
            return
        subject, target = self.slugs[provider], self.slugs[provided]
        note = "negligible share of the market" if row.cells["negligible_market_share"] else None
        yield self._link(subject, "providesInput", target, note)
        share = read_share(text) if text else None
        if share is None:
            if text:
                yield "a share that is not between 0 % and 100 %"
            return
        yield self.into.state(
            FactRecord(
                subject, "supply_input_share", text, share, "%", "estimate", SOURCE.slug,
                condition=f"of {self.labels[provided]}", as_of=VINTAGE,
                note="revenue of 2019, by head office; shares from 0 to 1 % are rounded up to 1 %", locator=row.file,
            )
        )  # fmt: skip

    def _sequence(self, row: Row) -> Found:
        source = row.cells["input_id"]
        targets = (("goesInto", row.cells["goes_into_id"]), ("isTypeOf", row.cells["is_type_of_id"]))
        given = [(predicate, target) for predicate, target in targets if target]
        if not given:
            yield "leads nowhere"
        for predicate, target in given:
            if not all(self.kinds.get(key, "").startswith("Supply") for key in (source, target)):
                yield "an input that is not in the table of inputs"
            elif "SupplyStage" in (self.kinds[source], self.kinds[target]):
                yield "a stage in the place of an input"
            else:
                yield self._link(self.slugs[source], predicate, self.slugs[target])

    def _link(self, subject: str, predicate: str, target: str, note: str | None = None) -> int:
        as_of = VINTAGE if predicate == "providesInput" else None
        return self.into.state(RelationRecord(subject, predicate, target, SOURCE.slug, as_of, note))

    def _check_circles(self) -> None:
        links: dict[str, list[str]] = defaultdict(list)
        for link in self.into.relations.values():
            if link.predicate in ("goesInto", "isTypeOf"):
                links[link.subject].append(link.object)
        circle = find_cycle(links)
        if circle:
            what = f"inputs run in a circle: {' -> '.join(circle)}"
            raise KnowledgeError((Finding("sequence.csv", None, what, "break the circle", "cycle"),))
