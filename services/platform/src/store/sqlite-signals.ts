import { type Milliseconds, type Operation, OUTBOX_QUEUE } from './port.ts';

/** The names of the signals by which users of one service's store wake each other. */
export function signalNames(service: string) {
  return {
    work: (queue: string) => `store ${service} work ${queue}`,
    stream: (owner: string, stream: string) => `store ${service} stream ${owner} ${stream}`,
    emit: `store ${service} emit`,
  };
}

/** The signals that a commit gives, each once. `freed`: queues in which released work is available at once. */
export function signalsOf(
  names: ReturnType<typeof signalNames>,
  owner: string,
  operations: Operation[],
  freed: string[],
  now: Milliseconds,
): Set<string> {
  const signals = new Set<string>();
  for (const operation of operations) {
    if (operation.op === 'append') signals.add(names.stream(owner, operation.stream));
    else if (operation.op === 'emit') signals.add(names.emit).add(names.work(OUTBOX_QUEUE));
    else if (operation.op === 'enqueue') {
      if (operation.hold === undefined && (operation.at ?? now) <= now)
        signals.add(names.work(operation.queue));
    }
  }
  for (const queue of freed) signals.add(names.work(queue));
  return signals;
}
