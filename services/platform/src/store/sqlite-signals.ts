import type { Milliseconds, Operation } from './port.ts';

/** The names of the signals by which users of one service's store wake each other. */
export function signalNames(service: string) {
  return {
    work: (queue: string) => `store ${service} work ${queue}`,
    stream: (owner: string, stream: string) => `store ${service} stream ${owner} ${stream}`,
    emit: `store ${service} emit`,
  };
}

/** The signals that a commit gives, each once. */
export function signalsOf(
  names: ReturnType<typeof signalNames>,
  owner: string,
  operations: Operation[],
  now: Milliseconds,
): Set<string> {
  const signals = new Set<string>();
  for (const operation of operations) {
    if (operation.op === 'append') signals.add(names.stream(owner, operation.stream));
    else if (operation.op === 'emit') signals.add(names.emit);
    else if (operation.op === 'enqueue') {
      if (operation.hold === undefined && (operation.at ?? now) <= now)
        signals.add(names.work(operation.queue));
    } else if (operation.op === 'release') signals.add(names.work(operation.lease.queue));
  }
  return signals;
}
