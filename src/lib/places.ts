/** So many things of one kind that may be open at a time, of each owner and of all together. */
export type Places = {
  /** Takes a place, for an owner or for nobody: what gives it back, once. Nothing where none is free. */
  take(owner: string | undefined): (() => void) | undefined;
};

/** `each`: places of one owner; `all`: of all, and of what is nobody's. */
export function openPlaces({ each, all }: { readonly each: number; readonly all: number }): Places {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    take(owner) {
      const own = owner === undefined ? 0 : (taken.get(owner) ?? 0);
      if (total >= all || own >= each) return undefined;
      total++;
      if (owner !== undefined) taken.set(owner, own + 1);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        total--;
        if (owner === undefined) return;
        const left = (taken.get(owner) ?? 1) - 1;
        if (left > 0) taken.set(owner, left);
        else taken.delete(owner);
      };
    },
  };
}
