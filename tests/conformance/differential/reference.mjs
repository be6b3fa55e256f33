// The reference: our schema executed by graphql-js over exported data. What a field means (pages, ids,
// lookups) is written here again from its description; how GraphQL works is graphql-js's.
import { buildSchema, GraphQLError, graphql, Kind } from 'graphql';
import { isConnection, variantKey } from './export.mjs';

const SIZES = { root: 20, nested: 5, most: 100 };

export class Reference {
  constructor(sdl) {
    this.schema = buildSchema(sdl);
    const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
    this.#text('DateTime', (text) => moment.test(text) && !Number.isNaN(Date.parse(text)));
    this.#text('Decimal', (text) => /^-?\d+(\.\d+)?$/.test(text));
  }

  // The export to answer from.
  load({ roots, rows }) {
    this.roots = roots;
    this.rows = rows;
  }

  // Root fields that it can answer: the lookups below, and what could be exported.
  get known() {
    return Object.keys(this.schema.getQueryType().getFields()).filter((name) => this.#lookups[name] || this.roots.get(name)?.size > 0);
  }

  // Those that it cannot: they need arguments, and variants.mjs has none.
  get unknown() {
    return Object.keys(this.schema.getQueryType().getFields()).filter((name) => !this.known.includes(name));
  }

  ofType(name) {
    return [...this.rows.values()].filter((row) => row.__typename === name);
  }

  ask({ query, variables, operationName }) {
    const fieldResolver = (source, args, _, info) => this.#resolve(source, args, info);
    const typeResolver = ({ __typename }) => __typename;
    return graphql({ schema: this.schema, source: query, variableValues: variables, operationName, fieldResolver, typeResolver });
  }

  #resolve(source, args, { fieldName, parentType, returnType }) {
    const root = parentType === this.schema.getQueryType();
    const value = root ? this.#root(fieldName, args, returnType) : source[fieldName];
    if (value && isConnection(returnType)) return page(value, args, root ? SIZES.root : SIZES.nested);
    return this.#follow(value);
  }

  #root(name, args, type) {
    const lookup = this.#lookups[name];
    if (lookup) return lookup(args);
    // Null means the default, wherever there is one.
    const { args: known } = this.schema.getQueryType().getFields()[name];
    const given = Object.fromEntries(known.map((arg) => [arg.name, args[arg.name] ?? arg.defaultValue]).filter(([, value]) => value !== undefined));
    const found = this.roots.get(name)?.get(variantKey(type, given));
    if (!found) throw new Error(`the reference does not know ${name} with ${JSON.stringify(args)}`);
    return found.value;
  }

  #lookups = {
    node: ({ id }) => this.#node(id),
    nodes: ({ ids }) => {
      if (ids.length > SIZES.most) throw new GraphQLError('too many ids');
      return ids.map((id) => {
        try {
          return this.#node(id);
        } catch (error) {
          return error;
        }
      });
    },
    organization: ({ id }) => this.#node(id, 'Organization'),
    process: ({ ocid, dataset }) => {
      const named = (row) => dataset == null || this.#follow(row.dataset).name === dataset;
      const found = this.ofType('ContractingProcess').filter((row) => row.ocid === ocid && named(row));
      if (found.length > 1) throw new GraphQLError('the ocid is ambiguous');
      return found[0];
    },
  };

  #node(id, kind) {
    const [, type] = /^(\w+):-?\d+$/.exec(Buffer.from(id, 'base64url').toString()) ?? [];
    if (!this.schema.getType(type)) throw new GraphQLError('not an id');
    if (kind && kind !== type) throw new GraphQLError('the id of something else');
    return this.rows.get(id);
  }

  // A row in place of its name.
  #follow(value) {
    if (Array.isArray(value)) return value.map((part) => this.#follow(part));
    return value?.id && value.__typename ? (this.rows.get(value.id) ?? value) : value;
  }

  // A scalar of which only some texts are values.
  #text(name, isValid) {
    const type = this.schema.getType(name);
    if (!type) return;
    type.parseValue = (value) => {
      if (typeof value !== 'string' || !isValid(value)) throw new GraphQLError(`not a ${name}`);
      return value;
    };
    type.parseLiteral = (node) => type.parseValue(node.kind === Kind.STRING ? node.value : undefined);
  }
}

// The page of a list that the arguments ask for.
function page({ edges: all, ...list }, { first, after, last, before }, usual) {
  if (first != null && last != null) throw new GraphQLError('first and last');
  const size = first ?? last ?? usual;
  if (size < 0 || size > SIZES.most) throw new GraphQLError('the size of the page');
  const place = (cursor) => {
    const index = all.findIndex((edge) => edge.cursor === cursor);
    if (index < 0) throw new GraphQLError('not a cursor of this list');
    return index;
  };
  const from = after == null ? 0 : place(after) + 1;
  const to = Math.max(from, before == null ? all.length : place(before));
  const backward = last != null;
  const edges = backward ? all.slice(Math.max(from, to - size), to) : all.slice(from, Math.min(to, from + size));
  const more = to - from > size;
  const pageInfo = {
    hasNextPage: backward ? before != null : more || before != null,
    hasPreviousPage: backward ? more || after != null : after != null,
    startCursor: edges[0]?.cursor,
    endCursor: edges.at(-1)?.cursor,
  };
  return { ...list, edges, nodes: edges.map(({ node }) => node), pageInfo };
}
