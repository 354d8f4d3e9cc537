/** The values set or read last, at most `capacity` of them. */
export function recent<T>(capacity: number) {
  const values = new Map<string, T>();
  return {
    get(key: string): T | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key: string, value: T): void {
      values.delete(key);
      values.set(key, value);
      if (values.size <= capacity) return;
      for (const oldest of values.keys()) {
        values.delete(oldest);
        return;
      }
    },
    delete(key: string): void {
      values.delete(key);
    },
  };
}
