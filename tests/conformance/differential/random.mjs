// Operations made at random over the schema, the same for the same seed. Most are valid; where random
// aliases or arguments conflict, both sides must refuse.
import { astFromValue, getNamedType, isAbstractType, isLeafType, isObjectType, print } from 'graphql';
import { isConnection } from './export.mjs';

const DEPTH = 6;
// Farol takes 30, fragments expanded.
const MOST_ALIASES = 15;
const SIZES = [0, 1, 1, 2, 2, 3, 5, 100];
const WRONG_SIZES = [-1, 101, 2147483647];

// mulberry32: small, and the same everywhere.
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomOperation(reference, seed) {
  const operation = new Operation(reference, numbers(seed));
  return operation.build();
}

class Operation {
  constructor(reference, next) {
    Object.assign(this, { reference, next, schema: reference.schema });
    this.definitions = [];
    this.variables = {};
    this.fragments = [];
    this.aliases = 0;
  }

  build() {
    const query = this.schema.getQueryType();
    const body = this.set(query, DEPTH, 1 + this.below(3));
    const declared = this.definitions.length > 0 ? `(${this.definitions.join(', ')})` : '';
    const texts = this.fragments.map(({ name, on, body: selections }) => `fragment ${name} on ${on} ${selections}`);
    return { query: [`query Random${declared} ${body}`, ...texts].join('\n'), variables: this.variables };
  }

  below(most) {
    return Math.floor(this.next() * most);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // --- selections ---

  set(type, depth, size = 1 + this.below(4)) {
    return `{ ${Array.from({ length: size }, () => this.selection(type, depth)).join(' ')} }`;
  }

  selection(type, depth) {
    if (this.chance(0.12)) return `...${this.inlineType(type)} ${this.directives()}${this.set(type, depth, 1 + this.below(2))}`;
    if (this.chance(0.12)) return `...${this.fragment(type, depth)}${this.directives()}`;
    // No directive there: async-graphql takes its variable for unused (deviations.mjs).
    if (this.chance(0.08) || depth === 0) return `${this.alias()}__typename`;
    return isAbstractType(type) ? this.narrowed(type, depth) : this.field(type, depth);
  }

  // The condition of an inline fragment that narrows nothing.
  inlineType(type) {
    return this.pick(['', ` on ${type.name}`]);
  }

  narrowed(type, depth) {
    if (this.chance(0.2)) return this.field(type, depth);
    const to = this.pick(this.schema.getPossibleTypes(type));
    if (this.chance(0.3)) return `...${this.fragment(to, depth)}${this.directives()}`;
    return `... on ${to.name} ${this.directives()}${this.set(to, depth)}`;
  }

  // A fragment on a type or an interface of it; one that exists already, now and then.
  fragment(type, depth) {
    const on = isObjectType(type) && type.getInterfaces().length > 0 && this.chance(0.2) ? this.pick(type.getInterfaces()) : type;
    const known = this.fragments.filter((fragment) => fragment.on === on.name && fragment.body && fragment.depth <= depth);
    if (known.length > 0 && this.chance(0.5)) return this.pick(known).name;
    const fragment = { name: `F${this.fragments.length}`, on: on.name, depth };
    this.fragments.push(fragment);
    fragment.body = this.set(on, depth, 1 + this.below(3));
    return fragment.name;
  }

  field(type, depth) {
    const root = type === this.schema.getQueryType();
    const all = Object.values(type.getFields()).filter(({ name }) => !root || this.reference.known.includes(name));
    const field = this.pick(depth > 1 ? all : all.filter((each) => isLeafType(getNamedType(each.type)) || root));
    if (!field) return `${this.alias()}__typename`;
    const named = getNamedType(field.type);
    const below = isLeafType(named) ? '' : ` ${this.set(named, depth - 1)}`;
    return `${this.alias()}${field.name}${this.args(field, root)}${this.directives()}${below}`;
  }

  alias() {
    if (this.chance(0.6) || this.aliases >= MOST_ALIASES) return '';
    return this.chance(0.9) ? `a${this.aliases++}: ` : `${this.pick(['x', 'y', 'id'])}: `;
  }

  directives() {
    if (this.chance(0.85)) return '';
    const value = this.chance(0.5);
    const name = this.pick(['skip', 'include']);
    return ` @${name}(if: ${this.chance(0.5) ? value : this.variable('Boolean', value, true)})`;
  }

  // --- arguments ---

  args(field, root) {
    const values = root ? this.rootArgs(field) : {};
    if (isConnection(field.type)) Object.assign(values, this.page(values, root && this.reference.roots.get(field.name)));
    delete values.list;
    const types = Object.fromEntries(field.args.map(({ name, type }) => [name, type]));
    const given = Object.entries(values).map(([name, value]) => `${name}: ${this.value(types[name], value)}`);
    return given.length > 0 ? `(${given.join(', ')})` : '';
  }

  rootArgs({ name }) {
    const rows = [...this.reference.rows.values()];
    const id = () => (this.chance(0.05) ? this.pick(['nope', '7', 'QXdhcmQ6MQ']) : this.pick(rows).id);
    const process = this.pick(this.reference.ofType('ContractingProcess'));
    const named = () => this.reference.rows.get(process.dataset.id).name;
    switch (name) {
      case 'node':
        return { id: id() };
      case 'nodes':
        return { ids: Array.from({ length: this.below(5) }, id) };
      case 'organization':
        return { id: this.chance(0.1) ? id() : this.pick(this.reference.ofType('Organization')).id };
      case 'process':
        return { ocid: process.ocid, ...(this.chance(0.7) && { dataset: named() }) };
      default: {
        const list = this.pick([...this.reference.roots.get(name).values()]);
        return { ...list.args, list: list.value };
      }
    }
  }

  page({ list }) {
    const size = () => (this.chance(0.03) ? this.pick(WRONG_SIZES) : this.pick(SIZES));
    const cursor = () => (list?.edges.length > 0 && this.chance(0.4) ? this.pick(list.edges).cursor : undefined);
    const given = (args) => Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
    if (this.chance(0.03)) return { first: size(), last: size() };
    if (this.chance(0.3)) return given({ last: size(), before: cursor() });
    return given({ first: this.chance(0.3) ? undefined : size(), after: cursor() });
  }

  // A value as a literal or as a variable.
  value(type, value) {
    if (this.chance(0.4)) return this.variable(String(type), value);
    return print(astFromValue(value, type));
  }

  // A variable whose value is given, or is its default.
  variable(type, value, bool = false) {
    const name = `v${this.definitions.length}`;
    if (bool && this.chance(0.4)) {
      this.definitions.push(`$${name}: Boolean = ${this.chance(0.5) ? value : !value}`);
      if (this.chance(0.5)) this.variables[name] = value;
      return `$${name}`;
    }
    this.definitions.push(`$${name}: ${bool ? 'Boolean!' : type}`);
    this.variables[name] = value;
    return `$${name}`;
  }
}
