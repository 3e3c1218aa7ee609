/** Draws the reference of the API from /openapi.json. Everything comes from this service. */

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const json = (value) => make("pre", {}, make("code", { textContent: JSON.stringify(value, null, 2) }));
const heading = (text) => make("h3", { textContent: text });

/** A row per field of an object's schema: its name, type and meaning. */
function fieldTable(schema, resolve) {
  const { properties = {}, required = [] } = resolve(schema);
  const rows = Object.entries(properties).map(([name, field]) =>
    make("tr", {},
      make("td", {}, make("code", { textContent: name }), required.includes(name) ? " *" : ""),
      make("td", { textContent: typeOf(field, resolve) }),
      make("td", { textContent: field.description ?? "" })));
  return rows.length ? make("table", {}, make("tbody", {}, ...rows)) : "";
}

function typeOf(field, resolve) {
  const type = resolve(field);
  if (type.enum) return type.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (type.const !== undefined) return JSON.stringify(type.const);
  if (type.anyOf) return [...new Set(type.anyOf.map((one) => typeOf(one, resolve)))].join(" | ");
  if (type.type === "array") return `[${type.items ? typeOf(type.items, resolve) : ""}]`;
  const range = [type.minimum ?? "", type.maximum ?? ""];
  return (type.type ?? "any") + (range.join("") ? ` (${range.join(" … ")})` : "");
}

function bodyParts(operation, resolve) {
  const content = operation.requestBody?.content ?? {};
  return Object.entries(content).flatMap(([mediaType, { schema, example, examples = {} }]) => [
    heading(`Body: ${mediaType}${operation.requestBody.required ? "" : " (optional)"}`),
    fieldTable(schema, resolve),
    ...(example && mediaType === "application/json" ? [json(example)] : []),
    ...Object.values(examples).map(({ value }) => json(value)),
  ]);
}

function parameterParts(operation, resolve) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((parameter) =>
    make("tr", {},
      make("td", {}, make("code", { textContent: parameter.name }), ` (${parameter.in})`),
      make("td", { textContent: typeOf(parameter.schema ?? {}, resolve) }),
      make("td", { textContent: parameter.description ?? parameter.schema?.description ?? "" })));
  return [heading("Parameters"), make("table", {}, make("tbody", {}, ...rows))];
}

function answerParts(operation, resolve) {
  return Object.entries(operation.responses).map(([status, { description, content = {} }]) => {
    const [{ schema, example, examples } = {}] = Object.values(content);
    const inside = [
      ...(status.startsWith("2") && schema ? [fieldTable(schema, resolve)] : []),
      ...(example ? [json(example)] : []),
      ...Object.values(examples ?? {}).map(({ value }) => json(value)),
    ];
    return make("details", { open: status.startsWith("2") }, make("summary", {}, make("strong", { textContent: status }), ` ${description}`), ...inside);
  });
}

/** A button that makes a call which needs nothing to be filled in, and shows what came. */
function tryButton(path) {
  const place = make("div");
  const button = make("button", { type: "button", textContent: "Try it" });
  button.addEventListener("click", async () => {
    const token = sessionStorage.getItem("tactus-token");
    const response = await fetch(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    place.replaceChildren(make("p", { textContent: `${response.status} ${response.statusText}` }), json(await response.json()));
  });
  return make("p", {}, button, place);
}

function article(path, method, operation, resolve) {
  const canTry = method === "get" && !path.includes("{");
  return make("article", { id: operation.operationId },
    make("h2", {}, make("span", { className: "method", textContent: method.toUpperCase() }), ` ${path}`),
    make("strong", { textContent: operation.summary ?? "" }),
    make("p", { textContent: operation.description ?? "" }),
    ...parameterParts(operation, resolve), ...bodyParts(operation, resolve),
    heading("Answers"), ...answerParts(operation, resolve), ...(canTry ? [tryButton(path)] : []));
}

async function draw() {
  const api = await (await fetch("/openapi.json")).json();
  const resolve = (schema) => (schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema ?? {});
  document.getElementById("version").textContent = api.info.version;
  document.getElementById("description").textContent = api.info.description;
  const calls = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => [path, method, operation]));
  document.getElementById("contents").replaceChildren(...calls.map(([path, method, { operationId }]) =>
    make("a", { href: `#${operationId}`, textContent: `${method.toUpperCase()} ${path}` })));
  document.getElementById("calls").replaceChildren(...calls.map(([path, method, operation]) => article(path, method, operation, resolve)));
  if (window.location.hash) document.getElementById(window.location.hash.slice(1))?.scrollIntoView();
}

draw().catch((reason) => {
  document.getElementById("calls").textContent = `openapi.json could not be read: ${reason.message}`;
});
