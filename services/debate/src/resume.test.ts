import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AskedCall, answer, type Neighbours, startNeighbours } from './testing/neighbours.ts';
import {
  configFor,
  ended,
  get,
  openBeside,
  post,
  startReplica,
  tempFolder,
  until,
} from './testing/replica.ts';

const question = { society: 'maths', question: 'What is 1+1?', seed: 7 };

let neighbours: Neighbours;
let temp: ReturnType<typeof tempFolder>;

beforeEach(async () => {
  neighbours = await startNeighbours();
  temp = tempFolder();
});

afterEach(async () => {
  await neighbours.close();
  await temp.remove();
});

/** Answers round 1 and then nothing, until `open` is set. */
function halfway() {
  const gate = { open: false };
  neighbours.behaviour.reply = (call: AskedCall) =>
    gate.open || call.seat.startsWith('gen') ? answer(call) : 'silence';
  return gate;
}

/** What one undisturbed run says. */
async function undisturbed() {
  const other = tempFolder();
  const replica = await startReplica(configFor(other.folder, neighbours));
  neighbours.behaviour.reply = answer;
  const { body } = await post(replica, question, { prefer: 'wait=10' });
  await replica.stop();
  await other.remove();
  return body.turns.map(({ prompt, text, seed }) => [prompt, text, seed]);
}

test('a replica that is stopped hands its debates to the next, which pays for no finished turn again', async () => {
  const gate = halfway();
  const config = configFor(temp.folder, neighbours);
  const first = await startReplica(config);
  const { body } = await post(first, question);
  await until(async () => {
    const { turns } = (await get(first, `/v1/debates/${body.id}`)).body;
    return turns.length === 3 ? true : undefined;
  });
  await first.stop();
  neighbours.asked.length = 0;
  gate.open = true;
  const second = await startReplica(config);
  const done = await ended(second, body.id);
  await second.stop();
  expect(done.status).toBe('completed');
  expect(neighbours.calls().map(({ seat }) => seat)).toEqual([
    ...['base', 'base', 'base', 'critic-1', 'critic-2', 'critic-3'],
  ]);
  expect(done.turns.map(({ prompt, text, seed }) => [prompt, text, seed])).toEqual(
    await undisturbed(),
  );
});

test('a replica that is stopped waits for its calls, and the next pays for none of them again', async () => {
  const gate = Promise.withResolvers<void>();
  neighbours.behaviour.reply = (call) =>
    call.seat === 'base' ? gate.promise.then(() => answer(call)) : answer(call);
  const config = configFor(temp.folder, neighbours, { PARLEY_DRAIN_SECONDS: '10' });
  const first = await startReplica(config);
  const { body } = await post(first, question);
  await until(async () =>
    neighbours.calls().some(({ seat }) => seat === 'base') ? true : undefined,
  );
  const stopping = first.stop();
  gate.resolve();
  await stopping;
  expect(neighbours.calls().filter(({ seat }) => seat.startsWith('critic'))).toEqual([]);
  neighbours.asked.length = 0;
  const second = await startReplica(config);
  const done = await ended(second, body.id);
  await second.stop();
  expect(done.status).toBe('completed');
  expect(neighbours.calls().map(({ seat }) => seat)).toEqual(['critic-1', 'critic-2', 'critic-3']);
  expect(done.turns.map(({ prompt, text, seed }) => [prompt, text, seed])).toEqual(
    await undisturbed(),
  );
});

/** Stands for the end of a lease whose holder is gone: nobody waits fifteen seconds for it. */
async function expireLease(config: ReturnType<typeof configFor>, id: string): Promise<void> {
  const beside = await openBeside(config);
  const queue = 'debates.interactive';
  await beside.store.commit(id, [
    { op: 'dequeue', queue, id },
    { op: 'enqueue', queue, id },
  ]);
  await beside.close();
}

test('a debate whose process was killed goes on elsewhere from its last turn', async () => {
  const gate = halfway();
  const config = configFor(temp.folder, neighbours);
  const { child, url } = await startProcess(config);
  const response = await fetch(`${url}/v1/debates`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  const { id } = (await response.json()) as { id: string };
  await until(async () => {
    const shown = (await (await fetch(`${url}/v1/debates/${id}`)).json()) as { turns: unknown[] };
    return shown.turns.length === 3 ? true : undefined;
  });
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  neighbours.asked.length = 0;
  gate.open = true;
  const second = await startReplica(config);
  expect((await get(second, `/v1/debates/${id}`)).body.status).toBe('running');
  await expireLease(config, id);
  const done = await ended(second, id);
  await second.stop();
  expect(neighbours.calls().map(({ seat }) => seat)).not.toContain('gen-1');
  expect(done.turns).toHaveLength(9);
  expect(done.turns.map(({ prompt, text, seed }) => [prompt, text, seed])).toEqual(
    await undisturbed(),
  );
});

test('a holder whose lease was taken over can no longer write', async () => {
  const config = configFor(temp.folder, neighbours);
  const zombie = await startReplica(config);
  let release: (() => void) | undefined;
  neighbours.behaviour.reply = (call) =>
    call.id === 'summary-2-1' && !release
      ? new Promise((resolve) => {
          release = () => resolve({ text: "the zombie's" });
        })
      : answer(call);
  const { body } = await post(zombie, question);
  await until(async () => {
    const { turns } = (await get(zombie, `/v1/debates/${body.id}`)).body;
    return release && turns.length === 7 ? true : undefined;
  });
  const heir = await startReplica(config);
  await expireLease(config, body.id);
  const done = await ended(heir, body.id);
  release?.();
  await zombie.stop();
  const after = (await get(heir, `/v1/debates/${body.id}`)).body;
  await heir.stop();
  expect(after).toEqual(done);
  expect(done.turns.map(({ text }) => text)).not.toContain("the zombie's");
  expect(new Set(done.turns.map(({ sequence }) => sequence)).size).toBe(9);
});

async function startProcess(
  config: ReturnType<typeof configFor>,
): Promise<{ child: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PARLEY_HTTP_PORT: '0',
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
      PARLEY_STORE: config.store,
      PARLEY_EVENTS: config.events,
      PARLEY_ARTIFACTS: config.artifacts,
      PARLEY_INFERENCE_ADDRESS: neighbours.address,
      PARLEY_VOTING_ADDRESS: neighbours.address,
    },
  });
  let said = '';
  child.stdout?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const url = await until(() => /"http":"(http:[^"]+)"/.exec(said)?.[1]);
  return { child, url };
}
