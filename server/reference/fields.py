"""Fields of JSON Schemas as HTML: name, type, limits and description."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.reference.elements import EMPTY, Html, code, element, join, link
from server.reference.limits import default_and_example, limits
from server.reference.prose import paragraphs
from server.reference.samples import Json

_TIME = {"date-time": "string (RFC 3339 time)", "date": "string (date)"}


@dataclass(frozen=True, slots=True)
class Fields:
    """Renders fields.

    Attributes:
        schemas: The schemas that references name.
        sections: The names of those that have a section on the page, to which fields link. The
            fields of others are shown where they are used.
    """

    schemas: Mapping[str, Json]
    sections: frozenset[str] = frozenset()

    def of_object(self, schema: Json, *, is_request: bool) -> Html:
        """Returns the fields of an object; the exceptions to what is usual are marked.

        Requests have some `required` fields, responses some `optional` ones.
        """
        required = schema.get("required", [])
        notes = {
            name: f"requires {join(map(code, others), ' and ')}"
            for name, others in schema.get("dependentRequired", {}).items()
        }
        return element(
            "dl",
            *(
                self.entry(
                    name,
                    field,
                    mark=_mark(is_request=is_request, is_required=name in required),
                    note=Html(notes.get(name, "")),
                    is_request=is_request,
                )
                for name, field in schema["properties"].items()
            ),
            class_="fields",
        )

    def entry(
        self,
        name: str,
        field: Json,
        *,
        mark: str = "",
        note: str = "",
        is_request: bool = True,
        anchor: str = "",
    ) -> Html:
        """Returns one field or parameter; its default and example only if it `is_request`."""
        facts = [*([note] if note else []), *limits(field)]
        facts += default_and_example(field) if is_request else []
        nested = [target for target in self._objects_in(field) if target not in self.sections]
        return element(
            "div",
            element(
                "dt",
                code(name),
                " ",
                element("span", self._type(field), class_="type"),
                join([" ", element("span", mark, class_=mark)]) if mark else EMPTY,
            ),
            element(
                "dd",
                paragraphs(field.get("description", "")),
                element("p", join(facts, " · "), class_="limits") if facts else EMPTY,
                *(self._nested(self.schemas[each], is_request=is_request) for each in nested),
            ),
            id=anchor,
        )

    def name(self, reference: str) -> Html:
        """Returns the name of a schema, as a link if it has a section."""
        name = reference.rpartition("/")[2]
        if name in self.sections:
            return link(f"object-{name}", name)
        return self._type(self.schemas[name])

    def _nested(self, schema: Json, *, is_request: bool) -> Html:
        description = paragraphs(schema.get("description", ""))
        return join([description, self.of_object(schema, is_request=is_request)])

    def _type(self, schema: Json) -> Html:
        if "$ref" in schema:
            return self.name(schema["$ref"])
        if "anyOf" in schema:
            return join([self._type(each) for each in schema["anyOf"]], " or ")
        types = schema.get("type", "string" if isinstance(schema.get("const"), str) else [])
        names = [types] if isinstance(types, str) else types
        return join([self._named(name, schema) for name in names] or ["any value"], " or ")

    def _named(self, name: str, schema: Json) -> Html:
        if name == "array":
            return join(["array of ", self._type(schema["items"])])
        if name == "object" and isinstance(schema.get("additionalProperties"), dict):
            return join(["object with values: ", self._type(schema["additionalProperties"])])
        return join([_TIME[schema["format"]] if "format" in schema and name == "string" else name])

    def _objects_in(self, schema: Json) -> Iterator[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        if "properties" in self.schemas.get(name, {}):
            yield name
        for each in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
            yield from self._objects_in(each)


def _mark(*, is_request: bool, is_required: bool) -> str:
    if is_request:
        return "required" if is_required else ""
    return "" if is_required else "optional"
