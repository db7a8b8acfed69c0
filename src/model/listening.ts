/**
 * What is served: `method` requests to `path`, below the transport's own prefix. `:name` in it is one segment, whatever it
 * is. Bodies over `maxBytes` are answered 413.
 */
export type HttpRoute = { readonly method: 'GET' | 'POST' | 'PUT'; readonly path: string; readonly maxBytes: number };

/** Answers a request. `params` are the segments of the path by their names, decoded once. */
export type Serve = (request: Request, params: Readonly<Record<string, string>>) => Promise<Response>;

/** Routes on the public listener, under /hooks/<transport>/: to that a homeserver or a provider appends its own paths. */
export type Http = {
  /** The same method and path a second time is a bug. */
  route(route: HttpRoute, serve: Serve): void;
  /** The public URL of a path of ours, or `undefined` where the operator has configured none. */
  url(path: string): string | undefined;
};

/**
 * Where a bridge listens, and how much it takes: connections at a time in all and of one address (more are closed), and
 * milliseconds for which one may say nothing. What is left out is for strangers; a trusted program may have more.
 */
export type Endpoint = {
  readonly host: string;
  readonly port: number;
  readonly most?: number;
  readonly perPeer?: number;
  readonly idle?: number;
};

/** A listener that is open. `port` is the one that it got, where none was asked for (0). */
export type SocketServer = {
  readonly port: number;
  /** Takes no more connections, and resolves when the last has ended. */
  close(): Promise<void>;
};
