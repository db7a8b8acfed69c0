/** A segment of a path: itself, or the name of a parameter that stands there. */
type Segment = { readonly literal: string } | { readonly param: string };

/** Routes by their paths below a prefix. `:name` is one segment, whatever it is. */
export type Routes<Route> = {
  /** Throws where the method is served there already. */
  add(at: { readonly method: string; readonly path: string }, route: Route): void;
  /**
   * The methods that are served at an encoded path, with the parameters as they were meant: decoded once, so that what is
   * encoded twice stays encoded. Nothing for a path that is none of ours.
   */
  find(pathname: string): FoundRoutes<Route> | undefined;
};

export type FoundRoutes<Route> = {
  readonly methods: ReadonlyMap<string, Route>;
  readonly params: Readonly<Record<string, string>>;
};

type Pattern<Route> = { readonly segments: readonly Segment[]; readonly methods: Map<string, Route> };

/** No routes. What names a segment is found before what takes any. */
export function openRoutes<Route>(): Routes<Route> {
  const patterns = new Map<string, Pattern<Route>>();

  return {
    add({ method, path }, route) {
      const segments = split(path).map(
        (text): Segment => (text.startsWith(':') ? { param: text.slice(1) } : { literal: encodeURI(decodeURI(text)) }),
      );
      const shape = segments.map((one) => ('literal' in one ? one.literal : ':')).join('/');
      const pattern = patterns.get(shape) ?? { segments, methods: new Map<string, Route>() };
      if (pattern.methods.has(method)) throw new Error(`${method} ${path} is served already`);
      pattern.methods.set(method, route);
      patterns.set(shape, pattern);
    },
    find(pathname) {
      const given = split(pathname);
      const fitting = [...patterns.values()].filter(({ segments }) => fits(segments, given));
      const [best] = fitting.toSorted((a, b) => literals(b) - literals(a));
      const params = best && paramsOf(best.segments, given);
      return best && params && { methods: best.methods, params };
    },
  };
}

const split = (path: string): readonly string[] => path.replace(/^\/+/, '').split('/');

const fits = (segments: readonly Segment[], given: readonly string[]): boolean =>
  segments.length === given.length &&
  segments.every((one, index) => ('literal' in one ? one.literal === given[index] : given[index] !== ''));

const literals = ({ segments }: Pattern<unknown>): number => segments.filter((one) => 'literal' in one).length;

/** The parameters; nothing where one is not encoded as RFC 3986 §2.1 has it, or is no UTF-8. */
function paramsOf(segments: readonly Segment[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = Object.create(null);
  try {
    for (const [index, one] of segments.entries()) {
      if ('param' in one) params[one.param] = decodeURIComponent(given[index] ?? '');
    }
    return params;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
